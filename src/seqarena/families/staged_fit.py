"""Several fits by statistics, one after the other, within one budget and with one report."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from torch import nn

from seqarena.batch import Sequences
from seqarena.families.statistics_fit import STEPS_AT_ONCE, fit_in_large_batches
from seqarena.fitting.protocols import FitReport, FitSetting, Recorder

# A stage that comes too late still gets its one epoch: the last model is the one that is stored.
_NO_TIME = 1e-6


@dataclass(frozen=True)
class Stage:
    """One of the models that a fit goes through."""

    prepare: Callable[[], None]
    """Turns the model into that of this stage."""
    n_epochs: int
    """Epochs at most."""


@dataclass(frozen=True)
class _Later:
    """Hands on what it hears, with the epochs of earlier stages added."""

    recorder: Recorder
    n_before: int

    def metric(self, name: str, value: float, step: int) -> None:
        """Take note of one number."""
        self.recorder.metric(name, value, step + self.n_before)


def even_stages(prepare: Sequence[Callable[[], None]], n_epochs: int) -> list[Stage]:
    """Share the epochs out evenly; those that are left over go to the last stage."""
    each = max(n_epochs // len(prepare), 1)
    last = max(n_epochs - each * (len(prepare) - 1), 1)
    return [
        Stage(one, last if number == len(prepare) - 1 else each)
        for number, one in enumerate(prepare)
    ]


def fit_in_stages(
    model: nn.Module,
    stages: Sequence[Stage],
    train: Sequences,
    valid: Sequences,
    setting: FitSetting,
    steps_at_once: int = STEPS_AT_ONCE,
) -> FitReport:
    """Prepare the model for each stage, and iterate EM until it converges; then the next.

    Every stage is a fit of its own, so that its objective is of one model, and must rise. What an
    early stage does not use of its epochs is not passed on; minutes are. Each keeps its best epoch
    and resumes on its own.

    Raises:
        ConvergenceError: the objective of a stage fell.
    """
    reports: list[FitReport] = []
    for number, stage in enumerate(stages):
        stage.prepare()
        own = _of_stage(setting, number, stage, reports)
        reports.append(fit_in_large_batches(model, train, valid, own, steps_at_once=steps_at_once))
    return _joined(reports)


def _of_stage(
    setting: FitSetting, number: int, stage: Stage, reports: list[FitReport]
) -> FitSetting:
    left = setting.training.max_minutes
    if left is not None:
        left = max(left - sum(report.wall_seconds for report in reports) / 60.0, _NO_TIME)
    budget = {"max_em_epochs": stage.n_epochs, "max_minutes": left}
    return replace(
        setting,
        training=setting.training.model_copy(update=budget),
        scratch=setting.scratch / f"stage-{number}",
        recorder=_Later(setting.recorder, sum(report.n_epochs for report in reports)),
    )


def _joined(reports: list[FitReport]) -> FitReport:
    """Add up what the stages cost; what they reached is the last one's."""
    last = reports[-1]
    before = sum(report.n_epochs for report in reports[:-1])
    seconds = sum(report.wall_seconds for report in reports)
    n_examples = sum(report.examples_per_second * report.wall_seconds for report in reports)
    stages = ", ".join(f"{report.n_epochs} ({report.stop_reason})" for report in reports)
    notes = dict.fromkeys(note for report in reports for note in report.notes)
    return replace(
        last,
        n_epochs=before + last.n_epochs,
        best_epoch=None if last.best_epoch is None else before + last.best_epoch,
        training_flops=sum(report.training_flops or 0.0 for report in reports),
        wall_seconds=seconds,
        cpu_seconds=sum(report.cpu_seconds for report in reports),
        examples_per_second=n_examples / max(seconds, 1e-9),
        notes=(*notes, f"epochs of each stage: {stages}"),
    )
