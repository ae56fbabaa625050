"""`targets.yaml`: published figures, and the experiments of a suite that stand beside them."""

from collections.abc import Mapping
from pathlib import Path
from statistics import fmean
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from seqarena.data.manifest import Manifest
from seqarena.errors import ConfigError
from seqarena.experiment.suite import Experiment, Suite
from seqarena.parsing import nearest, parse, read_yaml
from seqarena.reporting.cells import Cell, TaskFacts
from seqarena.reporting.published import Beside, Certainty, PublishedFigure, direction_of

TARGETS_FILE = Path("targets.yaml")

_APPROACH = 5.0  # Tolerances that count as near, where nothing else is said.


class TargetConfig(BaseModel):
    """One published figure, as written under `targets`."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True
    )

    source: dict[str, Any]
    """Settings of a task's source by which the data is known; a task with others is about something
    else."""
    protocol: dict[str, Any] = Field(default_factory=dict)
    """Further settings of the source, or facts of the manifest's protocol, under which the figure
    was obtained; a task with others is told to differ."""
    family: dict[str, Any]
    """Settings of the family that stands for it; of several, the one with the lowest validation
    loss: choosing by the test would flatter it."""
    metric: str
    """Name of the metric, as in metrics.json."""
    value: float
    """What was published."""
    tolerance: float = Field(gt=0)
    """A distance that counts as the same."""
    approach: float | None = Field(default=None, gt=0)
    """A distance that counts as near; None: five tolerances."""
    reference: str
    """Who has reported it."""
    certainty: Certainty
    """How the figure is known."""
    note: str = ""
    """Why the two may differ."""
    differs: str = ""
    """A rule of the figure's that no setting here has: then nothing is judged."""

    def figure(self, name: str) -> PublishedFigure:
        """Return what the report tells of it."""
        near = _APPROACH * self.tolerance if self.approach is None else self.approach
        return PublishedFigure(
            name, self.value, self.tolerance, near, self.reference, self.certainty, self.note
        )


def read_targets(path: Path = TARGETS_FILE) -> dict[str, TargetConfig]:
    """Read every published figure; without the file there are none.

    Raises:
        ConfigError: with one line for each mistake.
    """
    if not path.exists():
        return {}
    entries = read_yaml(path).get("targets")
    if not isinstance(entries, dict):
        raise ConfigError([f"{path}: expected a mapping under `targets`, got {entries!r}."])
    mistakes: list[str] = []
    found: dict[str, TargetConfig] = {}
    for name, entry in entries.items():
        try:
            found[str(name)] = parse(TargetConfig, entry, f"targets.{name}")
        except ConfigError as error:
            mistakes.extend(error.mistakes)
    if mistakes:
        raise ConfigError(mistakes)
    return found


def beside_published(
    targets: Mapping[str, TargetConfig],
    suite: Suite,
    manifests: Mapping[str, Manifest],
    cells: Mapping[str, Cell],
) -> list[Beside]:
    """Set every figure beside the experiment of the suite that stands for it.

    Figures whose data or family the suite does not have are left out.

    Args:
        targets: by name.
        suite: whose experiments were run.
        manifests: of its tasks, by name.
        cells: of its experiments, by name.

    Raises:
        ConfigError: a figure names a metric or a setting that its task does not have.
    """
    found = []
    for name, target in targets.items():
        for task_name, task in suite.tasks.items():
            settings = task.source.model_dump(mode="json")
            if _differences(target.source, settings):
                continue
            rivals = [
                cells[each.name]
                for each in suite.experiments.values()
                if each.task_name == task_name and _is_meant(target, each)
            ]
            if rivals:
                rules = {**manifests[task_name].protocol, **settings}
                found.append(_beside(name, target, manifests[task_name], rules, rivals))
    return found


def _is_meant(target: TargetConfig, experiment: Experiment) -> bool:
    return not _differences(target.family, experiment.family.model_dump(mode="json"))


def _beside(
    name: str,
    target: TargetConfig,
    manifest: Manifest,
    rules: Mapping[str, Any],
    rivals: list[Cell],
) -> Beside:
    facts = TaskFacts(manifest.task, manifest.schema)
    known = (facts.metric, *facts.further)
    is_high = direction_of(target.metric, known)
    if is_high is None:
        choice = nearest(target.metric, [each.name for each in known])
        raise ConfigError([f"targets.{name}.metric: {target.metric!r} is not measured; {choice}"])
    for key in target.protocol:
        if key not in rules:
            choice = nearest(key, [str(each) for each in rules])
            raise ConfigError([f"targets.{name}.protocol.{key}: unknown; {choice}"])
    best = min(rivals, key=_valid_loss)
    differences = [*_differences(target.protocol, rules), target.differs]
    return Beside(
        task=manifest.task,
        figure=target.figure(name),
        metric=target.metric,
        higher_is_better=is_high,
        experiment=best.experiment,
        found=_mean(best, target.metric),
        differences=tuple(filter(None, differences)),
        n_rivals=len(rivals),
    )


def _mean(cell: Cell, metric: str) -> float | None:
    values = [seed.metrics.get(metric) for seed in cell.seeds]
    numbers = [value for value in values if value is not None]
    return fmean(numbers) if numbers and len(numbers) == len(values) else None


def _valid_loss(cell: Cell) -> float:
    losses = [seed.valid_loss for seed in cell.seeds]
    numbers = [loss for loss in losses if loss is not None]
    return fmean(numbers) if numbers and len(numbers) == len(losses) else float("inf")


def _differences(wanted: Mapping[str, Any], found: Mapping[str, Any]) -> list[str]:
    """Say which of the wanted settings are others; a record inside is compared by its own keys."""
    lines = []
    for key, value in wanted.items():
        own = found.get(key)
        if isinstance(value, dict) and isinstance(own, Mapping):
            lines += [f"{key}.{line}" for line in _differences(value, own)]
        elif own != value:
            lines.append(f"{key} is {own!r} here, {value!r} there")
    return lines
