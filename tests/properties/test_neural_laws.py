"""Laws that every neural family keeps, whatever its parameters."""

from itertools import product

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from seqarena.batch import Sequences, collate, sequences_of
from seqarena.families.neural import (
    AttentionConfig,
    RecurrentConfig,
    TransformerConfig,
    build_neural,
)
from seqarena.schema import DataSchema

TOKENS = DataSchema("density", n_symbols=3, max_length=6)
LABELLED = DataSchema("classification", n_symbols=3, n_classes=4, max_length=6)
FRAMES = DataSchema("classification", dim=2, n_classes=4, max_length=6)
PAIRS = DataSchema(
    "transduction",
    n_symbols=3,
    n_target_symbols=3,
    target_end=2,
    max_length=6,
    max_target_length=5,
)


def recurrent(kind="gru", attention="none", **settings):
    return RecurrentConfig(kind=kind, model_dim=8, n_heads=2, attention=attention, **settings)


def transformer(**settings):
    return TransformerConfig(kind="transformer", model_dim=8, n_heads=2, **settings)


TRANSFORMERS = {
    "transformer": transformer(),
    "sinusoidal": transformer(positions="sinusoidal"),
    "rotary": transformer(positions="rotary"),
    "alibi": transformer(positions="alibi", n_key_value_heads=1),
    "window": transformer(window=3),
    "linear": transformer(self_attention="linear"),
}


def alone(attention):
    return AttentionConfig(kind="attention", attention=attention, model_dim=8, n_heads=2)


DENSITIES = {
    "elman": recurrent("elman_rnn"),
    "lstm": recurrent("lstm", n_layers=2),
    "gru": recurrent("gru"),
    "relu": recurrent("elman_rnn", nonlinearity="relu"),
    "normed": recurrent("gru", n_layers=2, layer_norm=True),
    "tied": recurrent("lstm", tie_weights=True),
    "looks_back_linear": recurrent("gru", "weighted_sum_linear"),
    "looks_back_additive": recurrent("gru", "weighted_sum_additive"),
    "looks_back_softmax": recurrent("lstm", "softmax"),
    "looks_back_multi_head": recurrent("elman_rnn", "multi_head"),
    **TRANSFORMERS,
    "tied_transformer": transformer(tie_weights=True),
}
CLASSIFIERS = {
    "last": recurrent("lstm", n_layers=2),
    "mean": recurrent("elman_rnn", pooling="mean"),
    "max": recurrent("gru", pooling="max"),
    "both_ways_last": recurrent("lstm", n_layers=2, bidirectional=True),
    "both_ways_mean": recurrent("gru", pooling="mean", bidirectional=True, layer_norm=True),
    "both_ways_multi_head": recurrent("gru", "multi_head", bidirectional=True),
    "both_ways_self_attention": recurrent("gru", "self_attention", bidirectional=True),
    "gru_linear": recurrent("gru", "weighted_sum_linear"),
    "gru_additive": recurrent("gru", "weighted_sum_additive"),
    "gru_dot": recurrent("gru", "softmax_dot"),
    "gru_softmax": recurrent("gru", "softmax"),
    "gru_multi_head": recurrent("gru", "multi_head"),
    "gru_self_attention": recurrent("gru", "self_attention"),
    "sum_linear": alone("weighted_sum_linear"),
    "additive": alone("weighted_sum_additive"),
    "softmax": alone("softmax"),
    "multi_head": alone("multi_head"),
    "self_attention": alone("self_attention"),
    **TRANSFORMERS,
}
TRANSDUCERS = {
    "elman": recurrent("elman_rnn", "softmax"),
    "lstm": recurrent("lstm", "weighted_sum_additive", n_layers=2),
    "gru": recurrent("gru"),
    "gru_linear": recurrent("gru", "weighted_sum_linear"),
    "gru_scaled_dot": recurrent("gru", "softmax_scaled_dot"),
    "gru_general": recurrent("gru", "softmax_general"),
    "gru_multi_head": recurrent("gru", "multi_head"),
    "both_ways": recurrent("lstm", bidirectional=True),
    "both_ways_softmax": recurrent("gru", "softmax", n_layers=2, bidirectional=True),
    **TRANSFORMERS,
}


def fitted(config, schema):
    family = build_neural(config, schema, torch.Generator().manual_seed(5)).double()
    # Random biases and norms too, as training would leave them: zeros would hide mistakes.
    generator = torch.Generator().manual_seed(6)
    for parameter in family.parameters():
        if parameter.requires_grad:
            noise = torch.randn(parameter.shape, generator=generator, dtype=parameter.dtype)
            parameter.data.add_(0.3 * noise)
    family.fitted.fill_(True)
    return family


def token_sequences(seed: int, target: bool = False) -> Sequences:
    draws = np.random.default_rng(seed)
    values = [draws.integers(0, 3, size=length) for length in (6, 1, 4, 2)]
    ends = [np.append(draws.integers(0, 2, size=length), 2) for length in (0, 4, 1, 2)]
    return sequences_of(
        values,
        labels=[0, 1, 2, 3],
        target=sequences_of(ends) if target else None,
    )


def frame_sequences(seed: int) -> Sequences:
    draws = np.random.default_rng(seed)
    return sequences_of([draws.normal(size=(n, 2)) for n in (6, 1, 4, 2)], labels=[0, 1, 2, 3])


EVERYTHING = [
    *(pytest.param(c, TOKENS, token_sequences(0), id=f"density-{n}") for n, c in DENSITIES.items()),
    *(
        pytest.param(c, LABELLED, token_sequences(1), id=f"tokens-{n}")
        for n, c in CLASSIFIERS.items()
    ),
    *(
        pytest.param(c, FRAMES, frame_sequences(2), id=f"frames-{n}")
        for n, c in CLASSIFIERS.items()
    ),
    *(
        pytest.param(c, PAIRS, token_sequences(3, True), id=f"pairs-{n}")
        for n, c in TRANSDUCERS.items()
    ),
]


@pytest.mark.parametrize(("config", "schema", "data"), EVERYTHING)
def test_padding_and_batch_order_never_matter(config, schema, data):
    family = fitted(config, schema)
    alone_each = torch.cat([family.log_prob(collate(data, np.array([row]))) for row in range(4)])
    order = np.array([2, 0, 3, 1])
    assert_close(family.log_prob(collate(data, order)), alone_each[order])


@pytest.mark.parametrize(("config", "schema", "data"), EVERYTHING)
def test_what_stands_on_padding_never_matters(config, schema, data):
    family, batch = fitted(config, schema), collate(data, np.arange(4))
    before = family.log_prob(batch)
    if batch.tokens is not None:
        batch.tokens.masked_fill_(~batch.mask, 1)
    else:
        batch.features.masked_fill_(~batch.mask[..., None], 50.0)
    if batch.target is not None:
        batch.target.tokens.masked_fill_(~batch.target.mask, 1)
    assert torch.equal(family.log_prob(batch), before)


@pytest.mark.parametrize("name", DENSITIES)
@pytest.mark.parametrize("length", [1, 4])
def test_the_probabilities_of_all_sequences_of_a_length_sum_to_one(name, length):
    family = fitted(DENSITIES[name], TOKENS)
    everything = sequences_of([np.array(s) for s in product(range(3), repeat=length)])
    log_prob = family.log_prob(collate(everything, np.arange(3**length)))
    assert_close(log_prob.exp().sum().item(), 1.0)


@pytest.mark.parametrize("name", DENSITIES)
def test_the_future_never_changes_the_past(name):
    family = fitted(DENSITIES[name], TOKENS)
    first, second = np.array([0, 1, 2, 0, 1, 1]), np.array([0, 1, 2, 2, 0, 2])
    steps = family.step_log_prob(collate(sequences_of([first, second]), np.arange(2)))
    assert_close(steps[0, :3], steps[1, :3], rtol=0, atol=0)
    assert (steps[0, 3:] - steps[1, 3:]).abs().min() > 1e-4


@pytest.mark.parametrize("name", DENSITIES)
def test_padded_steps_have_log_probability_zero(name):
    batch = collate(token_sequences(0), np.arange(4))
    steps = fitted(DENSITIES[name], TOKENS).step_log_prob(batch)
    assert torch.equal(steps.eq(0), ~batch.mask)


@pytest.mark.parametrize("name", DENSITIES)
def test_the_past_changes_the_future(name):
    family = fitted(DENSITIES[name], TOKENS)
    both = sequences_of([np.array([0, 1, 2, 2, 2]), np.array([1, 1, 2, 2, 2])])
    steps = family.step_log_prob(collate(both, np.arange(2)))
    assert (steps[0, 1:] - steps[1, 1:]).abs().min() > 1e-5


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_the_probabilities_of_all_labels_sum_to_one(name):
    family = fitted(CLASSIFIERS[name], FRAMES)
    log_probs = family.class_log_prob(collate(frame_sequences(2), np.arange(4)))
    assert_close(log_probs.exp().sum(dim=1), torch.ones(4).double())


@pytest.mark.parametrize("name", TRANSDUCERS)
def test_the_probabilities_of_all_targets_sum_to_one(name):
    """Targets that end within 3 steps, and the beginnings of those that do not."""
    family = fitted(TRANSDUCERS[name], PAIRS)
    ended = [(*body, 2) for n in range(3) for body in product(range(2), repeat=n)]
    targets = [np.array(s) for s in [*ended, *product(range(2), repeat=3)]]
    source = [np.array([0, 2, 1])] * len(targets)
    batch = collate(sequences_of(source, target=sequences_of(targets)), np.arange(len(targets)))
    assert_close(family.log_prob(batch).exp().sum().item(), 1.0)


@pytest.mark.parametrize("name", TRANSDUCERS)
def test_every_input_step_reaches_the_output(name):
    family = fitted(TRANSDUCERS[name], PAIRS)
    source = np.array([0, 1, 0, 1])
    changed = [np.where(np.arange(4) == step, 2, source) for step in range(4)]
    target = sequences_of([np.array([0, 1, 2])] * 5)
    log_prob = family.log_prob(
        collate(sequences_of([source, *changed], target=target), np.arange(5))
    )
    assert (log_prob[1:] - log_prob[0]).abs().min() > 1e-6


@pytest.mark.parametrize("name", [n for n in CLASSIFIERS if n not in ("last", "mean", "max")])
def test_attention_alone_knows_where_an_element_stands(name):
    family = fitted(CLASSIFIERS[name], LABELLED)
    pair = sequences_of([np.array([0, 1, 2]), np.array([1, 0, 2])], labels=[0, 0])
    log_prob = family.log_prob(collate(pair, np.arange(2)))
    assert (log_prob[0] - log_prob[1]).abs() > 1e-5


def test_what_lowers_both_sides_alike_cannot_tell_a_sequence_from_its_mirror_image():
    pair = sequences_of([np.array([0, 1, 1, 2]), np.array([2, 1, 1, 0])], labels=[0, 0])
    first, second = fitted(CLASSIFIERS["alibi"], LABELLED).log_prob(collate(pair, np.arange(2)))
    assert_close(first, second)
    first, second = fitted(CLASSIFIERS["rotary"], LABELLED).log_prob(collate(pair, np.arange(2)))
    assert (first - second).abs() > 1e-5
