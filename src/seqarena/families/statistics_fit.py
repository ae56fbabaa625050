"""How the classical families hand themselves to the Trainer."""

from dataclasses import replace

from torch import nn

from seqarena.batch import Sequences
from seqarena.fitting.protocols import FitReport, FitSetting

# Padded steps of one E-step; eight states in 64 bits take 256 bytes of each.
_STEPS = 2**18


def fit_in_large_batches(
    model: nn.Module, train: Sequences, valid: Sequences, setting: FitSetting
) -> FitReport:
    """Fit by statistics, a quarter of a million steps at a time.

    Statistics add, so that the size of a batch changes the speed and not the result: the setting's
    batch size, which is one of optimiser steps, is taken as the least.
    """
    # Lightning is a heavy import, and a stage that only scores has no use for it.
    from seqarena.fitting.statistics import fit_by_statistics

    longest = int(max(train.lengths.max(), valid.lengths.max()))
    size = max(setting.training.batch_size, min(len(train), _STEPS // longest))
    training = setting.training.model_copy(update={"batch_size": size})
    return fit_by_statistics(model, train, valid, replace(setting, training=training))
