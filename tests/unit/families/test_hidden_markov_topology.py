"""Which moves there are, and that the others stay exactly impossible through every kind of fit."""

import numpy as np
import pytest
import torch

from classical_scenes import an_hmm, random_counts, random_frames, random_tokens, setting
from seqarena.errors import ConfigError, DataError
from seqarena.families.hidden_markov import HiddenMarkovConfig, HiddenMarkovModel
from seqarena.families.hidden_markov_start import random_parts
from seqarena.families.hidden_markov_topology import allowed_moves
from seqarena.parsing import parse
from seqarena.schema import DataSchema


def moves(*arguments):
    return allowed_moves(*arguments)[1].int().tolist()


def test_a_band_reaches_so_far_either_way_and_starts_anywhere():
    starts, _ = allowed_moves(4, "banded", 1)
    assert starts.all()
    assert moves(4, "banded", 1) == [[1, 1, 0, 0], [1, 1, 1, 0], [0, 1, 1, 1], [0, 0, 1, 1]]
    assert moves(3, "banded", 2) == [[1, 1, 1]] * 3


def test_left_to_right_may_jump_as_far_as_the_band():
    starts, _ = allowed_moves(4, "left_to_right", 2)
    assert starts.tolist() == [True, False, False, False]
    assert moves(4, "left_to_right", 2) == [[1, 1, 1, 0], [0, 1, 1, 1], [0, 0, 1, 1], [0, 0, 0, 1]]


def test_forbidden_moves_are_taken_away_in_their_direction():
    assert moves(2, "ergodic", 1, ((0, 1), (1, 1))) == [[1, 0], [1, 0]]


TOPOLOGIES = [
    {"topology": "left_to_right", "band_width": 2},
    {"topology": "banded"},
    {"forbidden_moves": [[0, 1], [2, 2]]},
    {"topology": "banded", "forbidden_moves": [[0, 0]]},
]
MODELS = [
    (random_tokens, {"n_symbols": 4}, {}),
    (random_frames, {"dim": 2}, {}),
    (random_frames, {"dim": 2}, {"n_components": 2}),
    (random_counts, {"dim": 2}, {"emission": "poisson", "pseudo_count": 0.0}),
    (random_tokens, {"n_symbols": 4}, {"engine": "hmmlearn"}),
    (random_frames, {"dim": 2}, {"engine": "hmmlearn"}),
]


@pytest.mark.slow
@pytest.mark.parametrize("topology", TOPOLOGIES)
@pytest.mark.parametrize(("make", "size", "knobs"), MODELS)
def test_forbidden_moves_stay_exactly_zero_through_a_fit(make, size, knobs, topology, tmp_path):
    data = make(12)
    model = an_hmm(3, **size, **knobs, **topology)
    expected = model.can_move.clone(), model.can_start.clone()
    model.fit(data, data, setting(tmp_path, max_em_epochs=3))
    assert not model.log_transition.exp()[~expected[0]].any()
    assert not model.log_start.exp()[~expected[1]].any()
    # With counts of its own, every other move stays possible.
    if model.config.pseudo_count > 0:
        assert (model.log_transition.exp()[expected[0]] > 0).all()


def test_free_parameters_count_the_choices_that_the_topology_leaves():
    # Starts 3; rows of 2, 3, 3, 2 choices less one each; 4 states of 2 of 3 symbols.
    assert an_hmm(4, 3, topology="banded").n_free_parameters() == 3 + (1 + 2 + 2 + 1) + 8
    # No start to choose; rows of 3, 3, 2, 1.
    jumps = an_hmm(4, 3, topology="left_to_right", band_width=2)
    assert jumps.n_free_parameters() == 0 + (2 + 2 + 1 + 0) + 8
    assert an_hmm(2, 3, forbidden_moves=[[0, 0]]).n_free_parameters() == 1 + (0 + 1) + 4


def refusal(**knobs):
    with pytest.raises(ConfigError) as caught:
        parse(HiddenMarkovConfig, {"kind": "hidden_markov", **knobs}, "families.hmm")
    return str(caught.value)


def test_a_state_without_a_way_on_and_a_state_that_does_not_exist_are_refused():
    assert refusal(n_states=2, forbidden_moves=[[1, 0], [1, 1]]) == (
        "families.hmm: forbidden_moves: no move is left from state 1; allow at least one."
    )
    assert refusal(n_states=2, forbidden_moves=[[0, 2]]) == (
        "families.hmm: forbidden_moves: [0, 2] names a state outside 0 to 1."
    )


@pytest.mark.parametrize(
    ("knobs", "reason"),
    [
        (
            {"emission": "bernoulli"},
            "it has no Bernoulli emission; set engine: seqarena",
        ),
        (
            {"emission": "poisson"},
            "its Poisson M-step weighs the prior by the frames of all states together; "
            "set pseudo_count: 0, or engine: seqarena",
        ),
        (
            {"emission": "poisson", "n_components": 2},
            "it has mixtures of Gaussians only; set n_components: 1, or engine: seqarena",
        ),
        (
            {"n_components": 2, "covariance": "tied"},
            "its mixtures tie the covariances of each state, and ours those of all states; "
            "set another covariance, or engine: seqarena",
        ),
        (
            {"n_restarts": 2},
            "it fits one start at a time; set n_restarts: 1, or engine: seqarena",
        ),
    ],
)
def test_what_hmmlearn_cannot_do_alike_is_refused_with_the_reason(knobs, reason):
    assert refusal(engine="hmmlearn", **knobs) == (
        f"families.hmm: engine: hmmlearn cannot do this: {reason}."
    )


def test_random_parts_keep_their_order_and_start_at_the_beginning():
    data = random_tokens(30, longest=20)
    parts = random_parts(data, 4, np.random.default_rng(0))
    inside = torch.ones(len(parts), dtype=torch.bool)
    inside[torch.from_numpy(data.offsets[:-1])] = False
    steps = parts[1:] - parts[:-1]
    assert (steps[inside[1:]] >= 0).all()
    assert (parts[torch.from_numpy(data.offsets[:-1])] == 0).all()
    assert set(parts.tolist()) == {0, 1, 2, 3}


def test_what_only_the_data_tells_that_hmmlearn_cannot_do_is_refused_when_the_model_is_built():
    config = HiddenMarkovConfig(kind="hidden_markov", engine="hmmlearn")
    with pytest.raises(DataError) as caught:
        HiddenMarkovModel(config, DataSchema("density", dim=2, frame_kind="binary"))
    assert str(caught.value) == (
        "engine: hmmlearn cannot fit this task's frames: "
        "it has no Bernoulli emission; set engine: seqarena."
    )
