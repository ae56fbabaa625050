"""What the charts of a report show: fronts, losses, calibration, slices, scales."""

import dataclasses
import math

import pytest
from reporting_scenes import BITS, LABELS, cell, detailed

from seqarena.data.manifest import BestPossible
from seqarena.reporting.details import Curve, Details, Scale, ScalingPoint, SliceScore
from seqarena.reporting.plots.pareto import front_of, staircase
from seqarena.reporting.ranking import tables
from seqarena.reporting.sections import scaling_charts, sections_of


def charts(*found, task=BITS):
    (section,) = sections_of(tables([task], found))
    return {chart.name: chart for chart in section.charts}


def test_the_front_is_what_no_other_beats_in_both():
    costs, losses = [1.0, 2.0, 3.0, 4.0, 5.0], [5.0, 3.0, 4.0, 1.0, 1.0]
    assert front_of(costs, losses, higher_is_better=False) == (0, 1, 3)
    scores = [-loss for loss in losses]
    assert front_of(costs, scores, higher_is_better=True) == (0, 1, 3)


def test_equals_are_on_the_front_together():
    assert front_of([1.0, 1.0, 2.0], [3.0, 3.0, 3.0], higher_is_better=False) == (0, 1)


def test_a_front_is_drawn_as_what_each_cost_can_buy():
    assert staircase([1.0, 2.0], [5.0, 3.0], (0, 1)) == ((1, 5.0), (2, 5.0), (2, 3.0))


def with_cost(name, value, n_parameters, seconds, **fields):
    made = cell(name, [value, value], **fields)
    seeds = [
        dataclasses.replace(s, n_parameters=n_parameters, wall_seconds=seconds + s.seed)
        for s in made.seeds
    ]
    return dataclasses.replace(made, seeds=tuple(seeds))


def test_cost_charts_mark_the_front_whichever_way_is_better():
    cheap, dear = with_cost("cheap", 1.0, 10, 1.0), with_cost("dear", 0.5, 1000, 9.0)
    dominated = with_cost("poor", 2.0, 2000, 20.0)
    drawn = charts(cheap, dear, dominated)["cost-parameters"]
    assert {s.label: s.points[0].is_open for s in drawn.series} == {
        "cheap": False,
        "dear": False,
        "poor": True,
    }
    assert drawn.front == ((10.0, 1.0), (1000.0, 1.0), (1000.0, 0.5))
    labels = [with_cost(n, v, p, 1.0, task=LABELS) for n, v, p in (("a", 0.9, 10), ("b", 0.8, 99))]
    front = charts(*labels, task=LABELS)["cost-parameters"].front
    assert front == ((10.0, 0.9),)


def test_time_spreads_over_the_seeds_and_what_was_not_counted_is_named():
    counted, other = with_cost("a", 1.0, 10, 1.0), with_cost("b", 2.0, 10, 1.0)
    third = with_cost("c", 3.0, 10, 1.0)
    bare = [dataclasses.replace(seed, training_flops=None) for seed in third.seeds]
    drawn = charts(counted, other, dataclasses.replace(third, seeds=tuple(bare)))
    assert drawn["cost-seconds"].series[0].points[0].x_range == (1.0, 2.0)
    assert "Not counted for c." in drawn["cost-flops"].about
    assert [series.label for series in drawn["cost-flops"].series] == ["a", "b"]


def test_losses_of_unlike_kinds_never_meet_in_one_chart():
    own = detailed(reliability=None, slices=())
    joint = dataclasses.replace(own, loss="of inputs and labels together")
    drawn = charts(cell("net", [1.0], details=own), cell("bayes", [2.0], details=joint))
    shown = {name: [s.label for s in c.series] for name, c in drawn.items() if "learning" in name}
    assert shown == {
        "learning-epochs": ["net"],
        "learning-seconds": ["net"],
        "learning-epochs-2": ["bayes"],
        "learning-seconds-2": ["bayes"],
    }
    assert "of inputs and labels together" in drawn["learning-epochs-2"].about


def test_there_is_one_line_per_seed_and_none_for_a_single_pass():
    drawn = charts(cell("net", [1.0], details=detailed()))["learning-epochs"]
    assert [trace.ys for trace in drawn.series[0].traces] == [(2.0, 1.5, 1.25), (2.1, 1.6)]
    counted = Details(curves=(Curve(0, (1,), (0.1,), (1.5,)),))
    assert "learning-epochs" not in charts(cell("counts", [1.0], details=counted))


def test_bins_outside_of_what_chance_shows_are_filled():
    drawn = charts(cell("a", [0.5], LABELS, details=detailed()), task=LABELS)["calibration"]
    assert [point.is_open for point in drawn.series[0].points] == [True, False]
    assert drawn.series[0].points[1].null_range == (0.9, 1.0)


def test_slices_have_intervals_over_seeds_and_infinite_ones_are_said():
    ruled_out = SliceScore("length", "21–30", 21.0, 30.0, 25, (math.inf, 1.0))
    slices = (SliceScore("length", "10–20", 10.0, 20.0, 25, (0.5, 0.75)), ruled_out)
    found = cell("a", [1.0, 2.0], details=detailed(slices=slices, curves=(), reliability=None))
    (section,) = sections_of(tables([BITS], [found]))
    (sheet,) = section.sheets
    assert sheet.texts() == [("a", "0.625 ± 1.588", "∞")]
    (series,) = {chart.name: chart for chart in section.charts}["by-length"].series
    assert [point.y for point in series.points] == [0.625]


def scaled_tasks():
    floors = {"small": 1.5, "large": 1.4}
    return [
        dataclasses.replace(
            BITS, name=name, best_possible=BestPossible(floor, "bits", 0.0, floor, floor, "x")
        )
        for name, floor in floors.items()
    ]


def test_a_scaling_curve_is_of_the_distance_to_each_floor_and_joins_the_same_family():
    small, large = scaled_tasks()
    found = [
        cell("hmm", [1.7], small, entry="hmm"),
        cell("hmm_4", [1.45], large, entry="hmm"),
        cell("once", [1.6], large, entry="once"),
    ]
    points = (ScalingPoint("small", 100.0), ScalingPoint("large", 1000.0))
    scale = Scale("scaling-training-size", "training sequences", points, True)
    (chart,) = scaling_charts(tables([small, large], found), [scale])
    assert [series.label for series in chart.series] == ["hmm"]
    assert [(p.x, p.y) for p in chart.series[0].points] == [
        (100, pytest.approx(0.2)),
        (1000, pytest.approx(0.05)),
    ]
    assert chart.y.label == "bits above the floor" and "same test" in chart.about


def test_where_no_family_has_two_sizes_there_is_no_such_chart():
    small, large = scaled_tasks()
    points = (ScalingPoint("small", 100.0), ScalingPoint("large", 1000.0))
    found = tables([small, large], [cell("a", [1.7], small), cell("b", [1.7], large)])
    assert scaling_charts(found, [Scale("scaling", "n", points, True)]) == ()
