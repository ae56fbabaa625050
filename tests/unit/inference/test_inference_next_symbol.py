import pytest
import torch
from torch.testing import assert_close

from classical_scenes import fit_plainly, random_tokens, tokens
from seqarena.batch import collate_all
from seqarena.families.markov_chain import MarkovChain
from seqarena.families.markov_chain_config import MarkovChainConfig
from seqarena.inference.next_symbol import Followers, distinct_rows, last_symbols
from seqarena.inference.ngrams import NgramCounts


def chain(data, order, n_symbols, **knobs) -> MarkovChain:
    config = MarkovChainConfig(kind="markov_chain", order=order, **knobs)
    model = MarkovChain(config, n_symbols)
    fit_plainly(model, data)
    return model


@pytest.mark.parametrize(
    "smoothing", ["maximum_likelihood", "additive", "witten_bell", "kneser_ney"]
)
@pytest.mark.parametrize("order", [0, 1, 2, 4])
def test_every_symbol_is_as_probable_next_as_when_it_is_appended(order, smoothing):
    n_symbols = 7
    model = chain(random_tokens(12, n_symbols, seed=1), order, n_symbols, smoothing=smoothing)
    histories = [[0], [6, 6], [1, 2, 3], [5, 4, 0, 1, 2, 2]]
    found = model.next_log_prob(collate_all(tokens(*histories)))
    for row, history in zip(found, histories, strict=True):
        longer = tokens(*[[*history, symbol] for symbol in range(n_symbols)])
        assert_close(row, model.step_log_prob(collate_all(longer))[:, -1])


def test_pruned_tables_and_contexts_that_were_never_scored_are_no_exception():
    data = random_tokens(30, 4, seed=3, longest=6, scored_from=[0, 1] * 15)
    data = data if data.n_scored.min() > 0 else data.select((data.n_scored > 0).nonzero()[0])
    model = chain(data, 3, 4, smoothing="kneser_ney", min_count=2)
    histories = [[a, b, c] for a in range(4) for b in range(4) for c in range(4)]
    found = model.next_log_prob(collate_all(tokens(*histories)))
    assert_close(found.exp().sum(dim=1), torch.ones(len(histories), dtype=torch.float64))
    for row, history in zip(found, histories, strict=True):
        longer = tokens(*[[*history, symbol] for symbol in range(4)])
        assert_close(row, model.step_log_prob(collate_all(longer))[:, -1])


def test_popularity_is_the_count_of_each_item_whatever_came_before():
    model = chain(tokens([0, 0, 1], [2, 0]), 0, 4, smoothing="maximum_likelihood")
    found = model.next_log_prob(collate_all(tokens([1], [3, 2]))).exp()
    expected = torch.tensor([[0.6, 0.2, 0.2, 0.0]] * 2, dtype=torch.float64)
    assert_close(found, expected)


def test_what_is_fitted_again_forgets_who_followed_whom():
    model = chain(tokens([0, 1]), 1, 3, smoothing="maximum_likelihood")
    assert model.next_log_prob(collate_all(tokens([0]))).exp().tolist() == [[0.0, 1.0, 0.0]]
    fit_plainly(model, tokens([0, 2]))
    assert model.next_log_prob(collate_all(tokens([0]))).exp().tolist() == [[0.0, 0.0, 1.0]]


def test_followers_are_those_that_stood_behind_a_symbol():
    model = chain(tokens([0, 1, 0, 2], [2, 1]), 2, 3)
    followers = Followers.of(NgramCounts(model.symbols, model.counts.long()), 3)
    symbols, places = followers.after(torch.tensor([1, 0, 2]))
    assert (symbols.tolist(), places.tolist()) == ([0, 1, 2, 1], [0, 1, 1, 2])


def test_before_the_beginning_of_a_sequence_stand_start_symbols():
    batch = collate_all(tokens([4, 5, 6], [7]))
    all_but_one = torch.stack([batch.lengths, batch.lengths - 1], dim=1)
    found = last_symbols(batch.tokens, all_but_one, 2, 9)
    assert found.tolist() == [[[5, 6], [4, 5]], [[9, 7], [9, 9]]]
    assert last_symbols(batch.tokens, all_but_one, 0, 9).shape == (2, 2, 0)


def test_each_context_stands_once_and_is_found_again():
    contexts = torch.tensor([[2, 1], [0, 1], [2, 1]])
    distinct, place = distinct_rows(contexts)
    assert len(distinct) == 2
    assert torch.equal(distinct[place], contexts)
    distinct, place = distinct_rows(contexts[:, :0])
    assert (distinct.shape, place.tolist()) == ((1, 0), [0, 0, 0])
