"""The tables of a report, of params.yaml or of a suite."""

import pytest
from click.testing import CliRunner

from seqarena.cli import main
from seqarena.errors import ArtifactError
from seqarena.experiment.report_tables import report_tables

REPORT = "# Comparison\n\n## dates\n\n| experiment |\n| :-- |\n| **gru** |\n"


def written(folder):
    path = folder / "reports" / "comparison.md"
    path.parent.mkdir(parents=True)
    path.write_text(REPORT, encoding="utf-8")


def test_a_suites_report_lies_in_its_workspace(tmp_path, monkeypatch):
    written(tmp_path / "suites" / "text")
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, ["tables", "--suite", "text"])
    assert result.output.splitlines() == [
        "### dates",
        "",
        "| experiment |",
        "| :-- |",
        "| **gru** |",
    ]


def test_a_report_that_is_not_there_says_how_to_make_it(tmp_path):
    with pytest.raises(ArtifactError, match="run `make suite NAME=text` first"):
        report_tables(tmp_path, "text", ("scores",))
    with pytest.raises(ArtifactError, match="run `make repro` first"):
        report_tables(tmp_path, None, ("scores",))


def test_a_report_without_such_tables_says_so(tmp_path):
    written(tmp_path)
    with pytest.raises(ArtifactError, match="holds no table of published or maps"):
        report_tables(tmp_path, None, ("published", "maps"))
