import pytest

from seqarena.reporting import formatting
from seqarena.significance.seeds import Interval, t_interval


@pytest.mark.parametrize(
    ("interval", "text"),
    [
        (Interval(0.91234, 0.9, 0.92468, 3), "0.912 ± 0.012"),
        (t_interval([2.5]), "2.500"),
        (t_interval([2.5, 2.5]), "2.500 ± 0"),
        (Interval(1.0, 0.9999, 1.0001, 3), "1.000 ± <0.001"),
        (None, "–"),
    ],
)
def test_means_have_as_many_digits_as_their_interval(interval, text):
    assert formatting.measured(interval) == text


def test_what_is_published_with_four_digits_is_shown_with_four():
    assert formatting.measured(Interval(0.07570, 0.0741, 0.0773, 3), 4) == "0.0757 ± 0.0016"
    assert formatting.measured(Interval(0.0757, 0.07568, 0.07572, 3), 4) == "0.0757 ± <0.0001"
    assert formatting.signed(0.00006, 4) == "+0.0001"
    assert formatting.signed(0.00004, 4) == "0.0000"


def test_an_infinite_result_is_no_missing_one():
    assert formatting.measured(None, is_infinite=True) == "∞"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.001, "< 0.01 s"),
        (0.034, "0.03 s"),
        (0.996, "1.0 s"),
        (4.23, "4.2 s"),
        (9.97, "10 s"),
        (75.4, "75 s"),
        (599.0, "599 s"),
        (720.0, "12 min"),
        (None, "–"),
    ],
)
def test_times_have_two_digits(value, text):
    assert formatting.seconds(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (7.0, "7"),
        (999.0, "999"),
        (999.9, "1 k"),
        (1234.0, "1.23 k"),
        (8.2e12, "8.2 T"),
        (None, "–"),
    ],
)
def test_large_numbers_have_a_prefix(value, text):
    assert formatting.scaled(value) == text


def test_counts_and_gaps():
    assert formatting.count(12345) == "12,345" and formatting.count(None) == "–"
    assert formatting.signed(0.0364) == "+0.036" and formatting.signed(-0.1) == "-0.100"
    assert formatting.signed(-1e-17) == formatting.signed(0.0004) == "0.000"
