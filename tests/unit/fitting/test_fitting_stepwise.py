import math

import numpy as np
import pytest
import torch
from fitting_models import Notes, Scripted, TwoComponentMixture, a_setting, hundred_steps, symbols
from pydantic import ValidationError

from seqarena.batch import collate, collate_all, sequences_of
from seqarena.data.batching import plan_epoch
from seqarena.errors import ArtifactError, ConvergenceError
from seqarena.fitting import module
from seqarena.fitting.protocols import HardwareConfig, StepwiseConfig
from seqarena.fitting.stepwise import NOTE, fit_stepwise, update_weight

KNOBS = StepwiseConfig(sequences_per_update=8)


def by_hand(train, n_epochs, seed, knobs=KNOBS):
    """Liang & Klein (2009), one line after the other, with the losses before each update."""
    model, running, losses, update = TwoComponentMixture(), None, [], 0
    for epoch in range(n_epochs):
        log_likelihood = 0.0
        for rows in plan_epoch(train.lengths, knobs.sequences_per_update, seed, epoch):
            of_batch = model.expect(collate(train, rows))
            log_likelihood += float(of_batch.log_likelihood)
            share = len(rows) / min(knobs.sequences_per_update, len(train))
            weight = share * (update + knobs.delay) ** -knobs.exponent if update else 1.0
            scaled = len(train) / len(rows) * of_batch.of
            running = scaled if running is None else (1 - weight) * running + weight * scaled
            model.maximise(of_batch.with_tensors([running, of_batch.log_likelihood]))
            update += 1
        losses.append(-log_likelihood / train.n_steps)
    return model, losses


def _scripted_fit(tmp_path, log_likelihoods, log_priors=None, notes=None, size=64, **training):
    """Ten sequences of ten steps, `size` in a mini-batch; the script is of each update."""
    setting = a_setting(tmp_path, notes, label="hmm seed 1", **training)
    model = Scripted(log_likelihoods, log_priors)
    data = hundred_steps()
    return fit_stepwise(model, data, data, setting, StepwiseConfig(sequences_per_update=size))


# 50 sequences by 8: the last mini-batch of an epoch holds two, and weighs a quarter.
@pytest.mark.parametrize("knobs", [KNOBS, StepwiseConfig(sequences_per_update=99)], ids=str)
def test_stepwise_em_is_a_bare_loop_over_mini_batches(tmp_path, knobs):
    train, fitted, notes = symbols(50), TwoComponentMixture(), Notes()
    setting = a_setting(tmp_path, notes, seed=5, max_em_epochs=3, em_tolerance=0.0)
    report = fit_stepwise(fitted, train, train, setting, knobs)
    model, losses = by_hand(train, 3, 5, knobs)
    torch.testing.assert_close(fitted.state_dict(), model.state_dict(), rtol=0, atol=1e-13)
    assert notes.curve("train/loss") == pytest.approx(losses, rel=1e-13)
    assert report.train_loss == pytest.approx(losses[-1])
    valid = -float(model.expect(collate_all(train)).log_likelihood) / train.n_steps
    assert report.valid_loss == pytest.approx(valid)
    assert (report.stop_reason, report.n_epochs, report.notes) == ("max_epochs", 3, (NOTE,))


def test_passes_over_parts_of_a_mini_batch_make_the_update_of_the_whole(tmp_path):
    train, fitted, notes, sizes = symbols(50), TwoComponentMixture(), Notes(), []
    proper = fitted.expect
    fitted.expect = lambda batch: sizes.append(len(batch)) or proper(batch)
    hardware = HardwareConfig(accelerator="cpu", max_sequences_per_pass=3)
    setting = a_setting(
        tmp_path, notes, seed=5, hardware=hardware, max_em_epochs=3, em_tolerance=0.0
    )
    fit_stepwise(fitted, train, train, setting, KNOBS)
    model, losses = by_hand(train, 3, 5)
    assert max(sizes) == 3
    torch.testing.assert_close(fitted.state_dict(), model.state_dict(), rtol=0, atol=1e-13)
    assert notes.curve("train/loss") == pytest.approx(losses, rel=1e-13)


def test_one_mini_batch_of_everything_is_first_a_step_of_batch_em(tmp_path):
    train, fitted, plain = symbols(50), TwoComponentMixture(), TwoComponentMixture()
    setting = a_setting(tmp_path, max_em_epochs=1)
    fit_stepwise(fitted, train, train, setting, StepwiseConfig(sequences_per_update=1000))
    plain.maximise(plain.expect(collate_all(train)))
    torch.testing.assert_close(fitted.state_dict(), plain.state_dict(), rtol=0, atol=1e-13)


@pytest.mark.parametrize(
    ("knobs", "update", "fullness", "weight"),
    [
        ({}, 0, 0.1, 1.0),
        ({"exponent": 1.0, "delay": 1}, 3, 1.0, 1 / 4),
        ({"exponent": 1.0, "delay": 1}, 3, 0.5, 1 / 8),
        ({"exponent": 1.0, "delay": 0}, 1, 1.0, 1.0),
        ({"exponent": 0.75, "delay": 13}, 3, 1.0, 1 / 8),
        ({}, 30, 1.0, 1 / 8),
    ],
)
def test_an_update_weighs_by_its_number_and_its_fullness(knobs, update, fullness, weight):
    assert update_weight(StepwiseConfig(**knobs), update, fullness) == pytest.approx(weight)


def test_with_exponent_and_delay_one_all_updates_weigh_the_same_in_the_end():
    knobs, running = StepwiseConfig(exponent=1.0, delay=1), 0.0
    for update, value in enumerate([3.0, 5.0, 1.0, 7.0]):
        weight = update_weight(knobs, update, 1.0)
        running = (1 - weight) * running + weight * value
    assert running == pytest.approx(4.0)


@pytest.mark.parametrize("exponent", [0.5, 1.1])
def test_an_exponent_that_need_not_converge_is_refused(exponent):
    with pytest.raises(ValidationError, match="exponent"):
        StepwiseConfig(exponent=exponent)


def test_a_falling_objective_is_no_error_but_ends_the_fit_as_converged(tmp_path):
    report = _scripted_fit(tmp_path, [-100.0, -90.0, -95.0, -80.0], em_tolerance=1e-4)
    assert (report.stop_reason, report.n_epochs) == ("converged", 3)
    report = _scripted_fit(
        tmp_path / "never", [-100.0, -90.0, -95.0, -80.0, -80.0], em_tolerance=0.0, max_em_epochs=4
    )
    assert (report.stop_reason, report.n_epochs) == ("max_epochs", 4)


def test_stepwise_em_has_converged_when_a_pass_gains_less_per_step_than_the_tolerance(tmp_path):
    curve = [-100.0, -90.0, -89.5, -89.4, -89.39, -89.38]
    assert _scripted_fit(tmp_path / "1", curve, em_tolerance=0.01).n_epochs == 3
    assert _scripted_fit(tmp_path / "2", curve, em_tolerance=0.002).n_epochs == 4


def test_the_objective_of_a_pass_holds_the_prior_of_the_parameters_that_counted(tmp_path):
    # Sums: -101, -90.5, -90. With the priors of the next parameters the second would gain nothing.
    scripts = [-100.0, -90.5, -80.0, -80.0], [-1.0, 0.0, -10.0, -10.0]
    report = _scripted_fit(tmp_path, *scripts, em_tolerance=0.05)
    assert (report.stop_reason, report.n_epochs) == ("converged", 3)


def test_each_mini_batch_carries_its_share_of_the_prior(tmp_path):
    # Two updates a pass, half of the data each. Sums: -100, then -99 - 0.6, then the same.
    scripts = [-100.0, -100.0, *[-99.0] * 5], [0.0, 0.0, *[-0.6] * 5]
    report = _scripted_fit(tmp_path, *scripts, size=5, em_tolerance=1e-3)
    assert (report.stop_reason, report.n_epochs) == ("converged", 3)


@pytest.mark.parametrize("bad", [-math.inf, math.inf])
def test_a_mini_batch_without_a_finite_likelihood_ends_the_fit(tmp_path, bad):
    with pytest.raises(ConvergenceError) as error:
        _scripted_fit(tmp_path, [-100.0, -90.0, bad, -80.0], em_tolerance=0.0)
    assert str(error.value) == (
        f"hmm seed 1: in epoch 2 the log-likelihood of the mini-batch before update 2 is {bad};"
        " start from parameters under which the data is possible, or add pseudo-counts."
    )


def test_a_symbol_that_the_first_mini_batch_lacks_needs_a_pseudo_count(tmp_path):
    # By length, eight shorter sequences make one mini-batch and eight longer ones the other.
    train = sequences_of([np.array([0, 1, 2])] * 8 + [np.array([0, 1, 2, 3])] * 8)
    seed = next(seed for seed in range(99) if plan_epoch(train.lengths, 8, seed, 0)[0][0] < 8)
    with pytest.raises(ConvergenceError, match="or add pseudo-counts"):
        fit_stepwise(TwoComponentMixture(), train, train, a_setting(tmp_path, seed=seed), KNOBS)


def test_no_mini_batch_is_larger_than_asked_for(tmp_path):
    model, sizes = TwoComponentMixture(), []
    proper = model.expect
    model.expect = lambda batch: (sizes.append(len(batch)), proper(batch))[1]
    setting = a_setting(tmp_path, batch_size=100, max_em_epochs=1)
    fit_stepwise(model, symbols(50), symbols(9, seed=1), setting, KNOBS)
    # Mini-batches in an order of their own, then validation in the batches of the setting.
    assert (sorted(sizes[:-1]), sizes[-1]) == ([2, 8, 8, 8, 8, 8, 8], 9)


def test_a_checkpoint_of_other_knobs_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "SECONDS_BETWEEN_CHECKPOINTS", 0.0)
    data, setting = symbols(30), a_setting(tmp_path, max_em_epochs=3, em_tolerance=0.0)
    fit_stepwise(TwoComponentMixture(), data, data, setting, KNOBS)
    other = KNOBS.model_copy(update={"exponent": 0.7})
    with pytest.raises(ArtifactError, match="holds the checkpoint of another fit"):
        fit_stepwise(TwoComponentMixture(), data, data, setting, other)


def test_stepwise_em_makes_no_graph_for_gradients(tmp_path):
    model, seen = TwoComponentMixture(), []
    proper = model.maximise
    model.maximise = lambda statistics: (seen.append(torch.is_grad_enabled()), proper(statistics))
    setting = a_setting(tmp_path, max_em_epochs=1)
    fit_stepwise(model, symbols(50), symbols(9), setting, KNOBS)
    assert seen == [False] * 7


def test_context_steps_are_divided_out_of_the_training_loss(tmp_path):
    train = sequences_of([np.array([0, 1, 1]), np.array([1, 0])], scored_from=[1, 1])
    start, notes = TwoComponentMixture(), Notes()
    loss = -float(start.expect(collate_all(train)).log_likelihood) / 3
    setting = a_setting(tmp_path, notes, max_em_epochs=1)
    fit_stepwise(TwoComponentMixture(), train, train, setting, KNOBS)
    assert notes.curve("train/loss") == pytest.approx([loss])
