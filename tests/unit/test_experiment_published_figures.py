"""Figures of all reports in one table: the default suite first, then the others by name."""

import json

import pytest
from click.testing import CliRunner

from seqarena.cli import main
from seqarena.errors import ArtifactError
from seqarena.experiment.published_figures import published_figures
from seqarena.reporting.cells import Cell, SeedResult, TaskFacts
from seqarena.reporting.published import Beside, PublishedFigure
from seqarena.reporting.report import whole_report, write_report
from seqarena.schema import DataSchema


def report(folder, found, **fields):
    figure = PublishedFigure("old", 0.9, 0.01, 0.05, "Somebody (1999)", "read", "fewer | passes")
    beside = Beside("digits", figure, "accuracy", True, "digits-lstm", found, **fields)
    task = TaskFacts("digits", DataSchema("classification"), published=(beside,))
    seeds = (SeedResult(0, {"accuracy": found}, 1, 1.0, 1.0),)
    cells = [Cell("digits-lstm", "digits", "lstm", None, None, seeds)]
    write_report(folder / "reports", whole_report([task], cells))


def test_every_report_of_the_checkout_is_told(tmp_path):
    report(tmp_path, 0.9)
    report(tmp_path / "suites" / "b", 0.5)
    report(tmp_path / "suites" / "a", 0.9, differences=("window is 9 here, 65 there",))
    lines = published_figures(tmp_path)
    assert lines[0].startswith("| suite | task | figure | published | here | outcome |")
    assert lines[2:5] == [
        "| params.yaml | digits | old (accuracy) | 0.9 | 0.9 | reproduced | digits-lstm | "
        "read: Somebody (1999) | fewer \\| passes |",
        "| a | digits | old (accuracy) | 0.9 | 0.9 | other protocol | digits-lstm | "
        "read: Somebody (1999) | window is 9 here, 65 there; fewer \\| passes |",
        "| b | digits | old (accuracy) | 0.9 | 0.5 | missed | digits-lstm | "
        "read: Somebody (1999) | fewer \\| passes |",
    ]
    assert lines[-1] == "1 missed, 1 other protocol, 1 reproduced."


def test_the_command_prints_it(tmp_path, monkeypatch):
    report(tmp_path / "suites" / "a", 0.89)
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(main, ["published"])
    assert done.exit_code == 0, done.output
    assert done.output.endswith("1 reproduced.\n")


def test_without_a_report_it_says_which_to_make(tmp_path):
    with pytest.raises(ArtifactError) as error:
        published_figures(tmp_path)
    assert str(error.value) == (
        f"{tmp_path}/reports/comparison.json: there is no report with a published figure, here or "
        "below suites/; run `make suite NAME=published`, or another suite."
    )
    broken = tmp_path / "reports" / "comparison.json"
    broken.parent.mkdir()
    broken.write_text(json.dumps({"schema_version": 1}))
    with pytest.raises(ArtifactError, match="not a whole report"):
        published_figures(tmp_path)
