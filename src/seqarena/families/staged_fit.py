"""Several fits by statistics, one after the other, within one budget and with one report."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from torch import nn

from seqarena.batch import Sequences
from seqarena.fitting.protocols import FitReport, FitSetting, Recorder

# Padded steps of one E-step; the chain of a transcript takes three numbers per step and position.
_STEPS = 2**15


@dataclass(frozen=True)
class _Later:
    """Hands on what it hears, with the epochs of earlier stages added."""

    recorder: Recorder
    n_before: int

    def metric(self, name: str, value: float, step: int) -> None:
        """Take note of one number."""
        self.recorder.metric(name, value, step + self.n_before)


def fit_in_stages(
    model: nn.Module,
    stages: list[Callable[[], None]],
    train: Sequences,
    valid: Sequences,
    setting: FitSetting,
) -> FitReport:
    """Prepare the model for each stage, and iterate EM until it converges; then the next.

    The objective never falls within a stage, and may where a stage changes the model. The epochs
    of the budget are shared evenly, those that are left over go to the last stage; what an early
    stage does not use is not passed on. Each stage keeps its best epoch and resumes on its own.
    """
    # Lightning is a heavy import, and a stage that only scores has no use for it.
    from seqarena.fitting.statistics import fit_by_statistics

    reports: list[FitReport] = []
    for number, prepare in enumerate(stages):
        prepare()
        own = _share_of(setting, number, len(stages), reports)
        longest = int(max(train.lengths.max(), valid.lengths.max()))
        size = max(own.training.batch_size, min(len(train), _STEPS // longest))
        training = own.training.model_copy(update={"batch_size": size})
        reports.append(fit_by_statistics(model, train, valid, replace(own, training=training)))
    return _joined(reports)


def _share_of(
    setting: FitSetting, number: int, n_stages: int, reports: list[FitReport]
) -> FitSetting:
    budget = setting.training
    n_epochs = max(budget.max_em_epochs // n_stages, 1)
    if number == n_stages - 1:
        n_epochs = max(budget.max_em_epochs - n_epochs * number, 1)
    left = budget.max_minutes
    if left is not None:
        spent = sum(report.wall_seconds for report in reports) / 60.0
        left = max(left - spent, 1e-6)
    return replace(
        setting,
        training=budget.model_copy(update={"max_em_epochs": n_epochs, "max_minutes": left}),
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
    return replace(
        last,
        n_epochs=before + last.n_epochs,
        best_epoch=None if last.best_epoch is None else before + last.best_epoch,
        training_flops=sum(report.training_flops or 0.0 for report in reports),
        wall_seconds=seconds,
        cpu_seconds=sum(report.cpu_seconds for report in reports),
        examples_per_second=n_examples / max(seconds, 1e-9),
        notes=(*dict.fromkeys(note for each in reports for note in each.notes),
               f"epochs of each stage: {stages}"),
    )  # fmt: skip
