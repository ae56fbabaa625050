"""Stepwise (online) EM under Lightning's Trainer: for data of which few passes are wanted.

Cappé & Moulines (2009), "On-line expectation-maximization algorithm for latent data models", eqs.
(11)-(12); Liang & Klein (2009), "Online EM for unsupervised models", section 3.2.
"""

import math
from typing import Any

from torch import Tensor, nn

from seqarena.batch import Sequences
from seqarena.fitting.loader import TrainingLoader
from seqarena.fitting.processes import sum_tensors
from seqarena.fitting.protocols import FitReport, FitSetting, StepwiseConfig
from seqarena.fitting.statistics import IMPOSSIBLE_REMEDY, StatisticsModule

NOTE = "stepwise EM: the training loss is of each mini-batch before its own update"
"""What a report says of its training loss."""


def fit_stepwise(
    model: nn.Module,
    train: Sequences,
    valid: Sequences,
    setting: FitSetting,
    stepwise: StepwiseConfig,
) -> FitReport:
    """Fit `model` (a `StatisticsModel` of real-valued statistics) by stepwise EM.

    Leaves in it the parameters of the epoch with the best finite validation loss. Memory: one
    mini-batch and two records of statistics, however long the data is.

    The objective of an epoch is online: the log-likelihood of each mini-batch before its own
    update, plus that mini-batch's share of the log-prior. It may fall, and no fall is an error; it
    must be finite. The fit stops when it gains less than `em_tolerance` per scored step, after
    `max_em_epochs`, or after the epoch in which `max_minutes` are spent.

    Args:
        model: holds the starting parameters.
        train: what it is fitted to.
        valid: what chooses the epoch to keep.
        setting: its `batch_size` is that of validation; mini-batches have `sequences_per_update`.
        stepwise: size of the mini-batches, and how fast old ones are forgotten.

    Raises:
        ConvergenceError: the log-likelihood of a mini-batch is not a finite number.
        ArtifactError: the scratch folder holds the checkpoint of another fit.
    """
    return StepwiseFit(model, train, valid, setting, stepwise).report()


def update_weight(config: StepwiseConfig, update: int, fullness: float) -> float:
    """Return what the statistics of a mini-batch weigh in the running ones, above 0, at most 1.

    Args:
        config: exponent and delay.
        update: number of the update, from 0; the statistics of the first stand alone.
        fullness: sequences of the mini-batch over those of a full one. The weight is in
            proportion, so that no sequence of a smaller mini-batch counts more than others.
    """
    return 1.0 if update == 0 else fullness * float(update + config.delay) ** -config.exponent


class StepwiseFit(StatisticsModule):
    """One E-step, one exchange and one M-step per mini-batch."""

    def __init__(
        self,
        model: nn.Module,
        train: Sequences,
        valid: Sequences,
        setting: FitSetting,
        stepwise: StepwiseConfig,
    ) -> None:
        super().__init__(model, train, valid, setting, stepwise)
        self.stepwise = stepwise
        self._n_sequences = len(train)
        self._size = min(stepwise.sequences_per_update, len(train))
        self.train_loader = TrainingLoader(
            train,
            self._size,
            setting.seed,
            epoch=lambda: self.current_epoch,
            max_per_pass=setting.hardware.max_sequences_per_pass,
        )
        self._running: list[Tensor] = []
        self._counted: Any = None
        self._n_counted = 0
        self._log_likelihood = 0.0
        self._log_prior = 0.0

    def on_train_epoch_start(self) -> None:
        """Begin the sums of the epoch; the running statistics and the number of updates go on."""
        self._log_likelihood = self._log_prior = 0.0

    def take(self, counted: Any, n_sequences: int) -> None:
        """Keep the statistics of all passes over a share until all processes have theirs."""
        self._counted = counted if self._counted is None else self._counted + counted
        self._n_counted += n_sequences

    def after_step(self) -> None:
        """Blend the mini-batch into the running statistics, and set the parameters from these."""
        counted, mine = self._counted, self._n_counted
        self._counted, self._n_counted = None, 0
        like = counted.log_likelihood
        *tensors, n = sum_tensors([*counted.tensors(), like.new_tensor(float(mine))])
        batch = counted.with_tensors(tensors)
        self._add_to_objective(float(batch.log_likelihood), float(n) / self._n_sequences)
        self._running = self._blended(tensors, int(n))
        self.model.maximise(counted.with_tensors(self._running))
        if self.present.is_last:
            self.course.train_loss = -self._log_likelihood / self._n_scored
            self.set_objective(self._log_likelihood + self._log_prior)

    def notes(self) -> tuple[str, ...]:
        """Return what a reader of the report should know."""
        return (*super().notes(), NOTE)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Add the running statistics; the number of updates is the course's number of steps."""
        super().on_save_checkpoint(checkpoint)
        checkpoint["running"] = self._running

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Take up the running statistics.

        Raises:
            ArtifactError: the checkpoint belongs to another fit.
        """
        super().on_load_checkpoint(checkpoint)
        self._running = checkpoint["running"]

    def _add_to_objective(self, log_likelihood: float, share_of_prior: float) -> None:
        if not math.isfinite(log_likelihood):
            raise self.error(
                f"the log-likelihood of the mini-batch before update {self._update} is"
                f" {log_likelihood}",
                IMPOSSIBLE_REMEDY,
            )
        self._log_likelihood += log_likelihood
        # Of the parameters that counted, so before the new ones are set.
        self._log_prior += share_of_prior * float(self.model.log_prior())

    def _blended(self, tensors: list[Tensor], n_sequences: int) -> list[Tensor]:
        """Return (1 - weight) · running + weight · the mini-batch, scaled to all the data."""
        weight = update_weight(self.stepwise, self._update, n_sequences / self._size)
        scale = weight * self._n_sequences / n_sequences
        if not self._running:
            return [scale * new for new in tensors]
        return [
            (1.0 - weight) * old.to(new.device) + scale * new
            for old, new in zip(self._running, tensors, strict=True)
        ]

    @property
    def _update(self) -> int:
        """Number of the update under way, from 0; the step has been counted already."""
        return self.course.n_steps - 1
