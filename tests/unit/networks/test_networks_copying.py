from dataclasses import replace

import pytest
import torch
from neural_scenes import PAIRS, TRANSDUCERS, pair_batch, seeded, transducer
from torch.testing import assert_close

from seqarena.networks.copying import CopyGate

COPYING = [name for name in TRANSDUCERS if name.endswith("_copying")]


def drawn(seed=0, target_of_symbol=(1, -1, 2)):
    """A gate, and what it is asked for two target steps over three steps of an input."""
    torch.manual_seed(seed)
    gate = CopyGate(5, target_of_symbol).double()
    logits, features = torch.randn(1, 2, 4).double(), torch.randn(1, 2, 5).double()
    weights = torch.randn(1, 2, 3).double().softmax(-1)
    return gate, logits, features, weights, torch.tensor([[1, -1, 1]])


def test_a_probability_is_what_is_written_and_what_is_pointed_at():
    gate, logits, features, weights, targets = drawn()
    written = logits.softmax(-1)[0]
    for step, found in enumerate(gate.log_prob(logits, features, weights, targets)[0].exp()):
        g = gate.gate(features)[0, step].sigmoid().item()
        first, second, third = weights[0, step].tolist()
        kept = g + (1 - g) * second
        expected = kept * written[step]
        expected[1] += (1 - g) * (first + third)
        assert_close(found, expected)


def test_all_weight_on_what_cannot_be_copied_leaves_the_vocabulary_alone():
    gate, logits, features, weights, targets = drawn()
    found = gate.log_prob(logits, features, weights, torch.full_like(targets, -1))
    assert_close(found, logits.log_softmax(-1))


@pytest.mark.parametrize("targets", [[[1, -1, 1]], [[1, 2, 1]]])
def test_a_gate_that_is_shut_writes_only_symbols_of_the_input(targets):
    gate, logits, features, weights, _ = drawn()
    torch.nn.init.constant_(gate.gate.bias, -700.0)
    torch.nn.init.zeros_(gate.gate.weight)
    targets = torch.tensor(targets)
    found = gate.log_prob(logits, features, weights, targets).exp()
    # The weight of a step that cannot be copied is the vocabulary's.
    lost = weights[..., 1:2] if -1 in targets else torch.zeros_like(weights[..., :1])
    pointed = torch.zeros_like(found)
    for step, symbol in enumerate(targets[0].tolist()):
        if symbol >= 0:
            pointed[..., symbol] += weights[..., step]
    assert_close(found, pointed + lost * logits.softmax(-1))


def test_gradients_are_those_of_the_formula_where_weights_and_shares_are_zero_too():
    gate, logits, features, _, targets = drawn()
    weights = torch.tensor([[[0.0, 0.3, 0.7], [1.0, 0.0, 0.0]]], dtype=torch.float64)
    inputs = [each.clone().requires_grad_() for each in (logits, features)]
    assert torch.autograd.gradcheck(lambda a, b: gate.log_prob(a, b, weights, targets), inputs)
    weights.requires_grad_()
    gate.log_prob(logits, features, weights, targets)[..., 1].sum().backward()
    assert weights.grad.isfinite().all()
    assert weights.grad[0, 0, 0] == weights.grad[0, 0, 2] != 0


@pytest.mark.parametrize("name", COPYING)
@torch.no_grad()
def test_the_probabilities_of_every_step_sum_to_one(name):
    model, batch = seeded(transducer, TRANSDUCERS[name], PAIRS).eval(), pair_batch()
    total = model.target_logits(batch).exp().sum(dim=-1)
    assert_close(total, torch.ones_like(total))


@pytest.mark.parametrize("name", COPYING)
@torch.no_grad()
def test_an_open_gate_is_the_plain_network(name):
    model, batch = seeded(transducer, TRANSDUCERS[name], PAIRS).eval(), pair_batch()
    plain = seeded(transducer, TRANSDUCERS[name].model_copy(update={"copies": False}), PAIRS).eval()
    learned = {k: v for k, v in model.state_dict().items() if not k.startswith("copy_gate.")}
    plain.load_state_dict(learned)
    torch.nn.init.constant_(model.copy_gate.gate.bias, 700.0)
    torch.nn.init.zeros_(model.copy_gate.gate.weight)
    assert_close(model.target_logits(batch), plain.target_logits(batch).log_softmax(-1))
    assert torch.equal(model.generate(batch, 5)[0], plain.generate(batch, 5)[0])


@pytest.mark.parametrize("name", COPYING)
@torch.no_grad()
def test_a_shut_gate_writes_nothing_but_the_input(name):
    schema = replace(PAIRS, target_of_symbol=(1, 0, 2))
    model, batch = seeded(transducer, TRANSDUCERS[name], schema).eval(), pair_batch()
    torch.nn.init.constant_(model.copy_gate.gate.bias, -700.0)
    torch.nn.init.zeros_(model.copy_gate.gate.weight)
    probs = model.target_logits(batch).exp()
    for row, line in enumerate(batch.tokens.tolist()):
        symbols = {schema.target_of_symbol[s] for s in line[: int(batch.lengths[row])]}
        outside = [symbol for symbol in range(4) if symbol not in symbols]
        assert probs[row][:, outside].max() < 1e-100


def test_the_map_between_symbols_is_no_part_of_what_is_learned():
    state = seeded(transducer, TRANSDUCERS["gru_copying"], PAIRS).state_dict()
    assert [key for key in state if key.startswith("copy_gate.")] == [
        "copy_gate.gate.weight",
        "copy_gate.gate.bias",
    ]
