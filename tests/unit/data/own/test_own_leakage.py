"""What a user's table tells of times and groups reaches the guard of `prepare`."""

import json

import pytest

from seqarena.data.splits import Split
from seqarena.errors import DataError
from seqarena.parsing import parse
from seqarena.tasks.config import TaskConfig
from seqarena.tasks.prepare import prepare_task, read_source

COLUMNS = {"input": "text", "time": "when"}
DENSITY = {"unit": "word", "context": "blocks", "window": 12, "stride": 6, "max_unknown_share": 1}


FIRST = {"train": 64, "valid": 128, "test": 256, "own": 512}
"""Inputs are numbers in binary, digit by digit, from here on: no two are equal."""


def table(path, times, **more):
    """A row for each time, with an input of its own."""
    rows = [
        {"text": " ".join(f"{FIRST[path.stem] + at:b}"), "when": time, "label": "ab"[at % 2]}
        | {name: values[at] for name, values in more.items()}
        for at, time in enumerate(times)
    ]
    path.write_text("\n".join(map(json.dumps, rows)))
    return str(path)


def task(kind, leakage=None, **source):
    columns = COLUMNS | ({"label": "label"} if kind == "classification" else {})
    columns |= source.pop("columns", {})
    source |= {} if kind == "classification" else DENSITY
    raw = {"kind": kind, "source": {"kind": "jsonl", "columns": columns, **source}}
    return parse(TaskConfig, raw | ({"leakage": leakage} if leakage else {}), "tasks.own")


def three_files(folder, test_times):
    return {
        "path": table(folder / "train.jsonl", [1, 2, 30, 4]),
        "valid_path": table(folder / "valid.jsonl", [5, 6]),
        "test_path": table(folder / "test.jsonl", test_times),
    }


@pytest.mark.parametrize("kind", ["classification", "density"])
def test_a_test_file_that_is_earlier_than_training_is_refused(tmp_path, kind):
    files = three_files(tmp_path, [40, 20, 30])
    with pytest.raises(DataError) as error:
        prepare_task("own", task(kind, **files), tmp_path / "out")
    assert "is of time 20.0, and what was before the test ends at 30.0: 1 of 3" in str(error.value)
    assert "test.jsonl" in str(error.value)
    allowed = task(kind, {"max_out_of_time": 0.4}, **files)
    counts = prepare_task("own", allowed, tmp_path / "out").counts
    assert (counts["out_of_time_in_valid"], counts["out_of_time_in_test"]) == (2, 1)


@pytest.mark.parametrize("kind", ["classification", "density"])
def test_what_follows_training_passes_and_the_manifest_says_that_it_was_counted(tmp_path, kind):
    manifest = prepare_task("own", task(kind, **three_files(tmp_path, [30, 31])), tmp_path / "out")
    assert manifest.counts["out_of_time_in_test"] == 0
    assert manifest.protocol["out_of_time"] == "counted"
    assert manifest.protocol["shared_groups"] == "not counted: the source tells none"


def test_a_column_of_splits_decides_and_times_are_held_against_it(tmp_path):
    folds = ["train", "train", "valid", "test"]
    columns = {"split": "fold"}
    path = table(tmp_path / "own.jsonl", [1, 2, 3, 2.5], fold=folds)
    with pytest.raises(DataError, match=r"is of time 2\.5, and what was before .* ends at 3\.0"):
        prepare_task("own", task("classification", path=path, columns=columns), tmp_path / "out")
    path = table(tmp_path / "own.jsonl", [1, 2, 3, 4], fold=folds)
    parts = read_source(task("classification", path=path, columns=columns)).parts
    assert [part.times.tolist() for part in parts.values()] == [[1, 2], [3], [4]]


def test_windows_of_a_document_are_of_its_time_and_group(tmp_path):
    texts = [f"{'a b c d e f ' * 3}{at}" for at in range(5)]
    path = table(tmp_path / "own.jsonl", [1, 2, 3, 4, 5], long=texts, who=list("aabcd"))
    shares = {"valid_share": 0.2, "test_share": 0.2}
    by_time = task("density", path=path, split=shares, columns={"input": "long"})
    parts = read_source(by_time).parts
    assert parts[Split.TRAIN].times.tolist() == [1, 1, 2, 2, 3, 3]
    assert set(parts[Split.TEST].times) == {5}
    by_group = {"input": "long", "group": "who", "time": None}
    parts = read_source(task("density", path=path, split=shares, columns=by_group)).parts
    told = {
        (id_.split(":")[1], group)
        for part in parts.values()
        for id_, group in zip(part.sequences.ids, part.groups, strict=True)
    }
    assert told == set(zip("12345", "aabcd", strict=True))
