"""From settings and a schema to a network, part by part."""

from typing import Any, assert_never

from seqarena.attention.choice import build_mechanism
from seqarena.attention.coverage import CoverageAttention
from seqarena.attention.linear_self_attention import LinearSelfAttention
from seqarena.attention.mechanism import Mechanism
from seqarena.attention.multi_head import MultiHeadAttention
from seqarena.attention.pooling import AttentionPooling, build_pooling
from seqarena.attention.positions import LearnedPositions, build_positions
from seqarena.attention.reach import Reach
from seqarena.attention.relative import build_relative
from seqarena.attention.self_attention import SelfAttention
from seqarena.attention.softmax_self_attention import SoftmaxSelfAttention
from seqarena.errors import ConfigError
from seqarena.families.attention_pooling import AttentionConfig
from seqarena.families.copying import copied_symbols
from seqarena.families.recurrent import RecurrentConfig
from seqarena.families.sliding_window import seen_at_once
from seqarena.families.stem import NO_REGIONS
from seqarena.families.transformer import TransformerConfig
from seqarena.networks.attentive_recurrent import AttentiveRecurrent
from seqarena.networks.bidirectional import BidirectionalRecurrent
from seqarena.networks.classifier import SequenceClassifier
from seqarena.networks.ctc_transducer import CtcHead, CtcTransducer
from seqarena.networks.elements import ElementEncoder
from seqarena.networks.encoder import Encoder
from seqarena.networks.fused_layers import Recurrence
from seqarena.networks.inputs import Inputs, TokenInput, build_inputs
from seqarena.networks.joint_transducer import JointTransducer
from seqarena.networks.language_model import LanguageModel
from seqarena.networks.pooling import PlainPooling
from seqarena.networks.recurrent import Recurrent
from seqarena.networks.recurrent_transducer import RecurrentTransducer
from seqarena.networks.region_input import RegionInput
from seqarena.networks.self_attentive import SelfAttentive
from seqarena.networks.tag_heads import build_tag_head
from seqarena.networks.tagger import SequenceTagger
from seqarena.networks.transducer import EncoderDecoder, Transducer
from seqarena.networks.transformer import EMBEDDING_SCALE, Block, TransformerEncoder
from seqarena.networks.transformer_transducer import DecoderBlock, TransformerTransducer
from seqarena.schema import DataSchema

NeuralConfig = RecurrentConfig | TransformerConfig | AttentionConfig


def language_model(config: NeuralConfig, schema: DataSchema) -> LanguageModel:
    """Return a density of tokens."""
    n_symbols = _sized(schema.n_symbols, "n_symbols")
    is_tied = not isinstance(config, AttentionConfig) and config.tie_weights
    scale = _embedding_scale(config)
    # An embedding that writes too must begin with small logits, of variance 1 / width.
    shrink = scale * config.model_dim**0.5 if is_tied else 1.0
    inputs = TokenInput(n_symbols, config.model_dim, scale / shrink, gain=shrink)
    encoder = _causal_encoder(config, seen_at_once(schema))
    return LanguageModel(inputs, encoder, n_symbols, is_tied)


def classifier(config: NeuralConfig, schema: DataSchema) -> SequenceClassifier:
    """Return a classifier of tokens or frames."""
    inputs = _classified_inputs(config, schema)
    encoder = _encoder(config, schema, inputs.out_dim)
    n_classes = _sized(schema.n_classes, "n_classes")
    pooling = _pooling(config, schema, encoder)
    return SequenceClassifier(inputs, encoder, pooling, n_classes, config.dropout)


def tagger(config: NeuralConfig, schema: DataSchema) -> SequenceTagger:
    """Return a tagger of tokens or frames; `config.cannot` must have been asked before."""
    project = not isinstance(config, RecurrentConfig)
    inputs = build_inputs(schema, config.model_dim, project, _embedding_scale(config))
    encoder = _encoder(config, schema, inputs.out_dim)
    if not isinstance(config, TransformerConfig) and config.attention == "self_attention":
        dim = encoder.out_dim
        heads = MultiHeadAttention(dim, dim, dim, config.n_heads)
        encoder = SelfAttentive(encoder, SoftmaxSelfAttention(heads, Reach(is_causal=False)))
    n_tags = _sized(schema.n_tags, "n_tags")
    head = build_tag_head(config.tag_head, n_tags)
    return SequenceTagger(inputs, encoder, head, n_tags, config.dropout)


def _classified_inputs(config: NeuralConfig, schema: DataSchema) -> Inputs:
    if config.stem == "conv":
        if schema.grid is None or schema.patch is None:
            raise ConfigError([f"{config.kind}: {NO_REGIONS}."])
        return RegionInput(schema.grid, schema.patch, config.model_dim)
    project = not isinstance(config, RecurrentConfig)
    return build_inputs(schema, config.model_dim, project, _embedding_scale(config))


def transducer(config: RecurrentConfig | TransformerConfig, schema: DataSchema) -> Transducer:
    """Return what the head asks for: an encoder-decoder, CTC on an encoder, or both on one."""
    is_recurrent = isinstance(config, RecurrentConfig)
    if config.transduction_head == "ctc":
        scale = _embedding_scale(config)
        inputs = build_inputs(schema, config.model_dim, not is_recurrent, scale)
        encoder = _encoder(config, schema, inputs.out_dim)
        return CtcTransducer(inputs, encoder, _ctc_head(encoder, schema))
    match config:
        case RecurrentConfig():
            decoder: EncoderDecoder = _recurrent_transducer(config, schema)
        case TransformerConfig():
            decoder = _transformer_transducer(config, schema)
        case _:
            assert_never(config)
    if config.transduction_head == "attention":
        return decoder
    return JointTransducer(decoder, _ctc_head(decoder.encoder, schema), config.ctc_weight)


def _ctc_head(encoder: Encoder, schema: DataSchema) -> CtcHead:
    n_symbols = _sized(schema.n_target_symbols, "n_target_symbols")
    return CtcHead(encoder.out_dim, n_symbols, _sized(schema.target_end, "target_end"))


def _recurrent_transducer(config: RecurrentConfig, schema: DataSchema) -> RecurrentTransducer:
    dim = config.model_dim
    inputs = build_inputs(schema, dim, project=False)
    encoder = _both_ways(config, inputs.out_dim)
    return RecurrentTransducer(
        inputs,
        encoder,
        _recurrent(config, dim),
        _querying(config, schema, encoder.out_dim),
        _sized(schema.n_target_symbols, "n_target_symbols"),
        _sized(schema.target_end, "target_end"),
        copied_symbols(config.kind, config.copies, schema),
    )


def _transformer_transducer(config: TransformerConfig, schema: DataSchema) -> TransformerTransducer:
    dim = config.model_dim
    return TransformerTransducer(
        build_inputs(schema, dim, project=True, scale=EMBEDDING_SCALE),
        _transformer(config, schema.max_length, False),
        build_positions(config.positions, schema.max_target_length, dim, EMBEDDING_SCALE),
        [DecoderBlock(block, _heads(config)) for block in _blocks(config, True)],
        _sized(schema.n_target_symbols, "n_target_symbols"),
        _sized(schema.target_end, "target_end"),
        copied_symbols(config.kind, config.copies, schema),
    )


def _causal_encoder(config: NeuralConfig, schema: DataSchema) -> Encoder:
    match config:
        case RecurrentConfig():
            recurrent = _recurrent(config, config.model_dim)
            mechanism = _querying(config, schema, config.model_dim)
            return recurrent if mechanism is None else AttentiveRecurrent(recurrent, mechanism)
        case TransformerConfig():
            return _transformer(config, schema.max_length, True)
        case AttentionConfig():
            raise ConfigError([str(config.cannot("density", "tokens"))])
        case _:
            assert_never(config)


def _encoder(config: NeuralConfig, schema: DataSchema, input_dim: int) -> Encoder:
    match config:
        case RecurrentConfig():
            return _both_ways(config, input_dim)
        case TransformerConfig():
            return _transformer(config, schema.max_length, False)
        case AttentionConfig():
            positions = LearnedPositions(schema.max_length, config.model_dim)
            return ElementEncoder(positions, config.model_dim, config.dropout)
        case _:
            assert_never(config)


def _both_ways(config: RecurrentConfig, input_dim: int) -> Recurrent | BidirectionalRecurrent:
    if not config.bidirectional:
        return _recurrent(config, input_dim)
    return BidirectionalRecurrent(_recurrence(config), input_dim, config.model_dim, config.n_layers)


def _recurrent(config: RecurrentConfig, input_dim: int) -> Recurrent:
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


def _querying(config: RecurrentConfig, schema: DataSchema, key_dim: int) -> Mechanism | None:
    """Return what lets a recurrence look at states of width `key_dim`, or None."""
    dim = config.model_dim
    if config.attention == "none":
        return None
    if config.attention == "self_attention":
        raise ConfigError([str(config.cannot(schema.task_kind, "tokens"))])
    if config.coverage:
        return CoverageAttention(dim, key_dim, dim)
    return build_mechanism(config.attention, dim, key_dim, dim, config.n_heads, schema.max_length)


def _transformer(config: TransformerConfig, max_time: int, is_causal: bool) -> TransformerEncoder:
    positions = build_positions(config.positions, max_time, config.model_dim, EMBEDDING_SCALE)
    blocks = _blocks(config, is_causal)
    return TransformerEncoder(positions, blocks, config.model_dim, config.dropout)


def _blocks(config: TransformerConfig, is_causal: bool) -> list[Block]:
    return [
        Block(_self_attention(config, is_causal), config.feedforward_ratio, config.dropout)
        for _ in range(config.n_layers)
    ]


def _self_attention(config: TransformerConfig, is_causal: bool) -> SelfAttention[Any]:
    heads = _heads(config)
    match config.self_attention:
        case "softmax":
            relative = build_relative(config.positions, config.n_heads, heads.head_dim)
            return SoftmaxSelfAttention(heads, Reach(is_causal, config.window), relative)
        case "linear":
            return LinearSelfAttention(heads, is_causal)
        case _:
            assert_never(config.self_attention)


def _heads(config: TransformerConfig) -> MultiHeadAttention:
    dim = config.model_dim
    return MultiHeadAttention(dim, dim, dim, config.n_heads, config.n_key_value_heads)


def _pooling(
    config: NeuralConfig, schema: DataSchema, encoder: Encoder
) -> PlainPooling | AttentionPooling:
    dim = encoder.out_dim
    if isinstance(config, TransformerConfig):
        return PlainPooling(config.pooling, dim)
    if config.attention == "none":
        return PlainPooling(config.pooling, dim, encoder.backward_dim)
    return build_pooling(config.attention, dim, dim, config.n_heads, schema.max_length)


def _embedding_scale(config: NeuralConfig) -> float:
    return EMBEDDING_SCALE if isinstance(config, TransformerConfig) else 1.0


def _sized(size: int | None, name: str) -> int:
    if size is None:
        raise ConfigError([f"schema.{name}: missing; the task's data must say it."])
    return size
