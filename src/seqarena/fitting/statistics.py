"""Fitting by sufficient statistics, under Lightning's Trainer: counting, and EM.

Every batch gives statistics that add. At the end of an epoch they are summed over the processes,
once, and every process sets the same parameters from the same sum.
"""

import math
from abc import abstractmethod
from functools import reduce
from operator import add
from typing import Any

import torch
from torch import Tensor, nn

from seqarena.batch import Batch, Sequences
from seqarena.errors import ConvergenceError
from seqarena.fitting.course import StopReason, count_parameters, finite, refuse_over_budget
from seqarena.fitting.loader import Share
from seqarena.fitting.module import FitModule
from seqarena.fitting.processes import lists_of_all
from seqarena.fitting.protocols import FitReport, FitSetting, StepwiseConfig
from seqarena.fitting.trainer import run

# A fall by less than this, per nat of the objective or per scored step, is the rounding of sums
# that models may take in 32 bits.
_ROUNDING = 1e-6

IMPOSSIBLE_REMEDY = "start from parameters under which the data is possible, or add pseudo-counts."
"""What to do when the model calls its own training data impossible."""


def fit_by_statistics(
    model: nn.Module, train: Sequences, valid: Sequences, setting: FitSetting
) -> FitReport:
    """Fit `model` (a `StatisticsModel`) and leave in it the parameters of the best finite epoch.

    With `n_passes` set, that many passes are the exact fit. Otherwise stops when an epoch gains
    less than `em_tolerance` per scored step, after `max_em_epochs`, or after the epoch in which
    `max_minutes` are spent.

    The training loss of the report is that of the last E-step, before the last M-step; of an
    exact fit, that of the fitted parameters. Where no validation loss is finite (the validation
    split holds what the model calls impossible), the last parameters stay and a note says so.

    Raises:
        ConfigError: the model has more parameters than the task allows.
        ConvergenceError: the likelihood is not a finite number, or the objective fell.
        ArtifactError: the scratch folder holds the checkpoint of another fit.
    """
    return StatisticsFit(model, train, valid, setting).report()


class StatisticsModule(FitModule):
    """What batch and stepwise fits have in common: E-steps, validation, when to stop; no optimiser.

    When the parameters are set is left to either kind.
    """

    def __init__(
        self,
        model: nn.Module,
        train: Sequences,
        valid: Sequences,
        setting: FitSetting,
        stepwise: StepwiseConfig | None = None,
    ) -> None:
        n_passes: int | None = model.n_passes  # type: ignore[assignment]
        # Counting starts from nothing: only afterwards is there a likelihood to speak of.
        evaluated = {"valid": valid} if n_passes is None else {"valid": valid, "train": train}
        super().__init__(model, train, evaluated, setting, stepwise)
        self.n_passes = n_passes
        if n_passes is None:
            refuse_over_budget(count_parameters(model), setting)
        self._n_scored = int(train.n_scored.sum())
        self._gain = math.inf

    def report(self) -> FitReport:
        """Fit, and say how it went."""
        run(self, self.max_epochs, by_gradient=False)
        # How many numbers counting gives is known afterwards only.
        refuse_over_budget(count_parameters(self.model), self.setting)
        return self.course.report(self.model, self.meter.stop(), 1.0, self.notes())

    @abstractmethod
    def take(self, counted: Any, n_sequences: int) -> None:
        """Take the statistics of this process's share, of so many sequences; 0: a stand-in's."""

    @abstractmethod
    def after_step(self) -> None:
        """Set the parameters, if it is time to: every process has taken its share of a batch."""

    @property
    def max_epochs(self) -> int:
        """Passes over the data at most."""
        return self.setting.training.max_em_epochs if self.n_passes is None else self.n_passes

    def configure_optimizers(self) -> list[Any]:
        """Return none."""
        return []

    def work_on(self, share: Share) -> None:
        """Count what the model expects of a share; a stand-in counts as nothing."""
        with torch.no_grad():
            counted = self.model.expect(share.batch)
            if not share.counts:
                counted = counted.with_tensors([torch.zeros_like(t) for t in counted.tensors()])
            self.take(counted, len(share.batch) if share.counts else 0)

    def after_share(self, share: Share) -> None:
        """Set the parameters, so that validation sees those of the last step."""
        if share.completes:
            with torch.no_grad():
                self.after_step()

    def evaluate(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return the negative log-likelihood of a batch and its scored steps."""
        return -self.model.expect(batch).log_likelihood, batch.scored.sum()

    def flops(self, batch: Batch) -> float:
        """Return those of an E-step."""
        return float(self.model.expect_flops(batch))

    def on_validation_epoch_end(self) -> None:
        """Take note of the losses.

        Raises:
            ConvergenceError: the validation loss is not a number.
        """
        super().on_validation_epoch_end()
        if math.isnan(self.losses["valid"]):
            raise self.error("the validation loss is nan", "look for extreme values in the data.")
        if "train" in self.losses:
            self.course.train_loss = finite(self.losses["train"])

    def reason_to_stop(self) -> StopReason | None:
        """Stop when the epoch gained too little, or when nothing more can be learned."""
        if self.n_passes is not None:
            return "exact" if self.course.n_epochs >= self.n_passes else None
        is_small = self._gain < self.setting.training.em_tolerance
        return "converged" if is_small and self.setting.training.em_tolerance > 0 else None

    def notes(self) -> tuple[str, ...]:
        """Return what a reader of the report should know."""
        if self.best is not None:
            return ()
        return (
            "the validation split is impossible under the model (infinite loss); the last"
            " parameters were kept",
        )

    def error(self, what: str, remedy: str) -> ConvergenceError:
        """Return the error of a fit that cannot go on."""
        epoch = self.course.n_epochs
        return ConvergenceError(f"{self.setting.label}: in epoch {epoch} {what}; {remedy}")

    def set_objective(self, objective: float) -> None:
        """Take note of an epoch's objective, and of what it gained per scored step [nats]."""
        before = self.course.objective
        self.course.objective = objective
        if before is not None:
            self._gain = (objective - before) / self._n_scored


class StatisticsFit(StatisticsModule):
    """One E-step and one M-step per epoch, and no exchange within an epoch."""

    _running: Any = None

    def on_train_epoch_start(self) -> None:
        """Begin the statistics of the epoch."""
        self._running = None

    def take(self, counted: Any, n_sequences: int) -> None:
        """Add the statistics of a share to the running record."""
        del n_sequences
        self._running = counted if self._running is None else self._running + counted

    def after_step(self) -> None:
        """Set the parameters after the last step of an epoch."""
        if self.present.is_last:
            self._maximise()

    def _maximise(self) -> None:
        lists = lists_of_all(self._running.tensors())
        total = reduce(add, [self._running.with_tensors(tensors) for tensors in lists])
        if self.n_passes is None:
            log_likelihood = float(total.log_likelihood)
            # The prior of the parameters that counted, so before the new ones are set.
            self._check(log_likelihood + float(self.model.log_prior()))
            self.course.train_loss = -log_likelihood / self._n_scored
        self.model.maximise(total)

    def _check(self, objective: float) -> None:
        if not math.isfinite(objective):
            raise self.error(f"the objective is {objective}", IMPOSSIBLE_REMEDY)
        before = self.course.objective
        self.set_objective(objective)
        if before is not None and objective < before - _ROUNDING * max(abs(before), self._n_scored):
            raise self.error(
                f"the objective fell from {before:.6f} to {objective:.6f} nats",
                "EM cannot do that: the M-step does not maximise, or log_prior is not the prior"
                " that it maximises under.",
            )
