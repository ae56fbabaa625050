from dataclasses import replace

import pytest
import torch
from neural_scenes import (
    TOKENS,
    TRANSFORMER,
    language_model,
    recurrent,
    seeded,
    token_batch,
)
from torch.nn import functional
from torch.testing import assert_close

import seqarena.networks.language_model as module
from seqarena.batch import collate_all, sequences_of
from seqarena.errors import ConfigError
from seqarena.networks.inputs import TokenInput
from seqarena.networks.language_model import LanguageModel

CARRYING = {
    "elman": recurrent("elman_rnn"),
    "lstm": recurrent("lstm", n_layers=2),
    "gru": recurrent("gru", n_layers=2, layer_norm=True),
    "tied": recurrent("lstm", tie_weights=True),
}
LOOKING_BACK = ["weighted_sum_linear", "weighted_sum_additive", "softmax", "multi_head"]


MANY = replace(TOKENS, n_symbols=500)


def long_batch(n_steps=11):
    tokens = torch.randint(3, (2, n_steps)).numpy()
    return collate_all(sequences_of(list(tokens)))


def trained(config):
    """A language model with a start and biases such as training leaves."""
    model = seeded(language_model, config, TOKENS)
    for parameter in model.parameters():
        if parameter.requires_grad and parameter.dim() == 1:
            torch.nn.init.normal_(parameter)
    return model.eval()


@pytest.mark.parametrize("name", CARRYING)
def test_windows_read_with_the_carried_state_are_one_long_sequence(name):
    model, batch = trained(CARRYING[name]), long_batch()
    whole = model.step_log_prob(batch)
    carried, windows = model.begin(2), []
    for at in (slice(0, 4), slice(4, 5), slice(5, 11)):
        steps, carried = model.read_on(batch.tokens[:, at], batch.mask[:, at], carried)
        windows.append(steps)
    assert_close(torch.cat(windows, dim=1), whole)


@pytest.mark.parametrize("name", CARRYING)
def test_an_answer_without_gradients_is_read_in_pieces_and_the_same(name, monkeypatch):
    model, batch = trained(CARRYING[name]), token_batch()
    whole = model.step_log_prob(batch).detach()
    monkeypatch.setattr(module, "STEPS_AT_ONCE", 2)
    read = []
    monkeypatch.setattr(
        LanguageModel, "read_on", lambda *a, f=LanguageModel.read_on: read.append(1) or f(*a)
    )
    with torch.no_grad():
        assert_close(model.step_log_prob(batch), whole)
    assert len(read) == 3


def test_what_is_carried_can_be_cut_off_from_what_made_it():
    model, batch = trained(recurrent("lstm")), long_batch(4)
    _, carried = model.read_on(batch.tokens, batch.mask, model.begin(2))
    assert carried.output.requires_grad
    cut = carried.detached()
    assert not any(part.requires_grad for part in (*cut.state, cut.output))
    assert_close((*cut.state, cut.output), (*carried.state, carried.output))


def test_a_lane_that_begins_anew_knows_nothing_and_its_neighbours_what_they_read():
    model, batch = trained(recurrent("lstm", n_layers=2)), long_batch(4)
    begun = model.begin(2)
    _, carried = model.read_on(batch.tokens, batch.mask, begun)
    mixed = model.go_on(carried, torch.tensor([False, True]))
    for got, fresh, kept in zip(mixed.state, begun.state, carried.state, strict=True):
        assert_close(got, torch.stack([fresh[:, 0], kept[:, 1]], dim=1))
    assert_close(mixed.output, torch.stack([model.start, carried.output[1]]))
    fewer = model.go_on(carried, torch.tensor([True]))
    assert_close(fewer.output, carried.output[:1])
    assert_close(fewer.state[1], carried.state[1][:, :1])
    first = model.go_on(None, torch.tensor([True, True]))
    assert_close((*first.state, first.output), (*begun.state, begun.output))


@pytest.mark.parametrize(
    ("config", "encoder"),
    [(TRANSFORMER, "TransformerEncoder"), (recurrent("gru", "softmax"), "AttentiveRecurrent")],
)
def test_only_a_plain_recurrence_has_a_state_to_carry(config, encoder):
    with pytest.raises(ConfigError) as refusal:
        seeded(language_model, config, TOKENS).begin(2)
    assert refusal.value.mistakes == [
        f"{encoder} has no state that could be carried on; only a recurrence without attention "
        "has one."
    ]


@pytest.mark.parametrize("config", [recurrent("lstm"), TRANSFORMER])
def test_tied_weights_are_one_matrix_that_reads_and_writes(config):
    encoder = seeded(language_model, config, TOKENS).encoder
    model = LanguageModel(TokenInput(3, 8), encoder, 3, tie_weights=True).double()
    torch.nn.init.normal_(model.output_bias)
    batch, matrix = token_batch(), model.inputs.embedding.weight
    states = encoder(functional.embedding(batch.tokens, matrix), batch.mask)
    before = torch.cat([model.start.expand(3, 1, -1), states[:, :-1]], dim=1)
    assert_close(model.logits(batch), before @ matrix.T + model.output_bias)
    shapes = [tuple(each.shape) for each in model.parameters()]
    assert shapes.count((3, 8)) == 1
    assert sum(tensor.shape == (3, 8) for tensor in model.state_dict().values()) == 1


def test_tied_weights_are_learned_from_both_of_their_uses():
    model, batch = trained(recurrent("gru", tie_weights=True)), token_batch()
    assert torch.isin(batch.tokens, 2).any()
    (both,) = torch.autograd.grad(model.logits(batch)[:, 2:].sum(), model.inputs.embedding.weight)
    read = model.inputs(batch).detach().requires_grad_()
    states = model.encoder(read, batch.mask)
    before = torch.cat([model.start.expand(3, 1, -1), states[:, :-1]], dim=1)
    written = before[:, 2:].sum(dim=(0, 1)).expand(3, -1)
    logits = before.detach() @ model.inputs.embedding.weight.T
    assert_close(
        torch.autograd.grad(logits[:, 2:].sum(), model.inputs.embedding.weight)[0], written
    )
    through = (before[:, 2:] @ model.inputs.embedding.weight.detach().T).sum()
    (of_read,) = torch.autograd.grad(through, read)
    by_symbol = torch.zeros_like(written).index_add(
        0, batch.tokens.flatten(), of_read.flatten(0, 1)
    )
    assert model.inputs.gain == 8**0.5
    assert_close(both, written + model.inputs.gain * by_symbol)


def test_weights_of_other_widths_cannot_be_tied():
    encoder = seeded(language_model, recurrent("gru"), TOKENS).encoder
    with pytest.raises(ConfigError) as refusal:
        LanguageModel(TokenInput(3, 6), encoder, 3, tie_weights=True)
    assert refusal.value.mistakes == [
        "tie_weights: an embedding of width 6 cannot be the output matrix of an encoder of width "
        "8; make them equal."
    ]


def test_a_tied_model_starts_about_as_undecided_as_any():
    for tied in (False, True):
        model = seeded(language_model, recurrent("lstm", tie_weights=tied), TOKENS)
        assert model.logits(token_batch()).abs().max() < 1
        wide = seeded(language_model, recurrent("lstm", tie_weights=tied, model_dim=512), MANY)
        read = wide.inputs.vectors(torch.arange(500)[None])
        assert read.std().item() == pytest.approx(1, rel=0.02)


@pytest.mark.parametrize("attention", LOOKING_BACK)
def test_each_state_looks_at_itself_and_those_before_it(attention):
    model, batch = trained(recurrent("lstm", attention)), token_batch()
    encoder = model.encoder
    states = encoder.recurrent(model.inputs(batch), batch.mask)
    before = [model.start.expand(3, -1)]
    for step in range(4):
        seen = states[:, : step + 1]
        may = torch.ones(3, 1, step + 1, dtype=torch.bool)
        context, _ = encoder.mechanism(seen[:, -1:], seen, may)
        both = torch.cat([context[:, 0], states[:, step]], dim=-1)
        before.append((both @ encoder.combine.weight.T).tanh())
    expected = model.output(torch.stack(before, dim=1))
    assert_close(model.logits(batch)[batch.mask], expected[batch.mask])


@pytest.mark.parametrize("attention", LOOKING_BACK)
def test_the_map_of_a_state_that_looks_back_is_what_made_its_context(attention):
    model, batch = trained(recurrent("gru", attention)), token_batch()
    (back,) = model.native_maps(batch)
    assert (back.name, back.kind) == ("decoder.self", "weights")
    assert back.values.triu(0).abs().max() == 0
    assert torch.equal(back.row_mask[:, 1:], batch.mask[:, 1:])
    assert not back.row_mask[:, 0].any()
    states = model.encoder.recurrent(model.inputs(batch), batch.mask)
    _, weights = model.encoder.mechanism(states[:1, 2:3], states[:1, :3], torch.ones(1, 1, 3) > 0)
    assert_close(back.values[0, :, 3, :3], weights[0, :, 0])
    sums = back.values.sum(-1)
    assert_close(sums, back.row_mask[:, None].expand_as(sums).to(sums))


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("config", [recurrent("gru"), TRANSFORMER], ids=["gru", "transformer"])
def test_the_sum_over_scored_steps_has_the_gradients_of_the_steps(config, smoothing):
    model, batch = trained(config).double(), token_batch()
    scored = batch.scored & (torch.arange(batch.mask.shape[1]) != 1)
    batch = replace(batch, scored=scored)
    steps = model.step_log_prob(batch, smoothing).where(scored, 0.0).sum()
    total = model.scored_log_prob(batch, smoothing)
    assert_close(total, steps)
    parts = [part for part in model.parameters() if part.requires_grad]
    for own, other in zip(
        torch.autograd.grad(total, parts), torch.autograd.grad(steps, parts), strict=True
    ):
        assert_close(own, other)
    with torch.no_grad():
        assert_close(model.scored_log_prob(batch, smoothing), steps.detach())


def test_the_sum_over_no_scored_step_is_zero_and_so_are_its_gradients():
    model, batch = trained(recurrent("gru")), token_batch()
    batch = replace(batch, scored=torch.zeros_like(batch.scored))
    total = model.scored_log_prob(batch)
    total.backward()
    assert float(total.detach()) == 0.0
    grads = [part.grad for part in model.parameters() if part.grad is not None]
    assert not any(grad.any() for grad in grads)
