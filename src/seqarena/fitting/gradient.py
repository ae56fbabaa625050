"""Fitting by gradients, under Lightning's Trainer."""

import math
from collections.abc import Callable
from contextlib import nullcontext
from copy import deepcopy

import torch
from pytorch_lightning.strategies import ParallelStrategy
from torch import Tensor, nn
from torch.optim import Optimizer

from seqarena.batch import Batch, Sequences
from seqarena.errors import ConvergenceError
from seqarena.fitting.course import StopReason, count_parameters, refuse_over_budget
from seqarena.fitting.loader import Share
from seqarena.fitting.module import FitModule
from seqarena.fitting.optimiser import learning_rate_at, make_optimiser
from seqarena.fitting.processes import is_main_process, n_processes
from seqarena.fitting.protocols import FitReport, FitSetting, Objective, OptimiserConfig
from seqarena.fitting.rounds import outside_autocast
from seqarena.fitting.step_numbers import StepNumbers, step_numbers
from seqarena.fitting.trainer import run

STEPS_PER_RECORD = 10
"""`train/loss_step` is the loss over this many steps together."""

_FORWARD_AND_BACKWARD = 3.0  # The backward pass costs about two forward passes.


def fit_by_gradient(
    model: nn.Module,
    optimiser: OptimiserConfig,
    train: Sequences,
    valid: Sequences,
    setting: FitSetting,
) -> FitReport:
    """Fit `model` (a `GradientModel`) and leave in it the parameters of the best finite epoch.

    Stops after `max_epochs`, after `patience` epochs without a better validation loss, or when
    `max_steps` are done or `max_minutes` spent, which may be in the middle of an epoch.

    Raises:
        ConfigError: the model has more parameters than the task allows.
        ConvergenceError: a loss is not a finite number, or no validation loss is.
        ResourceError: memory ran out.
        ArtifactError: the scratch folder holds the checkpoint of another fit.
    """
    return fit_module(GradientFit(model, optimiser, train, valid, setting))


def fit_module(module: "GradientFit") -> FitReport:
    """Run a fit to its end, leave the best parameters in the caller's model, and report.

    Raises:
        ConfigError: the model has more parameters than the task allows.
        ConvergenceError: a loss is not a finite number, or no validation loss is.
        ResourceError: memory ran out.
        ArtifactError: the scratch folder holds the checkpoint of another fit.
    """
    setting = module.setting
    refuse_over_budget(count_parameters(module.target), setting)
    run(module, setting.training.max_epochs, by_gradient=True)
    if module.best is None:
        raise ConvergenceError(
            f"{setting.label}: no epoch of {module.course.n_epochs} gave a finite validation loss;"
            " lower optimiser.learning_rate, or look for values of the validation split that"
            " training never shows."
        )
    return module.course.report(module.model, module.meter.stop(), _FORWARD_AND_BACKWARD)


class GradientFit(FitModule):
    """Minimises sum of losses / sum of weights of each global batch, over all processes."""

    def __init__(
        self,
        model: nn.Module,
        optimiser: OptimiserConfig,
        train: Sequences,
        valid: Sequences,
        setting: FitSetting,
    ) -> None:
        super().__init__(model, train, {"valid": valid}, setting, optimiser)
        if setting.hardware.strategy == "fsdp":
            # Its parameters will be split over the processes; the caller's stay whole.
            self.model = deepcopy(model)
        self.optimiser = optimiser
        self._of_step: list[StepNumbers] = []
        self._pending: list[tuple[int, StepNumbers]] = []
        self._window = [0.0, 0.0]
        self._epoch = [0.0, 0.0]

    def configure_optimizers(self) -> Optimizer:
        """Return the optimiser; the learning rate is set at every step."""
        return make_optimiser(self.model, self.optimiser)

    def on_train_start(self) -> None:
        """Take the objective: sharding has changed it, and compiling does now."""
        super().on_train_start()
        self.objective: Callable[[Batch], Objective] = self.model.objective
        if self.setting.hardware.compile:
            # Batches differ in length: one kernel for all of them.
            self.objective = torch.compile(self.objective, dynamic=True)

    def on_train_epoch_start(self) -> None:
        """Begin the sums of the epoch."""
        self._epoch = [0.0, 0.0]

    def learning_rate(self) -> float:
        """Return the learning rate of the present step."""
        return learning_rate_at(self.course.n_steps, self.n_steps_planned, self.optimiser)

    @property
    def n_steps_planned(self) -> int:
        """Return the optimiser steps that the epochs have, or the fewer that the budget allows."""
        limit = self.setting.training.max_steps
        return super().n_steps_planned if limit is None else min(limit, super().n_steps_planned)

    def work_on(self, share: Share) -> None:
        """Add the gradient of a share, and descend when it completes a step."""
        loss = self.loss_of(share)
        with outside_autocast(self.device.type):
            self._add_gradient(loss, share.completes)
            if share.completes:
                self._descend(self.trainer.optimizers[0])

    def loss_of(self, share: Share) -> Tensor:
        """Return a loss whose gradient, averaged over the processes, is that of the whole batch."""
        objective = self.objective_of(share)
        total, weight = objective.total, objective.weight
        if not share.counts:
            total, weight = 0.0 * total, 0
        # The main process's time, so that all agree on when it is late.
        numbers = step_numbers(total, weight, self.elapsed() if is_main_process() else 0.0)
        self._pending.append((self.course.n_steps, numbers))
        # DDP averages the gradients over the processes; what is wanted is their sum, over the
        # weight of the whole batch: known at once where one pass of one process makes the step, and
        # otherwise when all of them have been exchanged.
        if n_processes() * self.train_loader.n_passes == 1:
            return total / max(weight, 1)
        self._of_step.append(numbers)
        return total * n_processes()

    def objective_of(self, share: Share) -> Objective:
        """Return the loss of a share, as a sum and its weight."""
        return self.objective(share.batch)

    def _descend(self, optimiser: Optimizer) -> None:
        """Take the step. None of the formats that can be asked for scales the loss."""
        parts = [part for group in optimiser.param_groups for part in group["params"]]
        self._divide(parts)
        norm = self.optimiser.max_gradient_norm
        if norm is not None:
            torch.nn.utils.clip_grad_norm_(parts, norm)
        for group in optimiser.param_groups:
            group["lr"] = self.learning_rate()
        optimiser.step()
        optimiser.zero_grad()

    def _divide(self, parts: list[nn.Parameter]) -> None:
        """Divide a sum of gradients over several parts by the weight of the whole batch."""
        if not self._of_step:
            return
        weight = sum(numbers.weight for numbers in self._of_step)
        grads = [part.grad for part in parts if part.grad is not None]
        torch._foreach_mul_(grads, 1.0 / max(weight, 1.0))
        self._of_step.clear()

    def _add_gradient(self, loss: Tensor, completes: bool) -> None:
        """Add it; several processes exchange theirs with the last pass of a step alone."""
        strategy = self.trainer.strategy
        if not isinstance(strategy, ParallelStrategy):
            # What Lightning does besides is for losses that are scaled, and for hooks of nobody.
            torch.autograd.backward(loss)
            return
        with nullcontext() if completes else strategy.block_backward_sync():
            self.manual_backward(loss)

    def after_share(self, share: Share) -> None:
        """Take note of the loss now and then."""
        self._stop_after_the_last_step()
        # Reading a number makes a GPU wait; a CPU knows it already.
        is_known = self.device.type == "cpu" or len(self._pending) == STEPS_PER_RECORD
        if is_known or self.present.is_last:
            self._settle()
        is_due = share.completes and self.course.n_steps % STEPS_PER_RECORD == 0
        if is_due and self._window[1]:
            step = self.course.n_steps - 1
            self.record("train/loss_step", self._window[0] / self._window[1], step)
            rate = self.trainer.optimizers[0].param_groups[0]["lr"]
            self.record("train/learning_rate", rate, step)
            self._window = [0.0, 0.0]

    def _stop_after_the_last_step(self) -> None:
        """End the epoch when the budget of steps is spent; it is validated like any other."""
        if self.course.n_steps == self.setting.training.max_steps:
            self.course.stop_reason = self.course.stop_reason or "max_steps"
            self.trainer.should_stop = True

    def evaluate(self, batch: Batch) -> tuple[Tensor, int]:
        """Return the objective of a batch."""
        objective = self.objective(batch)
        return objective.total, objective.weight

    def flops(self, batch: Batch) -> float:
        """Return those of a forward pass."""
        return float(self.model.forward_flops(batch))

    def on_validation_epoch_end(self) -> None:
        """Take note of both losses: the validation is the last thing before an epoch ends."""
        super().on_validation_epoch_end()
        self._settle()
        self.course.train_loss = self._epoch[0] / max(self._epoch[1], 1.0)

    def reason_to_stop(self) -> StopReason | None:
        """Stop when the best epoch lies `patience` epochs back."""
        best = -1 if self.course.best_epoch is None else self.course.best_epoch
        waited = self.course.n_epochs - 1 - best
        return "patience" if waited >= self.setting.training.patience else None

    def _settle(self) -> None:
        """Read the losses of the steps since the last time: add them up, stop on a bad one."""
        for step, numbers in self._pending:
            self._settle_step(step, *numbers.read())
        self._pending.clear()

    def _settle_step(self, step: int, total: float, weight: float, elapsed: float) -> None:
        if not math.isfinite(total):
            raise ConvergenceError(
                f"{self.setting.label}: the training loss is {total} in epoch"
                f" {self.course.n_epochs} at step {step}; lower optimiser.learning_rate (now"
                f" {self.optimiser.learning_rate:g}) or optimiser.max_gradient_norm, or look for"
                " extreme values in the data."
            )
        for sums in (self._epoch, self._window):
            sums[0] += total
            sums[1] += weight
        self.stop_if_late(elapsed)
