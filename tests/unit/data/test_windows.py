import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from seqarena.data.windows import Window, scoring_windows, training_windows

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
