import json
import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from fitting_models import (
    Drifter,
    Notes,
    SoftmaxClassifier,
    a_setting,
    constant_frames,
    labelled_frames,
)

from seqarena.batch import collate, collate_all, sequences_of
from seqarena.data.batching import plan_epoch
from seqarena.errors import ArtifactError, ConfigError, ConvergenceError, ResourceError
from seqarena.families.recurrent import RecurrentConfig
from seqarena.fitting import module
from seqarena.fitting.course import identity_of
from seqarena.fitting.gradient import fit_by_gradient
from seqarena.fitting.protocols import HardwareConfig, Objective, OptimiserConfig

STEADY = OptimiserConfig(
    kind="sgd", learning_rate=0.1, schedule="constant", warmup_steps=0, max_gradient_norm=None
)


def _drifter_with(bad, at_step):
    model, calls = Drifter(), iter(range(10**6))
    proper = model.objective

    def objective(batch):
        if model.training and next(calls) == at_step:
            return Objective(model.x * 0 + bad, len(batch))
        return proper(batch)

    model.objective = objective
    return model


def _by_hand(model, optimiser, train, setting, in_16_bits=False):
    """The same fit as a bare loop; returns loss and weight of each step."""
    parts = [
        {"params": [model.linear.weight], "weight_decay": optimiser.weight_decay},
        {"params": [model.linear.bias], "weight_decay": 0.0},
    ]
    adam = torch.optim.AdamW(parts, lr=optimiser.learning_rate, fused=True)
    losses = []
    for epoch in range(setting.training.max_epochs):
        plan = plan_epoch(train.lengths, setting.training.batch_size, setting.seed, epoch)
        for rows in plan:
            with torch.autocast("cpu", enabled=in_16_bits):
                objective = model.objective(collate(train, rows))
            adam.zero_grad()
            (objective.total / objective.weight).backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), optimiser.max_gradient_norm)
            adam.step()
            losses.append((objective.total.item(), objective.weight))
    return losses


def _pooled(losses):
    return sum(total for total, _ in losses) / sum(weight for _, weight in losses)


def test_a_fit_is_a_bare_loop_over_the_plan(tmp_path):
    train, valid = labelled_frames(50), labelled_frames(20, seed=1)
    optimiser = OptimiserConfig(
        learning_rate=0.02, schedule="constant", warmup_steps=0, max_gradient_norm=0.3
    )
    notes, fitted, by_hand = Notes(), SoftmaxClassifier(), SoftmaxClassifier()
    setting = a_setting(tmp_path, notes, seed=5, batch_size=8, max_epochs=3)
    report = fit_by_gradient(fitted, optimiser, train, valid, setting)
    losses = _by_hand(by_hand, optimiser, train, setting)
    assert report.best_epoch == 2
    torch.testing.assert_close(fitted.state_dict(), by_hand.state_dict(), rtol=0, atol=0)
    epochs = [_pooled(losses[start : start + 7]) for start in (0, 7, 14)]
    assert notes.curve("train/loss") == pytest.approx(epochs, rel=1e-12)
    tens = [_pooled(losses[start : start + 10]) for start in (0, 10)]
    assert notes.curve("train/loss_step") == pytest.approx(tens, rel=1e-12)


def test_in_16_bits_too_every_step_reads_the_parameters_that_the_one_before_left(tmp_path):
    train, valid = labelled_frames(50), labelled_frames(20, seed=1)
    optimiser = OptimiserConfig(
        learning_rate=0.02, schedule="constant", warmup_steps=0, max_gradient_norm=0.3
    )
    hardware = HardwareConfig(accelerator="cpu", precision="bf16-mixed")
    fitted, by_hand = SoftmaxClassifier(), SoftmaxClassifier()
    setting = a_setting(tmp_path, hardware=hardware, seed=5, batch_size=8, max_epochs=3)
    report = fit_by_gradient(fitted, optimiser, train, valid, setting)
    _by_hand(by_hand, optimiser, train, setting, in_16_bits=True)
    assert report.best_epoch == 2
    torch.testing.assert_close(fitted.state_dict(), by_hand.state_dict(), rtol=0, atol=0)


def test_passes_over_parts_of_a_batch_add_to_the_steps_of_the_whole(tmp_path):
    train, valid = labelled_frames(50), labelled_frames(20, seed=1)
    fits = []
    for most in (None, 3):
        model, notes, sizes = SoftmaxClassifier(), Notes(), []
        proper = model.objective
        model.objective = lambda batch, proper=proper, sizes=sizes: (
            sizes.append(len(batch)) or proper(batch)
        )
        hardware = HardwareConfig(accelerator="cpu", max_sequences_per_pass=most)
        setting = a_setting(
            tmp_path / str(most), notes, hardware=hardware, batch_size=8, max_epochs=3
        )
        # Neither Adam nor clipping, which would hide a gradient of the wrong size.
        report = fit_by_gradient(model, STEADY, train, valid, setting)
        fits.append((model, notes, sizes, report))
    (whole, whole_notes, _, whole_report), (parts, notes, sizes, report) = fits
    # Six batches of 8 in passes of 3, 3 and 2; one of 2, whose third pass is a stand-in.
    assert sorted(sizes[:21]) == sorted([*6 * [3, 3, 2], 1, 1, 1])
    # Validation: two batches of 8, one of 4.
    assert sizes[21:29] == [3, 3, 2, 3, 3, 2, 2, 2]
    torch.testing.assert_close(parts.state_dict(), whole.state_dict(), rtol=1e-6, atol=1e-7)
    assert [row[0::2] for row in notes.rows] == [row[0::2] for row in whole_notes.rows]
    values = [[value for _, value, _ in each.rows] for each in (notes, whole_notes)]
    np.testing.assert_allclose(*values, rtol=1e-6)
    assert report.training_flops == pytest.approx(whole_report.training_flops)


def _descended_by_hand(model, optimiser, train, setting):
    """Descent with momentum and decoupled decay, line by line; leave it after its last epoch."""
    velocities = {name: torch.zeros_like(part) for name, part in model.named_parameters()}
    for epoch in range(setting.training.max_epochs):
        for rows in plan_epoch(train.lengths, setting.training.batch_size, setting.seed, epoch):
            objective = model.objective(collate(train, rows))
            model.zero_grad()
            (objective.total / objective.weight).backward()
            for name, part in model.named_parameters():
                decay = optimiser.weight_decay if part.dim() == 2 else 0.0
                velocities[name] = 0.9 * velocities[name] + part.grad
                lost = optimiser.learning_rate * decay * part.data
                part.data = part.data - lost - optimiser.learning_rate * velocities[name]


# Three steps an epoch, of one pass or three: either call is within the third epoch.
@pytest.mark.parametrize(("most", "broken_at"), [(None, 7), (3, 19)])
def test_a_descent_decays_by_its_formula_in_passes_and_over_a_break(
    tmp_path, monkeypatch, most, broken_at
):
    monkeypatch.setattr(module, "SECONDS_BETWEEN_CHECKPOINTS", 0.0)
    hardware = HardwareConfig(accelerator="cpu", max_sequences_per_pass=most)
    setting = a_setting(tmp_path, hardware=hardware, batch_size=8, max_epochs=4)
    train = labelled_frames(24)
    decaying = STEADY.model_copy(update={"weight_decay": 0.5, "learning_rate": 0.02})
    broken, fitted, by_hand = (SoftmaxClassifier() for _ in range(3))
    proper, calls = broken.objective, iter(range(10**6))
    broken.objective = lambda batch: (
        proper(batch) if not broken.training or next(calls) < broken_at else 1 / 0
    )
    with pytest.raises(ZeroDivisionError):
        fit_by_gradient(broken, decaying, train, train, setting)
    report = fit_by_gradient(fitted, decaying, train, train, setting)
    assert (report.notes, report.best_epoch) == (("resumed after 2 epochs",), 3)
    _descended_by_hand(by_hand, decaying, train, setting)
    torch.testing.assert_close(fitted.state_dict(), by_hand.state_dict(), rtol=1e-5, atol=1e-6)


def test_a_model_over_the_budget_of_parameters_is_refused_before_it_is_fitted(tmp_path):
    model, data = SoftmaxClassifier(), labelled_frames(8)
    model.objective = None
    setting = a_setting(tmp_path, label="wide", max_parameters=10)
    with pytest.raises(ConfigError) as error:
        fit_by_gradient(model, STEADY, data, data, setting)
    assert str(error.value) == (
        "wide: 12 free parameters, 2 (20.0%) over the 10 of training.max_parameters; make the model"
        " narrower or shallower, or raise the limit for every family of the task."
    )


def test_a_model_within_the_budget_of_parameters_is_fitted(tmp_path):
    data = labelled_frames(8)
    setting = a_setting(tmp_path, max_epochs=1, max_parameters=12)
    assert fit_by_gradient(SoftmaxClassifier(), STEADY, data, data, setting).n_parameters == 12


@pytest.mark.parametrize(
    ("n_examples", "remedy"),
    [
        (
            8,
            "set hardware.max_sequences_per_pass to 4: batches stay what they are, and the result"
            " the same to rounding, in more passes.",
        ),
        (1, "shorten the sequences, or choose a smaller model: one sequence is too much."),
    ],
)
def test_out_of_memory_names_the_batch_and_what_would_fit(tmp_path, n_examples, remedy):
    model, data = SoftmaxClassifier(), labelled_frames(n_examples)
    # More than any machine has: the allocator itself refuses.
    model.objective = lambda batch: Objective(torch.empty(10**15).sum(), len(batch))
    with pytest.raises(ResourceError) as error:
        fit_by_gradient(model, STEADY, data, data, a_setting(tmp_path, batch_size=8))
    longest = data.lengths.max()
    assert str(error.value) == (
        f"fit: out of memory at a batch of {n_examples} sequences, {longest} steps each; {remedy}"
    )


def test_another_error_than_a_lack_of_memory_stays_what_it_is(tmp_path):
    model, data = SoftmaxClassifier(), labelled_frames(8)
    model.objective = lambda batch: batch.features[0] @ batch.features[0]
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"):
        fit_by_gradient(model, STEADY, data, data, a_setting(tmp_path))


def test_a_deterministic_fit_may_use_deterministic_algorithms_only(tmp_path):
    for deterministic in (True, False):
        model, seen = SoftmaxClassifier(), []
        proper = model.objective
        model.objective = lambda batch, proper=proper, seen=seen: (
            seen.append(torch.are_deterministic_algorithms_enabled()) or proper(batch)
        )
        hardware = HardwareConfig(accelerator="cpu", deterministic=deterministic)
        setting = a_setting(tmp_path, hardware=hardware, max_epochs=1)
        fit_by_gradient(model, STEADY, *[labelled_frames(8)] * 2, setting)
        assert set(seen) == {deterministic}
        assert not torch.are_deterministic_algorithms_enabled()


def test_the_parameters_of_the_best_validation_loss_are_kept_not_the_last(tmp_path):
    # x climbs from 0 towards 10 and passes 3, the best value of the validation split.
    model, notes = Drifter(), Notes()
    train, valid = constant_frames(10.0), constant_frames(3.0)
    setting = a_setting(tmp_path, notes, batch_size=8, max_epochs=12, patience=4)
    report = fit_by_gradient(model, STEADY, train, valid, setting)
    curve = notes.curve("valid/loss")
    assert report.best_epoch == curve.index(min(curve)) < len(curve) - 1
    objective = model.objective(collate_all(valid))
    assert objective.total.item() / len(valid) == pytest.approx(min(curve), rel=1e-6)
    assert report.valid_loss == min(curve)


def test_a_fit_stops_after_its_patience(tmp_path):
    train, valid = constant_frames(10.0), constant_frames(3.0)
    setting = a_setting(tmp_path, batch_size=8, max_epochs=100, patience=3)
    report = fit_by_gradient(Drifter(), STEADY, train, valid, setting)
    assert report.stop_reason == "patience"
    assert report.n_epochs == report.best_epoch + 1 + 3


def test_without_a_reason_a_fit_runs_all_its_epochs(tmp_path):
    setting = a_setting(tmp_path, batch_size=8, max_epochs=5, patience=1)
    report = fit_by_gradient(Drifter(), STEADY, *[constant_frames(10.0)] * 2, setting)
    assert (report.stop_reason, report.n_epochs, report.best_epoch) == ("max_epochs", 5, 4)


def test_a_fit_stops_within_an_epoch_when_its_time_is_spent(tmp_path):
    train, valid = labelled_frames(400), labelled_frames(8, seed=1)
    setting = a_setting(tmp_path, batch_size=2, max_epochs=1000, max_minutes=1e-9)
    report = fit_by_gradient(SoftmaxClassifier(), STEADY, train, valid, setting)
    assert (report.stop_reason, report.n_epochs) == ("max_minutes", 1)
    assert report.examples_per_second * report.wall_seconds == pytest.approx(2)
    assert math.isfinite(report.valid_loss)


@pytest.mark.parametrize("per_pass", [None, 1])
def test_a_fit_stops_after_exactly_its_steps_and_its_learning_rates_span_them(tmp_path, per_pass):
    # Epochs of 4 steps: 10 steps end within the third.
    hardware = HardwareConfig(accelerator="cpu", max_sequences_per_pass=per_pass)
    setting = a_setting(
        tmp_path, notes := Notes(), hardware=hardware, batch_size=2, max_epochs=9, max_steps=10
    )
    falling = OptimiserConfig(learning_rate=1.0, warmup_steps=0, schedule="cosine")
    data = labelled_frames(8)
    report = fit_by_gradient(SoftmaxClassifier(), falling, data, data, setting)
    assert (report.stop_reason, report.n_epochs) == ("max_steps", 3)
    assert report.examples_per_second * report.wall_seconds == pytest.approx(20)
    assert notes.curve("train/learning_rate") == pytest.approx([0.1])
    assert len(notes.curve("valid/loss")) == 3


def test_epochs_that_are_over_before_the_steps_end_a_fit_and_its_schedule(tmp_path):
    setting = a_setting(tmp_path, notes := Notes(), batch_size=2, max_epochs=5, max_steps=1000)
    falling = OptimiserConfig(learning_rate=1.0, warmup_steps=0, schedule="cosine")
    data = labelled_frames(8)
    report = fit_by_gradient(SoftmaxClassifier(), falling, data, data, setting)
    assert (report.stop_reason, report.n_epochs) == ("max_epochs", 5)
    assert notes.curve("train/learning_rate")[-1] == pytest.approx(0.1)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_loss_that_is_no_finite_number_ends_the_fit_with_epoch_step_and_remedy(tmp_path, bad):
    setting = a_setting(tmp_path, label="elman seed 0", batch_size=8)
    model = _drifter_with(bad, at_step=3)
    with pytest.raises(ConvergenceError) as error:
        fit_by_gradient(model, STEADY, *[constant_frames(1.0)] * 2, setting)
    assert str(error.value) == (
        f"elman seed 0: the training loss is {bad} in epoch 3 at step 3; lower"
        " optimiser.learning_rate (now 0.1) or optimiser.max_gradient_norm, or look for extreme"
        " values in the data."
    )


def test_after_a_failed_fit_the_model_holds_the_best_finite_parameters(tmp_path):
    model = _drifter_with(math.nan, at_step=2)
    setting = a_setting(tmp_path, batch_size=8)
    with pytest.raises(ConvergenceError):
        fit_by_gradient(model, STEADY, *[constant_frames(1.0)] * 2, setting)
    # Two steps of SGD with momentum from 0 towards 1: 0.1, then + 0.9 * 0.1 + 0.1 * 0.9.
    assert model.x.item() == pytest.approx(0.1 + 0.09 + 0.09)


def test_a_fit_without_any_finite_validation_loss_fails(tmp_path):
    model = Drifter()
    proper = model.objective
    model.objective = lambda batch: (
        proper(batch) if model.training else Objective(model.x * 0 + math.inf, 1)
    )
    setting = a_setting(tmp_path, batch_size=8, max_epochs=2)
    with pytest.raises(ConvergenceError) as error:
        fit_by_gradient(model, STEADY, *[constant_frames(1.0)] * 2, setting)
    assert str(error.value) == (
        "fit: no epoch of 2 gave a finite validation loss; lower optimiser.learning_rate, or look"
        " for values of the validation split that training never shows."
    )


def test_a_fit_leaves_the_random_state_and_the_threads_of_its_caller_alone(tmp_path):
    model, n_threads = SoftmaxClassifier(dropout=0.5), torch.get_num_threads()
    data = labelled_frames(20), labelled_frames(8, seed=1)
    hardware = HardwareConfig(accelerator="cpu", n_threads=n_threads + 1)
    setting = a_setting(tmp_path, hardware=hardware, batch_size=8, max_epochs=2)

    def global_state():  # of `random` not: beartype draws from it while the tests run
        of_numpy = np.random.get_state()  # noqa: NPY002
        return torch.get_rng_state().tolist(), of_numpy[1].tolist()

    before = global_state()
    fit_by_gradient(model, STEADY, *data, setting)
    assert global_state() == before
    assert torch.get_num_threads() == n_threads


def test_dropout_is_drawn_from_the_seed_of_the_fit_alone(tmp_path):
    data = labelled_frames(20), labelled_frames(8, seed=1)

    def fitted(seed, name, state):
        torch.manual_seed(state)
        model = SoftmaxClassifier(dropout=0.5)
        setting = a_setting(tmp_path / name, seed=seed, batch_size=20, max_epochs=2)
        fit_by_gradient(model, STEADY, *data, setting)
        return model.linear.weight

    assert torch.equal(fitted(1, "a", state=0), fitted(1, "b", state=7))
    assert not torch.allclose(fitted(1, "c", state=0), fitted(2, "d", state=0))


def test_the_report_measures_what_was_done(tmp_path):
    train, valid = labelled_frames(21), labelled_frames(8, seed=1)
    model = SoftmaxClassifier()
    setting = a_setting(tmp_path, batch_size=8, max_epochs=4, patience=9)
    report = fit_by_gradient(model, STEADY, train, valid, setting)
    plans = [plan_epoch(train.lengths, 8, 0, epoch) for epoch in range(4)]
    padded = sum(len(rows) * train.lengths[rows].max() for plan in plans for rows in plan)
    assert report.n_parameters == 3 * 3 + 3
    assert report.training_flops == pytest.approx(3 * 4 * 21 * 2 * 9)
    assert report.padding_share == pytest.approx(1 - 4 * train.n_steps / padded)
    assert report.examples_per_second == pytest.approx(4 * 21 / report.wall_seconds)
    assert 0 < report.cpu_seconds and 0 < report.wall_seconds < 60
    assert report.peak_memory_bytes > 1 << 20
    assert (report.n_processes, report.notes) == (1, ())
    json.dumps(report.as_dict(), allow_nan=False)


def test_the_report_prefers_the_models_own_count_of_parameters(tmp_path):
    setting = a_setting(tmp_path, batch_size=8, max_epochs=1)
    report = fit_by_gradient(Drifter(), STEADY, *[constant_frames(1.0)] * 2, setting)
    assert report.n_parameters == 41


def test_the_recorder_hears_of_every_epoch_and_of_every_tenth_step(tmp_path):
    notes = Notes()
    setting = a_setting(tmp_path, notes, batch_size=8, max_epochs=4, patience=9)
    data = labelled_frames(50), labelled_frames(8, seed=1)
    fit_by_gradient(SoftmaxClassifier(), STEADY, *data, setting)
    steps = {}
    for name, _, step in notes.rows:
        steps.setdefault(name, []).append(step)
    assert steps == {
        "train/loss": [0, 1, 2, 3],
        "valid/loss": [0, 1, 2, 3],
        "train/loss_step": [9, 19],
        "train/learning_rate": [9, 19],
    }
    assert notes.curve("train/learning_rate") == [0.1, 0.1]


def test_the_recorder_never_hears_of_an_infinite_number(tmp_path):
    model, notes = Drifter(), Notes()
    proper = model.objective
    # Finite in the first epoch only, where x is still below 0.2.
    model.objective = lambda batch: (
        proper(batch) if model.training or model.x < 0.2 else Objective(model.x * math.inf, 1)
    )
    setting = a_setting(tmp_path, notes, batch_size=8, max_epochs=4, patience=9)
    report = fit_by_gradient(model, STEADY, *[constant_frames(1.0)] * 2, setting)
    assert report.best_epoch == 0
    assert len(notes.curve("valid/loss")) == 1
    assert all(math.isfinite(value) for _, value, _ in notes.rows)


def test_afterwards_the_model_is_in_evaluation_mode_and_its_numbers_have_their_old_formats(
    tmp_path,
):
    model = SoftmaxClassifier(dropout=0.5)
    model.register_buffer("rounded", torch.zeros(2, dtype=torch.float16))
    hardware = HardwareConfig(accelerator="cpu", precision="64-true")
    setting = a_setting(tmp_path, hardware=hardware, batch_size=8, max_epochs=1)
    seen = []
    proper = model.objective
    model.objective = lambda batch: (seen.append(model.linear.weight.dtype), proper(batch))[1]
    fit_by_gradient(model, STEADY, labelled_frames(20), labelled_frames(8, seed=1), setting)
    assert set(seen) == {torch.float64}
    assert model.linear.weight.dtype == torch.float32
    assert model.rounded.dtype == torch.float16
    assert not model.dropout.training


def test_mixed_precision_computes_in_16_bits_and_keeps_32(tmp_path):
    model = SoftmaxClassifier()
    seen = []
    model.linear.register_forward_hook(lambda *hooked: seen.append(hooked[-1].dtype))
    on_the_way_back = []
    model.linear.weight.register_hook(
        lambda _: on_the_way_back.append(torch.is_autocast_enabled("cpu"))
    )
    hardware = HardwareConfig(accelerator="cpu", precision="bf16-mixed")
    setting = a_setting(tmp_path, hardware=hardware, batch_size=8, max_epochs=1)
    # A fused optimiser and clipped gradients: the default.
    data = labelled_frames(20), labelled_frames(8, seed=1)
    fit_by_gradient(model, OptimiserConfig(), *data, setting)
    assert set(seen) == {torch.bfloat16}
    # Torch advises against it: gradients have the types that their ways forward had.
    assert set(on_the_way_back) == {False}
    assert model.linear.weight.dtype == torch.float32


def test_a_fit_says_nothing_unless_it_is_asked_to(tmp_path, capfd, caplog):
    data = labelled_frames(20), labelled_frames(8, seed=1)
    setting = a_setting(tmp_path, batch_size=8, max_epochs=2)
    fit_by_gradient(SoftmaxClassifier(), STEADY, *data, setting)
    assert tuple(capfd.readouterr()) == ("", "")
    assert caplog.records == []


def test_the_progress_bar_shows_label_epoch_and_losses(tmp_path, capfd):
    data = labelled_frames(20), labelled_frames(8, seed=1)
    setting = a_setting(tmp_path, label="lstm seed 2", batch_size=8, max_epochs=2)
    report = fit_by_gradient(
        SoftmaxClassifier(), STEADY, *data, replace(setting, show_progress=True)
    )
    shown = capfd.readouterr().err
    for part in ("lstm seed 2 epoch 2", "6/6", f"valid={report.valid_loss:.4f}"):
        assert part in shown


def test_a_second_run_of_a_finished_fit_changes_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "SECONDS_BETWEEN_CHECKPOINTS", 0.0)
    train, valid = constant_frames(10.0), constant_frames(3.0)
    setting = a_setting(tmp_path, batch_size=8, max_epochs=100, patience=3)
    models, reports = [Drifter(), Drifter()], []
    for model in models:
        reports.append(fit_by_gradient(model, STEADY, train, valid, setting))
    assert models[0].x.item() == models[1].x.item()
    assert reports[0].n_epochs == reports[1].n_epochs
    assert reports[1].stop_reason == "patience"
    assert reports[1].notes == (f"resumed after {reports[0].n_epochs} epochs",)
    assert reports[1].wall_seconds > reports[0].wall_seconds * 0.5


def test_the_checkpoint_of_another_fit_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "SECONDS_BETWEEN_CHECKPOINTS", 0.0)
    setting = a_setting(tmp_path, batch_size=8, max_epochs=2)
    fit_by_gradient(Drifter(), STEADY, *[constant_frames(1.0)] * 2, setting)
    with pytest.raises(ArtifactError) as error:
        fit_by_gradient(Drifter(), STEADY, *[constant_frames(2.0)] * 2, setting)
    assert str(error.value) == (
        f"{tmp_path}: holds the checkpoint of another fit (other data, settings or seed); give"
        " every fit a scratch folder of its own, or delete this one."
    )


def test_a_fit_is_another_with_other_tags_or_another_setting_of_its_model(tmp_path):
    setting = a_setting(tmp_path)

    def identity(tags=(0, 1, 1), dropout=0.1):
        data = sequences_of([np.array([0, 1, 2])], tags=[np.array(tags)])
        model = Drifter()
        model.config = RecurrentConfig(kind="gru", dropout=dropout)
        return identity_of(model, data, setting, STEADY)

    assert identity() == identity()
    assert len({identity(), identity(tags=(0, 1, 0)), identity(dropout=0.2)}) == 3


def test_a_short_fit_writes_no_checkpoint(tmp_path):
    setting = a_setting(tmp_path / "scratch", batch_size=8, max_epochs=2)
    fit_by_gradient(Drifter(), STEADY, *[constant_frames(1.0)] * 2, setting)
    assert not (tmp_path / "scratch").exists()
