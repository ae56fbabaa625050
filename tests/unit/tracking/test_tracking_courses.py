"""The course of one number, out of all that a journal tells."""

import json

import pytest

from seqarena.errors import ArtifactError
from seqarena.tracking.courses import course_of
from seqarena.tracking.journal import Journal, RunIdentity


def line(kind, time, **fields):
    return json.dumps({"kind": kind, "time": time, **fields})


def metric(time, value, step, name="valid/loss"):
    return line("metric", time, name=name, value=value, step=step)


def written(tmp_path, *lines):
    path = tmp_path / "journal.jsonl"
    path.write_text("".join(f"{each}\n" for each in lines))
    return path


def test_a_number_is_found_among_others_with_the_time_since_the_start(tmp_path):
    path = written(
        tmp_path,
        line("begin", 1_000),
        metric(1_500, 9.0, 0, "train/loss"),
        metric(2_000, 3.0, 0),
        metric(4_000, 2.0, 1),
    )
    course = course_of(path, "valid/loss")
    assert (course.steps, course.values, course.seconds) == ((0, 1), (3.0, 2.0), (1.0, 3.0))


def test_a_pause_does_not_count_and_a_step_done_twice_stands_once(tmp_path):
    path = written(
        tmp_path,
        line("begin", 0),
        metric(1_000, 3.0, 0),
        metric(2_000, 2.5, 1),
        line("resume", 100_000),
        metric(101_000, 2.4, 1),
        metric(102_000, 2.0, 2),
    )
    course = course_of(path, "valid/loss")
    assert (course.values, course.seconds) == ((3.0, 2.4, 2.0), (1.0, 3.0, 4.0))


def test_what_a_journal_writes_is_read(tmp_path):
    with Journal(tmp_path / "journal.jsonl") as journal:
        journal.begin(RunIdentity("key", "name", "task", part="fit"))
        journal.metric("valid/loss", 1.25, 0)
        journal.metric("valid/loss_of_others", 7.0, 0)
    assert course_of(tmp_path / "journal.jsonl", "valid/loss").values == (1.25,)
    assert course_of(tmp_path / "journal.jsonl", "nothing").values == ()


def test_a_missing_or_altered_journal_is_named(tmp_path):
    path = tmp_path / "journal.jsonl"
    with pytest.raises(ArtifactError) as caught:
        course_of(path, "valid/loss")
    assert str(caught.value) == f"{path}: cannot be read (No such file or directory); fit again."
    written(tmp_path, line("begin", 0), '{"kind": "metric", "name": "valid/loss", "value"')
    with pytest.raises(ArtifactError, match="was altered"):
        course_of(path, "valid/loss")
