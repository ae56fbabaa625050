"""What the other stages depend on beside params.yaml: a user's own files, and budgets.

DVC watches the paths in `dvc.yaml`, and those of a user's own data and code are not there: they
stand in `params.yaml`, and with installed packages. The stage `check` runs every time, and writes
their checksums to a file whose entries are parameters of the other stages; so a changed file runs
again what reads it, and nothing else. What each experiment may cost stands there too: most suites
have no budget, and DVC cannot depend on a section of params.yaml that may be missing.
"""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from seqarena.data.file_hash import path_sha256
from seqarena.errors import ConfigError
from seqarena.experiment.suite import Suite
from seqarena.families.discovery import code_digest_of
from seqarena.families.own_family import OwnFamilyConfig

NOTHING = "none"
"""Checksum of a task or family without a file of the user's own, or of fits that start anew; what
stands for an experiment without a budget."""
STARTS = Path("data") / "start"
"""Earlier fits that experiments begin from, one folder for each that does (`Workspace.start`)."""


def write_own_digests(suite: Suite, path: Path) -> None:
    """Write the checksums as JSON; the same bytes for the same files."""
    digests = {
        "budgets": {
            name: each.budget.as_dict() or NOTHING for name, each in suite.experiments.items()
        },
        "families": {
            each.family_name: code_digest_of(type(each.family))
            if isinstance(each.family, OwnFamilyConfig)
            else NOTHING
            for each in suite.experiments.values()
        },
        "starts": {name: path_sha256(STARTS / name) or NOTHING for name in suite.experiments},
        "tasks": {name: files_digest(task.source.own_paths) for name, task in suite.tasks.items()},
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(digests, indent=2, sort_keys=True) + "\n")


def refuse_broken_files(suite: Suite) -> None:
    """Refuse files of the user's own that a glance finds to be unusable; most are only opened.

    Raises:
        ConfigError: with a line for each mistake in any of them.
    """
    mistakes = [
        f"tasks.{name}.source: {mistake}"
        for name, task in suite.tasks.items()
        for mistake in task.source.mistakes_in_files()
    ]
    if mistakes:
        raise ConfigError(mistakes)


def files_digest(paths: Iterable[Path]) -> str:
    """Return one hash over files, and over all files in folders; `NOTHING` if there are none.

    A path at which nothing is makes another hash than an empty file: `prepare` will refuse it.
    """
    given = list(paths)
    if not given:
        return NOTHING
    digest = hashlib.sha256()
    for path in given:
        content = path_sha256(path) or "nothing"
        digest.update(f"{path}\0{content}\n".encode(errors="surrogateescape"))
    return digest.hexdigest()
