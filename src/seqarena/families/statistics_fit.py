"""How the classical families hand themselves to the Trainer."""

from dataclasses import replace

from torch import nn

from seqarena.batch import Sequences
from seqarena.fitting.protocols import FitReport, FitSetting, StepwiseConfig

STEPS_AT_ONCE = 2**18
"""Padded steps of one E-step; eight states in 64 bits take 256 bytes of each."""


def fit_in_large_batches(
    model: nn.Module,
    train: Sequences,
    valid: Sequences,
    setting: FitSetting,
    stepwise: StepwiseConfig | None = None,
    steps_at_once: int = STEPS_AT_ONCE,
) -> FitReport:
    """Fit by statistics, many steps at a time; or stepwise, if so configured.

    Statistics add, so that the size of a batch changes the speed and not the result: the setting's
    batch size, which is one of optimiser steps, is taken as the least. Mini-batches of stepwise EM
    have the size that `stepwise` says.
    """
    # Lightning is a heavy import, and a stage that only scores has no use for it.
    from seqarena.fitting.statistics import fit_by_statistics
    from seqarena.fitting.stepwise import fit_stepwise

    longest = int(max(train.lengths.max(), valid.lengths.max()))
    size = max(setting.training.batch_size, min(len(train), steps_at_once // longest))
    training = setting.training.model_copy(update={"batch_size": size})
    setting = replace(setting, training=training)
    if stepwise is not None:
        return fit_stepwise(model, train, valid, setting, stepwise)
    return fit_by_statistics(model, train, valid, setting)


def require_own_engine(stepwise: StepwiseConfig | None, engine: str) -> None:
    """Refuse a configuration that asks another library for stepwise EM.

    Raises:
        ValueError: which pydantic turns into one line of a `ConfigError`.
    """
    if stepwise is not None and engine != "seqarena":
        raise ValueError(
            f"engine: {engine} knows batch EM alone; set engine: seqarena, or leave stepwise out."
        )
