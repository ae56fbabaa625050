from dataclasses import replace
from itertools import product
from typing import get_args

import numpy as np
import pytest
import torch

from seqarena.attention.choice import AttentionKind
from seqarena.batch import collate_all, sequences_of
from seqarena.errors import ConfigError, DataError
from seqarena.families.attention_pooling import AttentionConfig
from seqarena.families.neural import build_neural
from seqarena.families.recurrent import RecurrentConfig
from seqarena.families.transformer import TransformerConfig
from seqarena.parsing import parse
from seqarena.schema import DataSchema, FittedKind


def mistakes(model, **settings) -> list[str]:
    with pytest.raises(ConfigError) as refusal:
        parse(model, settings, at="families.mine")
    return refusal.value.mistakes


@pytest.mark.parametrize(
    ("model", "settings"),
    [
        (TransformerConfig, {"kind": "transformer"}),
        (RecurrentConfig, {"kind": "gru", "attention": "multi_head"}),
        (AttentionConfig, {"kind": "attention", "attention": "self_attention"}),
    ],
)
def test_heads_that_do_not_divide_the_width_are_refused_with_the_numbers(model, settings):
    expected = (
        "families.mine.n_heads: 5 heads do not divide a model_dim of 64; choose a divisor of it."
    )
    assert mistakes(model, **settings, n_heads=5) == [expected]
    by_default = (
        "families.mine.n_heads: 4 heads do not divide a model_dim of 50; choose a divisor of it."
    )
    assert mistakes(model, **settings, model_dim=50) == [by_default]


def test_heads_are_no_concern_of_a_network_that_has_none():
    assert RecurrentConfig(kind="gru", model_dim=50).n_heads == 4
    assert AttentionConfig(kind="attention", attention="softmax", model_dim=50).n_heads == 4


def test_what_belongs_to_one_recurrence_is_refused_for_another():
    for kind in ("lstm", "gru"):
        assert mistakes(RecurrentConfig, kind=kind, nonlinearity="relu") == [
            f"families.mine.nonlinearity: 'relu' belongs to 'elman_rnn'; the gates of {kind!r} "
            "need tanh and sigmoid. Leave it out."
        ]
    for kind in ("elman_rnn", "gru"):
        assert mistakes(RecurrentConfig, kind=kind, forget_bias=2.0) == [
            f"families.mine.forget_bias: {kind!r} has no forget gate; only 'lstm' has one. "
            "Leave it out."
        ]


def test_a_config_that_was_stored_with_its_defaults_is_read_again():
    for kind in ("elman_rnn", "lstm", "gru"):
        stored = RecurrentConfig(kind=kind).model_dump(mode="json")
        assert parse(RecurrentConfig, stored, at="family") == RecurrentConfig(kind=kind)


def test_lags_are_measured_along_one_recurrence():
    assert mistakes(RecurrentConfig, kind="gru", bidirectional=True, gradient_lags=8) == [
        "families.mine.gradient_lags: got 8, but states that are read from both ends have no lag; "
        "set it to 0, or bidirectional to false."
    ]
    for task in ("transduction", "alignment"):
        config = RecurrentConfig(kind="gru", attention="softmax", gradient_lags=8)
        assert config.cannot(task, "tokens") == (
            "gradients by lag are measured along one recurrence, and this task has an encoder and "
            f"a decoder; set gradient_lags to 0 for {task}"
        )
    for task in ("density", "classification"):
        assert RecurrentConfig(kind="gru", gradient_lags=8).cannot(task, "tokens") is None


def test_a_stem_is_for_pictures_that_are_classified():
    recurrent = RecurrentConfig(kind="gru", stem="conv")
    alone = AttentionConfig(kind="attention", attention="softmax", stem="conv")
    transformer = TransformerConfig(kind="transformer", stem="conv")
    for config in (recurrent, alone, transformer):
        assert config.cannot("classification", "frames") is None
        assert config.cannot("classification", "tokens") == (
            "stem 'conv' is for the classification of pictures, and this is classification of "
            "tokens; set it to 'none'"
        )
    assert recurrent.cannot("transduction", "frames") == (
        "stem 'conv' is for the classification of pictures, and this is transduction of frames; "
        "set it to 'none'"
    )


def test_a_mechanism_pools_where_a_sequence_has_a_label():
    pooled = TransformerConfig(kind="transformer", pooling="multi_head")
    assert pooled.cannot("classification", "tokens") is None
    assert pooled.cannot("classification", "frames") is None
    for task in ("density", "recommendation", "tagging", "transduction", "alignment"):
        assert pooled.cannot(task, "tokens") == (
            "pooling 'multi_head' makes one vector of a sequence for its label, and "
            f"{task} labels no sequence; leave it out"
        )
        assert TransformerConfig(kind="transformer", pooling="max").cannot(task, "tokens") is None
    assert mistakes(TransformerConfig, kind="transformer", pooling="none") == [
        "families.mine.pooling: 'none' is not allowed; expected 'last', 'mean', 'max', "
        "'weighted_sum_linear', 'weighted_sum_additive', 'softmax_dot', 'softmax_general', "
        "'softmax_scaled_dot', 'softmax', 'multi_head' or 'self_attention'."
    ]


@pytest.mark.parametrize("share", [-0.1, 1.0])
def test_a_weight_drop_is_a_probability_that_leaves_something(share):
    (mistake,) = mistakes(RecurrentConfig, kind="lstm", weight_drop=share)
    assert mistake.startswith(f"families.mine.weight_drop: got {share}")


def test_attention_alone_must_name_its_mechanism():
    assert mistakes(AttentionConfig, kind="attention") == [
        "families.mine.attention: missing; it has no default."
    ]
    assert mistakes(AttentionConfig, kind="attention", attention="none") == [
        "families.mine.attention: 'none' is not allowed; expected 'weighted_sum_linear', "
        "'weighted_sum_additive', 'softmax_dot', 'softmax_general', 'softmax_scaled_dot', "
        "'softmax', 'multi_head' or 'self_attention'."
    ]


def test_each_family_says_what_it_cannot_do():
    plain = RecurrentConfig(kind="lstm")
    both_ways = RecurrentConfig(kind="lstm", bidirectional=True)
    tied = RecurrentConfig(kind="lstm", tie_weights=True)
    looped = RecurrentConfig(kind="gru", attention="self_attention")
    alone = AttentionConfig(kind="attention", attention="softmax")
    assert looped.cannot("density", "tokens") == (
        "in a recurrent density it is the recurrence that looks back; use 'softmax' or "
        "'multi_head', or the transformer"
    )
    assert both_ways.cannot("density", "tokens") == (
        "a density read from both ends would have seen what it predicts; set bidirectional to false"
    )
    assert tied.cannot("classification", "tokens") == (
        "only a density writes the symbols that it reads; set tie_weights to false for "
        "classification"
    )
    tied_transformer = TransformerConfig(kind="transformer", tie_weights=True)
    assert tied_transformer.cannot("density", "tokens") is None
    assert tied_transformer.cannot("transduction", "tokens") == (
        "only a density writes the symbols that it reads; set tie_weights to false for transduction"
    )
    assert tied.cannot("transduction", "tokens") == (
        "only a density writes the symbols that it reads; set tie_weights to false for transduction"
    )
    assert looped.cannot("transduction", "tokens") == (
        "self-attention does not look from a decoder into an input; use 'softmax' or "
        "'multi_head', or the transformer"
    )
    for config in (plain, looped):
        assert config.cannot("alignment", "tokens") == (
            "links are read from the attention of a decoder to the input; set attention to "
            "'softmax', 'multi_head' or a weighted sum"
        )
    for config in (tied, tied_transformer):
        assert config.cannot("density", "frames") == (
            "frames have no embedding that could be the output matrix too; set tie_weights to false"
        )
    assert alone.cannot("density", "tokens") == (
        "attention alone classifies and tags; it has no order in which to do density"
    )
    assert alone.cannot("transduction", "tokens") == (
        "attention alone classifies and tags; it has no order in which to do transduction"
    )


def test_coverage_is_for_a_decoder_with_additive_scores():
    covering = {"attention": "weighted_sum_additive", "coverage": True}
    assert mistakes(RecurrentConfig, kind="gru", attention="softmax", coverage=True) == [
        "families.mine.coverage: coverage is a part of additive scores, and attention is "
        "'softmax'; set attention to 'weighted_sum_additive', or coverage to false."
    ]
    config = RecurrentConfig(kind="gru", **covering)
    assert config.cannot("classification", "tokens") == (
        "coverage is where a decoder has looked, and classification has no decoder; "
        "set coverage to false"
    )
    assert config.cannot("transduction", "tokens") is None
    assert config.cannot("alignment", "tokens") is None


@pytest.mark.parametrize("attention", ["softmax_dot", "softmax_scaled_dot"])
@pytest.mark.parametrize("head", ["attention", "ctc_attention"])
def test_a_dot_product_is_refused_where_the_input_is_wider_than_the_decoder(attention, head):
    settings = {"attention": attention, "transduction_head": head, "model_dim": 24}
    wide = RecurrentConfig(kind="lstm", bidirectional=True, **settings)
    task_and_input = [("transduction", "frames")]
    task_and_input += [("transduction", "tokens"), ("alignment", "tokens")] * (head == "attention")
    for task, given in task_and_input:
        assert wide.cannot(task, given) == (
            f"attention {attention!r} needs queries as wide as keys, and a state of the decoder "
            "has 24 numbers, one of an input read from both ends 48; set it to 'softmax_general', "
            "which learns a matrix between the two, or bidirectional to false"
        )
        assert RecurrentConfig(kind="lstm", **settings).cannot(task, given) is None


SCHEMA = DataSchema(
    "density",
    n_classes=3,
    n_tags=3,
    n_target_symbols=4,
    target_end=3,
    max_length=6,
    max_target_length=5,
)
GIVEN = {"tokens": {"n_symbols": 5}, "frames": {"dim": 2, "frame_kind": "binary"}}


@pytest.mark.parametrize("attention", get_args(AttentionKind))
def test_every_choice_of_attention_that_is_not_refused_is_built(attention):
    configs = [
        RecurrentConfig(kind="gru", model_dim=8, attention=attention, bidirectional=both_ways)
        for both_ways in (False, True)
    ]
    if attention != "none":
        configs.append(AttentionConfig(kind="attention", model_dim=8, attention=attention))
    cases = list(product(configs, get_args(FittedKind), GIVEN))
    possible = [each for each in cases if each[0].cannot(*each[1:]) is None]
    assert len(possible) >= 4
    for config, task, given in possible:
        build_neural(config, replace(SCHEMA, task_kind=task, **GIVEN[given]), torch.Generator())


@pytest.mark.parametrize(
    ("config", "remedy"),
    [
        (TransformerConfig(kind="transformer"), "fit with `positions: sinusoidal`"),
        (
            AttentionConfig(kind="attention", attention="softmax"),
            "fit to data in which one is as long",
        ),
    ],
)
def test_a_longer_sequence_than_any_that_was_learned_is_met_with_what_the_family_has(
    config, remedy
):
    schema = replace(SCHEMA, task_kind="classification", n_symbols=5)
    family = build_neural(config, schema, torch.Generator())
    too_long = sequences_of([np.zeros(7, dtype=int)], labels=[0])
    with pytest.raises(DataError) as refusal:
        family.objective(collate_all(too_long))
    assert str(refusal.value) == (
        f"a sequence of 7 steps came, but positions are learned for 6; shorten it, or {remedy}."
    )


def test_everything_else_can_be_done():
    able = [
        (RecurrentConfig(kind="lstm"), "density", "tokens"),
        (RecurrentConfig(kind="lstm", tie_weights=True), "density", "tokens"),
        (RecurrentConfig(kind="gru", attention="softmax"), "density", "tokens"),
        (RecurrentConfig(kind="gru", attention="softmax"), "density", "frames"),
        (TransformerConfig(kind="transformer"), "density", "frames"),
        (RecurrentConfig(kind="gru", bidirectional=True), "transduction", "frames"),
        (RecurrentConfig(kind="gru", bidirectional=True), "classification", "frames"),
        (RecurrentConfig(kind="gru", attention="softmax"), "transduction", "tokens"),
        (RecurrentConfig(kind="gru", attention="softmax"), "alignment", "tokens"),
        (TransformerConfig(kind="transformer"), "alignment", "tokens"),
        (RecurrentConfig(kind="gru", attention="self_attention"), "classification", "frames"),
        (TransformerConfig(kind="transformer"), "density", "tokens"),
        (TransformerConfig(kind="transformer"), "transduction", "frames"),
        (AttentionConfig(kind="attention", attention="softmax"), "classification", "tokens"),
    ]
    assert [config.cannot(task, given) for config, task, given in able] == [None] * len(able)


def test_each_config_names_its_mechanism():
    assert RecurrentConfig(kind="gru").mechanism == "none"
    assert RecurrentConfig(kind="gru", attention="weighted_sum_linear").mechanism == (
        "weighted_sum_linear"
    )
    transformer = TransformerConfig(kind="transformer")
    assert transformer.mechanism == "self_attention"
    linear = TransformerConfig(kind="transformer", self_attention="linear")
    assert linear.mechanism == "linear_attention"
    assert AttentionConfig(kind="attention", attention="multi_head").mechanism == "multi_head"
    assert TransformerConfig(kind="transformer", pooling="max").mechanism == "self_attention"
    pooled = TransformerConfig(kind="transformer", self_attention="linear", pooling="softmax")
    assert pooled.mechanism == "linear_attention + softmax"


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (
            {"n_key_value_heads": 3},
            "n_key_value_heads: 3 heads of keys and values cannot be shared evenly by 4 heads of "
            "queries; choose a divisor of 4.",
        ),
        (
            {"positions": "rotary", "model_dim": 12},
            "positions: rotary positions turn pairs of numbers, and a head has 3 (model_dim 12 "
            "over 4 heads); choose numbers that make it even.",
        ),
        (
            {"window": 0},
            "window: got 0; input should be greater than or equal to 1.",
        ),
        (
            {"window": 8, "self_attention": "linear"},
            "window: linear self-attention keeps one sum over all steps and cannot forget those "
            "beyond 8; set `self_attention: softmax`, or drop the window.",
        ),
        (
            {"positions": "alibi", "self_attention": "linear"},
            "positions: 'alibi' positions change the scores of a softmax, and linear "
            "self-attention has none; use 'learned' or 'sinusoidal'.",
        ),
    ],
)
def test_what_a_transformer_cannot_be_is_refused_with_the_rule_and_the_numbers(settings, expected):
    assert mistakes(TransformerConfig, kind="transformer", **settings) == [
        f"families.mine.{expected}"
    ]


@pytest.mark.parametrize(
    ("preset", "size"), [("tiny", (128, 4, 4)), ("small", (384, 6, 6)), ("base", (768, 12, 12))]
)
def test_a_preset_sets_width_depth_and_heads(preset, size):
    config = TransformerConfig(kind="transformer", preset=preset, dropout=0.1)
    assert (config.model_dim, config.n_layers, config.n_heads) == size
    assert config.dropout == 0.1
    stored = config.model_dump()
    assert parse(TransformerConfig, stored, at="families.mine") == config


def test_numbers_that_contradict_a_preset_are_refused_and_those_that_agree_are_not():
    settings = {"kind": "transformer", "preset": "small", "n_layers": 6}
    assert parse(TransformerConfig, settings, at="families.mine").n_layers == 6
    assert mistakes(TransformerConfig, **settings, model_dim=128, n_heads=4) == [
        "families.mine: preset 'small' means model_dim: 384, n_layers: 6, n_heads: 6, but "
        "beside it stands model_dim: 128, n_heads: 4; drop the preset, or what contradicts it."
    ]
    assert mistakes(TransformerConfig, kind="transformer", preset="huge") == [
        "families.mine.preset: 'huge' is not allowed; expected 'tiny', 'small' or 'base'."
    ]
