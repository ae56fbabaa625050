"""A little data is done in numpy, and nobody can tell but by the clock."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from classical_scenes import an_hmm, random_frames, random_hmm, random_shares, random_tokens, tokens
from seqarena.batch import collate_all
from seqarena.families import hidden_markov_expectation
from seqarena.families.shares import log_shares, set_log_shares
from seqarena.inference.few_steps import FewEmissions, are_few, few_posterior

CPU = torch.device("cpu")


def both_ways(monkeypatch, model, batch):
    """Return the statistics of `few_steps`, and those of `forward_backward`."""
    answers = []

    def heard(*given):
        answers.append(few_posterior(*given))
        return answers[-1]

    monkeypatch.setattr(hidden_markov_expectation, "few_posterior", heard)
    few = model.expect(batch)
    monkeypatch.setattr(hidden_markov_expectation, "are_few", lambda *_: False)
    any_amount = model.expect(batch)
    assert [answer is not None for answer in answers] == [True]
    return few, any_amount


def assert_same(few, any_amount):
    for one, other in zip(few.tensors(), any_amount.tensors(), strict=True):
        assert_close(one, other, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("n", [1, 7])
@pytest.mark.parametrize(
    "knobs", [{}, {"topology": "left_to_right"}, {"forbidden_moves": [(0, 1), (2, 0)]}]
)
def test_the_statistics_of_a_few_symbols_are_those_of_any_number(monkeypatch, n, knobs):
    data = random_tokens(n, longest=40)
    model = an_hmm(3, 4, **knobs)
    model.initialise(data, data, seed=1)
    assert_same(*both_ways(monkeypatch, model, collate_all(data)))


@pytest.mark.parametrize(
    ("covariance", "dim"),
    [("spherical", 3), ("diagonal", 1), ("diagonal", 9), ("tied", 2), ("full", 2)],
)
def test_the_statistics_of_a_few_frames_are_those_of_any_number(monkeypatch, covariance, dim):
    data = random_frames(5, dim, longest=40)
    model = an_hmm(3, dim=dim, covariance=covariance)
    model.initialise(data, data, seed=1)
    assert_same(*both_ways(monkeypatch, model, collate_all(data)))


def test_frames_that_are_whitened_are_left_to_the_recursion_at_any_size():
    data = random_frames(5, dim=9)
    model = an_hmm(3, dim=9, covariance="full")
    model.initialise(data, data, seed=1)
    assert model.emission.few(data.values) is None


def test_of_a_few_steps_too_the_likelihood_counts_those_that_are_scored(monkeypatch):
    data = random_tokens(4, longest=9)
    data = replace(data, scored_from=data.lengths // 2)
    few, any_amount = both_ways(monkeypatch, random_hmm(), collate_all(data))
    assert_same(few, any_amount)
    whole = random_hmm().expect(collate_all(replace(data, scored_from=None)))
    assert few.log_likelihood > whole.log_likelihood


def posterior_of(log_emission, start, transition):
    """Ask for the posterior of one sequence."""
    emission = FewEmissions(np.exp(log_emission), 0.0, None, lambda _: None)
    given = (torch.as_tensor(each).double().log() for each in (start, transition))
    return few_posterior(*given, emission, np.array([len(log_emission)]), len(log_emission))


def test_what_no_path_explains_is_left_to_the_recursion_at_any_size():
    log_emission = np.array([[0.0, -np.inf], [-np.inf, 0.0]])
    assert posterior_of(log_emission, [0.5, 0.5], np.eye(2)) is None
    spread = np.full((2, 2), 0.5)
    assert posterior_of(log_emission, [0.5, 0.5], spread) is not None
    log_emission[1] = -np.inf
    assert posterior_of(log_emission, [0.5, 0.5], spread) is None


def test_a_path_that_was_lost_and_would_matter_is_left_to_the_recursion_at_any_size():
    # The first state falls to e^-800, which 64 bits do not hold, and makes up for it by e^900.
    log_emission = np.zeros((55, 2))
    log_emission[:40, 0], log_emission[40:, 1] = -20.0, -60.0
    assert posterior_of(log_emission, [0.5, 0.5], np.eye(2)) is None
    # Where nobody can be in that state, nothing was lost.
    assert posterior_of(log_emission, [0.0, 1.0], np.eye(2)) is not None


def test_what_is_little_is_told_by_states_and_padded_steps_and_only_of_a_processor():
    assert are_few((1, 4096), 4, CPU)
    assert not are_few((1, 4097), 4, CPU)
    assert are_few((16, 8), 64, CPU)
    assert not are_few((16, 8), 65, CPU)
    assert not are_few((1, 1), 2, torch.device("meta"))


@pytest.mark.parametrize("pseudo_count", [0.0, 0.5])
@pytest.mark.parametrize("n", [3, 3000])
def test_log_shares_are_set_in_place_at_any_size_where_they_are_allowed(n, pseudo_count):
    counts = random_shares(4, n, seed=1, zeros=True)
    allowed = counts > 0
    counts[2] = 0.0
    expected = log_shares((counts + pseudo_count) * allowed, random_shares(4, n).log())
    table = random_shares(4, n).log()
    set_log_shares(table, counts, pseudo_count, allowed)
    assert_close(table, expected)
    everywhere = random_shares(4, n).log()
    set_log_shares(everywhere, counts, pseudo_count)
    assert_close(everywhere, log_shares(counts + pseudo_count, random_shares(4, n).log()))


def test_a_row_that_was_never_counted_keeps_its_shares():
    table = torch.tensor([[0.25, 0.75], [0.5, 0.5]]).double().log()
    set_log_shares(table, torch.tensor([[0.0, 0.0], [1.0, 3.0]]).double(), 0.0)
    assert_close(table.exp(), torch.tensor([[0.25, 0.75], [0.25, 0.75]]).double())


def test_an_em_step_of_one_symbol_is_its_own():
    model = random_hmm(2, 3, pseudo_count=0.0)
    model.maximise(model.expect(collate_all(tokens([2]))))
    assert_close(model.emission.log_emission.exp(), torch.tensor([[0.0, 0, 1]] * 2).double())
