"""A map in a terminal, by hand; and nothing that a text holds reaches the terminal as a command."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqarena.attribution.terminal import PrintedMap, print_map, shown_text


def printed(values, rows=("a", "b"), columns=("x", "y", "z"), **more):
    width = more.pop("width", 100)
    return print_map(PrintedMap("m", "bits", np.array(values), rows, columns, **more), width)


def test_blocks_and_the_steps_that_count_most_by_hand():
    assert printed([[0.0, 0.4, 0.1], [0.0, 0.0, 0.0]]) == [
        "m [bits], █ = 0.400",
        "   1 a            │ █▂│ y(2) 0.400, z(3) 0.100",
        "   2 b            │   │ ",
    ]


def test_the_first_row_has_the_number_of_its_step():
    assert printed([[1.0]], first_row=2)[1].startswith("   3 a ")


def test_where_nothing_counts_it_says_so():
    assert printed(np.zeros((2, 3))) == ["m [bits]: nothing; no step makes a difference"]
    assert len(printed(np.zeros((0, 3)))) == 1


def test_what_is_unknown_is_no_block():
    assert "│ █│" in printed([[np.nan, 1.0]])[1]


def test_more_steps_than_room_share_a_block_that_is_their_largest():
    values = np.zeros((1, 120))
    values[0, 7] = 1.0
    head, line = printed(values, columns=["s"] * 120, width=64)
    assert head == "m [bits], █ = 1.000, each of 6 steps"
    assert line.split("│")[1] == " █" + " " * 18


def test_rows_beyond_the_screen_are_counted():
    lines = printed(np.ones((50, 1)), rows=["r"] * 50)
    assert len(lines) == 42
    assert lines[-1] == "... and 10 more rows; --out writes a page with all."


def test_a_value_that_is_there_at_all_is_seen():
    assert "│▁█│" in printed([[1e-6, 1.0]])[1]


def test_wide_characters_take_two_places():
    wide, narrow = printed([[1.0], [1.0]], rows=("年", "a"))[1:]
    assert wide.index("│") + 1 == narrow.index("│")


@pytest.mark.slow
@given(st.text())
def test_no_character_can_command_the_terminal(text):
    shown = shown_text(text)
    assert shown.isprintable()
    assert all(line.isprintable() for line in printed([[1.0]], rows=(text,), columns=(text,)))


def test_control_characters_are_shown_as_code_points():
    assert shown_text("\x1b[31m \n") == "U+001B[31m␣↵"
