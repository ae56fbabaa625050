"""Stepwise EM of hidden Markov models, mixtures and the classifiers made of them."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from classical_scenes import random_frames, random_tokens, setting, tokens
from seqarena.batch import collate_all
from seqarena.data.sources.hidden_markov import HiddenMarkovSourceConfig, draw_hidden_markov
from seqarena.data.splits import Split
from seqarena.errors import ConfigError
from seqarena.families.bayes_classifier import BayesClassifier
from seqarena.families.catalogue import FamilyConfig
from seqarena.families.gaussian_mixture import GaussianMixture
from seqarena.families.gaussian_mixture_config import GaussianMixtureConfig
from seqarena.families.hidden_markov import HiddenMarkovConfig, HiddenMarkovModel
from seqarena.fitting.protocols import StepwiseConfig
from seqarena.fitting.stepwise import NOTE
from seqarena.parsing import parse
from seqarena.schema import DataSchema


def an_hmm(stepwise=None, n_states=2, n_symbols=4):
    config = HiddenMarkovConfig(kind="hidden_markov", n_states=n_states, stepwise=stepwise)
    return HiddenMarkovModel(config, DataSchema("density", n_symbols=n_symbols))


def a_mixture(stepwise=None):
    config = GaussianMixtureConfig(kind="gaussian_mixture", n_components=2, stepwise=stepwise)
    return GaussianMixture(config, 2)


@pytest.mark.parametrize(
    ("model", "data"),
    [(an_hmm, random_tokens(40)), (a_mixture, random_frames(40))],
    ids=["hidden Markov model", "Gaussian mixture"],
)
def test_one_update_from_all_the_data_is_one_step_of_batch_em(tmp_path, model, data):
    knobs = StepwiseConfig(sequences_per_update=40)
    batch, stepwise = model(), model(knobs)
    batch.fit(data, data, setting(tmp_path / "batch", max_em_epochs=1))
    report = stepwise.fit(data, data, setting(tmp_path / "stepwise", max_em_epochs=1))
    assert NOTE in report.notes
    assert_close(stepwise.state_dict(), batch.state_dict(), rtol=0, atol=1e-12)


@pytest.mark.slow
def test_six_stepwise_passes_reach_the_likelihood_of_thirty_batch_passes(tmp_path):
    config = HiddenMarkovSourceConfig(kind="hidden_markov_source")
    source = draw_hidden_markov(config)
    data = source.parts[Split.TRAIN].sequences
    # Scored on the training split itself, so that the losses are of what is climbed.
    n_symbols = source.schema.n_symbols
    losses = [
        an_hmm(stepwise, 4, n_symbols)
        .fit(data, data, setting(tmp_path / f"{n}", max_em_epochs=n, em_tolerance=0.0))
        .valid_loss
        for stepwise, n in ((None, 30), (StepwiseConfig(), 6))
    ]
    assert losses[1] <= losses[0]


@pytest.mark.slow
def test_a_mixture_fitted_stepwise_finds_both_clusters(tmp_path):
    model = a_mixture(StepwiseConfig(sequences_per_update=8))
    data = random_frames(200)
    model.fit(data, data, setting(tmp_path, max_em_epochs=6))
    # The two sides of the scene are three apart, and half of the frames stand on either.
    order = model.components.mean[:, 0].argsort()
    assert_close(
        model.components.mean[order, 0], torch.tensor([0.0, 3.0]).double(), rtol=0, atol=0.4
    )


def test_a_classifier_of_stepwise_densities_keeps_the_exact_shares_of_the_labels(tmp_path):
    # Updates of two sequences: the first ones lack class 2, which has a single example.
    labels = [0] * 12 + [1] * 6 + [2]
    data = random_tokens(19, labels=labels)
    knobs = StepwiseConfig(sequences_per_update=2)
    model = BayesClassifier(lambda: an_hmm(knobs), 3)
    report = model.fit(data, data, setting(tmp_path, max_em_epochs=2, em_tolerance=0.0))
    shares = torch.tensor([12.0, 6.0, 1.0]).double() / 19
    assert_close(model.log_class_prior.exp(), shares)
    assert NOTE in report.notes
    assert np.isfinite(report.train_loss)
    assert all(bool(density.fitted) for density in model.densities)


@pytest.mark.parametrize("of_classes", [False, True])
def test_several_starts_climb_stepwise_side_by_side(tmp_path, of_classes):
    data = random_tokens(24, labels=[0, 1] * 12 if of_classes else None)
    config = HiddenMarkovConfig(
        kind="hidden_markov",
        n_states=2,
        n_restarts=2,
        stepwise=StepwiseConfig(sequences_per_update=5),
    )
    schema = DataSchema("density", n_symbols=4)
    model = HiddenMarkovModel(config, schema)
    if of_classes:
        model = BayesClassifier(lambda: HiddenMarkovModel(config, schema), 2)
    report = model.fit(data, data, setting(tmp_path, max_em_epochs=2, em_tolerance=0.0))
    assert NOTE in report.notes
    assert any("of 2 was kept" in note for note in report.notes)
    assert torch.isfinite(model.log_prob(collate_all(data))).all()


def test_a_class_that_no_mini_batch_showed_yet_keeps_its_start():
    model = BayesClassifier(lambda: an_hmm(StepwiseConfig()), 2)
    data = random_tokens(6, labels=[0, 1, 0, 1, 0, 1])
    for label, density in enumerate(model.densities):
        density.initialise(data, data, label)
    start = {name: value.clone() for name, value in model.densities[1].state_dict().items()}
    only_first = replace(collate_all(data), labels=torch.zeros(6, dtype=torch.long))
    model.maximise(model.expect(only_first))
    assert_close(model.densities[1].state_dict(), start, rtol=0, atol=0)
    assert bool(model.densities[0].fitted)


def test_rare_symbols_survive_the_first_mini_batches_by_the_pseudo_count(tmp_path):
    # Symbol 3 stands in one sequence of forty.
    data = tokens(*[[0, 1, 2, 1]] * 39, [3, 3, 3, 3])
    model = an_hmm(StepwiseConfig(sequences_per_update=4))
    model.fit(data, data, setting(tmp_path, max_em_epochs=3, em_tolerance=0.0))
    assert torch.isfinite(model.log_prob(collate_all(data))).all()


@pytest.mark.parametrize(
    ("kind", "engine"), [("hidden_markov", "hmmlearn"), ("gaussian_mixture", "scikit-learn")]
)
def test_another_engine_cannot_fit_stepwise(kind, engine):
    raw = {"kind": kind, "engine": engine, "stepwise": {}}
    with pytest.raises(ConfigError) as error:
        parse(FamilyConfig, raw, "families.hmm")
    assert error.value.mistakes == [
        f"families.hmm: engine: {engine} knows batch EM alone; set engine: seqarena, or leave"
        " stepwise out."
    ]


def test_the_knobs_of_stepwise_em_are_read_from_the_settings():
    raw = {"kind": "hidden_markov", "stepwise": {"exponent": 0.7, "sequences_per_update": 4}}
    config = parse(FamilyConfig, raw, "families.hmm")
    assert config.stepwise == StepwiseConfig(exponent=0.7, delay=2, sequences_per_update=4)
