import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from seqarena.attention.maps import HasNativeMaps
from seqarena.batch import collate_all, sequences_of
from seqarena.errors import ConfigError, DataError, NotFittedError
from seqarena.families.family import ClassifierFamily, DensityFamily, TransducerFamily
from seqarena.families.neural import (
    AttentionConfig,
    NeuralClassifier,
    NeuralDensity,
    NeuralTransducer,
    RecurrentConfig,
    TransformerConfig,
    build_neural,
)
from seqarena.fitting.protocols import (
    FitSetting,
    GradientModel,
    HardwareConfig,
    OptimiserConfig,
    TrainingConfig,
)
from seqarena.schema import DataSchema

GRU = RecurrentConfig(kind="gru", model_dim=8, dropout=0.5)
TRANSFORMER = TransformerConfig(kind="transformer", model_dim=8, n_heads=2)
POOLING = AttentionConfig(kind="attention", attention="softmax", model_dim=8)

TOKENS = DataSchema("density", n_symbols=3, max_length=4)
FRAMES = DataSchema("classification", dim=2, n_classes=2, max_length=4)
PAIRS = DataSchema(
    "transduction",
    n_symbols=3,
    n_target_symbols=3,
    target_end=2,
    max_length=4,
    max_target_length=3,
)

SYMBOLS = sequences_of([np.array([0, 1, 2, 1]), np.array([2, 2])], scored_from=[1, 0])
TRANSLATED = sequences_of(
    [np.array([0, 1, 2, 1]), np.array([2, 2])],
    target=sequences_of([np.array([0, 1, 2]), np.array([2])]),
)


def frames(n: int = 8):
    draws = np.random.default_rng(0)
    labels = [row % 2 for row in range(n)]
    values = [draws.normal(5 + 3 * label, 2, size=(2 + label, 2)) for label in labels]
    return sequences_of(values, labels=labels)


def build(config, schema, seed: int = 0):
    return build_neural(config, schema, torch.Generator().manual_seed(seed))


def fitted(config, schema):
    family = build(config, schema)
    family.fitted.fill_(True)
    return family


CASES = [
    (GRU, TOKENS, NeuralDensity, DensityFamily, SYMBOLS),
    (TRANSFORMER, TOKENS, NeuralDensity, DensityFamily, SYMBOLS),
    (POOLING, FRAMES, NeuralClassifier, ClassifierFamily, frames()),
    (GRU, FRAMES, NeuralClassifier, ClassifierFamily, frames()),
    (GRU, PAIRS, NeuralTransducer, TransducerFamily, TRANSLATED),
    (TRANSFORMER, PAIRS, NeuralTransducer, TransducerFamily, TRANSLATED),
]


@pytest.mark.parametrize(("config", "schema", "kind", "protocol", "data"), CASES)
def test_the_task_decides_which_protocol_is_met(config, schema, kind, protocol, data):
    family = build(config, schema)
    assert type(family) is kind
    assert isinstance(family, protocol)
    assert isinstance(family, GradientModel)
    assert isinstance(family, HasNativeMaps)


@pytest.mark.parametrize(("config", "schema", "kind", "protocol", "data"), CASES)
def test_a_family_that_was_never_fitted_answers_nothing(config, schema, kind, protocol, data):
    family, batch = build(config, schema), collate_all(data)
    questions = {"log_prob": (), "native_maps": ()}
    questions |= {"step_log_prob": ()} if kind is NeuralDensity else {}
    questions |= {"class_log_prob": ()} if kind is NeuralClassifier else {}
    questions |= {"generate": (3,)} if kind is NeuralTransducer else {}
    for question, more in questions.items():
        with pytest.raises(NotFittedError) as refusal:
            getattr(family, question)(batch, *more)
        assert str(refusal.value) == (
            f"{config.kind}: not fitted; call fit, or load a fitted state dict, first."
        )


@pytest.mark.parametrize(("config", "schema", "kind", "protocol", "data"), CASES)
def test_parameters_are_a_function_of_the_generator_alone(config, schema, kind, protocol, data):
    before = torch.get_rng_state()
    first, again, other = (build(config, schema, seed) for seed in (7, 7, 8))
    assert torch.equal(torch.get_rng_state(), before)
    assert_close(first.state_dict(), again.state_dict(), rtol=0, atol=0)
    differing = [
        name
        for name, value in first.named_parameters()
        if value.dim() > 1 and torch.equal(value, other.state_dict()[name])
    ]
    assert differing == []


@pytest.mark.parametrize(("config", "schema", "kind", "protocol", "data"), CASES)
def test_the_objective_is_the_negative_log_prob(config, schema, kind, protocol, data):
    family, batch = fitted(config, schema).eval(), collate_all(data)
    objective = family.objective(batch)
    weights = {
        NeuralDensity: int(data.n_scored.sum()),
        NeuralClassifier: len(data),
        NeuralTransducer: 4,
    }
    assert objective.weight == weights[kind]
    assert_close(objective.total, -family.log_prob(batch).sum())
    assert objective.total.requires_grad


@pytest.mark.parametrize(("config", "schema", "kind", "protocol", "data"), CASES)
def test_answers_are_without_dropout_and_leave_the_mode_as_it_was(
    config, schema, kind, protocol, data
):
    family, batch = fitted(config, schema).train(), collate_all(data)
    first = family.log_prob(batch)
    assert family.training
    assert torch.equal(first, family.log_prob(batch))
    assert not first.requires_grad
    assert torch.equal(first, family.eval().log_prob(batch))
    assert not family.training


@pytest.mark.parametrize(("config", "schema", "kind", "protocol", "data"), CASES)
def test_a_state_dict_is_all_that_was_learned(config, schema, kind, protocol, data):
    family, copy, batch = fitted(config, schema), build(config, schema, 9), collate_all(data)
    copy.load_state_dict(family.state_dict())
    assert torch.equal(copy.log_prob(batch), family.log_prob(batch))


def test_free_parameters_are_those_that_are_learned():
    # U, W and b of the recurrence; embedding, start, and the output's weights and bias.
    family = build(RecurrentConfig(kind="elman_rnn", model_dim=8), TOKENS)
    assert family.n_free_parameters() == 8 * 8 + 8 * 8 + 8 + 3 * 8 + 8 + 3 * 8 + 3


def test_unscored_steps_are_predicted_but_not_counted():
    family, batch = fitted(GRU, TOKENS), collate_all(SYMBOLS)
    steps = family.step_log_prob(batch)
    assert steps[0, 0] < 0
    assert_close(family.log_prob(batch)[0], steps[0, 1:].sum())


def test_maps_are_float32_and_explicit_whatever_the_mode():
    family, batch = fitted(TRANSFORMER, TOKENS).train(), collate_all(SYMBOLS)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        maps = family.native_maps(batch)
    assert family.training
    for each in maps:
        assert each.values.dtype == torch.float32
        assert_close(each.values[0, :, 1:].sum(-1), torch.ones(2, 3))


def test_a_family_that_cannot_do_the_task_is_not_built():
    with pytest.raises(ConfigError) as refusal:
        build(POOLING, TOKENS)
    assert str(refusal.value) == (
        "attention: attention alone classifies and tags; it has no order in which to do density."
    )


def test_a_stem_needs_the_regions_of_a_picture_and_takes_their_sizes_from_the_schema():
    seeing = POOLING.model_copy(update={"stem": "conv"})
    with pytest.raises(ConfigError) as refusal:
        build(seeing, FRAMES)
    assert refusal.value.mistakes == [
        "attention: stem 'conv' reads regions of a picture, and the steps of this task are none; "
        "set it to 'none'."
    ]
    pictures = replace(FRAMES, dim=6, grid=(2, 2), patch=(2, 3))
    inputs = build(seeing, DataSchema.from_dict(json.loads(json.dumps(pictures.as_dict())))).network
    assert (inputs.inputs.grid, inputs.inputs.patch) == ((2, 2), (2, 3))


def test_a_symbol_outside_the_alphabet_is_named():
    family = fitted(GRU, TOKENS)
    batch = collate_all(sequences_of([np.array([0, 1]), np.array([0, 5])]))
    expected = (
        "sequence 1, step 1: symbol 5 is outside the alphabet (0 to 2); map unknown symbols to "
        "one inside."
    )
    for ask in (family.log_prob, family.objective):
        with pytest.raises(DataError) as refusal:
            ask(batch)
        assert str(refusal.value) == expected


def test_labels_are_needed_to_judge_a_classifier_but_not_to_ask_it():
    family, batch = fitted(POOLING, FRAMES), replace(collate_all(frames()), labels=None)
    assert family.class_log_prob(batch).shape == (8, 2)
    with pytest.raises(DataError) as refusal:
        family.log_prob(batch)
    assert str(refusal.value) == ("the batch has no labels; a classifier is judged against them.")


class Deaf:
    def metric(self, name: str, value: float, step: int) -> None:
        pass


@pytest.mark.slow
def test_fitting_standardises_by_the_training_frames_and_learns(tmp_path: Path):
    quick = OptimiserConfig(learning_rate=0.03, warmup_steps=0)
    family, train = build(POOLING.model_copy(update={"optimiser": quick}), FRAMES), frames(40)
    hardware = HardwareConfig(accelerator="cpu", devices=1)
    training = TrainingConfig(batch_size=8, max_epochs=8, patience=8)
    report = family.fit(train, frames(8), FitSetting(0, training, hardware, tmp_path, Deaf()))
    inputs = family.network.inputs
    assert_close(inputs.mean.numpy(), train.features.mean(axis=0), rtol=1e-5, atol=1e-5)
    assert_close(inputs.deviation.numpy(), train.features.std(axis=0), rtol=1e-5, atol=1e-5)
    assert bool(family.fitted)
    assert not family.training
    assert report.n_parameters == family.n_free_parameters()
    chance = len(train) * np.log(2.0)
    assert -family.log_prob(collate_all(train)).sum().item() < 0.7 * chance
