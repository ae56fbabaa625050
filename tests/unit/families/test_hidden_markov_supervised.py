"""Counting known paths: by hand, against EM that sees the path, and what is refused."""

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from classical_scenes import an_hmm, fit_plainly, random_frames, random_hmm, random_tokens, tokens
from seqarena.batch import collate_all, sequences_of
from seqarena.errors import DataError


def test_tags_are_counted_as_starts_moves_and_words():
    words, tags = tokens([0, 1, 2], [0, 0]), np.array([0, 1, 1, 0, 0])
    model = an_hmm(2, 3, pseudo_count=0.0)
    model.fit_supervised(words, tags)
    assert model.log_start.exp().tolist() == [1.0, 0.0]
    assert model.log_transition.exp().tolist() == [[0.5, 0.5], [0.0, 1.0]]
    assert model.emission.log_emission.exp().tolist() == [[1.0, 0.0, 0.0], [0.0, 0.5, 0.5]]


def test_pseudo_counts_are_added_to_the_counts():
    model = an_hmm(2, 3, pseudo_count=0.5)
    model.fit_supervised(tokens([0, 1, 2], [0, 0]), np.array([0, 1, 1, 0, 0]))
    assert_close(model.log_start.exp(), torch.tensor([2.5, 0.5]).double() / 3)
    assert_close(model.log_transition.exp()[0], torch.tensor([0.5, 0.5]).double())
    assert_close(model.log_transition.exp()[1], torch.tensor([0.5, 1.5]).double() / 2)
    assert_close(model.emission.log_emission.exp()[1], torch.tensor([0.5, 1.5, 1.5]).double() / 3.5)


def test_a_path_that_the_symbols_give_away_is_counted_as_em_counts_it():
    # Each symbol belongs to one state: symbol 2 k + i to state k.
    data = random_tokens(10, n_symbols=6)
    emission = torch.zeros(3, 6)
    for state in range(3):
        emission[state, 2 * state : 2 * state + 2] = 0.5
    model = an_hmm(3, 6, pseudo_count=0.3)
    third = torch.full((3,), 1 / 3).double()
    model.set_parameters(third, third.expand(3, 3), emission=emission)
    states = data.values // 2
    known, guessed = model.count_paths(data, states), model.expect(collate_all(data))
    for one, other in zip(known.tensors()[1:], guessed.tensors()[1:], strict=True):
        assert_close(one, other)
    # Of the only possible path, p(x, path) is p(x).
    assert_close(known.log_likelihood, guessed.log_likelihood)


def test_counts_of_parts_add_to_the_counts_of_the_whole():
    data, model = random_tokens(6), random_hmm(zeros=True)
    states = np.random.default_rng(0).integers(0, 3, data.n_steps)
    ends = data.offsets
    parts = [
        model.count_paths(data.select(np.array([row])), states[ends[row] : ends[row + 1]])
        for row in range(6)
    ]
    total = sum(parts[1:], parts[0])
    for one, other in zip(total.tensors(), model.count_paths(data, states).tensors(), strict=True):
        assert_close(one, other)


def test_frames_of_known_states_give_their_moments():
    data = random_frames(6)
    states = (data.values[:, 0] > 1).astype(np.int64)
    model = an_hmm(2, dim=2, variance_floor=1e-6)
    model.fit_supervised(data, states)
    for state in range(2):
        own = torch.from_numpy(data.values[states == state]).double()
        assert_close(model.emission.mean[state], own.mean(dim=0))
        assert_close(model.emission.covariance[state], own.var(dim=0, correction=0))


def test_the_components_of_known_states_are_found_by_em():
    draw = np.random.default_rng(0)
    centres = np.array([[0.0], [20.0], [100.0], [140.0]])
    which = draw.integers(0, 4, 400)
    data = sequences_of([centres[which] + draw.normal(size=(400, 1))])
    model = an_hmm(2, dim=1, n_components=2, variance_floor=1e-6)
    model.fit_supervised(data, which // 2)
    found = model.emission.components.mean.view(2, 2).sort(dim=1).values
    assert_close(found, torch.from_numpy(centres).view(2, 2), atol=0.5, rtol=0)
    # It has settled: another step changes next to nothing.
    before = float(model.count_paths(data, which // 2).log_likelihood)
    model.maximise(model.count_paths(data, which // 2))
    after = float(model.count_paths(data, which // 2).log_likelihood)
    assert abs(after - before) < 1e-6


def test_counting_is_where_em_stays_when_nothing_is_hidden():
    data = random_tokens(8, n_symbols=3)
    model = an_hmm(3, 3, pseudo_count=0.0)
    model.fit_supervised(data, data.values)
    counted = model.log_transition.clone()
    fit_plainly(model, data, 2)
    assert_close(model.log_transition, counted)


def refusal(model, rows, states):
    with pytest.raises(DataError) as caught:
        model.count_paths(tokens(*rows), np.array(states))
    return str(caught.value)


def test_paths_that_cannot_be_are_named():
    model = an_hmm(3, 2, topology="left_to_right")
    rows = [[0, 1], [0, 1, 1]]
    assert refusal(model, rows, [0, 0, 0]) == "3 states came for 5 steps; one is needed for each."
    assert refusal(model, rows, [0, 1, 0, 3, 3]) == (
        "sequence 1, step 1: state 3 is not one of 0 to 2."
    )
    assert refusal(model, rows, [0, 1, 0, 2, 2]) == (
        "sequence 1, step 1: state 2 is forbidden: it may not follow 0; "
        "take another topology, or mend the path."
    )
    assert refusal(model, rows, [0, 1, 1, 1, 1]) == (
        "sequence 1, step 0: state 1 is forbidden: no path may start there; "
        "take another topology, or mend the path."
    )
    # Symbols are checked before they are looked up.
    with pytest.raises(DataError, match="sequence 0, step 1: symbol 7 is outside the alphabet"):
        model.fit_supervised(tokens([0, 7]), np.array([0, 0]))
