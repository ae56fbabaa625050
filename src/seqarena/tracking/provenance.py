"""Where a run comes from: the code's commit, and the DVC stage that runs."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

_DVC_VARIABLES = {
    "DVC_STAGE": "dvc.stage",
    "DVC_EXP_NAME": "dvc.exp_name",
    "DVC_EXP_BASELINE_REV": "dvc.exp_baseline",
}
# DVC rewrites its lock file after every stage, so every later stage would count as dirty.
_ALL_BUT_LOCK_FILES = ("--", ":/", ":(top,exclude,glob)**/dvc.lock")


def provenance_tags(root: Path, environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return tags that name the code and the stage; what is unknown is left out.

    Args:
        root: A folder of the repository.
        environment: Environment variables; DVC sets its own inside a stage.
    """
    tags = {tag: environment[name] for name, tag in _DVC_VARIABLES.items() if environment.get(name)}
    commit = _git(root, "rev-parse", "--verify", "--quiet", "HEAD")
    if commit is None:
        return tags
    changes = _git(root, "status", "--porcelain", "--untracked-files=no", *_ALL_BUT_LOCK_FILES)
    tags["git.commit"] = tags["mlflow.source.git.commit"] = commit
    if changes is not None:
        tags["git.dirty"] = "true" if changes else "false"
    return tags


def _git(root: Path, *arguments: str) -> str | None:
    """Return what git prints; None without git, or outside a repository with a commit."""
    try:
        done = subprocess.run(
            ["git", "--no-optional-locks", "-C", str(root), *arguments],
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
