"""The gradient of a loss by the states before it, against one made of plain autograd."""

import pytest
import torch
from neural_scenes import (
    FRAMES,
    TOKENS,
    TRANSFORMER,
    classifier,
    frame_batch,
    language_model,
    recurrent,
    seeded,
    token_batch,
)
from recurrent_scenes import weights_of
from torch.testing import assert_close

from seqarena.batch import collate_all, sequences_of
from seqarena.errors import DataError
from seqarena.networks.gradient_lags import gradient_norm_by_lag

DECAY = 0.5


def cell(kind, step, state, weights):
    """One step of a recurrence: the state after `step` from the state before it."""
    from_input, from_state, bias, second = weights
    gates = step @ from_input.T + bias
    recurring = state[0] @ from_state.T
    if kind == "elman_rnn":
        return ((gates + recurring).tanh(),)
    if kind == "gru":
        a, b = gates.chunk(3, -1), (recurring + second).chunk(3, -1)
        reset, keep = (a[0] + b[0]).sigmoid(), (a[1] + b[1]).sigmoid()
        return ((1 - keep) * (a[2] + reset * b[2]).tanh() + keep * state[0],)
    i, f, g, o = (gates + recurring).chunk(4, -1)
    c = f.sigmoid() * state[1] + i.sigmoid() * g.tanh()
    return (o.sigmoid() * c.tanh(), c)


def chain(kind, model, steps):
    """What each step of one sequence hands on, as [step][layer][part], of two layers."""
    kernel = model.encoder.stack[0].layers
    parts = 2 if kind == "lstm" else 1
    before = [(steps.new_zeros(8).double(),) * parts for _ in range(2)]
    states = []
    for step in steps:
        after = []
        for layer in range(2):
            inner = cell(kind, step, before[layer], weights_of(kernel, layer))
            # A node of its own: the way up to the next layer is no way along the time.
            after.append(tuple(part.clone() for part in inner))
            step = inner[0]
        states.append(after)
        before = after
    return states


def norm_by(loss, state):
    parts = [part for layer in state for part in layer]
    gradients = torch.autograd.grad(loss, parts, retain_graph=True, allow_unused=True)
    return sum(float(g.square().sum()) for g in gradients if g is not None) ** 0.5


@pytest.mark.parametrize("kind", ["elman_rnn", "lstm", "gru"])
def test_the_norms_of_a_density_are_those_of_plain_autograd(kind):
    model, batch = seeded(language_model, recurrent(kind, n_layers=2), TOKENS), token_batch()
    norms = {lag: [] for lag in range(3)}
    for tokens, length in zip(batch.tokens, batch.lengths, strict=True):
        states = chain(kind, model, model.inputs.embedding(tokens[:length]))
        for t in range(length - 1):
            log_probs = model.output(states[t][1][0]).log_softmax(-1)
            for lag in range(min(t, 2) + 1):
                norms[lag].append(norm_by(-log_probs[tokens[t + 1]], states[t - lag]))
    expected = torch.tensor([sum(each) / len(each) for each in norms.values()]).double()
    assert_close(gradient_norm_by_lag(model, batch, max_lag=2), expected)


@pytest.mark.parametrize("pooling", ["last", "mean"])
def test_the_norms_of_a_classifier_are_those_of_plain_autograd(pooling):
    config = recurrent("lstm", n_layers=2, pooling=pooling)
    model, batch = seeded(classifier, config, FRAMES), frame_batch()
    norms = {lag: [] for lag in range(5)}
    for frames, length, label in zip(batch.features, batch.lengths, batch.labels, strict=True):
        states = chain("lstm", model, frames[:length].double())
        tops = torch.stack([state[1][0] for state in states])
        pooled = tops[-1] if pooling == "last" else tops.mean(dim=0)
        loss = -model.output(pooled).log_softmax(-1)[label]
        for place in range(length):
            norms[int(length) - 1 - place].append(norm_by(loss, states[place]))
    expected = torch.tensor([sum(each) / len(each) for each in norms.values()]).double()
    assert_close(gradient_norm_by_lag(model, batch, max_lag=9), expected)


def linear_network(build, schema):
    """A rectified network whose states stay positive, so that it is linear: U = DECAY times 1."""
    model = seeded(build, recurrent("elman_rnn", nonlinearity="relu"), schema)
    kernel = model.encoder.stack[0].layers
    with torch.no_grad():
        kernel.weight_hh_l0.copy_(DECAY * torch.eye(8))
        kernel.bias_ih_l0.fill_(20.0)
    return model


def test_the_gradient_of_a_linear_recurrence_decays_by_its_own_rate():
    model, draws = linear_network(classifier, FRAMES), torch.randn(2, 6, 3).numpy()
    batch = collate_all(sequences_of(list(draws), labels=[0, 1]))
    norms = gradient_norm_by_lag(model, batch, max_lag=5)
    assert_close(norms / norms[0], DECAY ** torch.arange(6).double())


def test_lags_are_counted_from_the_last_real_step_and_only_where_there_is_one():
    model = linear_network(language_model, TOKENS)
    pair = collate_all(sequences_of([torch.tensor([0, 2]).numpy(), torch.tensor([1]).numpy()]))
    assert gradient_norm_by_lag(model, pair, max_lag=7).shape == (1,)
    three = collate_all(sequences_of([torch.tensor([0, 2, 1]).numpy()]))
    unscored = collate_all(
        sequences_of([torch.tensor([0, 2, 1]).numpy()], scored_from=[2]),
    )
    every, last = (gradient_norm_by_lag(model, each, max_lag=7) for each in (three, unscored))
    assert_close(last[1] / last[0], torch.tensor(DECAY).double())
    assert_close(every[1], last[1])
    assert abs(every[0] - last[0]) > 1e-6


def test_a_single_symbol_has_no_state_before_it():
    single = collate_all(sequences_of([torch.tensor([0]).numpy()]))
    assert len(gradient_norm_by_lag(linear_network(language_model, TOKENS), single, 3)) == 0


def test_a_state_that_looks_back_reaches_far_at_once():
    """Attention is a short way: what decays along the recurrence does not decay through it."""
    model = seeded(language_model, recurrent("elman_rnn", "softmax"), TOKENS)
    with torch.no_grad():
        model.encoder.recurrent.stack[0].layers.weight_hh_l0.mul_(1e-3)
    batch = collate_all(sequences_of([torch.tensor([0, 2, 1, 1, 0, 2]).numpy()]))
    norms = gradient_norm_by_lag(model, batch, max_lag=3)
    assert norms[3] > 1e-2 * norms[0]


def test_what_has_no_lag_is_refused():
    for config, encoder in (
        (TRANSFORMER, "TransformerEncoder"),
        (recurrent("gru", bidirectional=True), "BidirectionalRecurrent"),
    ):
        with pytest.raises(DataError) as refusal:
            gradient_norm_by_lag(seeded(classifier, config, FRAMES), frame_batch(), 3)
        assert str(refusal.value) == (
            f"{encoder} is not a recurrence in one direction, so its states have no lag."
        )
