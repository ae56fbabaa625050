"""Imported sources: brought up to date by DVC before anything else is looked at."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from seqarena.parsing import read_yaml
from seqarena.retraining.outcomes import RefusedError
from seqarena.retraining.processes import Done, run_group
from seqarena.retraining.remembered import Remembered

_LAST_LINES = 4
_TIMEOUT_SECONDS = 10.0

Look = Literal["the same", "changed", "only DVC can tell"]


def update_sources(imports: list[str], remembered: Remembered) -> None:
    """Run `dvc update` on what `dvc import-url` and `dvc import` wrote, where it may change it.

    DVC takes seconds to start: it is left alone where a file on this machine, or the ETag of one on
    a web server, is what it was, and so is the file that came of it.

    Args:
        imports: files of DVC.
        remembered: what the last look found; learns what this one finds.

    Raises:
        RefusedError: a source is not there any more, or could not be fetched whole.
    """
    due = [name for name in imports if not _is_current(Path(name), remembered)]
    if not due:
        return
    done = _dvc("update", *due)
    if done.code != 0:
        # DVC removes the file before it fetches: what was there comes back from the cache.
        _dvc("checkout", *due)
        raise RefusedError(
            f"`dvc update {' '.join(due)}` ended with code {done.code}: {_tail(done.output)} "
            "The source vanished, moved, or cannot be reached; see to it, and run again."
        )


def sources_changed(imports: list[str], remembered: Remembered) -> dict[str, list[str]]:
    """Return the imported files whose sources are known to have changed or to be gone, and those.

    Nothing is fetched. Of a folder, a Git repository or a bucket only `dvc update` can tell.
    """
    found = {}
    for name in imports:
        looks = _looks(Path(name), remembered)
        if changed := [source for source, look in looks if look == "changed"]:
            found[name] = changed
    return found


def _is_current(recorded: Path, remembered: Remembered) -> bool:
    looks = list(_looks(recorded, remembered))
    outs = read_yaml(recorded).get("outs", [])
    are_whole = all(_of_file(recorded, each, remembered) == "the same" for each in outs)
    return bool(looks) and are_whole and all(look == "the same" for _, look in looks)


def _looks(recorded: Path, remembered: Remembered) -> Iterator[tuple[str, Look]]:
    for source in read_yaml(recorded).get("deps", []):
        address = str(source.get("path"))
        if address.startswith(("http://", "https://")) and "checksum" in source:
            yield address, _of_address(address, str(source["checksum"]))
        else:
            yield address, _of_file(recorded, source, remembered)


def _of_file(recorded: Path, entry: dict[str, Any], remembered: Remembered) -> Look:
    """Look at a file that DVC noted down; paths are seen from the folder of the note."""
    known = entry.get("md5")
    if known is None or "repo" in entry or "://" in str(entry.get("path")):
        return "only DVC can tell"
    path = recorded.parent / str(entry["path"])
    if not path.exists():
        return "changed"
    if not path.is_file():
        return "only DVC can tell"
    return "the same" if remembered.md5(path) == known else "changed"


def _of_address(address: str, known: str) -> Look:
    """Ask a web server for what DVC would ask it for."""
    import urllib.request

    request = urllib.request.Request(address, method="HEAD")
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as answer:
            now = answer.headers.get("ETag") or answer.headers.get("Content-MD5")
    except (OSError, ValueError):
        return "only DVC can tell"  # it may have a password, and says what is wrong
    return "the same" if now == known else "changed"


def stale_stages(targets: list[str]) -> list[str]:
    """Return the stages that DVC would run again for these targets, as far as it knows yet.

    Stage `check` runs every time, and only it finds out that a file of the user's own changed.
    """
    done = _dvc("status", "--with-deps", "--json", *targets)
    if done.code != 0:
        return []
    return sorted(name for name in json.loads(done.output.splitlines()[-1]) if name != "check")


def _dvc(*arguments: str) -> Done:
    return run_group([sys.executable, "-m", "dvc", *arguments])


def _tail(output: str) -> str:
    return " ".join(output.strip().splitlines()[-_LAST_LINES:])
