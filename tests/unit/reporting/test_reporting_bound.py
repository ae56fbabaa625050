import pytest

from seqarena.data.manifest import BestPossible
from seqarena.reporting.cells import Cell, SeedResult, TaskFacts
from seqarena.reporting.ranking import tables
from seqarena.schema import DataSchema


def best(on_test):
    return BestPossible(1.5, "bits", 0.0, 1.5, 1.5, "in closed form", on_test)


def cell(value):
    metrics = {"bits_per_step": value}
    return Cell("t-x", "t", "x", "none", "seqarena", (SeedResult(0, metrics, 10, 1.0, 1.0),))


@pytest.mark.parametrize(("on_test", "excess"), [(None, 0.1), (1.4, 0.2), (1.55, 0.05)])
def test_the_excess_is_over_what_the_true_process_scores_on_the_same_examples(on_test, excess):
    (table,) = tables(
        [TaskFacts("t", DataSchema("density"), best_possible=best(on_test))], [cell(1.6)]
    )
    assert table.rows[0].excess == pytest.approx(excess)


def test_the_bound_says_the_paired_value_and_the_expected_one():
    assert TaskFacts("t", DataSchema("density"), best_possible=best(1.4)).bound == (
        "1.400 bits on these test examples, where the true process itself scores that; "
        "1.500 in expectation (in closed form)"
    )
    unpaired = TaskFacts("t", DataSchema("density"), best_possible=best(None))
    assert unpaired.bound == "1.500 bits (in closed form)"
    assert TaskFacts("t", DataSchema("density")).bound is None
