"""Maps whose every number is known."""

import numpy as np


def causal_uniform(time):
    """Row t looks at 0, ..., t alike."""
    return np.tril(np.ones((time, time))) / np.arange(1, time + 1)[:, None]


def lag(time, steps):
    """Row t looks `steps` back; rows before that look nowhere."""
    return np.eye(time, k=-steps)


def random_rows(*shape, seed=0):
    """Rows that sum to 1."""
    rows = np.random.default_rng(seed).random(shape) + 0.01
    return rows / rows.sum(axis=-1, keepdims=True)
