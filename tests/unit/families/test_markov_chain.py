import math
from functools import reduce
from operator import add

import pytest
import torch
from torch.testing import assert_close

from classical_scenes import a_chain, fit_plainly, in_batches, random_tokens, setting, tokens
from ngram_oracle import Oracle
from seqarena.batch import collate_all
from seqarena.errors import ConfigError, DataError, NotFittedError
from seqarena.families import markov_statistics
from seqarena.families.markov_chain_config import MarkovChainConfig
from seqarena.fitting.protocols import StatisticsModel
from seqarena.parsing import parse


def counted(*rows, order=1, n_symbols=3, **knobs):
    model = a_chain(order, n_symbols, **knobs)
    fit_plainly(model, tokens(*rows))
    return model


def test_each_row_of_counts_is_what_follows_a_symbol_and_not_what_precedes_it():
    # 0 is left twice, once to 1; transposing the counts makes this fail.
    model = counted([0, 1, 0, 2], smoothing="additive", pseudo_count=0.0)
    steps = model.step_log_prob(collate_all(tokens([0, 1, 0])))
    assert_close(steps.exp(), torch.tensor([[1.0, 0.5, 1.0]]).double())


def test_the_first_steps_are_predicted_from_the_start_symbol():
    model = counted([0, 1], [0, 2], [1, 1], order=2, smoothing="additive", pseudo_count=0.0)
    steps = model.step_log_prob(collate_all(tokens([0, 1], [1, 1])))
    assert_close(steps.exp(), torch.tensor([[2 / 3, 0.5], [1 / 3, 1.0]]).double())


def test_a_higher_order_sees_further_back():
    rows = [[0, 1, 0, 0, 1, 0, 0, 1, 0]]
    second = counted(*rows, order=2, n_symbols=2, smoothing="additive", pseudo_count=0.0)
    steps = second.step_log_prob(collate_all(tokens([0, 1, 0, 0, 1, 0])))
    assert_close(steps, torch.zeros(1, 6).double())


def test_context_steps_serve_as_context_and_count_as_nothing():
    data = tokens([0, 1, 2, 1], scored_from=[2])
    model = a_chain(smoothing="additive", pseudo_count=0.0)
    fit_plainly(model, data)
    assert model.counts.sum() == 2
    steps = model.step_log_prob(collate_all(tokens([1, 2, 1])))
    assert_close(steps.exp(), torch.tensor([[1 / 3, 1.0, 1.0]]).double())
    assert_close(model.log_prob(collate_all(data)), torch.zeros(1).double())


def test_before_counting_every_symbol_is_equally_probable():
    statistics = a_chain(2, 3).expect(collate_all(tokens([0, 1], [2])))
    assert_close(statistics.log_likelihood.item(), 3 * -math.log(3))


def test_statistics_carry_the_log_likelihood_of_what_they_count():
    data = tokens([0, 1, 2, 0], [1, 1], scored_from=[1, 0])
    model = a_chain(2)
    fit_plainly(model, data)
    batch = collate_all(data)
    assert_close(model.expect(batch).log_likelihood, model.log_prob(batch).sum())


def test_free_parameters_are_those_of_the_contexts_that_were_seen():
    # Contexts: start, 0, 1 (2 ends the row), each with two free probabilities.
    assert counted([0, 1, 2]).n_free_parameters() == 3 * 2
    every = counted(*[[a, b, 0] for a in range(3) for b in range(3)])
    assert every.n_free_parameters() == (3 - 1) + 3 * (3 - 1)


def test_a_state_dict_of_any_size_can_be_loaded_and_gives_the_same_probabilities():
    data = random_tokens(10, n_symbols=3)
    model, other = a_chain(3), a_chain(3)
    fit_plainly(model, data)
    fit_plainly(other, tokens([0, 0]))
    batch = collate_all(data)
    other.log_prob(batch)
    other.load_state_dict({name: value.clone() for name, value in model.state_dict().items()})
    assert torch.equal(other.step_log_prob(batch), model.step_log_prob(batch))
    assert set(model.state_dict()) == {"symbols", "counts", "fitted"}


def test_a_chain_that_counted_nothing_refuses_to_answer():
    with pytest.raises(NotFittedError) as caught:
        a_chain().step_log_prob(collate_all(tokens([0])))
    assert str(caught.value) == (
        "Markov chain: not fitted; call fit, or load a fitted state dict, first."
    )


def test_a_symbol_outside_the_alphabet_is_named_with_its_sequence_and_step():
    with pytest.raises(DataError) as caught:
        a_chain().expect(collate_all(tokens([0, 1], [2, 2, 3])))
    assert str(caught.value) == (
        "sequence 1, step 2: symbol 3 is outside the alphabet (0 to 2); "
        "map unknown symbols to one inside."
    )


@pytest.mark.parametrize("smoothing", ["witten_bell", "kneser_ney"])
def test_seven_symbols_of_context_go_with_any_alphabet(smoothing):
    n_symbols = 40_000
    rows = [[39_999, 5, 7, 39_998, 5, 7, 0, 1, 2, 3], [5, 7, 39_998, 5, 7, 0, 1, 2, 4]]
    model = counted(*rows, order=7, n_symbols=n_symbols, smoothing=smoothing)
    expected = Oracle(rows, n_symbols, 7, smoothing).steps(rows[1])
    steps = model.step_log_prob(collate_all(tokens(rows[1])))
    assert_close(steps[0], torch.tensor(expected, dtype=torch.float64).log())


def test_an_unseen_symbol_is_impossible_under_maximum_likelihood_and_stays_so():
    model = counted([0, 1, 0, 1], smoothing="maximum_likelihood")
    batch = collate_all(tokens([0, 1], [0, 2]))
    assert model.step_log_prob(batch).tolist() == [[0.0, 0.0], [0.0, -math.inf]]
    assert model.log_prob(batch).tolist() == [0.0, -math.inf]


def test_a_map_says_which_context_length_made_each_probability():
    data = random_tokens(30, n_symbols=3)
    model = a_chain(2, smoothing="kneser_ney")
    fit_plainly(model, data)
    batch = collate_all(data)
    (one,) = model.native_maps(batch)
    assert (one.name, one.kind) == ("contexts", "count_context")
    assert one.values.shape == (*batch.mask.shape[:1], 1, batch.mask.shape[1], 3)
    assert torch.equal(one.row_mask, batch.mask)
    assert one.column_mask.all()
    # Before the first step stands the start symbol alone: no context of two.
    assert one.values[:, 0, 0, 2].abs().sum() == 0
    assert (one.values[:, 0, 0, 1] > 0).any()


def test_pruning_is_refused_where_there_is_no_shorter_context_to_fall_back_on():
    with pytest.raises(ConfigError) as caught:
        parse(
            MarkovChainConfig,
            {"kind": "markov_chain", "smoothing": "additive", "min_count": 2},
            "family",
        )
    assert str(caught.value) == (
        "family: min_count 2 needs a shorter context to fall back on, which smoothing 'additive' "
        "does not have; take witten_bell or kneser_ney."
    )


def test_memory_is_told_for_every_context_length_and_shrinks_when_pruned():
    data = random_tokens(60, n_symbols=3)
    whole, pruned = a_chain(3), a_chain(3, min_count=4)
    fit_plainly(whole, data)
    fit_plainly(pruned, data)
    report, less = whole.memory(), pruned.memory()
    assert report.n_ngrams[0] == 4  # every symbol and the start
    assert len(report.n_ngrams) == len(report.table_bytes) == 4
    assert report.stored_bytes == whole.symbols.nbytes + whole.counts.nbytes
    assert less.n_ngrams[:2] == report.n_ngrams[:2]
    assert less.n_ngrams[3] < report.n_ngrams[3]
    assert less.stored_bytes == report.stored_bytes


def test_statistics_are_sorted_early_when_many_wait(monkeypatch):
    monkeypatch.setattr(markov_statistics, "_MOST_WAITING", 8)
    data = random_tokens(40, n_symbols=3)
    model, plain = a_chain(2), a_chain(2)
    fit_plainly(model, data)
    plain.maximise(plain.expect(collate_all(data)))
    assert torch.equal(model.symbols, plain.symbols)
    assert torch.equal(model.counts, plain.counts)
    each = [model.expect(batch) for batch in in_batches(data, 1)]
    for n in range(1, len(each) + 1):
        sizes = [len(part) for part in reduce(add, each[:n]).parts]
        assert sum(sizes) - max(sizes) <= max(8, max(sizes))


def test_a_chain_that_answered_and_counts_anew_answers_anew():
    model, batch = a_chain(), collate_all(tokens([0, 1, 2]))
    for rows in ([0, 1, 2], [2, 2, 1]):
        fit_plainly(model, tokens(rows))
        fresh = a_chain()
        fit_plainly(fresh, tokens(rows))
        assert torch.equal(model.step_log_prob(batch), fresh.step_log_prob(batch))


def test_a_share_that_stands_in_for_none_counts_nothing():
    # More processes than sequences: one works on what is not its own, and sends zeros.
    statistics = a_chain(2).expect(collate_all(tokens([0, 1, 2], [1])))
    nothing = statistics.with_tensors([torch.zeros_like(t) for t in statistics.tensors()])
    assert len(nothing.ngrams) == 0
    both = nothing + statistics
    assert torch.equal(both.ngrams.symbols, statistics.ngrams.symbols)
    assert torch.equal(both.ngrams.counts, statistics.ngrams.counts)


def test_it_is_fitted_exactly_by_one_pass():
    assert isinstance(a_chain(), StatisticsModel)
    assert a_chain().n_passes == 1


@pytest.mark.slow
def test_one_pass_under_the_trainer_is_the_plain_count(tmp_path):
    data = random_tokens(10, n_symbols=3)
    model, plain = a_chain(2), a_chain(2)
    report = model.fit(data, data, setting(tmp_path, batch_size=4))
    fit_plainly(plain, data)
    assert torch.equal(model.symbols, plain.symbols)
    assert torch.equal(model.counts, plain.counts)
    assert report.stop_reason == "exact"
    expected = -model.log_prob(collate_all(data)).sum().item() / data.n_steps
    assert report.valid_loss == pytest.approx(expected)


def test_it_says_what_it_cannot_do():
    config = MarkovChainConfig(kind="markov_chain")
    assert config.mechanism == "none"
    assert config.cannot("density", "tokens") is None
    assert config.cannot("classification", "frames") is None
    assert config.cannot("alignment", "tokens") == (
        "a Markov chain gives probabilities of sequences; it links none"
    )
    assert config.cannot("transduction", "tokens") == (
        "a Markov chain gives probabilities of sequences; it writes none"
    )
    assert config.cannot("density", "frames") == (
        "a Markov chain sees frames as codes, whose probability is no density of frames"
    )


@pytest.mark.slow
def test_degenerate_counts_of_counts_are_noted_in_the_report(tmp_path):
    data = tokens([0, 1], [0])
    model = a_chain(1, smoothing="kneser_ney")
    report = model.fit(data, data, setting(tmp_path))
    assert report.notes == (
        "contexts of 0, 1 symbols: the counts of counts give no Kneser–Ney discounts (small or "
        "artificial data); 0.5, 1 and 1.5 were taken",
    )
