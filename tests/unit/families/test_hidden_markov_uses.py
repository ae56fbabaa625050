"""What a hidden Markov model is asked once it is there: paths, predictions, samples, criteria."""

import itertools

import numpy as np
import pytest
import torch
from hmmlearn.hmm import CategoricalHMM
from torch.testing import assert_close

from classical_scenes import (
    an_hmm,
    random_hmm,
    random_tokens,
    set_hmm,
    setting,
    tokens,
)
from seqarena.batch import collate_all, sequences_of
from seqarena.errors import DataError, NotFittedError
from seqarena.families.hidden_markov import HiddenMarkovConfig
from seqarena.families.hidden_markov_selection import candidates
from seqarena.schema import DataSchema


@pytest.mark.parametrize("zeros", [False, True])
def test_the_next_symbol_is_as_probable_as_the_longer_sequences_say(zeros):
    model = random_hmm(3, 4, seed=1, zeros=zeros)
    prefixes = [[0, 2, 1], [3], [1, 1]]
    prefixes = [row for row in prefixes if model.log_prob(collate_all(tokens(row))).isfinite()]
    predicted = model.predict_next(collate_all(tokens(*prefixes)))
    for row, prefix in enumerate(prefixes):
        longer = collate_all(tokens(*[[*prefix, symbol] for symbol in range(4)]))
        expected = (model.log_prob(longer) - model.log_prob(collate_all(tokens(prefix)))).exp()
        assert_close(predicted.symbol_probs[row], expected)
    assert_close(predicted.state_probs.sum(dim=1), torch.ones(len(prefixes)).double())
    assert predicted.mean is None


MEANS = [
    ({"emission": "gaussian"}, "mean"),
    ({"emission": "bernoulli"}, "on_prob"),
    ({"emission": "poisson"}, "rate"),
]


@pytest.mark.parametrize(("knobs", "name"), MEANS)
def test_the_mean_of_the_next_frame_is_that_of_the_states_it_may_be_in(knobs, name):
    model = set_hmm(an_hmm(2, dim=1, **knobs), [1.0, 0.0], [[0.25, 0.75], [0.0, 1.0]])
    getattr(model.emission, name).copy_(torch.tensor([[0.2], [0.6]]))
    predicted = model.predict_next(collate_all(sequences_of([np.ones((1, 1))])))
    assert_close(predicted.state_probs, torch.tensor([[0.25, 0.75]]).double())
    assert_close(predicted.mean, torch.tensor([[0.25 * 0.2 + 0.75 * 0.6]]).double())
    assert predicted.symbol_probs is None


def test_the_mean_of_a_mixture_is_that_of_its_parts():
    model = set_hmm(an_hmm(2, dim=1, n_components=2), [1.0, 0.0], np.eye(2))
    model.emission.components.mean.copy_(torch.tensor([[1.0], [5.0], [100.0], [200.0]]))
    model.emission.log_weight.copy_(torch.tensor([[0.75, 0.25], [0.5, 0.5]]).log())
    predicted = model.predict_next(collate_all(sequences_of([np.ones((3, 1))])))
    assert_close(predicted.mean, torch.tensor([[0.75 + 1.25]]).double())


def test_posterior_decoding_takes_each_step_for_itself_and_viterbi_the_path():
    # Both ends are most probably 0 and 1, but nothing leads from 0 to 1 at once.
    start = [0.4, 0.3, 0.3]
    move = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 1.0, 0.0]]
    model = set_hmm(an_hmm(3, 1), start, move, np.ones((3, 1)))
    batch = collate_all(tokens([0, 0]))
    assert model.decode_posterior(batch).tolist() == [[0, 1]]
    assert model.decode(batch).tolist() == [[0, 0]]


def test_posterior_decoding_is_that_of_hmmlearn():
    model, data = random_hmm(seed=4), random_tokens(20)
    peer = CategoricalHMM(3, init_params="", algorithm="map")
    peer.startprob_, peer.transmat_ = (
        model.log_start.exp().numpy(),
        model.log_transition.exp().numpy(),
    )
    peer.emissionprob_ = model.emission.log_emission.exp().numpy()
    peer.n_features = 4
    batch = collate_all(data)
    _, expected = peer.decode(data.values[:, None], data.lengths)
    assert_close(model.decode_posterior(batch)[batch.mask], torch.from_numpy(expected).long())


def test_drawn_symbols_come_as_often_as_the_model_says():
    model = random_hmm(3, 2, seed=2)
    drawn = model.sample([3] * 40_000, torch.Generator().manual_seed(0)).sequences
    every = tokens(*itertools.product(range(2), repeat=3))
    expected = model.log_prob(collate_all(every)).exp()
    code = drawn.values.reshape(-1, 3) @ np.array([4, 2, 1])
    share = torch.from_numpy(np.bincount(code, minlength=8)).double() / 40_000
    # Four standard deviations of a share.
    assert ((share - expected).abs() < 4 * (expected / 40_000).sqrt()).all()


@pytest.mark.parametrize(
    "knobs",
    [{"covariance": shape} for shape in ("spherical", "diagonal", "tied", "full")]
    + [{"emission": "bernoulli"}, {"emission": "poisson"}],
)
def test_what_is_drawn_and_counted_gives_back_the_parameters(knobs):
    model = an_hmm(2, dim=2, pseudo_count=0.0, variance_floor=1e-6, **knobs)
    move = torch.tensor([[0.9, 0.1], [0.4, 0.6]]).double()
    emission = {
        "spherical": {"mean": [[0, 5], [9, 1]], "covariance": [4.0, 1.0]},
        "diagonal": {"mean": [[0, 5], [9, 1]], "covariance": [[4.0, 1.0], [1.0, 9.0]]},
        "tied": {"mean": [[0, 5], [9, 1]], "covariance": [[4.0, 1.0], [1.0, 1.0]]},
        "full": {
            "mean": [[0, 5], [9, 1]],
            "covariance": [[[4.0, 1.0], [1.0, 1.0]], [[1.0, -0.5], [-0.5, 2.0]]],
        },
        "bernoulli": {"on_prob": [[0.2, 0.9], [0.5, 0.0]]},
        "poisson": {"rate": [[0.2, 9.0], [5.0, 0.0]]},
    }[next(iter(knobs.values()))]
    emission = {name: torch.tensor(value).double() for name, value in emission.items()}
    model.set_parameters(torch.tensor([0.3, 0.7]), move, **emission)
    drawn = model.sample([400] * 50, torch.Generator().manual_seed(1))
    again = an_hmm(2, dim=2, pseudo_count=0.0, variance_floor=1e-6, **knobs)
    again.fit_supervised(drawn.sequences, drawn.states)
    assert_close(again.log_transition.exp(), move, atol=0.02, rtol=0)
    for name, value in emission.items():
        assert_close(getattr(again.emission, name), value, atol=0.15, rtol=0)


def test_components_of_a_mixture_are_drawn_by_their_weight():
    model = an_hmm(2, dim=1, n_components=3)
    model.set_parameters(
        torch.tensor([0.5, 0.5]),
        torch.eye(2),
        weight=torch.tensor([[0.2, 0.8, 0.0], [0.0, 0.7, 0.3]]),
        mean=torch.arange(0.0, 600.0, 100.0)[:, None],
        covariance=torch.ones(6, 1),
    )
    drawn = model.sample([10] * 2000, torch.Generator().manual_seed(0))
    component = np.rint(drawn.sequences.values[:, 0] / 100).astype(int)
    for state, expected in ((0, [0.2, 0.8, 0, 0, 0, 0]), (1, [0, 0, 0, 0, 0.7, 0.3])):
        own = component[drawn.states == state]
        assert np.bincount(own, minlength=6) / len(own) == pytest.approx(expected, abs=0.03)


def test_the_same_generator_draws_the_same_and_lengths_are_kept():
    model = random_hmm()
    once, again = (model.sample([2, 5, 1], torch.Generator().manual_seed(3)) for _ in range(2))
    assert once.sequences.lengths.tolist() == [2, 5, 1]
    assert np.array_equal(once.sequences.values, again.sequences.values)
    assert np.array_equal(once.states, again.states)
    with pytest.raises(NotFittedError):
        an_hmm(2, 3).sample([1], torch.Generator())


def test_criteria_are_those_of_hmmlearn():
    model, data = random_hmm(), random_tokens(20)
    peer = CategoricalHMM(3, init_params="")
    peer.startprob_, peer.transmat_ = (
        model.log_start.exp().numpy(),
        model.log_transition.exp().numpy(),
    )
    peer.emissionprob_, peer.n_features = model.emission.log_emission.exp().numpy(), 4
    assert model.bic(data) == pytest.approx(peer.bic(data.values[:, None], data.lengths))
    assert model.aic(data) == pytest.approx(peer.aic(data.values[:, None], data.lengths))


def test_criteria_count_scored_steps_alone():
    model = random_hmm()
    data = tokens([0, 1, 2, 3], [1, 1], scored_from=[2, 0])
    total = model.log_prob(collate_all(data)).sum().item()
    n = model.n_free_parameters()
    assert model.bic(data) == pytest.approx(n * np.log(4) - 2 * total)
    assert model.aic(data) == pytest.approx(2 * n - 2 * total)


@pytest.mark.slow
def test_the_criterion_finds_the_number_of_states_that_drew_the_data(tmp_path):
    truth = set_hmm(
        an_hmm(2, 3),
        [0.5, 0.5],
        [[0.95, 0.05], [0.1, 0.9]],
        [[0.8, 0.1, 0.1], [0.05, 0.15, 0.8]],
    )
    drawn = truth.sample([50] * 60, torch.Generator().manual_seed(0)).sequences
    config = HiddenMarkovConfig(kind="hidden_markov", pseudo_count=0.1)
    schema = DataSchema("density", n_symbols=3)
    fits = setting(tmp_path, max_em_epochs=40)
    rows = candidates(config, schema, [1, 2, 4], drawn, drawn, fits)
    assert [row.n_states for row in rows] == [1, 2, 4]
    assert [row.n_parameters for row in rows] == [2, 1 + 2 + 4, 3 + 12 + 8]
    assert min(rows, key=lambda row: row.bic).n_states == 2
    # Of independent symbols the likelihood is that of their shares, and can be written down.
    share = np.bincount(drawn.values) / len(drawn.values)
    assert rows[0].log_likelihood == pytest.approx(
        float((np.bincount(drawn.values) * np.log(share)).sum()), rel=1e-6
    )
    assert rows[0].bic == pytest.approx(2 * np.log(3000) - 2 * rows[0].log_likelihood)


def test_given_parameters_are_taken_and_answer_at_once():
    model = an_hmm(2, 2)
    start, move = torch.tensor([0.3, 0.7]), torch.tensor([[0.9, 0.1], [0.0, 1.0]])
    model.set_parameters(start, move, emission=torch.tensor([[1.0, 0.0], [0.5, 0.5]]))
    assert_close(
        model.log_prob(collate_all(tokens([0, 1]))).exp().item(), 0.3 * 0.1 * 0.5 + 0.7 / 4
    )


def refused(model, start=(0.3, 0.7), move=((0.9, 0.1), (0.0, 1.0)), **emission):
    emission = {name: torch.tensor(value) for name, value in emission.items()}
    before = {name: value.clone() for name, value in model.state_dict().items()}
    with pytest.raises(DataError) as caught:
        model.set_parameters(torch.tensor(start), torch.tensor(move), **emission)
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
    return str(caught.value)


SYMBOLS = {"emission": [[1.0, 0.0], [0.5, 0.5]]}


def test_given_parameters_that_are_no_distributions_are_named_and_none_is_taken():
    assert refused(an_hmm(2, 2), start=(0.3, 0.6), **SYMBOLS) == (
        "start: row 0 sums to 0.9; probabilities must sum to 1: divide the row by its sum."
    )
    assert refused(an_hmm(2, 2), move=((1.0, 0.0), (0.5, 0.6)), **SYMBOLS) == (
        "transition: row 1 sums to 1.1; probabilities must sum to 1: divide the row by its sum."
    )
    assert refused(an_hmm(2, 2), move=((1.5, -0.5), (0.5, 0.5)), **SYMBOLS) == (
        "transition: row 0, column 1 is -0.5; probabilities are 0 or more."
    )
    assert refused(an_hmm(2, 2), emission=[[1.0, 0.0], [0.5, torch.nan]]) == (
        "emission: row 1, column 1 is nan; probabilities are 0 or more."
    )
    assert refused(an_hmm(2, 2), emission=[[1.0], [1.0]]) == (
        "emission: shape [2, 1] came, [2, 2] was expected."
    )
    assert refused(an_hmm(2, 2), rate=[[1.0], [1.0]]) == (
        "parameters of the emission: ['rate'] came, ['emission'] were expected."
    )
    forbidden = an_hmm(2, 2, topology="left_to_right")
    assert refused(forbidden, start=(1.0, 0.0), move=((1.0, 0.0), (0.5, 0.5)), **SYMBOLS) == (
        "transition: row 1, column 0 is 0.5, and the topology forbids it; "
        "set it to 0, or take another topology."
    )


def test_given_emissions_out_of_range_are_named():
    assert refused(an_hmm(2, dim=1, emission="bernoulli"), on_prob=[[0.5], [1.5]]) == (
        "on_prob: the value at [1, 0] is 1.5; it must be finite, and between 0 and 1."
    )
    assert refused(an_hmm(2, dim=1, emission="poisson"), rate=[[-1.0], [1.5]]) == (
        "rate: the value at [0, 0] is -1; it must be finite, and between 0 and inf."
    )
    mean = [[0.0, 0.0], [1.0, 1.0]]
    matrices = [[[1.0, 0.0], [0.0, 1.0]], [[1.0, 1.0], [1.0, 1.0]]]
    full = an_hmm(2, dim=2, covariance="full")
    assert refused(full, mean=mean, covariance=matrices).startswith(
        "Gaussian 1: its covariance is singular (lowest eigenvalue "
    )
    mixed = an_hmm(2, dim=1, n_components=2)
    gaussians = {"mean": [[0.0]] * 4, "covariance": [[1.0]] * 4}
    assert refused(mixed, weight=[[0.5, 0.5], [0.5, 0.4]], **gaussians) == (
        "weight: row 1 sums to 0.9; probabilities must sum to 1: divide the row by its sum."
    )
    assert refused(mixed, **gaussians) == "weight: shape [0] came, [2, 2] was expected."


def test_shares_as_they_print_are_accepted_and_scaled_to_sum_to_one():
    model = an_hmm(3, 1)
    third = [0.333333] * 3
    model.set_parameters(torch.tensor(third), torch.tensor([third] * 3), emission=torch.ones(3, 1))
    assert_close(model.log_transition.exp(), torch.full((3, 3), 1 / 3).double())
