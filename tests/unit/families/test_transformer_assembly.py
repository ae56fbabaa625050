"""What the settings of a Transformer make of its parts."""

from typing import get_args

import pytest
import torch

from seqarena.attention.choice import PoolingMechanism
from seqarena.attention.linear_self_attention import LinearSelfAttention
from seqarena.attention.pooling import build_pooling
from seqarena.attention.relative import AlibiPositions, RotaryPositions
from seqarena.families.assembly import classifier, language_model, transducer
from seqarena.families.transformer import TransformerConfig
from seqarena.networks.region_input import RegionInput
from seqarena.schema import DataSchema

TOKENS = DataSchema("density", n_symbols=3, max_length=6)
PAIRS = DataSchema(
    "transduction",
    n_symbols=3,
    n_target_symbols=3,
    target_end=2,
    max_length=6,
    max_target_length=6,
)


def encoder_of(**settings):
    config = TransformerConfig(kind="transformer", model_dim=8, **settings)
    return language_model(config, TOKENS).encoder.double()


def reached_by_the_first_of_six_steps(encoder):
    steps, other = torch.randn(2, 1, 6, 8, generator=torch.Generator().manual_seed(0)).double()
    other[:, 1:] = steps[:, 1:]
    mask = torch.ones(1, 6, dtype=torch.bool)
    return (encoder(steps, mask) != encoder(other, mask)).any(-1)[0].tolist()


@torch.no_grad()
def test_each_layer_carries_what_it_knows_one_window_further():
    one = encoder_of(n_layers=1, window=2)
    assert reached_by_the_first_of_six_steps(one) == [True] * 3 + [False] * 3
    two = encoder_of(n_layers=2, window=2)
    assert reached_by_the_first_of_six_steps(two) == [True] * 5 + [False]
    assert reached_by_the_first_of_six_steps(encoder_of(n_layers=1)) == [True] * 6


@pytest.mark.parametrize(("n_key_value_heads", "width"), [(None, 8), (2, 4), (1, 2)])
def test_shared_heads_make_keys_and_values_narrower_in_every_layer(n_key_value_heads, width):
    config = TransformerConfig(
        kind="transformer", model_dim=8, n_heads=4, n_key_value_heads=n_key_value_heads
    )
    model = transducer(config, PAIRS)
    looks = [
        *(block.attention.heads for block in model.encoder.blocks),
        *(block.block.attention.heads for block in model.blocks),
        *(block.cross for block in model.blocks),
    ]
    assert [look.to_key.out_features for look in looks] == [width] * 6
    assert [look.to_value.out_features for look in looks] == [width] * 6


def test_positions_stand_in_the_steps_or_in_the_heads():
    learned, rotary, alibi = (encoder_of(positions=kind) for kind in ("learned", "rotary", "alibi"))
    assert learned.positions.table.shape == (6, 8)
    for encoder, made in ((rotary, RotaryPositions), (alibi, AlibiPositions)):
        assert all(isinstance(block.attention.relative, made) for block in encoder.blocks)
        assert encoder.positions(0, 6).abs().max() == 0
        assert encoder.positions.max_time is None


def test_linear_self_attention_stands_in_every_layer():
    blocks = encoder_of(self_attention="linear").blocks
    assert [type(block.attention) for block in blocks] == [LinearSelfAttention] * 2


def test_a_tied_language_model_writes_with_its_embedding():
    plain, tied = (
        language_model(
            TransformerConfig(kind="transformer", model_dim=8, tie_weights=is_tied), TOKENS
        )
        for is_tied in (False, True)
    )
    assert tied.output is None
    sizes = [sum(part.numel() for part in model.parameters()) for model in (plain, tied)]
    assert sizes[0] - sizes[1] == 3 * 8


@pytest.mark.parametrize("kind", ["last", "mean", "max"])
def test_a_classifier_pools_as_it_is_told(kind):
    schema = DataSchema("classification", n_symbols=3, n_classes=2, max_length=6)
    config = TransformerConfig(kind="transformer", model_dim=8, pooling=kind)
    assert classifier(config, schema).pooling.kind == kind


@pytest.mark.parametrize("kind", get_args(PoolingMechanism))
def test_a_classifier_pools_by_any_mechanism_and_has_its_parameters_beside_its_own(kind):
    schema = DataSchema("classification", n_symbols=3, n_classes=2, max_length=6)
    plain, pooled = (
        classifier(
            TransformerConfig(kind="transformer", model_dim=8, n_heads=2, pooling=pooling), schema
        )
        for pooling in ("mean", kind)
    )
    alone = build_pooling(kind, key_dim=8, model_dim=8, n_heads=2, max_time=6)
    shapes = {name: each.shape for name, each in alone.named_parameters()}
    assert {name: each.shape for name, each in pooled.pooling.named_parameters()} == shapes
    n_plain, n_pooled, n_alone = (
        sum(each.numel() for each in part.parameters()) for part in (plain, pooled, alone)
    )
    assert n_pooled == n_plain + n_alone > n_plain


def test_a_stem_reads_regions_before_the_blocks():
    schema = DataSchema(
        "classification", dim=4, n_classes=2, max_length=16, grid=(4, 4), patch=(2, 2)
    )
    config = TransformerConfig(kind="transformer", model_dim=8, stem="conv")
    assert isinstance(classifier(config, schema).inputs, RegionInput)
