"""From settings and a schema to a network, part by part."""

from typing import assert_never

from torch import nn

from seqarena.attention.multi_head import MultiHeadAttention
from seqarena.attention.pooling import AttentionPooling, build_pooling
from seqarena.attention.positions import build_positions
from seqarena.attention.reach import Reach
from seqarena.attention.softmax_self_attention import SoftmaxSelfAttention
from seqarena.errors import ConfigError
from seqarena.families.attention_pooling import AttentionConfig
from seqarena.families.copying import copied_symbols
from seqarena.families.encoder_assembly import (
    NeuralConfig,
    blocks_of,
    causal_encoder,
    either_way,
    embedding_scale,
    encoder_of,
    heads_of,
    one_way,
    querying,
    sized,
    transformer_encoder,
)
from seqarena.families.pooled import ClassifierPooling
from seqarena.families.recurrent import RecurrentConfig
from seqarena.families.sliding_window import seen_at_once
from seqarena.families.stem import NO_REGIONS
from seqarena.families.transformer import TransformerConfig
from seqarena.networks.binary_frame_model import BinaryFrameModel
from seqarena.networks.classifier import SequenceClassifier
from seqarena.networks.ctc_transducer import CtcHead, CtcTransducer
from seqarena.networks.encoder import Encoder
from seqarena.networks.inputs import FrameInput, Inputs, TokenInput, build_inputs
from seqarena.networks.joint_transducer import JointTransducer
from seqarena.networks.language_model import LanguageModel
from seqarena.networks.pooling import PlainPooling
from seqarena.networks.recurrent_transducer import RecurrentTransducer
from seqarena.networks.region_input import RegionInput
from seqarena.networks.self_attentive import SelfAttentive
from seqarena.networks.tag_heads import build_tag_head
from seqarena.networks.tagger import SequenceTagger
from seqarena.networks.transducer import EncoderDecoder, Transducer
from seqarena.networks.transformer import EMBEDDING_SCALE
from seqarena.networks.transformer_transducer import DecoderBlock, TransformerTransducer
from seqarena.schema import DataSchema


def language_model(config: NeuralConfig, schema: DataSchema) -> LanguageModel:
    """Return a density of tokens."""
    n_symbols = sized(schema.n_symbols, "n_symbols")
    is_tied = not isinstance(config, AttentionConfig) and config.tie_weights
    scale = embedding_scale(config)
    # An embedding that writes too must begin with small logits, of variance 1 / width.
    shrink = scale * config.model_dim**0.5 if is_tied else 1.0
    inputs = TokenInput(n_symbols, config.model_dim, scale / shrink, gain=shrink)
    encoder = causal_encoder(config, seen_at_once(schema), inputs.out_dim)
    return LanguageModel(inputs, encoder, n_symbols, is_tied)


def binary_frame_model(config: NeuralConfig, schema: DataSchema) -> BinaryFrameModel:
    """Return a density of frames of zeros and ones."""
    dim = sized(schema.dim, "dim")
    project = not isinstance(config, RecurrentConfig)
    inputs = FrameInput(dim, config.model_dim if project else None)
    if inputs.projection is not None:
        # What is on is a symbol of its own, whose vector is drawn as any other's.
        nn.init.normal_(inputs.projection.weight, std=embedding_scale(config))
    return BinaryFrameModel(inputs, causal_encoder(config, schema, inputs.out_dim), dim)


def classifier(config: NeuralConfig, schema: DataSchema) -> SequenceClassifier:
    """Return a classifier of tokens or frames."""
    inputs = _classified_inputs(config, schema)
    encoder = encoder_of(config, schema, inputs.out_dim)
    n_classes = sized(schema.n_classes, "n_classes")
    pooling = _pooling(config, schema, encoder)
    return SequenceClassifier(inputs, encoder, pooling, n_classes, config.dropout)


def tagger(config: NeuralConfig, schema: DataSchema) -> SequenceTagger:
    """Return a tagger of tokens or frames; `config.cannot` must have been asked before."""
    project = not isinstance(config, RecurrentConfig)
    inputs = build_inputs(schema, config.model_dim, project, embedding_scale(config))
    encoder = encoder_of(config, schema, inputs.out_dim)
    if not isinstance(config, TransformerConfig) and config.attention == "self_attention":
        dim = encoder.out_dim
        heads = MultiHeadAttention(dim, dim, dim, config.n_heads)
        encoder = SelfAttentive(encoder, SoftmaxSelfAttention(heads, Reach(is_causal=False)))
    n_tags = sized(schema.n_tags, "n_tags")
    head = build_tag_head(config.tag_head, n_tags)
    return SequenceTagger(inputs, encoder, head, n_tags, config.dropout)


def _classified_inputs(config: NeuralConfig, schema: DataSchema) -> Inputs:
    if config.stem == "conv":
        if schema.grid is None or schema.patch is None:
            raise ConfigError([f"{config.kind}: {NO_REGIONS}."])
        return RegionInput(schema.grid, schema.patch, config.model_dim)
    project = not isinstance(config, RecurrentConfig)
    return build_inputs(schema, config.model_dim, project, embedding_scale(config))


def transducer(config: RecurrentConfig | TransformerConfig, schema: DataSchema) -> Transducer:
    """Return what the head asks for: an encoder-decoder, CTC on an encoder, or both on one."""
    is_recurrent = isinstance(config, RecurrentConfig)
    if config.transduction_head == "ctc":
        scale = embedding_scale(config)
        inputs = build_inputs(schema, config.model_dim, not is_recurrent, scale)
        encoder = encoder_of(config, schema, inputs.out_dim)
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
    n_symbols = sized(schema.n_target_symbols, "n_target_symbols")
    return CtcHead(encoder.out_dim, n_symbols, sized(schema.target_end, "target_end"))


def _recurrent_transducer(config: RecurrentConfig, schema: DataSchema) -> RecurrentTransducer:
    dim = config.model_dim
    inputs = build_inputs(schema, dim, project=False)
    encoder = either_way(config, inputs.out_dim)
    return RecurrentTransducer(
        inputs,
        encoder,
        one_way(config, dim),
        querying(config, schema, encoder.out_dim),
        sized(schema.n_target_symbols, "n_target_symbols"),
        sized(schema.target_end, "target_end"),
        copied_symbols(config.kind, config.copies, schema),
    )


def _transformer_transducer(config: TransformerConfig, schema: DataSchema) -> TransformerTransducer:
    dim = config.model_dim
    return TransformerTransducer(
        build_inputs(schema, dim, project=True, scale=EMBEDDING_SCALE),
        transformer_encoder(config, schema.max_length, False),
        build_positions(config.positions, schema.max_target_length, dim, EMBEDDING_SCALE),
        [DecoderBlock(block, heads_of(config)) for block in blocks_of(config, True)],
        sized(schema.n_target_symbols, "n_target_symbols"),
        sized(schema.target_end, "target_end"),
        copied_symbols(config.kind, config.copies, schema),
    )


def _pooling(
    config: NeuralConfig, schema: DataSchema, encoder: Encoder
) -> PlainPooling | AttentionPooling:
    dim = encoder.out_dim
    kind = _pooled_by(config)
    match kind:
        case "last" | "mean" | "max":
            return PlainPooling(kind, dim, encoder.backward_dim)
        case _:
            return build_pooling(kind, dim, dim, config.n_heads, schema.max_length)


def _pooled_by(config: NeuralConfig) -> ClassifierPooling:
    match config:
        case TransformerConfig():
            return config.pooling
        case RecurrentConfig():
            return config.pooling if config.attention == "none" else config.attention
        case AttentionConfig():
            return config.attention
        case _:
            assert_never(config)
