import datetime
import json
import os

from reporting_scenes import BITS, cell, written

from seqarena.reporting.staleness import mark_stale

NOON = datetime.datetime(2026, 1, 2, 12, 0, tzinfo=datetime.UTC)
SAID = "A later run stopped on 2026-01-02 12:00 UTC: {} What follows is of an earlier run."


def marked(folder, why):
    assert mark_stale(folder, why, NOON)
    names = ("comparison.md", "comparison.html", "comparison.json")
    return [(folder / name).read_text() for name in names]


def test_a_report_says_in_every_form_that_it_is_of_an_earlier_run(tmp_path):
    written(tmp_path, [BITS], [cell("a", [1.0, 2.0])])
    before = [path.read_text() for path in sorted(tmp_path.glob("comparison.*"))]
    markdown, page, content = marked(tmp_path, "stage train@a failed.")
    said = SAID.format("stage train@a failed.")
    assert markdown.startswith(f"# Comparison\n\n> **Out of date.** {said}\n\n")
    mark = f'<p class="stale" role="alert"><strong>Out of date.</strong> {said}</p>\n'
    assert page.count(mark) == 1
    assert page.index("<body>") < page.index(mark) < page.index("<header>")
    assert json.loads(content)["stale"] == said
    # Nothing else has changed.
    assert markdown.replace(f"> **Out of date.** {said}\n\n", "", 1) == before[2]
    assert page.replace(mark, "", 1) == before[0]
    fields = json.loads(content)
    del fields["stale"]
    assert fields == json.loads(before[1])


def test_a_second_mark_takes_the_place_of_the_first(tmp_path):
    written(tmp_path, [BITS], [cell("a", [1.0, 2.0])])
    marked(tmp_path, "stage x failed.")
    twice = marked(tmp_path, "stage y failed.")
    assert all("stage x failed." not in text for text in twice)
    assert [text.count(SAID.format("stage y failed.")) for text in twice] == [1, 1, 1]


def test_a_message_has_no_effect_in_the_report(tmp_path):
    written(tmp_path, [BITS], [cell("a", [1.0, 2.0])])
    markdown, page, _ = marked(tmp_path, "x: <script>alert(1)</script>\n# *so*")
    assert "<script>alert" not in markdown + page
    assert "# *so*" not in markdown


def test_the_cache_of_dvc_is_not_written_to(tmp_path):
    written(tmp_path / "reports", [BITS], [cell("a", [1.0, 2.0])])
    cached = tmp_path / "cached"
    os.link(tmp_path / "reports" / "comparison.md", cached)
    before = cached.read_text()
    marked(tmp_path / "reports", "stage x failed.")
    assert cached.read_text() == before


def test_where_there_is_no_report_there_is_nothing_to_mark(tmp_path):
    assert not mark_stale(tmp_path, "stage x failed.", NOON)
    assert list(tmp_path.iterdir()) == []
