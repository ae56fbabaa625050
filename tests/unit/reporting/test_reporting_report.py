import base64
import csv
import dataclasses
import hashlib
import io
import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from matplotlib.image import imread
from reporting_scenes import BITS, LABELS, cell, detailed, white_png, written

from seqarena.reporting import formatting
from seqarena.reporting.markdown import markdown
from seqarena.reporting.report import sheets_of, whole_report, write_report
from seqarena.reporting.sheets.csv_file import csv_text, inert
from seqarena.reporting.webpage import webpage

LOCAL = re.compile(r"data:image/png;base64,.*|#[\w-]+|(figures|tables)/[\w-]+\.(csv|png|svg)")
COSTS = ("flops", "parameters", "seconds")
HOSTILE = "</script><script>alert(1)</script>\"'><img src=x onerror=alert(2)>|`*_[x](javascript:1)"


class Reader(HTMLParser):
    """Collects what a browser would run or fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.scripts, self.sources, self.handlers, self.text = [], [], [], []
        self._in_script = False

    def handle_starttag(self, tag, attrs):
        self._in_script = tag == "script"
        for name, value in attrs:
            if name in ("src", "href", "srcset", "action", "data", "poster"):
                self.sources.append(value)
            if name.startswith("on"):
                self.handlers.append(value)

    def handle_endtag(self, _):
        self._in_script = False

    def handle_data(self, data):
        (self.scripts if self._in_script else self.text).append(data)


@pytest.fixture(scope="module")
def picture(tmp_path_factory):
    path = tmp_path_factory.mktemp("pictures") / "probe-0.png"
    path.write_bytes(white_png())
    return path


@pytest.fixture(scope="module")
def report(tmp_path_factory, picture):
    """The files of one whole report, by name."""
    return written(tmp_path_factory.mktemp("report"), [BITS], cells(picture), commit="abc")


def cells(picture):
    return [
        cell("markov", [1.7, 1.7, 1.7], family="markov_chain"),
        cell("lstm", [1.6, 1.65, 1.61], pictures=(picture, picture), flags=("look here",)),
        cell("gru", [None, 1.0], family="gru"),
        cell("failed", [], failures=("seed 0: NaN",)),
    ]


@pytest.mark.slow
def test_every_form_is_written(report):
    assert sorted(report) == [
        "comparison.html",
        "comparison.json",
        "comparison.md",
        "figures/source-attention.png",
        *[f"figures/source-cost-{cost}.{kind}" for cost in COSTS for kind in ("png", "svg")],
        "figures/source-quality.png",
        "figures/source-quality.svg",
        "plots/source.csv",
        "tables/overview.csv",
        "tables/source-results.csv",
    ]
    assert all(path.stat().st_size > 0 for path in report.values())


@pytest.mark.slow
def test_the_same_cells_are_the_same_bytes(tmp_path, picture, report):
    again = written(tmp_path, [BITS], cells(picture), commit="abc")
    assert {name: path.read_bytes() for name, path in again.items()} == {
        name: path.read_bytes() for name, path in report.items()
    }


def test_the_json_holds_every_number(report):
    content = json.loads(report["comparison.json"].read_text())
    assert content["facts"] == {"commit": "abc"}
    task = content["tasks"]["source"]
    assert task["metric"]["name"] == "bits_per_step" and task["best_possible"]["value"] == 1.5
    assert list(task["experiments"]) == [
        "source-lstm",
        "source-markov",
        "source-gru",
        "source-failed",
    ]
    lstm = task["experiments"]["source-lstm"]
    assert lstm["mean"] == pytest.approx(1.62) and lstm["low"] < 1.62 < lstm["high"]
    assert lstm["excess_over_best_possible"] == pytest.approx(0.12)
    assert lstm["seeds"]["1"]["metrics"] == {"bits_per_step": 1.65}
    assert task["experiments"]["source-gru"]["mean"] is None
    assert task["experiments"]["source-failed"]["failures"] == ["seed 0: NaN"]


def test_the_markdown_table_is_the_comparison(report):
    lines = report["comparison.md"].read_text().splitlines()
    start = lines.index(
        "| experiment | bits above the floor ↓ | bits per symbol ↓ | family | mechanism "
        "| parameters | fit | FLOPs | trials | seeds |"
    )
    assert lines[start + 1] == "| :-- | --: | --: | :-- | :-- | --: | --: | --: | --: | --: |"
    assert lines[start + 2] == (
        "| **lstm** | 0.120 ± 0.066 | 1.620 ± 0.066 | lstm | – | 1,234 | 3.0 s | 3 G | 1 | 3 |"
    )
    assert lines[start + 3].startswith("| markov | 0.200 ± 0 | 1.700 ± 0 | markov_chain | – |")
    assert lines[start + 4].startswith("| gru | – | ∞ | gru | – |")
    assert lines[start + 5] == "| failed | – | – | lstm | – | – | – | – | 1 | 0 |"
    assert lines[start + 6].startswith("| *floor* | 0.000 | 1.500 | reference | – |")
    assert "- **lstm**: look here" in lines and "- **failed**: seed 0: NaN" in lines
    assert "![quality on source](figures/source-quality.png)" in lines


def test_rows_for_dvc_plots_hold_finite_means(report):
    rows = list(csv.DictReader(io.StringIO(report["plots/source.csv"].read_text())))
    assert [row["experiment"] for row in rows] == ["source-lstm", "source-markov"]
    assert rows[0]["metric"] == "bits_per_step"
    assert float(rows[0]["mean"]) == pytest.approx(1.62)
    assert float(rows[0]["low"]) < 1.62 < float(rows[0]["high"])


def test_an_engine_is_named_where_there_are_two():
    found = [cell("a", [1.0]), cell("b", [2.0], engine="hmmlearn")]
    text = markdown(whole_report([BITS], found))
    assert "| engine |" in text and "| hmmlearn |" in text


def test_what_may_be_concluded_of_every_task_stands_first():
    whole = whole_report([BITS], [cell("a", [1.0]), cell("b", [2.0])])
    (section,) = whole.sections
    line = f"- {BITS.name}: {section.verdict}"
    text = markdown(whole)
    assert text.index("What may be concluded:") < text.index(line) < text.index("## ")
    page = webpage(whole)
    said = f'<a href="#task-1">{BITS.name}</a>: {section.verdict}'
    assert page.index("What may be concluded") < page.index(said) < page.index('id="task-1"')


def read_page(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    return reader


def test_the_page_fetches_nothing(report):
    page = read_page(report["comparison.html"].read_text())
    assert sum(source.startswith("data:image/png") for source in page.sources) == 2
    assert all(LOCAL.fullmatch(source) for source in page.sources)


def test_the_page_runs_the_one_script_that_its_policy_names(report):
    text = report["comparison.html"].read_text()
    (script,) = read_page(text).scripts
    named = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)[1]
    assert policy == (
        f"default-src 'none'; script-src 'sha256-{named}'; style-src 'unsafe-inline'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def hostile_report(picture):
    task = dataclasses.replace(BITS, description=HOSTILE)
    words = {"family": HOSTILE, "mechanism": HOSTILE, "flags": (HOSTILE,)}
    found = [
        cell("a", [1.0], pictures=(picture,), **words),
        cell("b", [2.0], failures=(HOSTILE,)),
    ]
    return whole_report([task], found, {"commit": HOSTILE})


def test_hostile_texts_are_shown_on_the_page_and_never_run(picture):
    page = read_page(webpage(hostile_report(picture)))
    assert len(page.scripts) == 1 and "alert" not in page.scripts[0]
    assert page.handlers == []
    assert all(LOCAL.fullmatch(source) for source in page.sources)
    told = "".join(page.text)
    assert told.count(HOSTILE) > 6 and "alert(1)" in told


def test_hostile_texts_have_no_effect_in_markdown(picture):
    text = markdown(hostile_report(picture))
    assert re.search(r"(?<!\\)[<\[]/?(script|img|x)", text) is None
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in lines} == {7, 11}


def test_too_many_pictures_leave_the_first_example(picture, monkeypatch):
    found = whole_report([BITS], cells(picture))
    whole = read_page(webpage(found))
    monkeypatch.setattr("seqarena.reporting.webpage.PICTURE_BUDGET", picture.stat().st_size)
    short = read_page(webpage(found))
    assert len(whole.sources) - len(short.sources) == 1
    assert "Example " in " ".join(whole.text) and "Example " not in " ".join(short.text)


def test_a_task_whose_experiments_all_failed_is_reported_as_such(tmp_path):
    files = written(tmp_path, [BITS], [cell("a", [], failures=("seed 0: NaN",))])
    assert not any(name.startswith("figures/") for name in files)
    text = files["comparison.md"].read_text()
    assert "| a | – | – | lstm | – | – | – | – | 1 | 0 |" in text.replace("**", "")
    assert "- **a**: seed 0: NaN" in text


@pytest.mark.slow
def test_the_better_experiment_stands_further_up_and_right_of_the_floor(tmp_path):
    found = [cell("good", [0.9, 0.9], LABELS), cell("bad", [0.2, 0.2], LABELS, family="elman_rnn")]
    path = written(tmp_path, [LABELS], found)["figures/digits-quality.png"]
    picture = imread(path)[..., :3]
    orange, blue = ((213, 94, 0), (0, 114, 178))  # second family by name, and first
    good, bad = (_centre(picture, np.array(colour) / 255) for colour in (orange, blue))
    assert good[0] < bad[0] and good[1] > bad[1]


def _centre(picture, colour):
    down, across = np.nonzero(np.abs(picture - colour).max(axis=2) < 0.02)
    return down.mean(), across.mean()


def test_each_task_tells_how_large_it_is_and_what_was_left_out(tmp_path):
    counts = {
        "examples_dropped_for_a_missing_cell": 1200,
        "duplicates_across_splits": 3,
        "near_duplicates_in_test": 0,
    }
    sizes = {"train": 5000, "valid": 6, "test": 7}
    task = dataclasses.replace(BITS, sizes=sizes, counts=counts, duplicates="drop")
    files = written(tmp_path, [task], [cell("a", [1.0])])
    said = (
        "Sequences: train 5,000, valid 6, test 7. Counted in preparing them: examples dropped for "
        "a missing cell 1,200, duplicates across splits 3 (taken out of the earlier split)."
    )
    assert said in files["comparison.md"].read_text()
    assert said in files["comparison.html"].read_text()
    told = json.loads(files["comparison.json"].read_text())["tasks"]["source"]
    assert (told["n_sequences"], told["counts"], told["duplicates"]) == (sizes, counts, "drop")


def test_a_task_of_which_nothing_was_counted_tells_its_sizes_alone():
    task = dataclasses.replace(BITS, sizes={"train": 1}, counts={"files_passed_over": 0})
    assert formatting.prepared(task) == "Sequences: train 1."
    assert formatting.prepared(BITS) == ""


def test_every_file_that_the_page_links_to_is_written(report):
    page = read_page(report["comparison.html"].read_text())
    linked = {source for source in page.sources if source.startswith(("figures/", "tables/"))}
    assert linked and linked <= set(report)


@pytest.mark.slow
def test_json_and_markdown_hold_every_table_and_chart_of_the_page(tmp_path):
    found = [cell("a", [1.0, 2.0], details=detailed()), cell("b", [2.0, 3.0], family="gru")]
    files = written(tmp_path, [BITS], found)
    task = json.loads(files["comparison.json"].read_text())["tasks"]["source"]
    text, page = files["comparison.md"].read_text(), files["comparison.html"].read_text()
    assert set(task["tables"]) == {"results", "calibration", "by-length"}
    assert set(task["charts"]) == {
        "quality",
        *(f"cost-{cost}" for cost in COSTS),
        *("learning-epochs", "learning-seconds", "calibration", "by-length"),
    }
    for name, chart in task["charts"].items():
        assert f"](figures/source-{name}.png)" in text and f'"figures/source-{name}.svg"' in page
        assert chart["series"]
    for name, sheet in task["tables"].items():
        assert f'"tables/source-{name}.csv"' in page
        for row in sheet["rows"]:
            assert f"{row[0]}" in text and ">" + row[0] in page
    assert task["charts"]["learning-epochs"]["series"]["source-a"]["traces"][0] == {
        "x": "1 2 3",
        "y": "2 1.5 1.25",
    }


def test_a_cell_that_a_spreadsheet_would_run_is_made_inert():
    active = ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", " =1", "\n=1"]
    assert [inert(text) for text in active] == [f"'{text}" for text in active]
    assert inert("a=1") == "a=1"


def test_a_table_as_csv_has_numbers_in_full_and_the_ends_of_their_intervals():
    found = [cell("=HYPERLINK(1)", [1.0, 2.0]), cell("b", [None, 1.0])]
    sheet = sheets_of(whole_report([BITS], found))["source-results"]
    rows = list(csv.DictReader(io.StringIO(csv_text(sheet))))
    assert rows[0]["experiment"] == "'=HYPERLINK(1)"
    assert float(rows[0]["bits per symbol ↓"]) == 1.5
    assert float(rows[0]["bits per symbol ↓ low"]) == pytest.approx(1.5 - 12.706 * 0.5, abs=1e-3)
    assert float(rows[0]["bits above the floor ↓"]) == 0.0
    assert rows[1]["bits per symbol ↓"] == "∞"
    assert rows[2]["experiment"] == "floor"


def test_names_that_are_no_file_names_stay_within_the_report(tmp_path):
    task = dataclasses.replace(BITS, name="../../etc/passwd")
    (tmp_path / "in").mkdir()
    files = write_report(tmp_path / "in", whole_report([task], [cell("a", [1.0], task)]))
    assert all(path.resolve().is_relative_to(tmp_path / "in") for path in files)
