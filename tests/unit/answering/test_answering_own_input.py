import re
from dataclasses import replace

import numpy as np
import pytest

from seqarena.answering.own_input import OwnInput, all_steps_of, fields_of, steps_of
from seqarena.data.manifest import Manifest, Provenance
from seqarena.data.sources.lagged_markov import LaggedMarkovSourceConfig
from seqarena.errors import DataError
from seqarena.schema import DataSchema

SOURCE = LaggedMarkovSourceConfig(kind="lagged_markov_source")
TOKENS = Manifest(
    "toy",
    DataSchema("density", n_symbols=3, max_length=4),
    Provenance("", "", ""),
    {},
    symbols=("a", "b", "c"),
)
FRAMES = replace(TOKENS, schema=DataSchema("classification", dim=2, max_length=4), symbols=None)


def test_a_text_and_its_tokens_are_the_same_steps():
    assert steps_of(OwnInput(text="c a b"), SOURCE, TOKENS).tolist() == [2, 0, 1]
    assert steps_of(OwnInput(tokens=[2, 0, 1]), SOURCE, TOKENS).tolist() == [2, 0, 1]


def test_frames_become_numbers_of_32_bits():
    found = steps_of(OwnInput(frames=np.array([[1.5, 2.0]])), SOURCE, FRAMES)
    assert found.dtype == np.float32 and found.tolist() == [[1.5, 2.0]]


def test_inputs_of_several_lengths_keep_their_order():
    given = [OwnInput(text="a b"), OwnInput(tokens=[2]), OwnInput(text="c c c")]
    found = all_steps_of(given, SOURCE, TOKENS)
    assert found.lengths.tolist() == [2, 1, 3] and found.sequence(2).tolist() == [2, 2, 2]


def test_a_density_may_be_asked_about_more_steps_than_its_windows_have():
    given = OwnInput(tokens=[0] * 6)
    assert len(steps_of(given, SOURCE, TOKENS, longest=6)) == 6
    with pytest.raises(DataError, match="has 6 steps; the longest of task 'toy' has 4"):
        steps_of(given, SOURCE, TOKENS)


def test_a_task_says_in_which_ways_it_takes_an_input():
    assert fields_of(TOKENS) == ("text", "tokens") and fields_of(FRAMES) == ("frames",)


@pytest.mark.parametrize(
    ("given", "manifest", "message"),
    [
        (OwnInput(), TOKENS, "nothing came; expected exactly one input: text or tokens or file."),
        (
            OwnInput(text="a", tokens=[0]),
            TOKENS,
            "text and tokens came; expected exactly one input: text or tokens or file.",
        ),
        (OwnInput(tokens=[]), TOKENS, "tokens: none came; expected at least one."),
        (
            OwnInput(tokens=[0, 3]),
            TOKENS,
            "tokens, step 1: 3 came; the symbols of task 'toy' are 0 to 2.",
        ),
        (OwnInput(tokens=[0, -1]), TOKENS, "tokens, step 1: -1 came; the symbols of task 'toy'"),
        (OwnInput(tokens=[0]), FRAMES, "task 'toy' reads frames, not tokens; give frames."),
        (
            OwnInput(frames=np.zeros((1, 2))),
            TOKENS,
            "task 'toy' reads symbols, not frames; give text or tokens.",
        ),
        (OwnInput(frames=np.zeros((0, 2))), FRAMES, "frames: none came; expected at least one."),
        (
            OwnInput(frames=np.zeros((4, 3))),
            FRAMES,
            "frames: numbers of shape (4, 3) came; expected (steps, 2): task 'toy' has 2 numbers "
            "in a step.",
        ),
        (
            OwnInput(frames=np.array([[0, 0], [1, np.nan]])),
            FRAMES,
            "frames, step 1: holds nan; expected finite numbers of 32 bits.",
        ),
        (
            OwnInput(frames=np.array([[0, 1e39]])),
            FRAMES,
            "frames, step 0: holds 1e+39; expected finite numbers of 32 bits.",
        ),
    ],
)
def test_what_a_task_cannot_read_is_refused_with_what_came(given, manifest, message):
    with pytest.raises(DataError, match=re.escape(message)):
        steps_of(given, SOURCE, manifest)


def test_of_several_inputs_the_row_is_named():
    with pytest.raises(DataError, match=r"^row 1: tokens, step 0: 9 came"):
        all_steps_of([OwnInput(tokens=[0]), OwnInput(tokens=[9])], SOURCE, TOKENS)
    with pytest.raises(DataError, match=r"^no row came that has 'text' or 'tokens'; expected at l"):
        all_steps_of([], SOURCE, TOKENS)
