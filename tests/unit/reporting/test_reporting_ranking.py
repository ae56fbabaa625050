import dataclasses

import pytest
from reporting_scenes import BITS, LABELS, cell

from seqarena.reporting.ranking import tables

SMALL, LARGE = [1.60, 1.61, 1.62], [2.0, 2.1, 2.2]


def labels(task, *cells):
    (table,) = tables([task], cells)
    return [row.label for row in table.rows]


def test_few_bits_come_first_and_high_accuracy_comes_first():
    few, many = cell("few", SMALL), cell("many", LARGE)
    assert labels(BITS, many, few) == ["few", "many"]
    low, high = cell("low", [0.5, 0.6], LABELS), cell("high", [0.8, 0.9], LABELS)
    assert labels(LABELS, low, high) == ["high", "low"]


def test_infinite_results_come_after_finite_ones_and_failures_last():
    impossible, failed = cell("impossible", [1.0, None]), cell("failed", [])
    assert labels(BITS, failed, impossible, cell("worst", [99.0, 99.0])) == [
        "worst",
        "impossible",
        "failed",
    ]


def test_a_row_aggregates_over_seeds():
    (table,) = tables([BITS], [cell("a", SMALL)])
    (row,) = table.rows
    assert row.interval.mean == pytest.approx(1.61)
    assert row.excess == pytest.approx(0.11)
    assert (row.n_parameters, row.wall_seconds, row.cpu_seconds) == (1234, 3.0, 1.5)
    assert row.training_flops == 3e9
    assert row.further("perplexity") is None


def test_excess_is_positive_below_a_ceiling_too():
    ceiling = dataclasses.replace(BITS.best_possible, value=0.9)
    task = dataclasses.replace(LABELS, best_possible=ceiling)
    (table,) = tables([task], [cell("a", [0.8, 0.8], LABELS)])
    assert table.rows[0].excess == pytest.approx(0.1)


def test_tables_follow_the_tasks_and_empty_ones_are_left_out():
    found = tables([LABELS, BITS], [cell("a", SMALL), cell("b", [0.1], LABELS)])
    assert [table.task.name for table in found] == ["digits", "source"]
    assert tables([LABELS, BITS], [cell("a", SMALL)])[0].task is BITS
