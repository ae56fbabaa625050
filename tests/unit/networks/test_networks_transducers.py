from dataclasses import replace

import pytest
import torch
from neural_scenes import PAIRS, TRANSDUCERS, pair_batch, seeded, transducer
from torch.testing import assert_close

from seqarena.attention.coverage import CoverageAttention
from seqarena.attention.weighted_sum import WeightedSum
from seqarena.batch import Batch
from seqarena.errors import DataError
from seqarena.networks.transducer import read_before


def with_target(batch: Batch, tokens: torch.Tensor) -> Batch:
    full = torch.full_like(batch.lengths, tokens.shape[1])
    mask = torch.ones_like(tokens, dtype=torch.bool)
    target = Batch(rows=batch.rows, lengths=full, mask=mask, scored=mask, tokens=tokens)
    return replace(batch, target=target)


def test_the_decoder_has_read_the_start_symbol_and_then_the_target_up_to_now():
    assert read_before(torch.tensor([[0, 1, 3]]), 4).tolist() == [[4, 0, 1]]


@pytest.mark.parametrize("name", TRANSDUCERS)
@torch.no_grad()
def test_generation_step_by_step_is_greedy_recomputation(name):
    model, batch = seeded(transducer, TRANSDUCERS[name], PAIRS).eval(), pair_batch()
    tokens, lengths = model.generate(batch, max_length=5)
    prefix = torch.zeros(3, 0, dtype=torch.int64)
    for step in range(tokens.shape[1]):
        asked = torch.cat([prefix, torch.zeros(3, 1, dtype=torch.int64)], dim=1)
        best = model.target_logits(with_target(batch, asked))[:, step].argmax(-1)
        is_open = ~prefix.eq(PAIRS.target_end).any(dim=1)
        prefix = torch.cat([prefix, best.where(is_open, 0)[:, None]], dim=1)
    assert torch.equal(tokens, prefix)
    ended = tokens.eq(PAIRS.target_end)
    first_end = torch.where(ended.any(1), ended.int().argmax(1) + 1, tokens.shape[1])
    assert torch.equal(lengths, first_end)


@pytest.mark.parametrize("name", TRANSDUCERS)
@torch.no_grad()
def test_advancing_along_a_target_gives_the_logits_of_teacher_forcing(name):
    model, batch = seeded(transducer, TRANSDUCERS[name], PAIRS).eval(), pair_batch()
    expected = model.target_logits(batch)
    stepped = []
    target = batch.target.tokens

    def watch(previous, memory):
        logits, memory = type(model).advance(model, previous, memory)
        stepped.append(logits)
        forced = torch.full_like(logits, -1.0)
        return forced.scatter(1, target[:, len(stepped) - 1 :][:, :1], 1.0), memory

    model.advance = watch
    model.end_symbol = -1
    model.generate(batch, max_length=target.shape[1])
    real = batch.target.mask
    assert_close(torch.stack(stepped, dim=1)[real], expected[real])


@pytest.mark.parametrize("name", TRANSDUCERS)
@torch.no_grad()
def test_the_log_prob_of_a_target_is_the_sum_over_its_real_steps(name):
    model, batch = seeded(transducer, TRANSDUCERS[name], PAIRS).eval(), pair_batch()
    steps = model.target_logits(batch).log_softmax(-1)
    lengths, tokens = batch.target.lengths.tolist(), batch.target.tokens
    expected = [
        sum(steps[row, i, tokens[row, i]] for i in range(n)) for row, n in enumerate(lengths)
    ]
    assert_close(model.target_log_prob(batch), torch.stack(expected))


def test_without_attention_the_input_is_seen_only_at_the_start():
    model, batch = seeded(transducer, TRANSDUCERS["gru"], PAIRS), pair_batch()
    torch.nn.init.zeros_(model.bridge.weight)
    logits = model.target_logits(with_target(batch, torch.ones(3, 4, dtype=torch.int64)))
    assert_close(logits[0], logits[1])


def test_coverage_is_built_where_it_is_asked_for():
    covering = seeded(transducer, TRANSDUCERS["gru_coverage"], PAIRS)
    assert isinstance(covering.mechanism, CoverageAttention)
    assert isinstance(seeded(transducer, TRANSDUCERS["lstm"], PAIRS).mechanism, WeightedSum)


def test_a_batch_without_a_target_is_refused():
    model = seeded(transducer, TRANSDUCERS["gru"], PAIRS)
    with pytest.raises(DataError) as refusal:
        model.target_log_prob(replace(pair_batch(), target=None))
    assert str(refusal.value) == "the batch has no target; a transducer is judged against one."


def test_learned_positions_bound_what_a_transformer_writes():
    model, batch = seeded(transducer, TRANSDUCERS["transformer"], PAIRS), pair_batch()
    model.end_symbol = -1
    tokens, _ = model.generate(batch, max_length=50)
    assert tokens.shape == (3, 5)
