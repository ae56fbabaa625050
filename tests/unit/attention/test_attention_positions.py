import math

import pytest
import torch
from torch.testing import assert_close

from seqarena.attention.positions import LearnedPositions, SinusoidalPositions, build_positions
from seqarena.errors import DataError


@pytest.mark.parametrize("model_dim", [6, 7])
def test_sinusoidal_positions_follow_the_paper(model_dim):
    places = SinusoidalPositions(model_dim)(start=2, time=3)
    for row, place in enumerate([2, 3, 4]):
        for i in range(model_dim):
            angle = place / 10000 ** ((i - i % 2) / model_dim)
            expected = math.cos(angle) if i % 2 else math.sin(angle)
            assert places[row, i].item() == pytest.approx(expected, abs=1e-6)


def test_learned_positions_give_the_rows_that_were_asked_for():
    positions = LearnedPositions(max_time=5, model_dim=4)
    assert_close(positions(1, 3), positions.table[1:4])


def test_a_place_that_was_never_learned_is_refused():
    positions = LearnedPositions(max_time=5, model_dim=4, remedy="stop")
    with pytest.raises(DataError) as refusal:
        positions(3, 3)
    assert str(refusal.value) == (
        "a sequence of 6 steps came, but positions are learned for 5; stop."
    )


def test_nothing_of_sinusoidal_positions_is_learned_or_stored():
    positions = build_positions("sinusoidal", 5, 4)
    assert not list(positions.parameters())
    assert not positions.state_dict()
    assert positions(0, 50).shape == (50, 4)
    assert torch.equal(build_positions("sinusoidal", 9, 4)(0, 3), positions(0, 3))


@pytest.mark.parametrize("kind", ["rotary", "alibi"])
def test_positions_inside_the_heads_add_nothing_to_the_steps(kind):
    positions = build_positions(kind, 5, 4)
    assert positions.max_time is None
    assert torch.equal(positions(3, 9), torch.zeros(9, 4))
    assert not positions.state_dict()
