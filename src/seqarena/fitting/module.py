"""What the two Lightning modules have in common: an epoch's end, and all that is decided there."""

import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import asdict, replace
from functools import cached_property
from typing import Any

import torch
from pytorch_lightning import LightningModule
from torch import Tensor, nn

from seqarena.batch import Batch, Sequences
from seqarena.errors import ArtifactError
from seqarena.fitting.checkpoint import cloned
from seqarena.fitting.cost import CostMeter
from seqarena.fitting.course import Course, StopReason, finite, identity_of
from seqarena.fitting.draws import seed_draws
from seqarena.fitting.loader import EvaluationLoader, Loader, Share, TrainingLoader
from seqarena.fitting.losses import SplitLosses
from seqarena.fitting.processes import is_main_process, rank, sum_numbers
from seqarena.fitting.progress import ProgressBar
from seqarena.fitting.protocols import FitSetting, OptimiserConfig, StepwiseConfig
from seqarena.fitting.rounds import SHARES_PER_ROUND, Present, Rounds
from seqarena.seeds import derive_seed

SECONDS_BETWEEN_CHECKPOINTS = 2.0
"""Less work than this is done again sooner than it is stored."""

# Losses that differ by less are the same up to rounding; the earlier epoch is kept. Otherwise one
# process and two could keep different epochs of a fit that no longer moves.
_ROUNDING = 1e-10


class FitModule(LightningModule, ABC):
    """A model on its way: counts, validates, keeps the best, decides when to stop, stores itself.

    An epoch runs: training steps, validation, `on_train_epoch_end`. What Lightning takes for a
    batch is a round of them: see `Rounds`.
    """

    can_cut_batches = True
    """Whether `max_sequences_per_pass` has a meaning for batches of training."""

    def __init__(
        self,
        model: nn.Module,
        train: Sequences,
        valid: dict[str, Sequences],
        setting: FitSetting,
        optimiser: OptimiserConfig | StepwiseConfig | None = None,
    ) -> None:
        super().__init__()
        self.automatic_optimization = False
        # In a tuple, or torch would count the parameters of the caller's model twice.
        self._callers = (model,)
        self.model: Any = model
        self.setting = setting
        self.course = Course()
        self.best: dict[str, Tensor] | None = None
        batch_size = setting.training.batch_size
        max_per_pass = setting.hardware.max_sequences_per_pass
        self.train_loader: Loader = TrainingLoader(
            train, batch_size, setting.seed, lambda: self.current_epoch, max_per_pass
        )
        self.valid_loader = EvaluationLoader(valid, batch_size, max_per_pass)
        self.meter = CostMeter.start()
        self.bar = ProgressBar(setting.label, 0, is_shown=False)
        self._data = train
        self._optimiser = optimiser
        self.losses: dict[str, float] = {}
        self.present = Present()
        self._sums = SplitLosses(self.valid_loader.splits)
        self._stored_at = time.monotonic()

    @property
    def target(self) -> nn.Module:
        """The model of the caller, which gets the best parameters."""
        return self._callers[0]

    # What the two kinds answer.

    @abstractmethod
    def work_on(self, share: Share) -> None:
        """Learn from this process's share of a step."""

    @abstractmethod
    def after_share(self, share: Share) -> None:
        """Do what is to be done when a share has been worked on and counted."""

    @abstractmethod
    def evaluate(self, batch: Batch) -> tuple[Tensor, Tensor | int]:
        """Return the loss of a batch, summed, and what to divide it by [nats]."""

    @abstractmethod
    def flops(self, batch: Batch) -> float:
        """Estimate the operations of one pass over a batch."""

    @abstractmethod
    def reason_to_stop(self) -> StopReason | None:
        """Return why no further epoch is wanted; asked at the end of each."""

    # Data.

    def train_dataloader(self) -> Rounds:
        """Return the loader of the training split."""
        return Rounds(self.train_loader)

    def val_dataloader(self) -> Rounds:
        """Return the loader of what is evaluated after every epoch."""
        return Rounds(self.valid_loader)

    def placed(self, share: Share) -> Share:
        """Move a share to the accelerator, and its frames to 64 bits where the fit has those."""
        self.present.share = share
        moved = share.batch if self.device.type == "cpu" else share.batch.to(self.device)
        if moved.features is not None and self.trainer.precision == "64-true":
            moved = replace(moved, features=moved.features.double())
        return share if moved is share.batch else share.with_batch(moved)

    # A training step.

    def on_fit_start(self) -> None:
        """Set the threads; only now, because Lightning's launcher sets them too."""
        torch.set_num_threads(self.setting.hardware.n_threads)

    def on_train_start(self) -> None:
        """Go on from where a resumed fit stood, which may be its end."""
        is_shown = self.setting.show_progress and is_main_process()
        self.bar = ProgressBar(self.setting.label, self.n_steps_planned, is_shown)
        self.bar.start_from(self.course)
        self.trainer.should_stop = self.course.stop_reason is not None

    @property
    def n_steps_planned(self) -> int:
        """Return the steps of a fit that nothing stops early."""
        return self.train_loader.n_batches * (self.trainer.max_epochs or 1)

    def training_step(self, shares: Iterator[Share], batch_idx: int) -> None:
        """Work on the shares of a round, up to a step after which the fit shall stop."""
        for index, share in enumerate(shares, batch_idx * SHARES_PER_ROUND):
            self.present.is_last = index + 1 == len(self.train_loader)
            self._seed(index)
            self.work_on(self.placed(share))
            self.course.count(share, self.flops)
            if share.completes:
                self.bar.advance()
            self.after_share(share)
            if self.trainer.should_stop and share.completes:
                return

    def _seed(self, index: int) -> None:
        """Seed the step by its number, so that a resumed fit draws what an unbroken one drew."""
        place = self.course.n_steps, rank(), index % self.train_loader.n_passes
        seed_draws(derive_seed(self.setting.seed, "step", *place), self.device)

    # Validation.

    def on_validation_epoch_start(self) -> None:
        """Forget the sums of the last epoch."""
        self._sums = SplitLosses(self.valid_loader.splits)

    def validation_step(self, shares: Iterator[Share], batch_idx: int) -> None:
        """Add the losses of a round of shares to the sums of their splits."""
        del batch_idx
        for share in shares:
            # With a stand-in too: a network whose parameters are split needs every process.
            loss = self.evaluate(self.placed(share).batch)
            if share.counts:
                self._sums.add(share.split, *loss)

    def on_validation_epoch_end(self) -> None:
        """Take note of the losses of every split."""
        self.losses = self._sums.over_processes()
        self.course.valid_loss = finite(self.losses["valid"])

    # The end of an epoch.

    def on_train_epoch_end(self) -> None:
        """Record, keep, decide, store."""
        course = self.course
        self._keep_if_best()
        course.n_epochs += 1
        self.record("train/loss", course.train_loss, course.n_epochs - 1)
        self.record("valid/loss", course.valid_loss, course.n_epochs - 1)
        self.bar.finish_epoch(course)
        elapsed, since_stored = sum_numbers(
            *((self.elapsed(), time.monotonic() - self._stored_at) if is_main_process() else (0, 0))
        )
        is_whole = course.stop_reason is None
        course.stop_reason = course.stop_reason or self.reason_to_stop()
        self.stop_if_late(elapsed)
        self.trainer.should_stop = course.stop_reason is not None
        if is_whole and since_stored >= SECONDS_BETWEEN_CHECKPOINTS:
            # The flag asks for the optimiser's state too; `CheckpointFiles` writes no pickle.
            self.trainer.save_checkpoint(self.setting.scratch, weights_only=False)
            self._stored_at = time.monotonic()

    def elapsed(self) -> float:
        """Return the wall time of this fit, over all its runs [seconds]."""
        return self.course.wall_seconds + time.monotonic() - self.meter.began_wall

    def stop_if_late(self, elapsed: float) -> None:
        """Stop when the time is spent; `elapsed` is the main process's, so that all agree."""
        limit = self.setting.training.max_minutes
        if limit is not None and elapsed >= 60 * limit and self.course.stop_reason is None:
            self.course.stop_reason = "max_minutes"
            self.trainer.should_stop = True

    def record(self, name: str, value: float | None, step: int) -> None:
        """Hand a number to the recorder: finite ones only, from the main process only."""
        number = None if value is None else finite(value)
        if number is not None and is_main_process():
            self.setting.recorder.metric(name, number, step)

    def _keep_if_best(self) -> None:
        loss, best = self.course.valid_loss, self.course.best_valid_loss
        if loss is None or (best is not None and loss >= best - _ROUNDING * abs(best)):
            return
        self.course.best_valid_loss = loss
        self.course.best_epoch = self.course.n_epochs
        self.best = cloned(self.model.state_dict())

    # Checkpoints.

    @cached_property
    def identity(self) -> str:
        """Digest of all that this fit depends on."""
        return identity_of(self.model, self._data, self.setting, self._optimiser)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Add the course and the best parameters to what Lightning stores."""
        checkpoint["identity"] = self.identity
        checkpoint["course"] = asdict(self.course.with_cost(self.meter.stop()))
        checkpoint["best"] = self.best

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Take up the course and the best parameters.

        Raises:
            ArtifactError: the checkpoint belongs to another fit.
        """
        if checkpoint["identity"] != self.identity:
            raise ArtifactError(
                f"{self.setting.scratch}: holds the checkpoint of another fit (other data, settings"
                " or seed); give every fit a scratch folder of its own, or delete this one."
            )
        self.course = Course(**checkpoint["course"])
        self.course.resumed_from = self.course.n_epochs
        self.best = checkpoint["best"]
