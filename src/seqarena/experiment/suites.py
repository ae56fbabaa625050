"""Suites beside the default one: a params file each, run by DVC in a workspace of its own.

`pipelines/suites/NAME.yaml` is all that a suite is. Its workspace `suites/NAME` holds links to that
file and to the project's `dvc.yaml`, code and lock, and is a DVC repository by itself: `dvc repro`,
`dvc metrics show` and the rest work in it as they do at the root, and neither knows of the other.
docs/decisions/suites.md says why.
"""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from seqarena.data.published.places import VARIABLE, place_of
from seqarena.data.published.record import Published
from seqarena.errors import ConfigError, DataError, SeqarenaError
from seqarena.experiment.budget.resolve import n_trials
from seqarena.experiment.layout import PARAMS_FILE
from seqarena.parsing import nearest, parse, read_yaml
from seqarena.tasks.config import TaskConfig

_DEFINITIONS = Path("pipelines") / "suites"
_WORKSPACES = Path("suites")
_LINKS = ("dvc.yaml", "pipelines", "src", "requirements.lock", "targets.yaml", ".dvcignore")


class AboutSuite(BaseModel):
    """What a suite says of itself, under `about`."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True
    )

    title: str
    """What it compares, in a sentence."""
    minutes: float = Field(gt=0)
    """Wall time of the whole suite on two cores without a GPU: an estimate."""


@dataclass(frozen=True)
class SuiteCard:
    """What to know of a suite before it is run."""

    name: str
    about: AboutSuite
    tasks: dict[str, TaskConfig]
    n_fits: int

    @property
    def needs(self) -> list[Published]:
        """Return the published data sets that its tasks read, each once, in order of the tasks."""
        needed = [each for task in self.tasks.values() for each in task.source.needs]
        return list({each.name: each for each in needed}.values())

    def describe(self) -> str:
        """Say what it compares, what it needs and how long it takes."""
        tasks = ", ".join(self.tasks)
        lines = [
            f"{self.name}: {self.about.title}",
            f"  tasks: {tasks}",
            *(f"  {_needed(each)}" for each in self.needs),
            f"  {self.n_fits} fits; an estimate: {self.about.minutes:.0f} min on two cores without "
            "a GPU",
        ]
        return "\n".join(lines)

    def refuse_missing(self) -> None:
        """Stop before anything runs where a data set is not here.

        Raises:
            DataError: names all that are missing, and how to get each.
        """
        missing = [each.name for each in self.needs if place_of(each) == "not here"]
        if missing:
            get = "\n".join(f"  seqarena data fetch {name}" for name in missing)
            raise DataError(
                f"suite {self.name}: {len(missing)} published data sets are not here. Fetch them:\n"
                f"{get}\nor set {VARIABLE} to a folder that holds them."
            )


def _needed(published: Published) -> str:
    """Return how much a data set is, its terms in short, and whether it is here (unchecked)."""
    place = place_of(published)
    return (
        f"needs {published.name}: {published.n_bytes / 1e6:.1f} MB, {published.short_licence}, "
        f"{place if place == 'not here' else f'here ({place})'}"
    )


def suite_names(checkout: Path) -> list[str]:
    """Return the suites of a checkout, in order of their names."""
    return sorted(path.stem for path in (checkout / _DEFINITIONS).glob("*.yaml"))


def read_card(checkout: Path, name: str) -> SuiteCard:
    """Read what a suite says of itself, and its tasks; its families are not looked at.

    Raises:
        ConfigError: there is no such suite, or what was read of its file is wrong.
    """
    if name not in suite_names(checkout):
        raise ConfigError([f"suite {name!r}: not there; {nearest(name, suite_names(checkout))}"])
    path = checkout / _DEFINITIONS / f"{name}.yaml"
    raw = read_yaml(path)
    about: AboutSuite = parse(AboutSuite, raw.get("about"), f"{path}: about")
    tasks: dict[str, TaskConfig] = parse(dict[str, TaskConfig], raw.get("tasks"), f"{path}: tasks")
    seeds: list[int] = parse(list[int], raw.get("seeds"), f"{path}: seeds")
    n_fits = len(seeds) * len(raw.get("experiments") or {}) + n_trials(raw)
    return SuiteCard(name, about, tasks, n_fits)


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
    _link(folder / PARAMS_FILE, checkout / _DEFINITIONS / f"{name}.yaml")
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
