import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqarena.errors import ArtifactError, DataError, SeqarenaError
from seqarena.fitting.protocols import Recorder
from seqarena.tracking.events import (
    ArtifactWritten,
    DatasetUsed,
    MetricLogged,
    NonFiniteMet,
    ParamsSet,
    RunBegun,
    RunEnded,
    RunResumed,
    TableWritten,
    TagsSet,
    TornEnd,
)
from seqarena.tracking.journal import Journal, RunIdentity, read_journal
from seqarena.tracking.journal_file import FLUSH_SECONDS

RUN = RunIdentity("lstm/seed-0/f00d", "lstm seed 0", "dates", {"family": "lstm"})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "lstm" / "fit" / "seed-0" / "journal.jsonl"


def test_what_is_told_is_read_back_in_order(path: Path) -> None:
    journal = Journal(path)
    before = time.time_ns() // 1_000_000
    journal.begin(RUN)
    journal.params({"family": {"kind": "lstm", "bias": True, "dropout": None}, "seed": 0})
    journal.tags({"git.dirty": "false"})
    journal.metric("train/loss", 0.1, 3)
    journal.metrics({"a": 1.0, "b": -2.5}, 4)
    journal.dataset("dates/train", "abc", "training", {"n_sequences": 7}, "data/prepared")
    journal.end("FINISHED", "done")
    after = time.time_ns() // 1_000_000

    events = read_journal(path)
    begun, *rest = events
    assert isinstance(begun, RunBegun)
    assert (begun.key, begun.name, begun.experiment, begun.tags, begun.part) == (
        "lstm/seed-0/f00d",
        "lstm seed 0",
        "dates",
        {"family": "lstm"},
        "fit/seed-0",
    )
    assert begun.writer.pid == os.getpid()
    times = [event.time for event in events if not isinstance(event, TornEnd)]
    assert times == sorted(times) and before <= times[0] and times[-1] <= after
    params = {
        "family.kind": "lstm",
        "family.bias": "true",
        "family.dropout": "null",
        "seed": "0",
    }
    assert rest == [
        ParamsSet(times[1], params),
        TagsSet(times[2], {"git.dirty": "false"}),
        MetricLogged(times[3], "train/loss", 0.1, 3),
        MetricLogged(times[4], "a", 1.0, 4),
        MetricLogged(times[5], "b", -2.5, 4),
        DatasetUsed(
            times[6], "dates/train", "abc", "training", {"n_sequences": 7}, "data/prepared"
        ),
        RunEnded(times[7], "FINISHED", "done"),
    ]


@pytest.mark.slow
@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(0, 2**40))
def test_numbers_survive_exactly(
    tmp_path_factory: pytest.TempPathFactory, v: float, s: int
) -> None:
    journal = Journal(tmp_path_factory.mktemp("j") / "journal.jsonl")
    journal.begin(RUN)
    journal.metric("x", v, s)
    journal.end("FINISHED")
    event = read_journal(journal.path)[1]
    assert isinstance(event, MetricLogged)
    assert (repr(event.value), event.step) == (repr(v), s)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_what_is_not_finite_is_never_written_as_a_number(path: Path, value: float) -> None:
    with Journal(path) as journal:
        journal.begin(RUN)
        journal.metric("train/loss", value, 5)
    event = read_journal(path)[1]
    assert isinstance(event, NonFiniteMet)
    assert (event.name, event.value, event.step) == ("train/loss", str(value), 5)
    for line in path.read_text().splitlines():
        json.loads(line, parse_constant=pytest.fail)


def test_the_journal_is_a_recorder_of_fits(path: Path) -> None:
    recorder: Recorder = Journal(path)
    assert callable(recorder.metric)


def test_files_are_named_relative_to_the_journal_with_their_digest(path: Path) -> None:
    with Journal(path) as journal:
        journal.begin(RUN)
        model = path.parent / "sub" / "model.safetensors"
        model.parent.mkdir()
        model.write_bytes(b"abc")
        journal.artifact(model, "models")
    event = read_journal(path)[1]
    assert isinstance(event, ArtifactWritten)
    digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert (event.path, event.folder, event.sha256, event.size) == (
        "sub/model.safetensors",
        "models",
        digest,
        3,
    )


def test_a_file_elsewhere_is_refused(path: Path, tmp_path: Path) -> None:
    (tmp_path / "other").write_text("")
    with Journal(path) as journal:
        journal.begin(RUN)
        with pytest.raises(DataError) as caught:
            journal.artifact(tmp_path / "other")
    assert str(caught.value) == (
        f"{tmp_path}/other: is not below {path.parent}, so it could not move with its journal."
    )


def test_a_table_holds_numbers_texts_and_pictures(path: Path) -> None:
    with Journal(path) as journal:
        journal.begin(RUN)
        picture = path.parent / "a.png"
        picture.write_bytes(b"abc")
        journal.table("attention", {"probe": ["x"], "bits": [float("nan")], "map": [picture]})
    event = read_journal(path)[1]
    assert isinstance(event, TableWritten)
    digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    cell = {"image": "a.png", "sha256": digest}
    assert event.columns == {"probe": ["x"], "bits": [None], "map": [cell]}


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"a": [1], "b": [1, 2]}, "columns differ in length: {'a': 1, 'b': 2}."),
        (
            {"a": [Path("x.png"), 1]},
            "column 'a' has 1 pictures in 2 rows; give a picture in every row or in none.",
        ),
    ],
)
def test_a_table_that_could_not_be_shown_is_refused(
    path: Path, columns: dict[str, list[object]], message: str
) -> None:
    with Journal(path) as journal:
        journal.begin(RUN)
        with pytest.raises(DataError) as caught:
            journal.table("t", columns)
    assert str(caught.value) == f"table 't': {message}"


@pytest.mark.parametrize("name", ["bits%", "a//b", "/a", "../a", "a/../b", "", "x" * 251, "é"])
def test_a_name_that_mlflow_refuses_is_refused_at_once(path: Path, name: str) -> None:
    with Journal(path) as journal:
        journal.begin(RUN)
        with pytest.raises(DataError) as caught:
            journal.metric(name, 1.0, 0)
    assert str(caught.value) == (
        f"metric name {name!r} cannot be kept: use at most 250 letters, digits, spaces and _ . : - "
        "with single slashes between them."
    )


def test_a_param_never_changes(path: Path) -> None:
    with Journal(path) as journal:
        journal.begin(RUN)
        journal.params({"a": 1})
        journal.params({"a": 1, "b": 2})
        with pytest.raises(DataError) as caught:
            journal.params({"b": 3})
    assert str(caught.value) == (
        f"{path}: param 'b' is 2 and cannot become 3; params never change, use a tag or a metric."
    )


def test_nothing_is_told_outside_a_run(path: Path) -> None:
    journal = Journal(path)
    message = f"{path}: nothing can be told before begin(run) or after end(status)."
    with pytest.raises(SeqarenaError) as before:
        journal.metric("a", 1.0, 0)
    journal.begin(RUN)
    journal.metric("a", 1.0, 0)
    journal.end("FINISHED")
    with pytest.raises(SeqarenaError) as after:
        journal.metric("a", 1.0, 0)
    assert str(before.value) == str(after.value) == message


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (ValueError("no"), "FAILED", "ValueError: no"),
        (KeyboardInterrupt(), "KILLED", "KeyboardInterrupt"),
        (SystemExit(143), "KILLED", "SystemExit"),
    ],
)
def test_a_run_left_by_an_error_ends_as_what_happened(
    path: Path, error: BaseException, status: str, message: str
) -> None:
    with pytest.raises(type(error)), Journal(path) as journal:
        journal.begin(RUN)
        raise error
    ended = read_journal(path)[-1]
    assert isinstance(ended, RunEnded)
    assert (ended.status, ended.message) == (status, message)


def test_a_torn_end_is_reported_and_cut_off_when_the_run_resumes(path: Path) -> None:
    journal = Journal(path)
    journal.begin(RUN)
    journal.metric("a", 1.0, 0)
    journal.close()
    with path.open("ab") as file:
        file.write(b'{"kind": "metric", "ti')
    assert read_journal(path)[2:] == [TornEnd(22)]

    resumed = Journal(path)
    resumed.begin(RUN)
    resumed.metric("a", 2.0, 1)
    resumed.end("FINISHED")
    kinds = [type(event) for event in read_journal(path)]
    assert kinds == [RunBegun, MetricLogged, RunResumed, MetricLogged, RunEnded]
    event = read_journal(path)[2]
    assert isinstance(event, RunResumed) and event.torn_bytes == 22


def test_a_line_of_zeros_after_a_power_cut_counts_as_torn(path: Path) -> None:
    journal = Journal(path)
    journal.begin(RUN)
    journal.close()
    with path.open("ab") as file:
        file.write(b"\0" * 30 + b"\n")
    assert read_journal(path)[1:] == [TornEnd(31)]


def test_an_altered_line_is_refused(path: Path) -> None:
    with Journal(path) as journal:
        journal.begin(RUN)
        journal.metric("a", 1.0, 0)
    first, second, third = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(first + second.replace(b'"metric"', b'"matrix"') + third)
    with pytest.raises(ArtifactError) as caught:
        read_journal(path)
    assert str(caught.value) == (
        f"{path}: the line at byte {len(first)} is not an event of a journal: KeyError('matrix'). "
        "The file was altered after it was written; restore it, or run the stage again."
    )


def test_an_empty_file_is_no_journal(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_text("")
    with pytest.raises(ArtifactError) as caught:
        read_journal(path)
    assert str(caught.value) == (
        f"{path}: does not begin with a run. It is not a journal, or its writer was stopped "
        "before the first flush; delete it, or run the stage again."
    )


def test_a_journal_of_another_run_is_not_gone_on_with(path: Path) -> None:
    with Journal(path) as journal:
        journal.begin(RUN)
    other = RunIdentity("lstm/seed-0/beef", "lstm seed 0", "dates")
    with pytest.raises(ArtifactError) as caught:
        Journal(path).begin(other)
    assert str(caught.value) == (
        f"{path}: tells of 'lstm/seed-0/f00d' and cannot begin 'lstm/seed-0/beef'; "
        "move it away, or write to another folder."
    )


def test_a_second_writer_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seqarena.tracking.journal_file.LOCK_SECONDS", 0.1)
    with Journal(path) as journal:
        journal.begin(RUN)
        with pytest.raises(ArtifactError) as caught:
            Journal(path).begin(RUN)
    assert str(caught.value) == (
        f"{path}: another process is writing it. Wait until it has ended, or end it."
    )


@pytest.mark.slow
def test_events_reach_the_disk_without_anybody_asking(path: Path) -> None:
    with Journal(path) as journal:
        journal.begin(RUN)
        journal.metric("a", 1.0, 0)
        deadline = time.monotonic() + 5
        while len(read_journal(path)) < 2:
            assert time.monotonic() < deadline
            time.sleep(FLUSH_SECONDS / 10)


def test_a_full_disk_loses_no_line_and_leaves_no_half_one(
    path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    journal = Journal(path)
    journal.begin(RUN)
    real_write = os.write

    def write_a_part(descriptor: int, content: bytes) -> int:
        if len(content) > 10:
            return real_write(descriptor, content[:10])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", write_a_part)
    journal.metric("a", 1.0, 0)
    with pytest.raises(OSError, match="No space left"):
        journal.flush()
    monkeypatch.undo()
    assert [type(event) for event in read_journal(path)] == [RunBegun]
    journal.end("FINISHED")
    assert [type(event) for event in read_journal(path)] == [RunBegun, MetricLogged, RunEnded]


_KILLED_WRITER = """
import os, signal, sys
from pathlib import Path
from seqarena.tracking.journal import Journal, RunIdentity
journal = Journal(Path(sys.argv[1]))
journal.begin(RunIdentity("lstm/seed-0/f00d", "n", "e"))
for step in range(1000):
    journal.metric("a", step / 3, step)
journal.flush()
journal.metric("a", 0.0, 1000)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_was_flushed_survives_kill_9(path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", _KILLED_WRITER, str(path)], check=False)
    assert done.returncode == -signal.SIGKILL
    told = [e for e in read_journal(path) if isinstance(e, MetricLogged)]
    assert [(e.step, e.value) for e in told[:1000]] == [(step, step / 3) for step in range(1000)]
