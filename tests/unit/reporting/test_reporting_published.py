"""A published figure beside what stands here: the outcome, and where it is told."""

import json
from dataclasses import replace

import pytest
from reporting_scenes import LABELS, cell

from seqarena.reporting.markdown import markdown
from seqarena.reporting.published import Beside, PublishedFigure
from seqarena.reporting.records import comparison
from seqarena.reporting.report import whole_report
from seqarena.reporting.webpage import webpage


def figure(value, note=""):
    return PublishedFigure("old_network", value, 0.01, 0.05, "Somebody (1999)", "read", note)


def beside(found, value=0.9, *, is_high=True, note="", differences=()):
    return Beside(
        "digits", figure(value, note), "accuracy", is_high, "digits-lstm", found, differences
    )


@pytest.mark.parametrize(
    ("found", "outcome"),
    [
        (0.92, "surpassed"),
        (0.905, "reproduced"),
        (0.89, "reproduced"),
        (0.87, "approached"),
        (0.8, "missed"),
        (None, "no result"),
    ],
)
def test_the_distance_decides_whichever_way_is_better(found, outcome):
    assert beside(found).outcome == outcome
    mirrored = None if found is None else -found
    assert beside(mirrored, -0.9, is_high=False).outcome == outcome


def test_figures_under_other_rules_are_never_judged():
    other = beside(0.9, differences=("window is 9 here, 65 there",), note="short of hours")
    assert other.outcome == "other protocol"
    assert other.remark == "window is 9 here, 65 there; short of hours"


def test_a_reason_is_told_whatever_came_out_and_so_is_a_choice():
    assert beside(0.8, note="fewer passes").remark == "fewer passes"
    chosen = replace(beside(0.9, note="fewer passes"), n_rivals=3)
    assert chosen.remark == "fewer passes; of 3, by validation"
    assert beside(0.9).remark == ""


def test_every_form_of_the_report_tells_it():
    task = replace(LABELS, published=(beside(0.87, note="<b>fewer</b> passes"),))
    found = whole_report([task], [cell("lstm", [0.87], LABELS)])
    told = comparison(found)["tasks"]["digits"]["published"][0]
    assert (told["outcome"], told["figure"]["value"], told["found"]) == ("approached", 0.9, 0.87)
    json.dumps(told)
    line = next(each for each in markdown(found).splitlines() if "old_network (accuracy)" in each)
    assert "| 0.9 | 0.87 | approached | digits-lstm | read: Somebody (1999) |" in line
    page = webpage(found)
    assert ">approached</td>" in page
    assert "&lt;b&gt;fewer&lt;/b&gt; passes" in page
    assert "<b>fewer" not in page


def test_a_task_without_figures_has_no_such_section():
    found = whole_report([LABELS], [cell("lstm", [0.87], LABELS)])
    assert "published" not in markdown(found)
    assert "Beside published" not in webpage(found)
