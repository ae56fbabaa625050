"""Mixtures, piano rolls and counts in hidden states: by hand, and against torch's distributions."""

import itertools

import numpy as np
import pytest
import torch
from torch.distributions import Bernoulli, Beta, Gamma, Poisson
from torch.testing import assert_close

from classical_scenes import (
    an_hmm,
    fit_plainly,
    random_counts,
    random_frames,
    random_rolls,
    random_shares,
    set_hmm,
)
from seqarena.batch import collate_all, sequences_of
from seqarena.errors import DataError, SeqarenaWarning
from seqarena.families.bernoulli_emission import BernoulliEmission
from seqarena.families.emission_start import start_emission
from seqarena.families.emissions import GaussianEmission, MixtureEmission
from seqarena.families.frame_clusters import along_main_axis, cluster_frames, clusters
from seqarena.families.gaussian_mixture import GaussianMixture
from seqarena.families.gaussian_mixture_config import GaussianMixtureConfig
from seqarena.families.hidden_markov import HiddenMarkovConfig, HiddenMarkovModel
from seqarena.families.poisson_emission import PoissonEmission
from seqarena.schema import DataSchema

ROLLS = {"emission": "bernoulli"}
COUNTS = {"emission": "poisson"}


def frames(*rows):
    return torch.tensor(rows, dtype=torch.float32)


def test_a_roll_is_as_probable_as_its_notes_are_one_by_one():
    emission = BernoulliEmission(2, 3, 0.0)
    emission.on_prob.copy_(random_shares(2, 3))
    values = frames([0, 1, 1], [1, 0, 0], [0, 0, 0])
    expected = Bernoulli(emission.on_prob).log_prob(values.double()[:, None]).sum(dim=2)
    assert_close(emission.log_prob(values), expected)


def test_a_count_is_as_probable_as_torch_says():
    emission = PoissonEmission(2, 3, 0.0)
    emission.rate.copy_(5 * random_shares(2, 3))
    values = frames([0, 4, 1], [170, 0, 2])
    expected = Poisson(emission.rate).log_prob(values.double()[:, None]).sum(dim=2)
    assert_close(emission.log_prob(values), expected)


def test_what_is_certain_and_missed_is_impossible_and_what_is_met_costs_nothing():
    roll = BernoulliEmission(2, 2, 0.0)
    roll.on_prob.copy_(torch.tensor([[0.0, 1.0], [0.5, 1.0]]))
    expected = torch.tensor([[0.0, np.log(0.5)], [-np.inf, np.log(0.5)], [-np.inf, -np.inf]])
    assert_close(roll.log_prob(frames([0, 1], [1, 1], [1, 0])), expected.double())
    count = PoissonEmission(1, 2, 0.0)
    count.rate.copy_(torch.tensor([[0.0, 1.0]]))
    assert count.log_prob(frames([0, 0], [1, 0]))[:, 0].tolist() == [-1.0, -np.inf]


def test_the_share_of_ones_is_learned_with_a_one_and_a_zero_of_prior():
    emission = BernoulliEmission(2, 2, 0.5)
    share = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 0.0]])
    emission.maximise(emission.sums(frames([1, 0], [1, 1], [1, 1]), share))
    # (2 + .5) / 3 and (1 + .5) / 3; nobody in state 1: (0 + .5) / 1.
    assert_close(emission.on_prob, torch.tensor([[2.5 / 3, 0.5], [0.5, 0.5]]).double())


def test_the_mean_count_is_learned_with_average_frames_of_prior():
    emission = PoissonEmission(2, 1, 0.5)
    emission.reference(sequences_of([np.array([[3.0], [6.0], [0.0]])]))
    # Nine in three frames, and a frame of ones beside them.
    assert emission.usual_rate.tolist() == [2.5]
    share = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 0.0]])
    emission.maximise(emission.sums(frames([3], [6], [0]), share))
    assert_close(emission.rate[:, 0], torch.tensor([(9 + 1.25) / 2.5, 2.5]).double())


def test_the_log_priors_are_those_of_torch_up_to_a_constant():
    ones, other = 3 * random_shares(2, 3), 3 * random_shares(2, 3, seed=5)
    roll = BernoulliEmission(2, 3, 0.7)
    count = PoissonEmission(2, 3, 0.7)
    count.usual_rate.copy_(torch.tensor([0.5, 2.0, 9.0]))
    cases = [
        (roll, roll.on_prob, Beta(1.7, 1.7), 3),
        (count, count.rate, Gamma(1 + 0.7 * count.usual_rate, torch.tensor(0.7)), 1),
    ]
    for emission, parameter, prior, scale in cases:
        values = []
        for given in (ones / scale, other / scale):
            parameter.copy_(given)
            values.append(emission.log_prior() - float(prior.log_prob(given).sum()))
        assert values[0] == pytest.approx(values[1])


@pytest.mark.parametrize("kind", [BernoulliEmission, PoissonEmission])
def test_without_a_prior_a_state_without_frames_keeps_its_emission(kind):
    emission = kind(2, 1, 0.0)
    before = emission.log_prob(frames([1.0]))[0, 1].clone()
    emission.maximise(emission.sums(frames([1.0]), torch.tensor([[1.0, 0.0]])))
    assert emission.log_prob(frames([1.0]))[0, 1] == before
    assert emission.log_prob(frames([1.0]))[0, 0] == (0.0 if kind is BernoulliEmission else -1.0)


def a_mixture(n_states=2, n=3, dim=2, seed=0):
    components = GaussianEmission(n_states * n, dim, "diagonal", 0.01)
    components.mean.copy_(4 * random_shares(n_states * n, dim, seed=seed))
    components.least_variance.fill_(1e-3)
    mixture = MixtureEmission(components, n_states, n, 0.0)
    mixture.log_weight.copy_(random_shares(n_states, n, seed=seed + 1).log())
    return mixture


def test_a_mixture_sums_its_components_state_by_state():
    mixture, values = a_mixture(), torch.from_numpy(random_frames(3).values)
    parts = mixture.components.log_prob(values).exp()
    weight = mixture.log_weight.exp()
    for state in range(2):
        own = sum(weight[state, m] * parts[:, 3 * state + m] for m in range(3))
        assert_close(mixture.log_prob(values)[:, state], own.log())
        assert_close(
            mixture.responsibilities(values)[:, state, 1],
            weight[state, 1] * parts[:, 3 * state + 1] / own,
        )


def test_the_weights_of_a_mixture_are_shares_with_a_count_of_prior():
    mixture = MixtureEmission(BernoulliEmission(2, 1, 0.5), 1, 2, 0.5)
    mixture.components.on_prob.copy_(torch.tensor([[0.0], [1.0]]))
    mixture.maximise(mixture.sums(frames([0], [0], [1]), torch.ones(3, 1)))
    assert_close(mixture.log_weight.exp(), torch.tensor([[2.5, 1.5]]).double() / 4)
    # Each component saw its own frames alone: (0 + .5) / 3, (1 + .5) / 2.
    assert_close(mixture.components.on_prob[:, 0], torch.tensor([0.5 / 3, 0.75]).double())
    of_weights = mixture.log_prior() - mixture.components.log_prior()
    assert of_weights == pytest.approx(0.5 * float(mixture.log_weight.sum()))


def test_a_component_that_nobody_uses_keeps_its_gaussian_and_loses_its_weight():
    mixture = a_mixture(1, 2, dim=1)
    mixture.components.mean.copy_(torch.tensor([[0.0], [1e4]]))
    values = frames([0.1], [-0.1])
    mixture.maximise(mixture.sums(values, torch.ones(2, 1)))
    assert mixture.log_weight.exp().tolist() == [[1.0, 0.0]]
    assert mixture.components.mean.tolist() == [[0.0], [1e4]]
    assert mixture.log_prob(values).isfinite().all()


def test_in_a_state_that_no_frame_can_come_from_nobody_is_responsible():
    mixture = MixtureEmission(BernoulliEmission(4, 1, 0.0), 2, 2, 0.0)
    mixture.components.on_prob.copy_(torch.tensor([[1.0], [1.0], [0.0], [0.5]]))
    assert_close(
        mixture.responsibilities(frames([0])),
        torch.tensor([[[0.0, 0.0], [2 / 3, 1 / 3]]]).double(),
    )


def as_one_state_for_each_component(model):
    """The same density, written as a plain hidden Markov model of states times components."""
    n_states, n = model.emission.log_weight.shape
    weight = model.emission.log_weight.exp()
    knobs = {"emission": model.config.emission, "pseudo_count": 0.0}
    plain = an_hmm(n_states * n, dim=model.schema.dim, **knobs)
    start = (model.log_start.exp()[:, None] * weight).flatten()
    move = model.log_transition.exp()[:, None, :, None] * weight
    move = move.expand(n_states, n, n_states, n).reshape(n_states * n, -1)
    set_hmm(plain, start, move)
    plain.emission.load_state_dict(model.emission.components.state_dict())
    return plain


CASES = [
    ("gaussian", random_frames),
    ("bernoulli", random_rolls),
    ("poisson", random_counts),
]


@pytest.mark.slow
@pytest.mark.parametrize(("emission", "make"), CASES)
def test_a_mixture_in_each_state_is_a_model_with_a_state_for_each_component(emission, make):
    data = make(8, dim=3)
    model = an_hmm(2, dim=3, n_components=2, emission=emission, pseudo_count=0.0)
    model.initialise(data, data, seed=3)
    plain = as_one_state_for_each_component(model)
    batch = collate_all(data)
    mixed, split = model.expect(batch), plain.expect(batch)
    assert_close(mixed.log_likelihood, split.log_likelihood)
    assert_close(mixed.start, split.start.view(2, 2).sum(dim=1))
    assert_close(mixed.transition, split.transition.view(2, 2, 2, 2).sum(dim=(1, 3)))
    assert_close(mixed.emission.weight.flatten(), split.emission.weight)
    for one, other in zip(mixed.emission.inner.tensors(), split.emission.tensors(), strict=True):
        assert_close(one, other)


@pytest.mark.parametrize(("emission", "make"), CASES)
def test_a_mixture_of_one_is_none(emission, make):
    data = make(8, dim=3)
    plain = an_hmm(2, dim=3, emission=emission)
    plain.initialise(data, data, seed=0)
    mixed = an_hmm(2, dim=3, emission=emission)
    mixed.load_state_dict(plain.state_dict())
    mixed.emission = MixtureEmission(mixed.emission, 2, 1, 0.0)
    for model in (plain, mixed):
        fit_plainly(model, data, 3)
    batch = collate_all(data)
    assert_close(mixed.step_log_prob(batch), plain.step_log_prob(batch))


def test_one_state_with_a_mixture_is_the_gaussian_mixture():
    data = random_frames(8)
    hidden = an_hmm(1, dim=2, n_components=3, pseudo_count=0.0)
    mixture = GaussianMixture(GaussianMixtureConfig(kind="gaussian_mixture", n_components=3), 2)
    mixture.initialise(data, data, seed=0)
    hidden.initialise(data, data, seed=0)
    hidden.emission.components.load_state_dict(mixture.components.state_dict())
    hidden.emission.log_weight.copy_(mixture.log_weight[None])
    ours, theirs = (fit_plainly(model, data, 4) for model in (hidden, mixture))
    assert_close(torch.tensor(ours), torch.tensor(theirs))
    batch = collate_all(data)
    assert_close(hidden.step_log_prob(batch), mixture.step_log_prob(batch))


@pytest.mark.slow
@pytest.mark.parametrize("pseudo_count", [0.0, 0.01, 1.0])
@pytest.mark.parametrize("n_components", [1, 2])
@pytest.mark.parametrize(("emission", "make"), CASES)
def test_em_never_lets_the_objective_fall(emission, make, n_components, pseudo_count):
    data = make(12, dim=3, seed=4)
    knobs = {"emission": emission, "n_components": n_components, "pseudo_count": pseudo_count}
    model = an_hmm(2, dim=3, **knobs)
    model.initialise(data, data, seed=1)
    objectives = fit_plainly(model, data, 12)
    assert min(np.diff(objectives)) > -1e-9
    assert objectives[-1] > objectives[0] + 0.01


@pytest.mark.parametrize("n_components", [1, 2])
def test_the_probabilities_of_all_rolls_sum_to_one(n_components):
    data = random_rolls(8, dim=2)
    model = an_hmm(2, dim=2, n_components=n_components, **ROLLS)
    model.initialise(data, data, seed=0)
    fit_plainly(model, data, 2)
    chords = np.array(list(itertools.product([0.0, 1.0], repeat=2)))
    every = sequences_of([chords[list(row)] for row in itertools.product(range(4), repeat=3)])
    assert_close(model.log_prob(collate_all(every)).exp().sum().item(), 1.0)


def test_the_task_says_what_auto_emits():
    def emission(kind, **knobs):
        config = HiddenMarkovConfig(kind="hidden_markov", **knobs)
        return HiddenMarkovModel(config, DataSchema("density", dim=2, frame_kind=kind)).emission

    assert isinstance(emission("real"), GaussianEmission)
    assert isinstance(emission("binary"), BernoulliEmission)
    assert isinstance(emission("count"), PoissonEmission)
    assert isinstance(emission("binary", emission="gaussian"), GaussianEmission)
    mixed = emission("binary", n_components=3)
    assert isinstance(mixed, MixtureEmission)
    assert isinstance(mixed.components, BernoulliEmission)


@pytest.mark.parametrize(
    ("knobs", "value", "remedy"),
    [
        (ROLLS, 0.3, "a Bernoulli emission takes only 0 and 1: threshold the frames, or"),
        (COUNTS, 2.5, "a Poisson emission takes only whole numbers from 0 on: count in other"),
        (COUNTS, -1.0, "a Poisson emission takes only whole numbers from 0 on: count in other"),
    ],
)
def test_frames_that_do_not_fit_are_named(knobs, value, remedy):
    rows = [np.zeros((3, 2)), np.array([[0.0, 1.0], [1.0, value]])]
    data = sequences_of(rows)
    model = an_hmm(2, dim=2, **knobs)
    for ask in (lambda: model.emission.reference(data), lambda: model.expect(collate_all(data))):
        with pytest.raises(DataError) as caught:
            ask()
        assert str(caught.value).startswith(
            f"sequence 1, step 1: dimension 1 is {value:g}; {remedy}"
        )


def test_the_free_parameters_of_each_emission():
    # Starts 1, moves 2; two states of three numbers.
    assert an_hmm(2, dim=3, **ROLLS).n_free_parameters() == 3 + 6
    assert an_hmm(2, dim=3, **COUNTS).n_free_parameters() == 3 + 6
    # In each state one weight to choose, and two Gaussians of three means and three variances.
    assert an_hmm(2, dim=3, n_components=2).n_free_parameters() == 3 + 2 + 24
    # One matrix of six numbers for all.
    tied = an_hmm(2, dim=3, n_components=2, covariance="tied")
    assert tied.n_free_parameters() == 3 + 2 + 12 + 6


def test_components_start_from_clusters_within_their_state():
    values = frames([0.0], [1.0], [10.0], [11.0])
    mixture = MixtureEmission(GaussianEmission(4, 1, "diagonal", 0.01), 2, 2, 0.0)
    mixture.components.least_variance.fill_(0.01)
    start_emission(mixture, values, torch.tensor([0, 0, 1, 1]), 2, seed=0)
    mean = mixture.components.mean.view(2, 2).sort(dim=1).values
    assert mean.tolist() == [[0.0, 1.0], [10.0, 11.0]]
    assert mixture.log_weight.exp().tolist() == [[0.5, 0.5], [0.5, 0.5]]


def test_at_the_start_every_outcome_has_one_count():
    roll, count = BernoulliEmission(1, 2, 0.0), PoissonEmission(1, 2, 0.0)
    count.usual_rate.fill_(2.0)
    states = torch.zeros(2, dtype=torch.long)
    for emission in (roll, count):
        start_emission(emission, frames([1, 0], [1, 0]), states, 1, seed=0)
    assert_close(roll.on_prob, torch.tensor([[0.75, 0.25]]).double())
    assert_close(count.rate, torch.tensor([[4.0, 2.0]]).double() / 3)


def test_unless_it_is_rough_a_start_is_that_of_k_means():
    rows = random_frames(20).values
    found = cluster_frames(rows, 3, 1, "n_states")
    assert torch.equal(found, clusters(rows, 3, 1, "n_states"))


def test_surplus_clusters_share_the_frames_that_there_are():
    rows = np.repeat([[0.0], [1.0]], 40, axis=0)
    with pytest.warns(SeqarenaWarning, match="n_states: 5 asked for, but there are only 2"):
        labels = cluster_frames(rows, 5, 0, "n_states")
    assert set(labels[:40].tolist()) == {0, 2, 4}
    assert set(labels[40:].tolist()) == {1, 3}


def test_a_rough_start_takes_frames_for_centres_and_others_with_another_seed():
    rows = random_frames(20).values
    labels = [cluster_frames(rows, 3, seed, "n_states", is_rough=True) for seed in (1, 1, 2)]
    assert torch.equal(labels[0], labels[1])
    assert not torch.equal(labels[0], labels[2])
    assert set(labels[0].tolist()) == {0, 1, 2}


def test_along_the_main_axis_neighbours_get_neighbouring_numbers():
    rows = np.array([[5.0, 0.1], [1.0, 0.0], [9.0, 0.0]])
    labels = along_main_axis(torch.tensor([0, 1, 2]), rows, 3).tolist()
    assert labels in ([1, 0, 2], [1, 2, 0])
