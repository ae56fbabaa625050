"""The mechanisms that `params.yaml` can name."""

from typing import Literal, assert_never

from seqarena.attention.additive_score import AdditiveScore
from seqarena.attention.dot_scores import DotScore, GeneralScore, ScaledDotScore
from seqarena.attention.linear_score import LinearScore
from seqarena.attention.mechanism import Mechanism
from seqarena.attention.multi_head import MultiHeadAttention
from seqarena.attention.softmax import SoftmaxAttention
from seqarena.attention.weighted_sum import WeightedSum

QueryingKind = Literal[
    "weighted_sum_linear",
    "weighted_sum_additive",
    "softmax_dot",
    "softmax_general",
    "softmax_scaled_dot",
    "softmax",
    "multi_head",
]
"""Mechanisms in which something outside the sequence looks into it."""

OF_ONE_WIDTH: tuple[QueryingKind, ...] = ("softmax_dot", "softmax_scaled_dot")
"""Mechanisms that multiply queries and keys as they are, and so need both equally wide."""

PoolingMechanism = Literal[QueryingKind, "self_attention"]
"""Mechanisms that make one vector of a sequence."""

AttentionKind = Literal["none", PoolingMechanism]
"""What a recurrent network may have."""


def build_mechanism(
    kind: QueryingKind,
    query_dim: int,
    key_dim: int,
    model_dim: int,
    n_heads: int,
    max_key_time: int,
) -> Mechanism:
    """Return a mechanism with fresh parameters.

    Args:
        kind: which one.
        query_dim: width of a query; 0 where a weighted sum is to score the keys alone.
        key_dim: width of a key.
        model_dim: width of the projections, and of the hidden layer of additive scores.
        n_heads: heads of `multi_head`; divides `model_dim`.
        max_key_time: places that linear scores can tell apart [steps].

    Raises:
        ConfigError: a dot product of queries and keys of different widths.
    """
    match kind:
        case "weighted_sum_linear":
            return WeightedSum(LinearScore(query_dim, key_dim, max_key_time), key_dim)
        case "weighted_sum_additive":
            return WeightedSum(AdditiveScore(query_dim, key_dim, model_dim), key_dim)
        case "softmax_dot":
            return WeightedSum(DotScore(query_dim, key_dim), key_dim)
        case "softmax_general":
            return WeightedSum(GeneralScore(query_dim, key_dim), key_dim)
        case "softmax_scaled_dot":
            return WeightedSum(ScaledDotScore(query_dim, key_dim), key_dim)
        case "softmax":
            return SoftmaxAttention(query_dim, key_dim, model_dim)
        case "multi_head":
            return MultiHeadAttention(query_dim, key_dim, model_dim, n_heads)
        case _:
            assert_never(kind)
