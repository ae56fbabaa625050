"""How a Transformer that classifies makes one vector of a sequence."""

from typing import Literal, get_args

from seqarena.attention.choice import PoolingMechanism
from seqarena.networks.pooling import PoolingKind
from seqarena.schema import TaskKind

ClassifierPooling = Literal[PoolingKind, PoolingMechanism]
"""A rule without parameters, or a mechanism that learns where to look."""


def pools_by_attention(pooling: ClassifierPooling) -> bool:
    """Return whether a mechanism pools, and not a rule."""
    return pooling in get_args(PoolingMechanism)


def pooling_obstacle(pooling: ClassifierPooling, task_kind: TaskKind) -> str | None:
    """Return why such a task has nothing for a mechanism to pool, or None."""
    if task_kind == "classification" or not pools_by_attention(pooling):
        return None
    return (
        f"pooling {pooling!r} makes one vector of a sequence for its label, and {task_kind} labels "
        "no sequence; leave it out"
    )
