"""The workspaces of suites: found and made without reading what the suites hold.

`pipelines/suites/NAME.yaml` is all that a suite is. Its workspace `suites/NAME` holds links to that
file and to the project's `dvc.yaml`, code and lock, and is a DVC repository by itself: `dvc repro`,
`dvc metrics show` and the rest work in it as they do at the root, and neither knows of the other.
docs/decisions/suites.md says why.
"""

import os
import subprocess
import sys
from pathlib import Path

from seqarena.errors import ConfigError, SeqarenaError
from seqarena.experiment.layout import PARAMS_FILE
from seqarena.parsing import nearest

DEFINITIONS = Path("pipelines") / "suites"
"""Folder of the suites' files, in a checkout."""
_WORKSPACES = Path("suites")
_LINKS = ("dvc.yaml", "pipelines", "src", "requirements.lock", "targets.yaml", ".dvcignore")


def suite_names(checkout: Path) -> list[str]:
    """Return the suites of a checkout, in order of their names."""
    return sorted(path.stem for path in (checkout / DEFINITIONS).glob("*.yaml"))


def open_workspace(checkout: Path, name: str) -> Path:
    """Return the folder in which DVC runs the suite; make it if it is missing.

    Raises:
        ConfigError: there is no such suite.
        SeqarenaError: the folder holds something else, or DVC cannot begin there.
    """
    if name not in suite_names(checkout):
        raise ConfigError([f"suite {name!r}: not there; {nearest(name, suite_names(checkout))}"])
    folder = checkout / _WORKSPACES / name
    folder.mkdir(parents=True, exist_ok=True)
    for link in _LINKS:
        _link(folder / link, checkout / link)
    _link(folder / PARAMS_FILE, checkout / DEFINITIONS / f"{name}.yaml")
    if not (folder / ".dvc").is_dir():
        _begin(folder)
    return folder


def _link(path: Path, target: Path) -> None:
    """Make `path` lead to `target`, by a relative link, so that the checkout can be moved."""
    where = Path(os.path.relpath(target, path.parent))
    if path.is_symlink() and path.readlink() == where:
        return
    if path.exists() or path.is_symlink():
        raise SeqarenaError(
            f"{path}: is there, and is no link to {target}; take it away, for the workspace of a "
            "suite holds links and results only."
        )
    path.symlink_to(where)


def _begin(folder: Path) -> None:
    for arguments in (["init", "--quiet", "--no-scm"], ["config", "core.analytics", "false"]):
        command = [sys.executable, "-m", "dvc", *arguments]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise SeqarenaError(
                f"{folder}: `dvc {' '.join(arguments)}` ended with code {done.returncode}: "
                f"{done.stderr.strip()}"
            )
