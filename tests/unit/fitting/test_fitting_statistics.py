import json
import math

import numpy as np
import pytest
import torch
from fitting_models import (
    CategoricalCounter,
    Notes,
    Scripted,
    TwoComponentMixture,
    a_setting,
    hundred_steps,
    symbols,
)

from seqarena.batch import collate_all, sequences_of
from seqarena.errors import ConfigError, ConvergenceError, ResourceError
from seqarena.fitting.protocols import HardwareConfig
from seqarena.fitting.statistics import fit_by_statistics


def _scripted_fit(tmp_path, log_likelihoods, log_priors=None, notes=None, **training):
    setting = a_setting(tmp_path, notes, label="hmm seed 1", batch_size=4, **training)
    model = Scripted(log_likelihoods, log_priors)
    return fit_by_statistics(model, hundred_steps(), hundred_steps(), setting)


def test_counting_gives_the_relative_frequencies_in_one_pass(tmp_path):
    train = sequences_of([np.array([0, 1, 0]), np.array([3]), np.array([0, 1, 0, 0])])
    model = CategoricalCounter()
    report = fit_by_statistics(model, train, train, a_setting(tmp_path, batch_size=2))
    torch.testing.assert_close(model.log_probs.exp(), torch.tensor([5, 2, 0, 1]).double() / 8)
    entropy = -sum(p * math.log(p) for p in (5 / 8, 2 / 8, 1 / 8))
    assert (report.stop_reason, report.n_epochs, report.best_epoch) == ("exact", 1, 0)
    assert report.train_loss == pytest.approx(entropy)
    assert report.valid_loss == pytest.approx(entropy)


def test_em_is_a_bare_loop_of_e_step_and_m_step(tmp_path):
    train = symbols(50)
    fitted, by_hand, notes = TwoComponentMixture(), TwoComponentMixture(), Notes()
    setting = a_setting(tmp_path, notes, batch_size=8, max_em_epochs=6, em_tolerance=0.0)
    report = fit_by_statistics(fitted, train, train, setting)
    losses = []
    for _ in range(6):
        statistics = by_hand.expect(collate_all(train))
        losses.append(-statistics.log_likelihood.item() / train.n_steps)
        by_hand.maximise(statistics)
    torch.testing.assert_close(fitted.state_dict(), by_hand.state_dict(), rtol=0, atol=1e-13)
    assert notes.curve("train/loss") == pytest.approx(losses, rel=1e-13)
    assert report.train_loss == pytest.approx(losses[-1])
    assert (report.stop_reason, report.n_epochs, report.best_epoch) == ("max_epochs", 6, 5)


@pytest.mark.parametrize("model_class", [CategoricalCounter, TwoComponentMixture])
def test_passes_over_parts_of_a_batch_count_what_the_whole_counts(tmp_path, model_class):
    train, valid, fits = symbols(50), symbols(20, seed=1), []
    for most in (None, 3):
        model, notes, sizes = model_class(), Notes(), []
        proper = model.expect
        model.expect = lambda batch, proper=proper, sizes=sizes: (
            sizes.append(len(batch)) or proper(batch)
        )
        hardware = HardwareConfig(accelerator="cpu", max_sequences_per_pass=most)
        setting = a_setting(
            tmp_path / str(most), notes, hardware=hardware, batch_size=8, max_em_epochs=3
        )
        fit_by_statistics(model, train, valid, setting)
        fits.append((model, notes, sizes))
    (whole, whole_notes, _), (parts, notes, sizes) = fits
    assert max(sizes) == 3
    torch.testing.assert_close(parts.state_dict(), whole.state_dict(), rtol=1e-12, atol=1e-12)
    for name in ("train/loss", "valid/loss"):
        assert notes.curve(name) == pytest.approx(whole_notes.curve(name), rel=1e-12)


def test_out_of_memory_in_em_names_what_changes_nothing(tmp_path):
    model, train = TwoComponentMixture(), symbols(8)
    # More than any machine has: the allocator itself refuses.
    model.expect = lambda _: torch.empty(10**15)
    with pytest.raises(ResourceError) as error:
        fit_by_statistics(model, train, train, a_setting(tmp_path, batch_size=8))
    assert str(error.value) == (
        f"fit: out of memory at a batch of 8 sequences, {train.lengths.max()} steps each; set"
        " hardware.max_sequences_per_pass to 4: batches stay what they are, and the result the"
        " same to rounding, in more passes."
    )


def test_the_report_measures_what_was_done(tmp_path):
    setting = a_setting(tmp_path, batch_size=100, max_em_epochs=3, em_tolerance=0.0)
    train = symbols(50)
    report = fit_by_statistics(TwoComponentMixture(), train, train, setting)
    padded = 50 * train.lengths.max()
    assert report.training_flops == pytest.approx(3 * 10 * padded)
    assert report.padding_share == pytest.approx(1 - train.n_steps / padded)
    assert report.examples_per_second == pytest.approx(150 / report.wall_seconds)


def test_the_losses_are_per_scored_step(tmp_path):
    values = [np.array([0, 0, 1, 1]), np.array([0, 1])]
    train = sequences_of(values, scored_from=[2, 1])
    report = fit_by_statistics(CategoricalCounter(), train, train, a_setting(tmp_path))
    assert report.train_loss == report.valid_loss == pytest.approx(0.0)


def test_a_falling_objective_ends_the_fit_with_the_epoch_and_both_values(tmp_path):
    with pytest.raises(ConvergenceError) as error:
        _scripted_fit(tmp_path, [-100.0, -90.0, -90.5, -80.0])
    assert str(error.value) == (
        "hmm seed 1: in epoch 2 the objective fell from -90.000000 to -90.500000 nats; EM cannot"
        " do that: the M-step does not maximise, or log_prior is not the prior that it maximises"
        " under."
    )


def test_a_fall_within_rounding_is_no_fall(tmp_path):
    report = _scripted_fit(tmp_path, [-100.0, -100.00001, -100.0, -100.0], em_tolerance=1e-4)
    assert report.stop_reason == "converged"


def test_the_prior_belongs_to_the_parameters_that_counted(tmp_path):
    # Sums: -101, -100.5, -100.5. With the priors of the next parameters it would seem to fall.
    _scripted_fit(
        tmp_path, [-100.0, -100.5, -90.5, -90.5], [-1.0, 0.0, -10.0, -10.0], max_em_epochs=3
    )
    with pytest.raises(ConvergenceError):
        _scripted_fit(tmp_path, [-100.0, -99.0, -99.0], [0.0, -2.0, -2.0])


def test_em_has_converged_when_an_epoch_gains_less_per_step_than_the_tolerance(tmp_path):
    curve = [-100.0, -90.0, -89.5, -89.4, -89.39, -89.38]
    # Gains per step, of 100 steps: 0.1, 0.005, 0.001, 0.0001.
    assert _scripted_fit(tmp_path, curve, em_tolerance=0.01).n_epochs == 3
    assert _scripted_fit(tmp_path, curve, em_tolerance=0.002).n_epochs == 4
    assert _scripted_fit(tmp_path, curve, em_tolerance=0.002).stop_reason == "converged"


def test_a_tolerance_of_nothing_never_stops(tmp_path):
    report = _scripted_fit(tmp_path, [-100.0] * 9, em_tolerance=0.0, max_em_epochs=7)
    assert (report.stop_reason, report.n_epochs) == ("max_epochs", 7)


@pytest.mark.parametrize("bad", [math.nan, -math.inf, math.inf])
def test_an_objective_that_is_no_finite_number_ends_the_fit(tmp_path, bad):
    with pytest.raises(ConvergenceError) as error:
        _scripted_fit(tmp_path, [-100.0, -90.0, bad, -80.0])
    # The validation after an M-step sees it first when it is no number at all.
    expected = {
        "nan": "in epoch 1 the validation loss is nan; look for extreme values in the data.",
    }.get(
        str(bad),
        f"in epoch 2 the objective is {bad}; start from parameters under which the data is"
        " possible, or add pseudo-counts.",
    )
    assert str(error.value) == f"hmm seed 1: {expected}"


def test_a_count_over_the_budget_of_parameters_is_refused(tmp_path):
    setting, data = a_setting(tmp_path, max_parameters=3), symbols(20)
    model = CategoricalCounter()
    model.n_free_parameters = lambda: 4
    with pytest.raises(ConfigError, match=r"^fit: 4 free parameters, 1 \(33\.3%\) over the 3 of "):
        fit_by_statistics(model, data, data, setting)


def test_the_epoch_with_the_best_validation_loss_is_kept(tmp_path):
    class Overfitting(Scripted):
        """Ever better on ten sequences of training, best after two epochs on nine others."""

        def expect(self, batch):
            curve = {90: [-9.0, -8.0, -7.0, -7.5, -8.0]}.get(
                int(batch.scored.sum()), [-9.0, -8.0, -7.0, -6.0, -5.0]
            )
            self.log_likelihoods = curve
            return super().expect(batch)

    valid = sequences_of([np.zeros(10, dtype=int)] * 9)
    setting = a_setting(tmp_path, batch_size=10, max_em_epochs=4, em_tolerance=0.0)
    model = Overfitting([0.0] * 5)
    report = fit_by_statistics(model, hundred_steps(), valid, setting)
    assert (report.n_epochs, report.best_epoch) == (4, 1)
    assert report.valid_loss == pytest.approx(7.0 * 0.9 / 90)
    assert int(model.n_maximised) == 2


def test_an_impossible_validation_split_is_noted_and_the_last_parameters_stay(tmp_path):
    model = CategoricalCounter()
    train, valid = sequences_of([np.array([0, 1])]), sequences_of([np.array([2])])
    report = fit_by_statistics(model, train, valid, a_setting(tmp_path))
    assert (report.valid_loss, report.best_epoch) == (None, None)
    assert report.notes == (
        "the validation split is impossible under the model (infinite loss); the last parameters"
        " were kept",
    )
    assert model.log_probs.exp().tolist() == [0.5, 0.5, 0.0, 0.0]
    json.dumps(report.as_dict(), allow_nan=False)


def test_em_stops_after_the_epoch_in_which_its_time_is_spent(tmp_path):
    setting = a_setting(tmp_path, batch_size=8, max_minutes=1e-9)
    report = fit_by_statistics(TwoComponentMixture(), symbols(50), symbols(9, 1), setting)
    assert (report.stop_reason, report.n_epochs) == ("max_minutes", 1)


def test_the_recorder_hears_of_every_epoch(tmp_path):
    notes = Notes()
    _scripted_fit(tmp_path, [-100.0, -90.0, -80.0, -70.0], notes=notes, max_em_epochs=2)
    assert [(name, step) for name, _, step in notes.rows] == [
        ("train/loss", 0),
        ("valid/loss", 0),
        ("train/loss", 1),
        ("valid/loss", 1),
    ]
    assert notes.curve("train/loss") == pytest.approx([1.0, 0.9])
    assert notes.curve("valid/loss") == pytest.approx([0.9, 0.8])


def test_a_fit_by_statistics_makes_no_graph_for_gradients(tmp_path):
    model, seen = CategoricalCounter(), []
    proper = model.expect
    model.expect = lambda batch: (seen.append(torch.is_grad_enabled()), proper(batch))[1]
    fit_by_statistics(model, symbols(9), symbols(9), a_setting(tmp_path))
    assert set(seen) == {False}
