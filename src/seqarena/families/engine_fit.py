"""Fits that another library runs: the same start, the same stop, the same kind of report."""

from collections.abc import Iterable
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch

from seqarena.batch import Batch, Sequences, collate
from seqarena.fitting.cost import CostMeter
from seqarena.fitting.course import refuse_over_budget
from seqarena.fitting.protocols import FitReport, FitSetting, TrainingConfig


@runtime_checkable
class Scored(Protocol):
    """A fitted model whose statistics say how probable a batch is."""

    def expect(self, batch: Batch) -> Any:
        """Return statistics with a log-likelihood."""
        ...

    def n_free_parameters(self) -> int:
        """Return how many numbers can vary independently."""
        ...


def fit_with_engine(
    model: Scored,
    parts: Iterable[tuple[Any, Sequences]],
    train: Sequences,
    valid: Sequences,
    setting: FitSetting,
) -> FitReport:
    """Let each part's library fit it to its own sequences, and report what that cost.

    Args:
        model: the whole; the one part itself, or the classifier over the parts.
        parts: densities (with a `run_engine`), each with the sequences that it is fitted to.
        train: all training sequences.
        valid: validation sequences.
        setting: budget and seed.

    Raises:
        ConfigError: the model has more parameters than the task allows.
    """
    refuse_over_budget(model.n_free_parameters(), setting)
    meter = CostMeter.start()
    iterations, converged = 0, True
    for density, own in parts:
        taken, stopped = density.run_engine(own, setting)
        iterations, converged = max(iterations, taken), converged and stopped
    cost = meter.stop()
    losses = {split: _loss(model, data) for split, data in (("train", train), ("valid", valid))}
    for split, loss in losses.items():
        if loss is not None:
            setting.recorder.metric(f"{split}/loss", loss, iterations - 1)
    how = "converged" if converged else "stopped at max_em_epochs"
    return FitReport(
        stop_reason="engine",
        n_epochs=iterations,
        best_epoch=iterations - 1,
        train_loss=losses["train"],
        valid_loss=losses["valid"],
        n_parameters=model.n_free_parameters(),
        training_flops=None,
        wall_seconds=cost.wall_seconds,
        cpu_seconds=cost.cpu_seconds,
        peak_memory_bytes=cost.peak_memory_bytes,
        examples_per_second=len(train) * iterations / max(cost.wall_seconds, 1e-9),
        padding_share=0.0,
        notes=(f"the engine's EM {how} after {iterations} iterations",),
    )


def iterate(step: Any, n_scored_steps: int, training: TrainingConfig) -> tuple[int, bool]:
    """Call `step` until its objective gains too little: the stopping rule of every EM fit here.

    Args:
        step: runs one EM iteration, and returns the objective that it started from [nats].
        n_scored_steps: what the objective's gain is divided by.
        training: largest number of iterations, and the least gain per scored step.

    Returns:
        The iterations that were run, and whether they converged.
    """
    before = -np.inf
    for iteration in range(1, training.max_em_epochs + 1):
        objective = step()
        gain = (objective - before) / n_scored_steps
        if training.em_tolerance > 0 and gain < training.em_tolerance:
            return iteration, True
        before = objective
    return training.max_em_epochs, False


def _loss(model: Scored, sequences: Sequences) -> float | None:
    """Return the negative log-likelihood per scored step; None where it is infinite."""
    total = sum(float(model.expect(batch).log_likelihood) for batch in batches_by_length(sequences))
    return -total / int(sequences.n_scored.sum()) if np.isfinite(total) else None


def batches_by_length(sequences: Sequences, batch_size: int = 256) -> Iterable[Batch]:
    """Yield all sequences, the shortest first, so that there is little padding."""
    by_length = torch.from_numpy(np.argsort(sequences.lengths, kind="stable"))
    for rows in torch.split(by_length, batch_size):
        yield collate(sequences, rows.numpy())
