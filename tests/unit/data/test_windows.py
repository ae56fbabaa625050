import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from seqarena.data.windows import (
    Window,
    describe_context,
    scoring_windows,
    training_windows,
    whole_document,
)

lengths = st.integers(1, 60)
windows_and_strides = st.integers(2, 20).flatmap(
    lambda window: st.tuples(st.just(window), st.integers(1, window))
)


def test_a_text_of_ten_in_windows_of_four_by_two() -> None:
    assert scoring_windows(10, 4, 2) == [
        Window(0, 4, 0),
        Window(2, 6, 2),
        Window(4, 8, 2),
        Window(6, 10, 2),
    ]


def test_the_last_window_may_be_short() -> None:
    assert scoring_windows(7, 4, 2) == [Window(0, 4, 0), Window(2, 6, 2), Window(4, 7, 2)]


@given(lengths, windows_and_strides)
def test_every_character_is_scored_exactly_once(length: int, sizes: tuple[int, int]) -> None:
    scored = np.zeros(length, dtype=int)
    for each in scoring_windows(length, *sizes):
        scored[each.start + each.scored_from : each.end] += 1
    assert (scored == 1).all()


@given(lengths, windows_and_strides)
def test_context_is_between_window_minus_stride_and_window_minus_one(
    length: int, sizes: tuple[int, int]
) -> None:
    window, stride = sizes
    for each in scoring_windows(length, window, stride):
        assert each.end - each.start <= window
        for position in range(each.start + each.scored_from, each.end):
            context = position - each.start
            assert min(position, window - stride) <= context <= window - 1


@given(lengths, st.integers(2, 20))
def test_training_windows_cover_a_text_once(length: int, window: int) -> None:
    covered = [
        at for each in training_windows(length, window) for at in range(each.start, each.end)
    ]
    assert covered == list(range(length))
    assert all(each.scored_from == 0 for each in training_windows(length, window))


def test_a_stream_is_the_whole_document_with_every_step_scored() -> None:
    assert whole_document(10) == [Window(0, 10, 0)]


def test_a_manifest_says_what_is_context() -> None:
    assert describe_context("blocks", 8, 2, "character", "topic") == {
        "context": "blocks",
        "window": 8,
        "stride": 2,
        "scored": "validation and test: every character exactly once, with between 6 and 7 "
        "characters of its topic as context (fewer only at a topic's beginning); training: every "
        "character, in windows that do not overlap",
    }
    assert describe_context("stream", 8, 2, "word", "article") == {
        "context": "stream",
        "window": 8,
        "stride": 2,
        "scored": "every word exactly once, with all of its article before it as context; in "
        "training, gradients go back through 8 words at most; a network that has no state to carry "
        "sees 6 to 7 words before one",
    }
