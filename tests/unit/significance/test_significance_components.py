import numpy as np
import pytest

from seqarena.significance.components import ErrorParts, error_parts


def parts_of(one, other):
    one, other = (np.asarray(each, dtype=np.float64) for each in (one, other))
    return error_parts((one.mean(axis=1), other.mean(axis=1)), (one, other))


def test_seeds_and_examples_worked_by_hand():
    found = parts_of([[1, 1, 1, 0], [1, 1, 0, 0]], [[1, 0, 0, 0], [1, 0, 0, 0]])
    # Scores 3/4 and 1/2: variance 1/32, of their mean 1/64. The other does not move.
    assert found.of_seeds == (1 / 64, 0.0)
    # Differences 0, 1, 1/2, 0: variance 11/48, of their mean a fourth.
    assert found.of_examples == pytest.approx(11 / 192)
    # Residuals of the first: the third example is off by 3/8 either way, the others by 1/8.
    squares = 2 * ((3 / 8) ** 2 + 3 * (1 / 8) ** 2)
    assert found.in_both == pytest.approx(squares / 3 / 8)
    assert found.variance == pytest.approx(1 / 64 + 11 / 192 - squares / 24)


def test_seeds_rest_on_the_degrees_of_welch_and_examples_on_their_own():
    # 5 over examples hold 1 that the seeds hold too.
    found = ErrorParts((1.0, 2.0), 5.0, 1.0, (3, 5), 10)
    assert found.variance == 7.0
    # Of the seeds, as Welch has it: 3 ** 2 / (1 / 2 + 4 / 4).
    assert found.parts == ((3.0, pytest.approx(6.0)), (4.0, 9))


def test_the_error_is_never_below_that_of_seeds_or_of_examples_alone():
    assert ErrorParts((1.0, 0.0), 1.0, 1.5, (3, 3), 10).variance == 1.0
    assert ErrorParts((0.1, 0.0), 1.0, 0.5, (3, 3), 10).variance == 1.0
    assert ErrorParts((2.0, 1.0), 0.1, 0.4, (3, 3), 10).variance == 3.0
    assert ErrorParts((2.0, 1.0), 0.1, 0.4, (3, 3), 10).parts[1] == (0.0, 9)


def test_fits_that_do_not_differ_have_no_error():
    found = parts_of([[1, 2, 3]] * 2, [[1, 2, 3]] * 3)
    assert (found.variance, found.parts) == (0.0, ((0.0, 3), (0.0, 2)))


@pytest.mark.slow
def test_the_parts_are_right_on_average():
    rng = np.random.default_rng(0)
    n, n_seeds, n_examples = 4000, 3, 12
    found = []
    values = np.empty(n)
    for number in range(n):
        family, seed, cell = (
            rng.normal(0, 2, size=(2, 1, n_examples)),
            rng.normal(0, 1, size=(2, n_seeds, 1)),
            rng.normal(0, 3, size=(2, n_seeds, n_examples)),
        )
        one, other = family + seed + cell
        values[number] = one.mean() - other.mean()
        found.append(parts_of(one, other))
    in_both = 2 * 9 / 36
    assert np.mean([each.in_both for each in found]) == pytest.approx(in_both, rel=0.05)
    assert np.mean([sum(each.of_seeds) for each in found]) == pytest.approx(
        2 / 3 + in_both, rel=0.05
    )
    assert np.mean([each.of_examples for each in found]) == pytest.approx(
        8 / 12 + in_both, rel=0.05
    )
    assert values.var() == pytest.approx(2 / 3 + 8 / 12 + in_both, rel=0.1)
    # Never below the truth on average: it takes the larger where the sum would fall short.
    assert 1.0 < np.mean([each.variance for each in found]) / values.var() < 1.15
