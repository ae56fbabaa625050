"""Near duplicates: the same as comparing everything with everything."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqarena.batch import Sequences, sequences_of
from seqarena.data import near_duplicates as module
from seqarena.data.near_duplicates import near_duplicates


def distance(first: list[int], second: list[int]) -> int:
    """Levenshtein's distance by its recursion (Wagner & Fischer 1974)."""
    row = list(range(len(second) + 1))
    for i, a in enumerate(first, start=1):
        row, before = [i], row
        for j, b in enumerate(second, start=1):
            row.append(min(before[j] + 1, row[-1] + 1, before[j - 1] + (a != b)))
    return row[-1]


def compared(earlier: list[list[int]], later: list[list[int]], similarity: float) -> set[int]:
    """The rows of `later` that are near a row of `earlier`, each pair compared."""
    return {
        row
        for row, ours in enumerate(later)
        for theirs in earlier
        if ours != theirs
        and 1 - distance(ours, theirs) / max(len(ours), len(theirs)) >= similarity - 1e-9
    }


def sequences(rows: list[list[int]]) -> Sequences:
    return sequences_of([np.array(row) for row in rows])


def found(earlier: list[list[int]], later: list[list[int]], similarity: float = 0.9) -> set[int]:
    near = near_duplicates(sequences(earlier), sequences(later), similarity)
    assert near.n_cut == 0
    return {each.row for each in near.found}


texts = st.lists(st.lists(st.integers(0, 3), min_size=1, max_size=24), min_size=1, max_size=5)
edit = st.tuples(st.sampled_from(["change", "insert", "delete"]), st.floats(0, 0.999))


@pytest.mark.slow
@given(texts, st.lists(edit, max_size=5), st.sampled_from([0.6, 0.7, 0.75, 0.8, 0.9]))
def test_all_that_are_near_are_found_and_nothing_else(earlier, edits, similarity) -> None:
    later = []
    for row in earlier:
        copy = list(row)
        for kind, share in edits:
            at = int(share * len(copy))
            if kind == "insert":
                copy.insert(at, 1)
            elif kind == "change":
                copy[at] = 9
            elif len(copy) > 1:
                del copy[at]
        later.append(copy)
    assert found(earlier, later, similarity) == compared(earlier, later, similarity)


@pytest.mark.parametrize(
    ("copy", "is_near"),
    [
        ([*range(10)], False),  # equal, which another guard counts
        ([*range(9), 99], True),
        ([99, *range(1, 10)], True),
        ([0, 1, 2, 3, 4, 99, 6, 7, 8, 9], True),
        ([*range(11)], True),  # one of eleven
        ([*range(9)], True),  # one of ten
        ([*range(1, 10)], True),  # the first is missing: all others have moved
        ([99, *range(10)], True),
        ([*range(8), 98, 99], False),
        ([*range(12)], False),
    ],
)
def test_one_symbol_of_ten_may_differ_and_two_may_not(copy: list[int], is_near: bool) -> None:
    assert found([[50] * 10, [*range(10)]], [copy]) == ({0} if is_near else set())


def test_the_earlier_row_is_named_and_a_piece_does_not_reach_into_the_next_row() -> None:
    earlier = sequences([[5, 6, 7, 8, 9], [*range(12)], [0, 1, 2, 3, 4]])
    near = near_duplicates(
        earlier, sequences([[3, 3], [*range(5, 10), *range(5)], [*range(13)]]), 0.9
    )
    assert [(each.row, each.other) for each in near.found] == [(2, 1)]


def test_short_sequences_and_whole_documents_are_never_near() -> None:
    assert found([[1, 2, 3, 4]], [[1, 2, 3, 5]]) == set()
    assert found([list(range(1000))], [list(range(800))]) == set()


def test_planted_copies_with_one_changed_word_are_found_among_many() -> None:
    generator = np.random.default_rng(0)
    earlier = [generator.integers(0, 500, size=20).tolist() for _ in range(800)]
    later = [generator.integers(0, 500, size=20).tolist() for _ in range(100)]
    planted = {3, 40, 99}
    for row in planted:
        later[row] = [*earlier[7 * row][:10], 777, *earlier[7 * row][11:]]
    assert found(earlier, later) == planted


def test_rows_of_pieces_that_are_everywhere_are_counted_as_not_all_compared(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = [[0] * 12 + [row] for row in range(1, 9)]
    monkeypatch.setattr(module, "_MOST_PLACES", 3)
    near = near_duplicates(sequences(rows), sequences([[0] * 12 + [99]]), 0.9)
    assert (near.n_cut, near.found) == (1, ())
