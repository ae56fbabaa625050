"""Networks as densities of frames of zeros and ones: what they learn, draw and refuse."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from seqarena.attribution.influence.measure import measure_influence
from seqarena.attribution.influence.replacements import Replacements
from seqarena.batch import collate_all, sequences_of
from seqarena.errors import ConfigError, DataError, NotFittedError
from seqarena.families.family import SamplingFamily
from seqarena.families.hidden_markov import HiddenMarkovConfig, HiddenMarkovModel
from seqarena.families.neural import (
    NeuralFrameDensity,
    RecurrentConfig,
    TransformerConfig,
    build_neural,
)
from seqarena.families.store import load_family, save_family
from seqarena.fitting.protocols import FitSetting, HardwareConfig, OptimiserConfig, TrainingConfig
from seqarena.schema import DataSchema

ROLLS = DataSchema("density", dim=3, frame_kind="binary", max_length=8)
QUICK = OptimiserConfig(learning_rate=0.03, warmup_steps=1)
GRU = RecurrentConfig(kind="gru", model_dim=16, optimiser=QUICK, gradient_lags=2)
LOOKING = RecurrentConfig(kind="lstm", model_dim=8, attention="softmax", optimiser=QUICK)
TRANSFORMER = TransformerConfig(kind="transformer", model_dim=8, n_heads=2, optimiser=QUICK)
CONFIGS = [GRU, LOOKING, TRANSFORMER]


def repeating(n=24):
    """Rolls whose first key sounds at each second step, and whose others hardly ever do."""
    rolls = np.zeros((n, 8, 3), dtype=np.float32)
    rolls[::2, ::2, 0] = rolls[1::2, 1::2, 0] = 1
    rolls[3, 4, 1] = 1
    return sequences_of(list(rolls))


class Notes:
    def __init__(self):
        self.taken = {}

    def metric(self, name: str, value: float, step: int) -> None:
        self.taken.setdefault(name, {})[step] = value


def build(config):
    return build_neural(config, ROLLS, torch.Generator().manual_seed(0))


def a_density(config):
    family = build(config)
    family.fitted.fill_(True)
    return family.eval()


def fit(family, scratch: Path, n_epochs: int = 15):
    notes = Notes()
    setting = FitSetting(
        seed=0,
        training=TrainingConfig(batch_size=8, max_epochs=n_epochs),
        hardware=HardwareConfig(accelerator="cpu", devices=1),
        scratch=scratch,
        recorder=notes,
    )
    return family.fit(repeating(), repeating(), setting), notes.taken


def test_a_fit_learns_what_follows_what_and_reads_frames_as_they_are(tmp_path):
    family = build(GRU)
    report, told = fit(family, tmp_path)
    steps = family.step_log_prob(collate_all(repeating()))
    # Two kinds of rolls begin; then one key alternates, and two are silent.
    assert report.valid_loss == pytest.approx(-steps.mean().item(), rel=1e-4)
    assert steps[:, 2:].mean() > -0.1
    assert family.network.inputs.deviation.tolist() == [1, 1, 1]
    assert family.network.inputs.mean.tolist() == [0, 0, 0]
    assert len(told["gradient_norm/by_lag"]) == 3
    save_family(tmp_path / "kept", family, GRU, ROLLS, {})
    loaded = load_family(tmp_path / "kept")
    assert isinstance(loaded, NeuralFrameDensity)
    assert_close(loaded.step_log_prob(collate_all(repeating())), steps, rtol=0, atol=0)


@pytest.mark.parametrize("config", CONFIGS)
def test_drawn_rolls_are_zeros_and_ones_with_the_log_prob_of_the_model(config):
    family = a_density(config)
    assert isinstance(family, SamplingFamily)
    drawn = family.sample([3, 8, 1], torch.Generator().manual_seed(1))
    assert drawn.sequences.lengths.tolist() == [3, 8, 1]
    assert set(np.unique(drawn.sequences.features)) == {0.0, 1.0}
    expected = family.log_prob(collate_all(drawn.sequences)).numpy()
    np.testing.assert_allclose(drawn.log_prob, expected, rtol=1e-5)
    again = family.sample([3, 8, 1], torch.Generator().manual_seed(1))
    np.testing.assert_array_equal(drawn.sequences.features, again.sequences.features)
    with pytest.raises(NotFittedError):
        build(config).sample([1], torch.Generator())


@pytest.mark.slow
def test_keys_sound_as_often_in_what_is_drawn_as_the_model_says():
    family = a_density(GRU)
    drawn = family.sample([1] * 4000, torch.Generator().manual_seed(1)).sequences.features
    first = family.network.predict(family.network.start).sigmoid().detach().numpy()
    np.testing.assert_allclose(drawn.mean(axis=0), first, atol=0.03)


def test_context_is_not_scored_and_smoothing_is_for_training_alone():
    data = sequences_of([repeating().sequence(0)], scored_from=[3])
    smoothed = OptimiserConfig(label_smoothing=0.5)
    family, batch = a_density(GRU.model_copy(update={"optimiser": smoothed})), collate_all(data)
    objective = family.objective(batch)
    steps = family.step_log_prob(batch)[0]
    assert objective.weight == 5
    assert_close(objective.total, -steps[3:].sum())
    assert_close(family.log_prob(batch)[0], steps[3:].sum())
    assert not torch.isclose(family.train().objective(batch).total, objective.total)


def test_a_frame_that_is_neither_0_nor_1_is_named():
    rolls = np.zeros((2, 3), dtype=np.float32)
    rolls[1, 2] = 0.5
    batch = collate_all(sequences_of([rolls]))
    for ask in (a_density(GRU).step_log_prob, build(GRU).objective):
        with pytest.raises(DataError) as refusal:
            ask(batch)
        assert str(refusal.value) == (
            "sequence 0, step 1: dimension 2 is 0.5; a network's density of frames takes only 0 "
            "and 1: threshold the frames, or use hidden_markov."
        )


@pytest.mark.parametrize(("kind", "what"), [("real", "real numbers"), ("count", "counts")])
@pytest.mark.parametrize("config", CONFIGS)
def test_frames_of_other_numbers_are_refused_with_what_takes_them(config, kind, what):
    schema = DataSchema("density", dim=3, frame_kind=kind, max_length=8)
    with pytest.raises(ConfigError) as refusal:
        build_neural(config, schema, torch.Generator())
    assert refusal.value.mistakes == [
        f"{config.kind}: a network's density is one of tokens, or of frames of zeros and ones, and "
        f"these frames are {what}; use hidden_markov, whose emissions take them, or, where a table "
        "of your own holds zeros and ones alone, say `numbers: binary` in its source."
    ]


@pytest.mark.parametrize("config", CONFIGS)
def test_influence_replaces_frames_as_it_does_for_a_hidden_markov_model(config):
    data = repeating(4)
    hmm = HiddenMarkovModel(HiddenMarkovConfig(kind="hidden_markov", n_states=2), ROLLS)
    hmm.initialise(data, data, 0)
    hmm.fitted.fill_(True)
    replacements = Replacements.of(data, seed=0)
    asked = [
        measure_influence(model.eval(), data, np.array([0]), replacements)
        for model in (a_density(config), hmm)
    ]
    (network,), (chain,) = (one.maps for one in asked)
    assert (network.unit, network.effect) == (chain.unit, chain.effect) == ("nats", None)
    assert network.change.shape == chain.change.shape == (8, 8)
    assert np.abs(np.tril(network.change, -1)).sum() > 0
    assert np.abs(np.triu(network.change)).sum() == 0
