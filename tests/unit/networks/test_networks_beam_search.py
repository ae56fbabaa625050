import math

import pytest
import torch
from decoding_scenes import (
    END,
    Prefixes,
    best_of_all,
    example_of,
    reading,
    search_plainly,
    told,
)
from neural_scenes import PAIRS, TRANSDUCERS, pair_batch, seeded, transducer
from torch.testing import assert_close

from seqarena.networks.beam_search import beam_search
from seqarena.networks.decoding import DecodingConfig
from seqarena.networks.generation import write_greedily

N_EXAMPLES, MAX_LENGTH = 4, 4
START = torch.zeros(N_EXAMPLES, dtype=torch.int64)
WHOLE_SPACE = 64
"""At least as many as there are outputs and prefixes of four symbols from an alphabet of three."""


def searched(stepper: Prefixes, max_length: int = MAX_LENGTH, **settings):
    decoding = DecodingConfig(**settings)
    return beam_search(stepper, stepper.begin(N_EXAMPLES), START, END, max_length, decoding)


def sharp(name: str):
    """A transducer that has preferences, so that outputs end at different lengths."""
    model = seeded(transducer, TRANSDUCERS[name], PAIRS).eval()
    with torch.no_grad():
        model.output.weight.mul_(6.0)
    return model


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize(
    "settings",
    [
        {"length_penalty": 0.0},
        {"length_penalty": 0.6, "n_best": 3},
        {"length_penalty": 2.5, "n_best": 5},
        {"min_length": 2, "n_best": 3},
        {"no_repeat_ngram": 1, "n_best": 2},
        {"no_repeat_ngram": 2, "min_length": 1, "n_best": 4, "length_penalty": 1.0},
    ],
)
def test_a_beam_as_wide_as_the_space_finds_the_best_of_all_outputs(settings, seed):
    stepper = Prefixes(seed)
    found = searched(stepper, beam=WHOLE_SPACE, **settings)
    decoding = DecodingConfig(beam=WHOLE_SPACE, **settings)
    for example in range(N_EXAMPLES):
        expected = best_of_all(stepper, example, MAX_LENGTH, decoding)
        got = told(found, example)
        assert [each.tokens for each in got] == [each.tokens for each in expected]
        assert [each.score for each in got] == pytest.approx([each.score for each in expected])
        assert [each.log_prob for each in got] == pytest.approx(
            [each.log_prob for each in expected]
        )


def test_every_output_can_be_kept_and_places_without_one_have_no_length():
    found = searched(Prefixes(), beam=WHOLE_SPACE, n_best=WHOLE_SPACE)
    n_outputs = sum(2**n for n in range(MAX_LENGTH)) + 2**MAX_LENGTH
    assert found.lengths.count_nonzero(dim=1).tolist() == [n_outputs] * N_EXAMPLES
    assert found.log_prob.exp().sum(dim=1).tolist() == pytest.approx([1.0] * N_EXAMPLES)
    assert bool((found.tokens[:, n_outputs:] == 0).all())


class Forked(Prefixes):
    """After 0 (0.6) three symbols are about as likely; after 1 (0.4) the end is certain."""

    def logits(self, example, prefix):
        del example
        if not prefix:
            return torch.tensor([0.6, 0.4, 1e-9]).log()
        return torch.tensor([0.36, 0.34, 0.3] if prefix == (0,) else [1e-9, 1e-9, 1.0]).log()


def test_a_beam_of_two_sees_past_the_likeliest_first_symbol():
    narrow, wide = (searched(Forked(), beam=beam, length_penalty=0.0) for beam in (1, 2))
    assert told(narrow, 0)[0].tokens == (0, 0, END)
    assert told(narrow, 0)[0].log_prob == pytest.approx(math.log(0.6 * 0.36))
    assert told(wide, 0)[0].tokens == (1, END)
    assert told(wide, 0)[0].log_prob == pytest.approx(math.log(0.4))


def test_the_search_stops_as_soon_as_nothing_open_could_beat_what_is_kept():
    stepper = Forked()
    searched(stepper, max_length=50, beam=2, length_penalty=0.0)
    # (1, end) has 0.4, and (0, 0) beside it 0.6 · 0.36.
    assert stepper.n_rows == [N_EXAMPLES, 2 * N_EXAMPLES]


class EndsAtItsNumber(Prefixes):
    """Example i writes i times 0 and then ends, all but surely."""

    def logits(self, example, prefix):
        wanted = 0 if len(prefix) < example else END
        return torch.full((3,), 1e-9).scatter(0, torch.tensor(wanted), 1.0).log()


def test_an_example_that_is_done_costs_nothing_more():
    stepper = EndsAtItsNumber()
    found = searched(stepper, max_length=9, beam=2)
    assert found.lengths[:, 0].tolist() == [1, 2, 3, 4]
    assert stepper.n_rows == [4, 2 * 3, 2 * 2, 2 * 1]


def test_an_output_that_can_go_on_with_nothing_may_end_early():
    found = searched(Prefixes(), max_length=9, beam=3, no_repeat_ngram=1, min_length=5)
    assert sorted(found.tokens[0, 0].tolist()) == [0, 1, END]
    assert found.lengths[:, 0].tolist() == [3] * N_EXAMPLES


@pytest.mark.parametrize("seed", range(3))
def test_a_beam_of_one_is_greedy(seed):
    stepper = Prefixes(seed)
    tokens, lengths = write_greedily(stepper, stepper.begin(N_EXAMPLES), START, END, 6)
    best, best_lengths = searched(stepper, max_length=6, beam=1).best()
    assert torch.equal(best, tokens)
    assert torch.equal(best_lengths, lengths)


@pytest.mark.slow
@pytest.mark.parametrize("name", TRANSDUCERS)
@torch.no_grad()
def test_a_beam_of_one_is_greedy_in_every_transducer(name):
    model, batch = sharp(name), pair_batch()
    tokens, lengths = model.generate(batch, max_length=5)
    best, best_lengths = model.search(batch, 5, DecodingConfig()).best()
    assert torch.equal(best, tokens)
    assert torch.equal(best_lengths, lengths)


SETTINGS = [
    DecodingConfig(beam=3, n_best=3),
    DecodingConfig(beam=4, n_best=2, min_length=2, no_repeat_ngram=2, length_penalty=1.0),
]


@pytest.mark.slow
@pytest.mark.parametrize("name", TRANSDUCERS)
@pytest.mark.parametrize("decoding", SETTINGS, ids=["plain", "constrained"])
@torch.no_grad()
def test_the_batched_search_with_memory_is_the_plain_search_without(name, decoding):
    model, batch = sharp(name), pair_batch()
    found = model.search(batch, 5, decoding)
    for row in range(len(batch)):
        expected = search_plainly(model, example_of(batch, row), 5, decoding)
        got = told(found, row)
        assert [each.tokens for each in got] == [each.tokens for each in expected]
        assert [each.score for each in got] == pytest.approx([each.score for each in expected])


@pytest.mark.slow
@pytest.mark.parametrize("name", TRANSDUCERS)
@torch.no_grad()
def test_the_log_prob_of_every_hypothesis_is_that_of_teacher_forcing(name):
    model, batch = sharp(name), pair_batch()
    found = model.search(batch, 5, SETTINGS[0])
    for row in range(len(batch)):
        for each in told(found, row):
            forced = model.target_log_prob(reading(example_of(batch, row), [each.tokens]))
            assert_close(forced, torch.tensor([each.log_prob], dtype=torch.float64))


@pytest.mark.slow
@pytest.mark.parametrize("name", TRANSDUCERS)
@torch.no_grad()
def test_a_batch_finds_what_its_examples_find_alone(name):
    model, batch = sharp(name), pair_batch()
    together = model.search(batch, 5, SETTINGS[0])
    for row in range(len(batch)):
        alone = model.search(example_of(batch, row), 5, SETTINGS[0])
        time = alone.tokens.shape[2]
        assert torch.equal(together.tokens[row, :, :time], alone.tokens[0])
        assert_close(together.scores[row], alone.scores[0])


@pytest.mark.parametrize("name", TRANSDUCERS)
@torch.no_grad()
def test_memory_goes_where_its_rows_go_whichever_example_is_dropped(name):
    model, batch = sharp(name), pair_batch()
    written = torch.tensor([[4, 0, 1], [4, 1, 0], [4, 2, 2]])
    memory = model.begin(batch)
    # The first example goes at once, and then the second.
    for step, rows in enumerate([[[1, 1], [2, 2]], [[3, 2]]]):
        previous = written[:, 0] if step == 0 else torch.tensor([0, 1, 1, 0])
        _, memory = model.advance(previous, memory)
        memory = model.select(memory, torch.tensor(rows))
    last, _ = model.advance(torch.tensor([2, 1]), memory)
    asked = reading(example_of(batch, 2), [(0, 2, 0), (1, 1, 0)])
    assert_close(last, model.target_logits(asked)[:, 2])


def test_learned_positions_bound_what_a_beam_writes():
    model, batch = sharp("transformer"), pair_batch()
    model.end_symbol = -1
    with torch.no_grad():
        found = model.search(batch, 50, SETTINGS[0])
    assert found.lengths.tolist() == [[5] * 3] * 3
