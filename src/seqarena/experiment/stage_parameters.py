"""What the other stages depend on beside params.yaml: a user's own files, and budgets.

DVC watches the paths in `dvc.yaml`, and those of a user's own data and code are not there: they
stand in `params.yaml`, and with installed packages. The stage `check` runs every time, and writes
their checksums to a file whose entries are parameters of the other stages; so a changed file runs
again what reads it, and nothing else. What each experiment may cost stands there too: most suites
have no budget, and DVC cannot depend on a section of params.yaml that may be missing.
"""

import json
from pathlib import Path

from seqarena.data.file_hash import path_sha256
from seqarena.experiment.own_files import NOTHING, files_digest
from seqarena.experiment.suite import Suite
from seqarena.families.discovery import code_digest_of
from seqarena.families.own_family import OwnFamilyConfig

STARTS = Path("data") / "start"
"""Earlier fits that experiments begin from, one folder for each that does (`Workspace.start`)."""


def write_stage_parameters(suite: Suite, path: Path) -> None:
    """Write them as JSON; the same bytes for the same files and budgets.

    `NOTHING` stands for a family of ours, for fits that start anew, and where there is no budget.
    """
    entries = {
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
    path.write_text(json.dumps(entries, indent=2, sort_keys=True) + "\n")
