"""A chart's drawing: well-formed, where the values are, and nothing but text from its texts."""

import io
import re
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.image import imread

from seqarena.charts.chart import Axis, Chart, Look, Point, ReferenceLine, Series, Trace
from seqarena.charts.palette import COLOURS
from seqarena.charts.png import png_of
from seqarena.charts.svg import drawing, standalone

HOSTILE = "</text><script>alert(1)</script><a href='x'>\"&"
POINTS = (Point(1.0, 2.0, "a: 2", y_range=(1.5, 2.5)), Point(10.0, 1.0, "b: 1", is_open=True))
CHART = Chart(
    "cost",
    "Cost",
    Axis("seconds", is_log=True),
    Axis("bits"),
    (
        Series("t-a", "a", "gru", Look(0, 0), (POINTS[0],)),
        Series("t-b", "b", "lstm", Look(1, 1), (POINTS[1],)),
    ),
    references=(ReferenceLine("floor 0.5", 0.5, "y", True), ReferenceLine("uniform 9", 9.0, "y")),
    front=((1.0, 2.0), (10.0, 2.0), (10.0, 1.0)),
)


def parsed(text):
    return ElementTree.fromstring(text)


def places(root):
    found = {}
    for path in root.iter("path"):
        if "data-tip" in path.attrib:
            x, y = re.findall(r"-?[\d.]+", path.get("transform"))
            found[path.get("data-tip")] = (float(x), float(y))
    return found


def test_better_and_cheaper_lies_further_down_and_left():
    at = places(parsed(drawing(CHART)))
    assert at["a: 2"][0] < at["b: 1"][0]
    assert at["a: 2"][1] < at["b: 1"][1]


def test_each_series_is_a_group_that_names_itself_and_its_family():
    groups = [g for g in parsed(drawing(CHART)).iter("g") if g.get("data-series")]
    named = [(g.get("data-series"), g.get("data-family"), g.get("class")) for g in groups]
    assert named == [("t-a", "gru", "series c0"), ("t-b", "lstm", "series c1")]


def test_a_bound_is_in_view_and_what_is_far_is_told_at_the_edge():
    texts = [text.text for text in parsed(drawing(CHART)).iter("text")]
    assert "floor 0.5" in texts and "uniform 9 ↑" in texts
    lines = [p for p in parsed(drawing(CHART)).iter("path") if "reference" in p.get("class", "")]
    assert [line.get("class") for line in lines] == ["reference bound"]


def test_names_of_lines_do_not_lie_on_each_other():
    near = tuple(ReferenceLine(f"n {i}", 1.0 + i / 1000, "y", True) for i in range(4))
    root = parsed(drawing(replace(CHART, references=near)))
    heights = sorted(float(t.get("y")) for t in root.iter("text") if t.text.startswith("n "))
    assert min(np.diff(heights)) >= 12


def test_categories_stand_from_the_top_in_their_order():
    rows = replace(
        CHART,
        x=Axis("bits"),
        y=Axis("", categories=("best", "worst")),
        series=(Series("s", "s", "f", Look(0, 0), (Point(1, 0, "p"), Point(2, 1, "q"))),),
        references=(),
        front=(),
    )
    at = places(parsed(drawing(rows)))
    assert at["p"][1] < at["q"][1] and at["p"][0] < at["q"][0]


def test_a_line_holds_its_values_for_whoever_asks():
    trace = Trace((1.0, 2.0), (0.123456, 0.5), "seed 0")
    series = Series("s", "s", "f", Look(0, 0), traces=(trace,))
    root = parsed(drawing(replace(CHART, series=(series,), x=Axis("epoch"), front=())))
    (line,) = [p for p in root.iter("polyline") if "trace" in p.get("class")]
    assert (line.get("data-x"), line.get("data-y")) == ("1 2", "0.1235 0.5")
    assert len(line.get("points").split()) == 2


@pytest.mark.parametrize("draw", [drawing, standalone])
def test_texts_are_text_wherever_they_stand(draw):
    series = Series(HOSTILE, HOSTILE, HOSTILE, Look(0, 0), (Point(1.0, 1.0, HOSTILE),))
    chart = replace(
        CHART,
        title=HOSTILE,
        x=Axis(HOSTILE),
        y=Axis(HOSTILE),
        series=(series,),
        references=(ReferenceLine(HOSTILE, 1.0, "x"),),
    )
    root = parsed(draw(chart))
    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert tags <= {"svg", "g", "path", "polyline", "rect", "style", "text"}
    assert any(element.text == HOSTILE for element in root.iter())


def test_a_file_has_title_and_legend_and_is_the_same_every_time():
    text = standalone(CHART)
    words = [element.text for element in parsed(text).iter("{http://www.w3.org/2000/svg}text")]
    assert words[0] == "Cost" and words[-2:] == ["a", "b"]
    assert text == standalone(CHART) and "var(" not in text


def test_the_picture_shows_the_marks_in_their_colours_where_the_drawing_has_them():
    pixels = imread(io.BytesIO(png_of(standalone(CHART))))[..., :3]
    at = places(parsed(drawing(CHART)))
    colour = np.array([int(COLOURS["light"][0][k : k + 2], 16) for k in (1, 3, 5)]) / 255
    down, across = np.nonzero(np.abs(pixels - colour).max(axis=2) < 0.02)
    own = down < 2 * 320  # The legend below it shows the mark again.
    x, y = at["a: 2"]
    assert np.median(across[own]) == pytest.approx(2 * x, abs=3)
    assert np.median(down[own]) == pytest.approx(2 * (y + 26), abs=3)
    # Letters are drawn: there is ink in the title.
    assert (pixels[10:44, 20:120].min(axis=2) < 0.3).any()
