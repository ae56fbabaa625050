"""From settings to what reads a sequence: recurrences, Transformers, elements on their own."""

from typing import Any, assert_never

from seqarena.attention.choice import build_mechanism
from seqarena.attention.coverage import CoverageAttention
from seqarena.attention.linear_self_attention import LinearSelfAttention
from seqarena.attention.mechanism import Mechanism
from seqarena.attention.multi_head import MultiHeadAttention
from seqarena.attention.positions import LearnedPositions, build_positions
from seqarena.attention.reach import Reach
from seqarena.attention.relative import build_relative
from seqarena.attention.self_attention import SelfAttention
from seqarena.attention.softmax_self_attention import SoftmaxSelfAttention
from seqarena.errors import ConfigError
from seqarena.families.attention_pooling import AttentionConfig
from seqarena.families.recurrent import RecurrentConfig
from seqarena.families.transformer import TransformerConfig
from seqarena.networks.attentive_recurrent import AttentiveRecurrent
from seqarena.networks.bidirectional import BidirectionalRecurrent
from seqarena.networks.causal_model import CausalEncoder
from seqarena.networks.elements import ElementEncoder
from seqarena.networks.encoder import Encoder
from seqarena.networks.fused_layers import Recurrence
from seqarena.networks.recurrent import Recurrent
from seqarena.networks.transformer import EMBEDDING_SCALE, Block, TransformerEncoder
from seqarena.schema import DataSchema

NeuralConfig = RecurrentConfig | TransformerConfig | AttentionConfig


def causal_encoder(config: NeuralConfig, schema: DataSchema, input_dim: int) -> CausalEncoder:
    """Return what reads a density's steps, `input_dim` wide, without looking ahead.

    Raises:
        ConfigError: the family has no density.
    """
    match config:
        case RecurrentConfig():
            recurrent = one_way(config, input_dim)
            mechanism = querying(config, schema, config.model_dim)
            return recurrent if mechanism is None else AttentiveRecurrent(recurrent, mechanism)
        case TransformerConfig():
            return transformer_encoder(config, schema.max_length, True)
        case AttentionConfig():
            raise ConfigError([str(config.cannot("density", "tokens"))])
        case _:
            assert_never(config)


def encoder_of(config: NeuralConfig, schema: DataSchema, input_dim: int) -> Encoder:
    """Return what reads a whole sequence, whose steps are `input_dim` wide."""
    match config:
        case RecurrentConfig():
            return either_way(config, input_dim)
        case TransformerConfig():
            return transformer_encoder(config, schema.max_length, False)
        case AttentionConfig():
            positions = LearnedPositions(schema.max_length, config.model_dim)
            return ElementEncoder(positions, config.model_dim, config.dropout)
        case _:
            assert_never(config)


def either_way(config: RecurrentConfig, input_dim: int) -> Recurrent | BidirectionalRecurrent:
    """Return a recurrence in one direction or, if so configured, in both."""
    if not config.bidirectional:
        return one_way(config, input_dim)
    return BidirectionalRecurrent(_recurrence(config), input_dim, config.model_dim, config.n_layers)


def one_way(config: RecurrentConfig, input_dim: int) -> Recurrent:
    """Return a recurrence in one direction."""
    return Recurrent(_recurrence(config), input_dim, config.model_dim, config.n_layers)


def _recurrence(config: RecurrentConfig) -> Recurrence:
    return Recurrence(
        config.kind,
        config.dropout,
        config.nonlinearity,
        config.layer_norm,
        config.weight_drop,
        config.forget_bias,
    )


def querying(config: RecurrentConfig, schema: DataSchema, key_dim: int) -> Mechanism | None:
    """Return what lets a recurrence look at states of width `key_dim`, or None."""
    dim = config.model_dim
    if config.attention == "none":
        return None
    if config.attention == "self_attention":
        raise ConfigError([str(config.cannot(schema.task_kind, "tokens"))])
    if config.coverage:
        return CoverageAttention(dim, key_dim, dim)
    return build_mechanism(config.attention, dim, key_dim, dim, config.n_heads, schema.max_length)


def transformer_encoder(
    config: TransformerConfig, max_time: int, is_causal: bool
) -> TransformerEncoder:
    """Return a Transformer without an end, for sequences of at most `max_time` steps."""
    positions = build_positions(config.positions, max_time, config.model_dim, EMBEDDING_SCALE)
    blocks = blocks_of(config, is_causal)
    return TransformerEncoder(positions, blocks, config.model_dim, config.dropout)


def blocks_of(config: TransformerConfig, is_causal: bool) -> list[Block]:
    """Return the blocks of a Transformer."""
    return [
        Block(_self_attention(config, is_causal), config.feedforward_ratio, config.dropout)
        for _ in range(config.n_layers)
    ]


def _self_attention(config: TransformerConfig, is_causal: bool) -> SelfAttention[Any]:
    heads = heads_of(config)
    match config.self_attention:
        case "softmax":
            relative = build_relative(config.positions, config.n_heads, heads.head_dim)
            return SoftmaxSelfAttention(heads, Reach(is_causal, config.window), relative)
        case "linear":
            return LinearSelfAttention(heads, is_causal)
        case _:
            assert_never(config.self_attention)


def heads_of(config: TransformerConfig) -> MultiHeadAttention:
    """Return the attention heads of a Transformer."""
    dim = config.model_dim
    return MultiHeadAttention(dim, dim, dim, config.n_heads, config.n_key_value_heads)


def embedding_scale(config: NeuralConfig) -> float:
    """Return the standard deviation with which embeddings are drawn."""
    return EMBEDDING_SCALE if isinstance(config, TransformerConfig) else 1.0


def sized(size: int | None, name: str) -> int:
    """Return a size that the schema must have.

    Raises:
        ConfigError: it lacks it.
    """
    if size is None:
        raise ConfigError([f"schema.{name}: missing; the task's data must say it."])
    return size
