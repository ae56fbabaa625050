import dataclasses

import pytest
from reporting_scenes import BITS, LABELS, cell

from seqarena.reporting.ranking import caveat, tables, verdict

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


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (
            [cell("a", SMALL), cell("b", LARGE)],
            "a has the best mean, and its interval overlaps with no other's.",
        ),
        (
            [cell("a", SMALL), cell("b", [1.6, 1.7, 1.8]), cell("c", [9.0, 9.1, 9.2])],
            "a has the best mean, but its interval overlaps with that of b: 3 seeds do not tell "
            "them apart. The other interval does not overlap with it.",
        ),
        (
            [cell("a", SMALL), cell("b", [1.6, 1.7, 1.8]), cell("c", [1.0, 2.0, 9.2])],
            "a has the best mean, but its interval overlaps with those of b and c: 3 seeds do not "
            "tell them apart.",
        ),
        (
            [cell("a", SMALL), cell("b", [3.0])],
            "a has the best mean. Some experiments ran with one seed only: how far their results "
            "move with the seed is unknown, so no order is claimed.",
        ),
        ([cell("a", SMALL)], "a stands alone: there is nothing to compare it with."),
        ([cell("a", [])], "No experiment of this task finished with a finite result."),
    ],
)
def test_the_verdict_claims_no_more_than_the_intervals_do(cells, expected):
    (table,) = tables([BITS], cells)
    assert verdict(table) == expected


def test_the_caveat_says_what_an_interval_covers():
    (table,) = tables([BITS], [cell("a", SMALL), cell("b", LARGE)])
    assert caveat(table) == (
        "± is half of a 95 % Student t interval over 3 seeds: how far the mean moves with the "
        "seed, on these test examples. It does not cover the choice of the examples, and a family "
        "that does not use the seed has ± 0. No significance test was made."
    )
    (single,) = tables([BITS], [cell("a", [1.0])])
    assert caveat(single) == "There is one seed, so there are no intervals."
