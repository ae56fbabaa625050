import math

import pytest

from seqarena.charts.scale import Scale, scale_of
from seqarena.errors import DataError


def test_values_lie_between_the_ends_in_proportion():
    scale = Scale(0.0, 10.0, 100.0, 300.0)
    assert [scale.at(value) for value in (0, 2.5, 10)] == [100, 150, 300]


def test_a_logarithmic_scale_gives_each_factor_of_ten_the_same_room():
    scale = Scale(1.0, 1000.0, 0.0, 300.0, is_log=True)
    assert [scale.at(value) for value in (1, 10, 100, 1000)] == pytest.approx([0, 100, 200, 300])


def test_an_axis_may_run_upwards():
    assert Scale(0.0, 1.0, 200.0, 0.0).at(0.25) == 150


@pytest.mark.parametrize(
    ("ends", "texts"),
    [
        ((0.0, 1.0), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
        ((-0.1, 0.1), ["-0.10", "-0.05", "0.00", "0.05", "0.10"]),
        ((1.50, 1.62), ["1.50", "1.55", "1.60"]),
        ((0.0, 40_000.0), ["0", "10 k", "20 k", "30 k", "40 k"]),
    ],
)
def test_marks_are_round_numbers_with_as_many_digits_as_their_step(ends, texts):
    assert [text for _, text in Scale(*ends, 0.0, 1.0).marks()] == texts


def test_marks_of_a_logarithmic_scale_are_few():
    assert [t for _, t in Scale(90.0, 1100.0, 0.0, 1.0, is_log=True).marks()] == [
        *("100", "300", "1 k"),
    ]
    wide = Scale(1e-3, 1e15, 0.0, 1.0, is_log=True).marks()
    assert 4 <= len(wide) <= 8


@pytest.mark.parametrize("values", [[3.0], [3.0, 3.0], [2.0, 2.5], [0.0], [-2.0, 5.0]])
def test_everything_that_was_given_is_on_the_axis_even_a_single_value(values):
    is_log = min(values) > 0
    scale = scale_of(values, 0.0, 100.0, is_log=is_log)
    assert all(scale.holds(value) and 0 < scale.at(value) < 100 for value in values)
    assert scale.marks()


def test_what_no_axis_can_show_is_refused():
    with pytest.raises(DataError) as caught:
        scale_of([1.0, math.inf], 0.0, 1.0)
    assert str(caught.value) == "an axis cannot show [1.0, inf]; it needs finite values."
    with pytest.raises(DataError) as caught:
        scale_of([0.0, 1.0], 0.0, 1.0, is_log=True)
    assert str(caught.value) == (
        "a logarithmic axis cannot show 0.0; leave out what is not above 0."
    )
