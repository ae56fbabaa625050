"""How an aligner is fitted: one fit after another under the Trainer, each of a stronger model."""

from dataclasses import dataclass, replace
from typing import Protocol, cast, runtime_checkable

from torch import nn

from seqarena.batch import Sequences
from seqarena.families.aligner_config import AlignerConfig, AlignerModel
from seqarena.families.statistics_fit import fit_in_large_batches
from seqarena.fitting.protocols import FitReport, FitSetting, Recorder

# A stage that comes too late still gets its one pass: the model of the settings is what is stored.
_NO_TIME = 1e-6


@runtime_checkable
class Staged(Protocol):
    """A model that can go on as another, keeping what they share."""

    config: AlignerConfig

    def begin(self, model: AlignerModel) -> None:
        """Go on as `model`."""
        ...


@dataclass(frozen=True)
class _Later:
    """A recorder that hears of a stage as of later passes of one fit."""

    recorder: Recorder
    n_before: int

    def metric(self, name: str, value: float, step: int) -> None:
        """Hand the number on."""
        self.recorder.metric(name, value, step + self.n_before)


def fit_in_stages(
    model: Staged, train: Sequences, valid: Sequences, setting: FitSetting
) -> FitReport:
    """Fit IBM model 1, then the model of the settings from its translation table; one report.

    Every stage is a fit of its own, so that its objective is of one model, and must rise. All
    stages share the task's passes and minutes.

    Raises:
        ConvergenceError: the objective of a stage fell.
    """
    reports: list[FitReport] = []
    for name, n_passes in _stages(model.config, setting.training.max_em_epochs):
        model.begin(name)
        report = fit_in_large_batches(
            cast(nn.Module, model), train, valid, _of_stage(setting, name, n_passes, reports)
        )
        reports.append(report)
    return _merged(reports)


def _stages(config: AlignerConfig, max_passes: int) -> list[tuple[AlignerModel, int]]:
    n_first = min(config.ibm_1_passes, max_passes - 1)
    if config.model == "ibm_1" or n_first == 0:
        return [(config.model, max_passes)]
    return [("ibm_1", n_first), (config.model, max_passes - n_first)]


def _of_stage(setting: FitSetting, name: str, n_passes: int, before: list[FitReport]) -> FitSetting:
    minutes = setting.training.max_minutes
    if minutes is not None:
        minutes = max(minutes - sum(each.wall_seconds for each in before) / 60, _NO_TIME)
    n_before = sum(each.n_epochs for each in before)
    budget = {"max_em_epochs": n_passes, "max_minutes": minutes}
    return replace(
        setting,
        training=setting.training.model_copy(update=budget),
        scratch=setting.scratch / name,
        recorder=_Later(setting.recorder, n_before),
    )


def _merged(reports: list[FitReport]) -> FitReport:
    """Add up what the stages cost; the last one says how it ended."""
    last, earlier = reports[-1], reports[:-1]
    n_before = sum(each.n_epochs for each in earlier)
    wall = sum(each.wall_seconds for each in reports)
    examples = sum(each.examples_per_second * each.wall_seconds for each in reports)
    flops = [each.training_flops for each in reports]
    notes = "losses are -log p of the target words of all directions, per source word"
    return replace(
        last,
        n_epochs=n_before + last.n_epochs,
        best_epoch=None if last.best_epoch is None else n_before + last.best_epoch,
        training_flops=None if None in flops else sum(each or 0.0 for each in flops),
        wall_seconds=wall,
        cpu_seconds=sum(each.cpu_seconds for each in reports),
        examples_per_second=examples / max(wall, 1e-9),
        notes=(*dict.fromkeys(note for each in reports for note in each.notes), notes),
    )
