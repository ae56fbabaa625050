"""Floors, ceilings and baselines: only what was computed or declared."""

import dataclasses
import math

import pytest
from reporting_scenes import BITS, LABELS, cell

from seqarena.data.manifest import BestPossible
from seqarena.reporting.published import Beside, PublishedFigure
from seqarena.reporting.ranking import tables
from seqarena.reporting.references import references_of
from seqarena.reporting.sheets.headline import headline, overview_sheet
from seqarena.reporting.sheets.results import results_sheet
from seqarena.schema import DataSchema

SOURCE = dataclasses.replace(
    BITS,
    schema=DataSchema("density", n_symbols=8),
    best_possible=BestPossible(1.5, "bits", 0.01, 1.4, 1.6, "forward recursion", on_test=1.47),
)
DIGITS = dataclasses.replace(LABELS, schema=DataSchema("classification", n_classes=10))


def table(task, *found):
    return tables([task], found)[0]


def told(task, *found):
    return {each.name: (each.value, each.kind) for each in references_of(table(task, *found))}


def test_a_known_source_has_its_process_its_entropy_rate_and_the_uniform_guess():
    assert told(SOURCE, cell("a", [2.0], SOURCE)) == {
        "true process": (1.47, "bound"),
        "entropy rate": (1.5, "expectation"),
        "uniform": (3.0, "guess"),
    }
    assert told(DIGITS, cell("a", [0.5], DIGITS)) == {"uniform guess": (0.1, "guess")}


def test_baselines_are_the_best_experiment_of_their_kind():
    found = told(
        SOURCE,
        cell("m3", [1.8], SOURCE, baseline="n-gram"),
        cell("m1", [2.0], SOURCE, baseline="n-gram"),
        cell("m0", [2.9], SOURCE, baseline="unigram"),
        cell("lstm", [1.6], SOURCE),
    )
    assert found["best n-gram"] == (1.8, "baseline") and found["unigram"] == (2.9, "baseline")


def beside(differences=(), metric="accuracy"):
    figure = PublishedFigure("old", 0.9, 0.01, 0.05, "Somebody (1999)", "read")
    return Beside("digits", figure, metric, True, "digits-a", 0.5, differences)


def test_a_published_number_is_a_line_only_under_the_same_rules_and_metric():
    def names(each):
        return told(dataclasses.replace(DIGITS, published=(each,)), cell("a", [0.5], DIGITS))

    assert names(beside())["old"] == (0.9, "published")
    assert "old" not in names(beside(("other split",)))
    assert "old" not in names(beside(metric="macro_f1"))


def test_the_headline_is_the_distance_to_the_floor():
    first = table(SOURCE, cell("lstm", [1.5, 1.52], SOURCE), cell("m1", [2.0, 2.0], SOURCE))
    assert headline(first) == (
        "lstm: 0.040 ± 0.127 bits above the floor (bits per symbol 1.510 ± 0.127)"
    )
    assert headline(table(DIGITS, cell("a", [0.5], DIGITS))) == "a: accuracy 0.500"
    ceiling = dataclasses.replace(
        DIGITS, best_possible=BestPossible(1.0, "share", 0.0, 1.0, 1.0, "the rule is known")
    )
    found = headline(table(ceiling, cell("a", [0.9, 0.8], ceiling)))
    assert found.startswith("a: 0.150 ± 0.635 accuracy below the ceiling")
    nobody = table(DIGITS, cell("a", [], DIGITS))
    assert headline(nobody) == "No experiment of this task finished with a finite result."


def test_the_distance_has_the_interval_of_the_mean_the_right_way_round():
    ceiling = dataclasses.replace(
        DIGITS, best_possible=BestPossible(1.0, "share", 0.0, 1.0, 1.0, "the rule is known")
    )
    sheet = results_sheet(table(ceiling, cell("a", [0.9, 0.8], ceiling)))
    (column,) = [c for c in sheet.columns if c.title == "accuracy below the ceiling ↓"]
    low, high = column.values[0].ends
    assert (column.values[0].sort - low) == pytest.approx(high - column.values[0].sort)
    assert low < column.values[0].sort < high


def test_references_are_rows_marked_as_such_and_baselines_are_named():
    sheet = results_sheet(table(SOURCE, cell("m3", [1.8], SOURCE, baseline="n-gram")))
    kinds = [sheet.mark(index).kind for index in range(sheet.n_rows)]
    assert kinds == ["best", "reference", "reference", "reference"]
    rows = sheet.texts()
    assert rows[1][:5] == ("true process", "0.000", "1.470", "reference", "–")
    assert rows[3][:5] == ("uniform", "1.530", "3.000", "reference", "–")
    assert sheet.about.endswith("uniform: 8 equal symbols; n-gram: m3.")


def test_the_overview_says_the_best_of_every_task():
    both = (table(SOURCE, cell("lstm", [1.5], SOURCE)), table(DIGITS, cell("a", [], DIGITS)))
    assert overview_sheet(both).texts() == [
        *[("source", "bits per symbol ↓", "lstm", "1.500", "0.030 bits above the floor", "1")],
        *[("digits", "accuracy ↑", "–", "–", "–", "1")],
    ]


def test_a_guess_follows_from_the_schema():
    of_five = dataclasses.replace(SOURCE, schema=DataSchema("density", n_symbols=5))
    assert told(of_five, cell("a", [2.0], of_five))["uniform"][0] == pytest.approx(math.log2(5))


def test_an_experiment_named_none_keeps_its_name_and_no_mechanism_is_a_dash():
    found = [cell("none", [1.8], SOURCE), cell("m3", [1.9], SOURCE, mechanism="softmax")]
    columns = {c.title: c for c in results_sheet(table(SOURCE, *found)).columns}
    assert [value.text for value in columns["experiment"].values[:2]] == ["none", "m3"]
    assert [value.text for value in columns["mechanism"].values[:2]] == ["–", "softmax"]
