"""Rotary positions and ALiBi, against the papers' formulas."""

import math

import pytest
import torch
from attention_scenes import softmax
from torch.testing import assert_close

from seqarena.attention.reach import Reach, distances
from seqarena.attention.relative import (
    AlibiPositions,
    NoRelativePositions,
    RotaryPositions,
    alibi_slopes,
    build_relative,
)


def test_rotary_positions_turn_each_pair_as_a_complex_number():
    heads = torch.randn(2, 3, 5, 6).double()
    turned = RotaryPositions(6).double().turned(heads, start=4)
    for step in range(5):
        for pair in range(3):
            angle = (4 + step) * 10000.0 ** (-2 * pair / 6)
            given = torch.complex(heads[:, :, step, 2 * pair], heads[:, :, step, 2 * pair + 1])
            expected = given * torch.polar(torch.ones(()).double(), torch.tensor(angle).double())
            got = torch.complex(turned[:, :, step, 2 * pair], turned[:, :, step, 2 * pair + 1])
            assert_close(got, expected, atol=1e-5, rtol=0)


def test_the_score_of_rotated_steps_depends_on_their_distance_alone():
    rotary = RotaryPositions(6).double()
    query, key = torch.randn(2, 1, 1, 1, 6).double()
    scores = [
        (rotary.turned(query, i) @ rotary.turned(key, j).mT).item()
        for i, j in [(5, 3), (2, 0), (40, 38)]
    ]
    assert scores[1:] == pytest.approx([scores[0]] * 2, abs=1e-5)
    assert (rotary.turned(query, 5) @ rotary.turned(key, 4).mT).item() != pytest.approx(scores[0])
    assert rotary.bias(distances(range(3), 3, query.device)) is None


def test_rotary_positions_leave_the_first_step_and_every_length_as_they_are():
    heads = torch.randn(2, 3, 5, 6).double()
    turned = RotaryPositions(6).double().turned(heads, start=0)
    assert_close(turned[:, :, 0], heads[:, :, 0])
    assert_close(turned.norm(dim=-1), heads.norm(dim=-1))


def test_the_slopes_of_heads_are_those_of_the_paper():
    assert alibi_slopes(8) == [1 / 2**h for h in range(1, 9)]
    assert alibi_slopes(16) == pytest.approx([2 ** (-h / 2) for h in range(1, 17)])
    assert alibi_slopes(1) == [1 / 256]
    eight, sixteen = alibi_slopes(8), alibi_slopes(16)
    assert alibi_slopes(12) == pytest.approx([*eight, *sixteen[0::2][:4]])


def test_alibi_lowers_scores_alike_to_both_sides():
    bias = AlibiPositions(2).bias(distances(range(1, 3), 3, torch.device("cpu")))
    slopes = [2**-4, 2**-8]
    expected = [[[-s, 0.0, -s], [-2 * s, -s, 0.0]] for s in slopes]
    assert bias.tolist() == expected


@torch.no_grad()
def test_weights_with_alibi_are_the_softmax_of_scores_less_slope_times_distance():
    attention = softmax(True, relative=AlibiPositions(4)).double()
    steps = torch.randn(1, 5, 16).double()
    _, weights = attention(steps, torch.ones(1, 5, dtype=torch.bool))
    query = attention.heads.to_query(steps)[0].view(5, 4, 4)
    key = attention.heads.to_key(steps)[0].view(5, 4, 4)
    for h in range(4):
        for i in range(5):
            scores = [
                float(query[i, h] @ key[j, h]) / 2 - 2 ** (-2 * (h + 1)) * (i - j)
                for j in range(i + 1)
            ]
            total = sum(math.exp(each) for each in scores)
            expected = [math.exp(each) / total for each in scores] + [0.0] * (4 - i)
            assert_close(weights[0, h, i], torch.tensor(expected).double())


@pytest.mark.parametrize(
    ("kind", "made"),
    [
        ("learned", NoRelativePositions),
        ("sinusoidal", NoRelativePositions),
        ("rotary", RotaryPositions),
        ("alibi", AlibiPositions),
    ],
)
def test_each_kind_of_positions_has_its_place_in_the_heads_and_nothing_to_store(kind, made):
    relative = build_relative(kind, n_heads=4, head_dim=6)
    assert type(relative) is made
    assert not relative.state_dict()


def test_heads_without_positions_stay_as_they_are():
    heads = torch.randn(1, 1, 2, 4)
    assert NoRelativePositions().turned(heads, 3) is heads
    assert NoRelativePositions().bias(distances(range(2), 2, heads.device)) is None


@pytest.mark.parametrize(
    ("reach", "row"),
    [
        (Reach(is_causal=True), [1, 1, 1, 1, 0]),
        (Reach(is_causal=True, window=1), [0, 0, 1, 1, 0]),
        (Reach(is_causal=False), [1, 1, 1, 1, 1]),
        (Reach(is_causal=False, window=1), [0, 0, 1, 1, 1]),
        (Reach(is_causal=False, window=2), [0, 1, 1, 1, 1]),
    ],
)
def test_the_fourth_of_five_steps_sees_what_is_in_its_reach(reach, row):
    distance = distances(range(3, 4), 5, torch.device("cpu"))
    assert reach.allows(distance).int().tolist() == [row]
