import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from seqarena.data.sources.parallel_text import ParallelTextConfig
from seqarena.errors import ConfigError
from seqarena.experiment.own_files import NOTHING, files_digest, refuse_broken_files
from seqarena.experiment.suite import Suite, parse_suite
from seqarena.fitting.protocols import HardwareConfig
from seqarena.parsing import parse
from seqarena.tasks.config import TaskConfig


def test_a_digest_changes_with_a_byte_a_name_and_what_is_missing(tmp_path):
    file = tmp_path / "folder" / "deep" / "own.csv"
    file.parent.mkdir(parents=True)
    seen = [files_digest([tmp_path / "folder"])]
    file.write_text("a")
    seen.append(files_digest([tmp_path / "folder"]))
    assert seen[-1] == files_digest([tmp_path / "folder"])
    file.write_text("b")
    seen.append(files_digest([tmp_path / "folder"]))
    file.rename(file.with_name("other.csv"))
    seen.append(files_digest([tmp_path / "folder"]))
    seen += [files_digest([file]), files_digest([])]
    assert len(set(seen)) == len(seen)
    assert seen[-1] == NOTHING


def test_every_source_of_a_users_own_names_all_of_its_files():
    def paths(task_kind, source):
        task = parse(TaskConfig, {"kind": task_kind, "source": source}, "tasks.own")
        return [str(path) for path in task.source.own_paths]

    three = {"path": "a", "valid_path": "b", "test_path": "c"}
    csv = {"kind": "csv", "columns": {"input": "x", "label": "y"}, **three}
    assert paths("classification", csv) == ["a", "b", "c"]
    for kind in ("ts", "audio_folder", "image_folder"):
        assert paths("classification", {"kind": kind, "path": "a", "test_path": "c"}) == ["a", "c"]
    assert paths("density", {"kind": "text", **three}) == ["a", "b", "c"]
    assert paths("tagging", {"kind": "conllu", **three}) == ["a", "b", "c"]
    targets = {"target_path": "d", "valid_target_path": "e", "test_target_path": "f"}
    pairs = {"kind": "parallel_text", **three, **targets}
    assert paths("transduction", pairs) == ["a", "b", "c", "d", "e", "f"]
    names = ("source", "target", "test_source", "test_target", "test_links")
    config = ParallelTextConfig(kind="parallel_text", **{name: name for name in names})
    assert [str(path) for path in config.own_paths] == list(names)


def test_a_task_without_files_of_the_users_own_has_no_path():
    raw = {
        "seeds": [0],
        "tasks": {"d": {"kind": "transduction", "source": {"kind": "dates"}}},
        "families": {"g": {"kind": "gru"}},
        "experiments": {"d-g": {"task": "d", "family": "g"}},
    }
    assert parse_suite(raw).tasks["d"].source.own_paths == ()


def mistakes(**tasks):
    """What the check says of tasks, each a kind and a source."""
    parsed = {
        name: parse(TaskConfig, {"kind": kind, "source": source, "duplicates": "count"}, name)
        for name, (kind, source) in tasks.items()
    }
    try:
        refuse_broken_files(Suite(parsed, {}, (0,), HardwareConfig()))
    except ConfigError as error:
        return error.mistakes
    return []


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


LABELLED = {"input": "text", "label": "stars"}


def test_all_that_is_wrong_with_a_users_own_files_is_said_at_once(here):
    (here / "own.csv").write_text("txt;star\nfine;1\n")
    (here / "good.csv").write_text("text,stars\nfine,1\n")
    (here / "empty.txt").touch()
    csv = {"kind": "csv", "columns": LABELLED}
    said = mistakes(
        one=("classification", {**csv, "path": "own.csv", "delimiter": ";"}),
        two=("classification", {**csv, "path": "nowhere.csv", "test_path": "good.csv"}),
        three=("classification", {**csv, "path": "good.csv"}),
        four=("density", {"kind": "text", "path": "empty.txt"}),
    )
    assert said == [
        "tasks.one.source: own.csv: has no column 'text'; did you mean 'txt'?",
        "tasks.one.source: own.csv: has no column 'stars'; did you mean 'star'?",
        "tasks.two.source: nowhere.csv: not found; a path is read from the folder of params.yaml.",
        "tasks.four.source: empty.txt: is empty; put data there, or name another path.",
    ]


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_the_kind_of_a_column_shows_in_its_first_rows(here, kind):
    rows = [{"text": "good", "stars": "1,5"}] * 3
    if kind == "csv":
        (here / "own.csv").write_text("text,stars\n" + 'good,"1,5"\n' * 3)
    elif kind == "jsonl":
        (here / "own.jsonl").write_text("\n".join(map(json.dumps, rows)))
    else:
        pq.write_table(pa.Table.from_pylist(rows), here / "own.parquet")
    source = {"kind": kind, "path": f"own.{kind}", "unit": "numbers", "columns": {"input": "text"}}
    (said,) = mistakes(own=("density", source))
    assert "column 'text': 'good', expected a list of finite numbers" in said
    source = {**source, "columns": {"input": "stars"}, "decimal": ","}
    assert mistakes(own=("density", source)) == []


def test_the_rows_behind_the_first_are_left_to_the_stage_that_reads_them(here):
    columns = {"input": "text", "label": "stars"}
    path = here / "own.csv"
    path.write_text("text,stars\n" + "good,1\n" * 30 + ",\n")
    assert (
        mistakes(own=("classification", {"kind": "csv", "path": "own.csv", "columns": columns}))
        == []
    )


def test_a_key_that_the_first_objects_lack_is_looked_for_in_the_others(here):
    rows = [{"text": "a"}] * 30 + [{"text": "a", "stars": 1}]
    (here / "own.jsonl").write_text("\n".join(map(json.dumps, rows)))
    source = {"kind": "jsonl", "path": "own.jsonl", "columns": LABELLED, "missing": "drop"}
    assert mistakes(own=("classification", source)) == []
    (said,) = mistakes(own=("classification", {**source, "columns": {**LABELLED, "label": "star"}}))
    assert said.endswith("has no column 'star'; did you mean 'stars'?")


def test_files_that_are_no_tables_are_glanced_at_too(here):
    (here / "own.ts").write_text("@problemName own\n@data\n1:2\n")
    (here / "one.txt").write_text("a\nb\n")
    (here / "two.txt").write_text("a\n")
    (here / "own.conllu").write_bytes(b"\xff\n")
    (here / "songs").mkdir()
    (here / "songs" / "a.wav").touch()
    (here / "users.csv").write_text("user,item,time\nu,i,yesterday\n")
    said = mistakes(
        ts=("classification", {"kind": "ts", "path": "own.ts"}),
        pairs=(
            "transduction",
            {"kind": "parallel_text", "path": "one.txt", "target_path": "two.txt"},
        ),
        words=("tagging", {"kind": "conllu", "path": "own.conllu"}),
        songs=("classification", {"kind": "audio_folder", "path": "songs"}),
        pictures=("classification", {"kind": "image_folder", "path": "songs"}),
        users=("density", {"kind": "interactions", "path": "users.csv"}),
        ranked=("recommendation", {"kind": "interactions", "path": "users.csv"}),
    )
    expected = {
        "ts": "own.ts: has no line `@classLabel true` with ",
        "pairs": "one.txt has 2 lines and two.txt 1; ",
        "words": "own.conllu, line 1: byte 0 (0xff) is not UTF-8 ",
        "songs": "songs/a.wav: stands in no subfolder, ",
        "pictures": "songs: holds no file that ends in .png ",
        "users": "users.csv, line 2, column 'time': 'yesterday', expected a number or a date ",
        "ranked": "users.csv, line 2, column 'time': 'yesterday', expected a number or a date ",
    }
    assert len(said) == len(expected)
    for line, (name, words) in zip(said, expected.items(), strict=True):
        assert line.startswith(f"tasks.{name}.source: {words}")
