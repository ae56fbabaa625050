"""Symmetrisations, on alignments that can be followed by hand."""

from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqarena.inference.alignment_symmetry import Symmetrisation, symmetrised

HOW = get_args(Symmetrisation)


def grid(*rows):
    return np.array([[mark != "." for mark in row] for row in rows])


# The intersection is (0, 0). From there the union can grow to (1, 1) and on to (2, 2); the link
# (0, 4) touches nothing, and word 4 has no other; (4, 3) and (4, 4) touch each other alone.
FORWARD = grid("x....", ".x...", ".....", ".....", "...x.")
BACKWARD = grid("x...x", ".....", "..x..", ".....", ".....")
EXPECTED = {
    "none": FORWARD,
    "intersection": grid("x....", ".....", ".....", ".....", "....."),
    "union": grid("x...x", ".x...", "..x..", ".....", "...x."),
    "grow_diag": grid("x....", ".x...", "..x..", ".....", "....."),
    # (4, 3): neither word has a link. (0, 4): word 4 across has none, though word 0 down has.
    "grow_diag_final": grid("x...x", ".x...", "..x..", ".....", "...x."),
    "grow_diag_final_and": grid("x....", ".x...", "..x..", ".....", "...x."),
}


@pytest.mark.parametrize("how", HOW)
def test_a_worked_example(how):
    assert symmetrised(FORWARD, BACKWARD, how).tolist() == EXPECTED[how].tolist()


def test_growing_needs_a_word_without_a_link():
    """(0, 1) and (1, 0) touch, but both words of either are linked already."""
    forward, backward = grid("xx", "xx"), grid("x.", ".x")
    found = symmetrised(forward, backward, "grow_diag")
    assert found.tolist() == grid("x.", ".x").tolist()


tables = st.integers(1, 5).flatmap(
    lambda n: st.lists(st.lists(st.booleans(), min_size=n, max_size=n), min_size=1, max_size=5)
)


@settings(max_examples=60, deadline=None)
@given(tables, st.integers(0, 2**16))
def test_each_lies_between_the_intersection_and_the_union(rows, seed):
    forward = np.array(rows)
    backward = np.random.default_rng(seed).random(forward.shape) < 0.4
    found = {how: symmetrised(forward, backward, how) for how in HOW}
    assert not (found["grow_diag"] & ~found["grow_diag_final_and"]).any()
    assert not (found["grow_diag"] & ~found["grow_diag_final"]).any()
    for how in set(HOW) - {"none"}:
        assert not (found[how] & ~found["union"]).any()
        assert not (found["intersection"] & ~found[how]).any()
