import sys

import pytest

from seqarena.experiment.stage_failure import (
    FAILURE_VARIABLE,
    StageFailure,
    note_failure,
    read_failure,
)


@pytest.mark.parametrize(
    ("argv", "stage"),
    [
        (["pipelines/check.py", "data/checked.txt", "data/own.json"], "check"),
        (["pipelines/stage_code.py", "train_code", "data/code/train.txt"], "train_code"),
        (["pipelines/prepare.py", "toy", "data/prepared/toy"], "prepare@toy"),
        (["pipelines/train.py", "toy-hmm", "data/prepared/toy", "runs"], "train@toy-hmm"),
        (["pipelines/evaluate.py", "toy-hmm", "data/prepared/toy"], "evaluate@toy-hmm"),
        (["pipelines/compare.py", "data/prepared", "runs", "reports"], "compare"),
    ],
)
def test_the_first_stage_that_fails_is_named_as_dvc_names_it(tmp_path, monkeypatch, argv, stage):
    note = tmp_path / "note"
    monkeypatch.setenv(FAILURE_VARIABLE, str(note))
    monkeypatch.setattr(sys, "argv", argv)
    assert read_failure(note) is None
    note_failure("it went wrong.")
    note_failure("and so did all behind it.")
    assert read_failure(note) == StageFailure(stage, "it went wrong.")


def test_nothing_is_written_where_nobody_asks(tmp_path, monkeypatch):
    monkeypatch.delenv(FAILURE_VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)
    note_failure("it went wrong.")
    assert list(tmp_path.iterdir()) == []
