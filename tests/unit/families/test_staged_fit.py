"""Fits that follow each other: one budget, one course of numbers, one report."""

from dataclasses import replace
from functools import partial

import pytest
import torch
from word_scenes import a_recogniser, spoken

from classical_scenes import setting
from seqarena.families.staged_fit import even_stages, fit_in_stages


class Listener:
    def __init__(self):
        self.heard = []

    def metric(self, name, value, step):
        self.heard.append((name, value, step))


def fitted(folder, listener=None, n_components=2, **training):
    model = a_recogniser(n_components=n_components)
    told = setting(folder, em_tolerance=0.0, **training)
    if listener is not None:
        told = replace(told, recorder=listener)
    return model, model.fit(spoken(12), spoken(4, seed=1), told)


def test_epochs_are_shared_evenly_and_the_last_stage_takes_the_rest(tmp_path):
    _, report = fitted(tmp_path, n_components=4, max_em_epochs=7)
    assert report.n_epochs == 7
    assert report.notes == ("epochs of each stage: 2 (max_epochs), 2 (max_epochs), 3 (max_epochs)",)
    assert report.best_epoch >= 4


def test_every_stage_has_an_epoch_however_small_the_budget(tmp_path):
    _, report = fitted(tmp_path, n_components=4, max_em_epochs=1)
    assert report.n_epochs == 3


def test_the_epochs_of_later_stages_follow_those_of_earlier_ones(tmp_path):
    listener = Listener()
    _, report = fitted(tmp_path, listener, max_em_epochs=5)
    steps = [step for name, _, step in listener.heard if name == "train/loss"]
    assert steps == [0, 1, 2, 3, 4]
    assert report.n_epochs == 5


def test_the_cost_of_all_stages_is_added_up(tmp_path):
    """Two components cost twice the sums of one, so that two stages cost more than one epoch."""
    _, both = fitted(tmp_path / "two", max_em_epochs=2)
    _, one = fitted(tmp_path / "one", n_components=1, max_em_epochs=1)
    assert both.training_flops > 2 * one.training_flops
    assert both.wall_seconds > 0
    assert both.cpu_seconds > 0
    assert both.examples_per_second > 0


def test_time_that_is_spent_ends_every_stage_after_an_epoch(tmp_path):
    _, report = fitted(tmp_path, max_em_epochs=40, max_minutes=1e-9)
    assert report.notes == ("epochs of each stage: 1 (max_minutes), 1 (max_minutes)",)


@pytest.mark.slow
def test_a_fit_that_is_asked_for_again_ends_with_the_same_numbers(tmp_path):
    (first, _), (second, _) = (fitted(tmp_path, max_em_epochs=4) for _ in range(2))
    for name, value in first.state_dict().items():
        assert torch.equal(value, second.state_dict()[name]), name


def test_stages_prepare_the_model_in_turn(tmp_path):
    model, train = a_recogniser(), spoken(9)
    model.initialise(train, train)
    seen = []
    stages = [partial(seen.append, 1), lambda: (seen.append(2), model.grow(2))]
    fit_in_stages(model, even_stages(stages, 2), train, train, setting(tmp_path))
    assert seen == [1, 2]
    assert model.emission.log_weight.shape[1] == 2
