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
from reporting_scenes import BITS, LABELS, cell, white_png

from seqarena.reporting import formatting
from seqarena.reporting.markdown import markdown
from seqarena.reporting.ranking import tables
from seqarena.reporting.report import write_report
from seqarena.reporting.webpage import webpage

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


def written(folder, tasks, found, **facts):
    return {
        str(path.relative_to(folder)): path for path in write_report(folder, tasks, found, facts)
    }


@pytest.mark.slow
def test_every_form_is_written(report):
    assert sorted(report) == [
        "comparison.html",
        "comparison.json",
        "comparison.md",
        "figures/source-attention.png",
        "figures/source-cost.png",
        "figures/source-cost.svg",
        "figures/source-quality.png",
        "figures/source-quality.svg",
        "plots/source.csv",
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
        "| experiment | family | mechanism | bits per symbol ↓ | above best | parameters | fit "
        "| FLOPs |"
    )
    assert lines[start + 1] == "| :-- | :-- | :-- | --: | --: | --: | --: | --: |"
    assert lines[start + 2] == (
        "| **lstm** | lstm | – | 1.620 ± 0.066 | +0.120 | 1,234 | 3.0 s | 3 G |"
    )
    assert lines[start + 3].startswith("| markov | markov_chain | – | 1.700 ± 0 | +0.200 |")
    assert lines[start + 4].startswith("| gru | gru | – | ∞ | – |")
    assert lines[start + 5] == "| failed | lstm | – | – | – | – | – | – |"
    assert "- **lstm**: look here" in lines and "- **failed**: seed 0: NaN" in lines
    assert "![quality on source](figures/source-quality.png)" in lines


def test_rows_for_dvc_plots_hold_finite_means(report):
    rows = list(csv.DictReader(io.StringIO(report["plots/source.csv"].read_text())))
    assert [row["experiment"] for row in rows] == ["source-lstm", "source-markov"]
    assert rows[0]["metric"] == "bits_per_step"
    assert float(rows[0]["mean"]) == pytest.approx(1.62)
    assert float(rows[0]["low"]) < 1.62 < float(rows[0]["high"])


def test_an_engine_is_named_where_there_are_two():
    found = tables([BITS], [cell("a", [1.0]), cell("b", [2.0], engine="hmmlearn")])
    text = markdown(found, {})
    assert "| engine |" in text and "| hmmlearn |" in text


def read_page(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    return reader


def test_the_page_fetches_nothing(report):
    page = read_page(report["comparison.html"].read_text())
    # a link to the section, two plots in two colour schemes, two attention pictures
    assert len(page.sources) == 1 + 2 * 2 + 2
    assert all(source.startswith(("data:image/", "#")) for source in page.sources)


def test_the_page_runs_the_one_script_that_its_policy_names(report):
    text = report["comparison.html"].read_text()
    (script,) = read_page(text).scripts
    named = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)[1]
    assert policy == (
        f"default-src 'none'; script-src 'sha256-{named}'; style-src 'unsafe-inline'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def hostile_tables(picture):
    task = dataclasses.replace(BITS, description=HOSTILE)
    words = {"family": HOSTILE, "mechanism": HOSTILE, "flags": (HOSTILE,)}
    found = [
        cell("a", [1.0], pictures=(picture,), **words),
        cell("b", [2.0], failures=(HOSTILE,)),
    ]
    return tables([task], found)


def test_hostile_texts_are_shown_on_the_page_and_never_run(picture):
    page = read_page(webpage(hostile_tables(picture), {"commit": HOSTILE}, {}))
    assert len(page.scripts) == 1 and "alert" not in page.scripts[0]
    assert page.handlers == []
    assert all(source.startswith(("data:image/", "#")) for source in page.sources)
    # commit, description, family, mechanism, flag and failure
    assert sum(HOSTILE in text for text in page.text) == 6


def test_hostile_texts_have_no_effect_in_markdown(picture):
    text = markdown(hostile_tables(picture), {"commit": HOSTILE})
    assert re.search(r"(?<!\\)[<\[]/?(script|img|x)", text) is None
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in lines} == {9}


def test_too_many_pictures_leave_the_first_example(picture, monkeypatch):
    found = tables([BITS], cells(picture))
    whole = read_page(webpage(found, {}, {}))
    monkeypatch.setattr("seqarena.reporting.webpage.PICTURE_BUDGET", 10)
    short = read_page(webpage(found, {}, {}))
    assert len(whole.sources) - len(short.sources) == 1
    assert "Example " in " ".join(whole.text) and "Example " not in " ".join(short.text)


def test_a_task_whose_experiments_all_failed_is_reported_as_such(tmp_path):
    files = written(tmp_path, [BITS], [cell("a", [], failures=("seed 0: NaN",))])
    assert not any(name.startswith("figures/") for name in files)
    text = files["comparison.md"].read_text()
    assert "| a | lstm | – | – | – | – | – | – |" in text.replace("**", "")
    assert "- **a**: seed 0: NaN" in text


def test_a_dark_plot_differs_in_ink_alone(report):
    text = report["comparison.html"].read_text()
    light = base64.b64decode(re.search(r'<img src="data:image/svg\+xml;base64,([^"]*)"', text)[1])
    dark = base64.b64decode(re.search(r'srcset="data:image/svg\+xml;base64,([^"]*)"', text)[1])
    assert b"#1f2328" in light and b"#1f2328" not in dark
    assert light.replace(b"#1f2328", b"#e6edf3").replace(b"#d0d7de", b"#444c56") == dark


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
