"""Imported sources: brought up to date by DVC before anything else is looked at."""

import json
import sys

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
        raise RefusedError(
            f"`dvc update {' '.join(imports)}` ended with code {done.code}: {_tail(done.output)} "
            "The source vanished, moved, or cannot be reached; see to it, and run again."
        )


def sources_changed(imports: list[str]) -> dict[str, object]:
    """Return what `dvc status` says of the imported files, without touching them; empty: nothing.

    Raises:
        RefusedError: a source cannot be asked.
    """
    if not imports:
        return {}
    done = _dvc("status", "--json", *imports)
    if done.code != 0:
        raise RefusedError(f"`dvc status {' '.join(imports)}` failed: {_tail(done.output)}")
    found: dict[str, object] = json.loads(done.output.splitlines()[-1])
    return found


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
