"""Imported sources: brought up to date by DVC before anything else is looked at."""

import hashlib
import json
import sys
from pathlib import Path

from seqarena.parsing import read_yaml
from seqarena.retraining.outcomes import RefusedError
from seqarena.retraining.processes import Done, run_group

_LAST_LINES = 4


def update_sources(imports: list[str]) -> None:
    """Run `dvc update` on what `dvc import-url` and `dvc import` wrote.

    Raises:
        RefusedError: a source is not there any more, or could not be fetched whole.
    """
    if not imports:
        return
    done = _dvc("update", *imports)
    if done.code != 0:
        # DVC removes the file before it fetches: what was there comes back from the cache.
        _dvc("checkout", *imports)
        raise RefusedError(
            f"`dvc update {' '.join(imports)}` ended with code {done.code}: {_tail(done.output)} "
            "The source vanished, moved, or cannot be reached; see to it, and run again."
        )


def sources_changed(imports: list[str]) -> dict[str, object]:
    """Return the imported files whose source on this machine changed or is gone, and the source.

    Nothing is fetched: DVC does not look at the source of an import (it is frozen) before it
    updates it, so that of one elsewhere only `dvc update` can tell.
    """
    return {name: changed for name in imports if (changed := _changed(Path(name)))}


def _changed(recorded: Path) -> list[str]:
    sources = read_yaml(recorded).get("deps", [])
    return [each["path"] for each in sources if "md5" in each and _differs(each)]


def _differs(source: dict[str, str]) -> bool:
    path = Path(source["path"])
    if not path.is_file():
        return path.is_absolute() and not path.exists()
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest() != source["md5"]


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
