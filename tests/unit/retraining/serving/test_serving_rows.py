import re

import numpy as np
import pandas as pd
import pytest

from seqarena.errors import DataError
from seqarena.retraining.serving.rows import inputs_in


def test_a_row_has_what_it_has_and_the_others_lack_it():
    first, second = inputs_in(pd.DataFrame([{"text": "a"}, {"tokens": [1, 2]}]))
    assert (first.text, first.tokens) == ("a", None)
    assert (second.text, second.tokens) == (None, [1, 2])


def test_arrays_of_numpy_are_read_like_lists():
    rows = pd.DataFrame({"tokens": [np.array([1, 2])], "frames": [np.ones((2, 3))]})
    (found,) = inputs_in(rows)
    assert found.tokens == [1, 2] and found.frames.tolist() == np.ones((2, 3)).tolist()


def test_whole_numbers_are_numbers_of_a_frame():
    (found,) = inputs_in(pd.DataFrame([{"frames": [[1, 2.5], [3, 4]]}]))
    assert found.frames.dtype == np.float64 and found.frames.tolist() == [[1, 2.5], [3, 4]]


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        (
            {"text": ["a", "b"]},
            "row 1: text: list ['a', 'b'] came; expected a string. Several rows are sent as "
            '{"dataframe_records": [{...}, ...]}.',
        ),
        ({"tokens": 3}, "row 1: tokens: int 3 came; expected a list of whole numbers."),
        ({"tokens": [1, True]}, "row 1: tokens, step 1: bool True came; expected a whole number."),
        ({"tokens": [1, "2"]}, "row 1: tokens, step 1: str '2' came; expected a whole number."),
        ({"frames": "x"}, "row 1: frames: str 'x' came; expected a list of steps, each a list of"),
        (
            {"frames": [[1, 2], 3]},
            "row 1: frames, step 1: int 3 came; expected a list of numbers.",
        ),
        (
            {"frames": [[1, 2], [3, None]]},
            "row 1: frames, step 1: number 1 is NoneType None; expected a number.",
        ),
        ({"frames": [[1, "2"]]}, "row 1: frames, step 0: number 1 is str '2'; expected a number."),
        (
            {"frames": [[True, False]]},
            "row 1: frames, step 0: number 0 is bool True; expected a number.",
        ),
        (
            {"frames": [[1, 2], [3]]},
            "row 1: frames, step 1: 1 numbers came, and the first step has 2; each step of a task "
            "has as many.",
        ),
    ],
)
def test_a_cell_of_another_type_is_refused_with_its_row_and_step(cells, message):
    (name,) = cells
    good = {"text": "a", "tokens": [1], "frames": [[1.0]]}[name]
    rows = pd.DataFrame({name: pd.Series([good, cells[name]], dtype=object)})
    with pytest.raises(DataError, match=re.escape(message)):
        inputs_in(rows)
