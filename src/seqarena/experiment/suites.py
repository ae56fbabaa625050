"""What each suite beside the default one says of itself: title, tasks, needs, and its time."""

from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from seqarena.data.published.places import VARIABLE, place_of
from seqarena.data.published.record import Published
from seqarena.errors import ConfigError, DataError
from seqarena.experiment.budget.config import n_trials
from seqarena.experiment.suite_workspace import DEFINITIONS, suite_names
from seqarena.parsing import nearest, parse, read_yaml
from seqarena.tasks.config import TaskConfig


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


def read_card(checkout: Path, name: str) -> SuiteCard:
    """Read what a suite says of itself, and its tasks; its families are not looked at.

    Raises:
        ConfigError: there is no such suite, or what was read of its file is wrong.
    """
    if name not in suite_names(checkout):
        raise ConfigError([f"suite {name!r}: not there; {nearest(name, suite_names(checkout))}"])
    path = checkout / DEFINITIONS / f"{name}.yaml"
    raw = read_yaml(path)
    about: AboutSuite = parse(AboutSuite, raw.get("about"), f"{path}: about")
    tasks: dict[str, TaskConfig] = parse(dict[str, TaskConfig], raw.get("tasks"), f"{path}: tasks")
    seeds: list[int] = parse(list[int], raw.get("seeds"), f"{path}: seeds")
    n_fits = len(seeds) * len(raw.get("experiments") or {}) + n_trials(raw)
    return SuiteCard(name, about, tasks, n_fits)
