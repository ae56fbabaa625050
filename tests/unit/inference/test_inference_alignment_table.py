"""The sparse translation table, and the meetings that it is made from."""

import pytest
import torch
from torch.testing import assert_close

from seqarena.inference.alignment_table import Meetings, TranslationTable

# Source words 0, 1 and the empty word 2; target words 0 to 3.
CODES = torch.tensor([0 * 4 + 1, 0 * 4 + 3, 2 * 4 + 1, 2 * 4 + 3])


def a_table():
    return TranslationTable.uniform(CODES, n_source_words=3, base=4, n_words=4)


def dense(table):
    codes = torch.arange(12).reshape(3, 4)
    return table.look_up(codes)


@pytest.mark.parametrize("pseudo_count", [0.0, 0.1])
def test_rows_are_shares_of_counts_and_pseudo_counts_over_the_whole_alphabet(pseudo_count):
    counts = torch.tensor([3.0, 1.0, 0.5, 0.0], dtype=torch.float64)
    rows = dense(a_table().maximised(counts, pseudo_count))
    full = torch.zeros(3, 4, dtype=torch.float64)
    full.view(-1)[CODES] = counts
    full += pseudo_count
    expected = full / full.sum(dim=1, keepdim=True)
    expected[1] = 0.25
    assert_close(rows, expected)
    assert_close(rows.sum(dim=1), torch.ones(3, dtype=torch.float64))


def test_a_source_word_that_lost_all_its_counts_keeps_its_row():
    table = a_table().maximised(torch.tensor([3.0, 1.0, 0.5, 0.0]).double(), 0.0)
    later = table.maximised(torch.tensor([0.0, 0.0, 1.0, 1.0]).double(), 0.0)
    assert_close(dense(later)[0], dense(table)[0])
    assert_close(dense(later)[2], torch.tensor([0, 0.5, 0, 0.5]).double())


def test_the_prior_counts_every_pair_of_words_seen_or_not():
    counts = torch.tensor([3.0, 1.0, 0.5, 0.0], dtype=torch.float64)
    table = a_table().maximised(counts, 0.1)
    assert_close(table.log_prior(0.1), 0.1 * float(dense(table).log().sum()))
    assert table.log_prior(0.0) == 0.0


def test_words_that_never_met_have_the_place_after_the_last():
    table = a_table()
    assert table.places(torch.tensor([[1, 2], [11, 0]])).tolist() == [[0, 4], [3, 4]]
    empty = TranslationTable.uniform(CODES[:0], n_source_words=3, base=4, n_words=4)
    assert_close(dense(empty), torch.full((3, 4), 0.25, dtype=torch.float64))


def test_the_places_of_meetings_are_those_that_a_search_would_find():
    source = (torch.tensor([0, 2, 3]), torch.tensor([0, 1, 1]))
    target = (torch.tensor([0, 1, 3]), torch.tensor([3, 0, 3]))
    meetings = Meetings.of(source, target, empty_word=2, base=4)
    table = TranslationTable.uniform(meetings.codes, n_source_words=3, base=4, n_words=4)
    # Pair 0: empty, 0, 1 beside 3. Pair 1: empty, 1 beside 0, then beside 3.
    assert meetings.codes.tolist() == [3, 4, 7, 8, 11]
    assert meetings.starts.tolist() == [0, 3]
    pair, time, width = torch.tensor([0, 1, 1]), torch.tensor([0, 0, 1]), torch.tensor([3, 2, 2])
    places = meetings.places_of(pair, time, width, 3)
    assert places[0].tolist() == table.places(torch.tensor([11, 3, 7])).tolist()
    assert places[1, :2].tolist() == table.places(torch.tensor([8, 4])).tolist()
    assert places[2, :2].tolist() == table.places(torch.tensor([11, 7])).tolist()
