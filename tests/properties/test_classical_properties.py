"""Laws that hold for every model that is fitted by sufficient statistics."""

from functools import reduce
from operator import add

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.testing import assert_close

from classical_scenes import (
    a_chain,
    an_hmm,
    every_sequence,
    fit_plainly,
    in_batches,
    random_frames,
    random_hmm,
    random_rolls,
    random_tokens,
    tokens,
)
from seqarena.batch import collate, collate_all
from seqarena.families.bayes_classifier import BayesClassifier
from seqarena.families.gaussian_mixture import GaussianMixture
from seqarena.families.gaussian_mixture_config import GaussianMixtureConfig

rows_of_symbols = st.lists(
    st.lists(st.integers(0, 2), min_size=1, max_size=6), min_size=1, max_size=6
)
seeds = st.integers(0, 1000)


def a_mixture(**knobs):
    config = GaussianMixtureConfig(kind="gaussian_mixture", n_components=2, **knobs)
    return GaussianMixture(config, 2)


def started(model, data, seed):
    model.initialise(data, data, seed)
    return model


def models_and_data(seed):
    symbols = random_tokens(7, n_symbols=3, seed=seed, labels=[0, 1, 0, 0, 1, 0, 1])
    frames = random_frames(7, seed=seed, shortest=3)
    rolls = random_rolls(7, dim=2, seed=seed, shortest=3)
    classifier = BayesClassifier(lambda: an_hmm(2, 3), 2)
    for density in classifier.densities:
        density.initialise(symbols, symbols, seed)
    return [
        (a_chain(order=2), symbols),
        (random_hmm(3, 3, seed=seed, zeros=True), symbols),
        (started(an_hmm(2, 3, precision="float32"), symbols, seed), symbols),
        (started(an_hmm(2, dim=2, covariance="full"), frames, seed), frames),
        (started(an_hmm(2, dim=2, n_components=2), frames, seed), frames),
        (started(an_hmm(2, dim=2, emission="bernoulli"), rolls, seed), rolls),
        (started(an_hmm(2, dim=2, emission="poisson", n_components=2), rolls, seed), rolls),
        (an_hmm(2, 3, n_restarts=2).starts(symbols, symbols, seed), symbols),
        (started(a_mixture(), frames, seed), frames),
        (started(a_mixture(covariance="spherical"), frames, seed), frames),
        (started(a_mixture(covariance="tied", start="random"), frames, seed), frames),
        (started(a_mixture(covariance="full"), frames, seed), frames),
        (classifier, symbols),
    ]


def possible(model, data):
    """Keep the sequences that the model can explain at all."""
    if not bool(getattr(model, "fitted", False)) or not hasattr(model, "step_log_prob"):
        return data
    kept = np.flatnonzero(model.log_prob(collate_all(data)).isfinite().numpy())
    return data.select(kept) if kept.size else None


@pytest.mark.slow
@settings(max_examples=6)
@given(seeds)
def test_statistics_of_parts_add_to_the_statistics_of_the_whole(seed):
    for model, data in models_and_data(seed):
        data = possible(model, data)
        if data is None:
            continue
        whole = model.expect(collate_all(data))
        for size in (1, 3):
            parts = reduce(add, map(model.expect, in_batches(data, size)))
            for one, other in zip(parts.tensors(), whole.tensors(), strict=True):
                assert_close(one, other, rtol=1e-5, atol=1e-6)


@pytest.mark.slow
@settings(max_examples=6)
@given(seeds)
def test_statistics_survive_the_way_through_a_list_of_tensors(seed):
    for model, data in models_and_data(seed):
        data = possible(model, data)
        if data is None:
            continue
        there = model.expect(collate_all(data))
        back = there.with_tensors([tensor.clone() for tensor in there.tensors()])
        for one, other in zip(back.tensors(), there.tensors(), strict=True):
            assert torch.equal(one, other)
        total = (model.no_statistics() + back).tensors()
        for one, other in zip(total, there.tensors(), strict=True):
            assert_close(one, other)


@pytest.mark.slow
@given(rows_of_symbols, seeds)
def test_padding_never_matters(rows, seed):
    data = tokens(*rows)
    fitted = a_chain(order=2)
    fit_plainly(fitted, data)
    for model in (fitted, random_hmm(3, 3, seed=seed, zeros=True)):
        together = model.step_log_prob(collate_all(data))
        for row in range(len(data)):
            alone = model.step_log_prob(collate(data, np.array([row])))[0]
            assert_close(together[row, : len(alone)], alone)
            assert not together[row, len(alone) :].any()


@pytest.mark.slow
@settings(max_examples=5)
@given(seeds)
def test_padding_never_matters_to_frames(seed):
    data = random_frames(5, seed=seed, shortest=2)
    for model in (started(an_hmm(2, dim=2), data, seed), started(a_mixture(), data, seed)):
        fit_plainly(model, data)
        together = model.step_log_prob(collate_all(data))
        maps = model.native_maps(collate_all(data))[0].values
        for row in range(len(data)):
            batch = collate(data, np.array([row]))
            alone = model.step_log_prob(batch)[0]
            assert_close(together[row, : len(alone)], alone)
            assert_close(maps[row, :, : len(alone)], model.native_maps(batch)[0].values[0])


@pytest.mark.slow
@settings(max_examples=10)
@given(seeds, st.sampled_from([0.0, 0.01, 1.0]), st.sampled_from(["ergodic", "left_to_right"]))
def test_em_over_symbols_never_lets_the_objective_fall(seed, pseudo_count, topology):
    data = random_tokens(6, n_symbols=3, seed=seed)
    model = an_hmm(3, 3, pseudo_count=pseudo_count, topology=topology)
    objectives = fit_plainly(started(model, data, seed), data, 8)
    assert min(np.diff(objectives)) > -1e-9


@pytest.mark.slow
@settings(max_examples=10)
@given(seeds, st.sampled_from(["diagonal", "full"]), st.sampled_from([1e-6, 0.05, 0.9]))
def test_em_of_hidden_states_over_frames_never_lets_the_objective_fall(seed, covariance, floor):
    data = random_frames(6, seed=seed, shortest=3)
    model = an_hmm(2, dim=2, covariance=covariance, variance_floor=floor)
    objectives = fit_plainly(started(model, data, seed), data, 8)
    assert min(np.diff(objectives)) > -1e-9


@pytest.mark.slow
@settings(max_examples=20)
@given(
    seeds,
    st.sampled_from(["spherical", "diagonal", "tied", "full"]),
    st.sampled_from([1e-6, 0.05, 0.9]),
    st.sampled_from(["k_means", "random"]),
)
def test_em_of_a_mixture_never_lets_the_objective_fall(seed, covariance, floor, start):
    data = random_frames(6, seed=seed, shortest=3)
    model = a_mixture(covariance=covariance, variance_floor=floor, start=start)
    objectives = fit_plainly(started(model, data, seed), data, 8)
    assert min(np.diff(objectives)) > -1e-9


@settings(max_examples=10)
@given(
    rows_of_symbols,
    st.integers(1, 3),
    st.sampled_from(["maximum_likelihood", "additive", "witten_bell", "kneser_ney"]),
    st.sampled_from([0.0, 0.3]),
)
def test_the_probabilities_of_all_sequences_of_a_length_sum_to_one(rows, order, smoothing, extra):
    model = a_chain(order, smoothing=smoothing, pseudo_count=extra)
    fit_plainly(model, tokens(*rows))
    for length in (1, 2, 4):
        total = model.log_prob(every_sequence(3, length)).exp().sum().item()
        assert abs(total - 1.0) < 1e-12


@settings(max_examples=10)
@given(seeds)
def test_what_comes_later_never_changes_an_earlier_step(seed):
    data = random_tokens(4, n_symbols=3, seed=seed)
    chain = a_chain(order=3)
    fit_plainly(chain, data)
    early, late = tokens([0, 2, 1, 0]), tokens([0, 2, 2, 1])
    for model in (chain, random_hmm(3, 3, seed=seed)):
        one, other = (model.step_log_prob(collate_all(rows)) for rows in (early, late))
        assert_close(one[:, :2], other[:, :2])
