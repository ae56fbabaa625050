import json
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqarena.data.manifest import read_manifest
from seqarena.data.splits import Split
from seqarena.errors import ConfigError, DataError
from seqarena.parsing import parse
from seqarena.tasks.config import TaskConfig
from seqarena.tasks.prepare import prepare_task, read_source

SPLITS = ["train", "train", "valid", "test"]


def config_of(task_kind, path, **source):
    kind = path.suffix.removeprefix(".")
    raw = {"kind": task_kind, "source": {"kind": kind, "path": str(path), **source}}
    return parse(TaskConfig, raw, "tasks.own")


def lines(path, objects):
    """JSON Lines with a split column: two that train, one that validates, one that tests."""
    rows = [{"fold": fold, **each} for fold, each in zip(SPLITS, objects, strict=True)]
    path.write_text("\n".join(map(json.dumps, rows)))
    return path


def read(task_kind, path, columns, **source):
    return read_source(config_of(task_kind, path, columns={"split": "fold", **columns}, **source))


def complaint(task_kind, path, columns, **source):
    with pytest.raises(DataError) as caught:
        read(task_kind, path, columns, **source)
    return str(caught.value).replace(str(path), "FILE")


def spoken(data, split):
    """The inputs of a split, as the symbols that the tokens stand for."""
    sequences = data.parts[split].sequences
    return [
        [data.symbols[token] for token in sequences.sequence(row)] for row in range(len(sequences))
    ]


REVIEWS = [
    {"text": "so good", "stars": 10},
    {"text": "so bad", "stars": 9},
    {"text": "good good", "stars": 10},
    {"text": "quite good", "stars": 9},
]


def test_words_and_labels_are_numbered_as_training_has_them(tmp_path):
    path = lines(tmp_path / "own.jsonl", REVIEWS)
    data = read("classification", path, {"input": "text", "label": "stars"})
    assert data.class_names == ("9", "10")
    assert data.symbols == ("\ufffd", "bad", "good", "so")
    assert spoken(data, Split.TEST) == [["\ufffd", "good"]]
    assert [part.sequences.labels.tolist() for part in data.parts.values()] == [[1, 0], [1], [0]]
    assert data.counts == {
        "examples_dropped_for_a_missing_cell": 0,
        "unknown_symbols_train": 0,
        "unknown_symbols_valid": 0,
        "unknown_symbols_test": 1,
    }
    assert data.protocol["split"] == "as a column of the file says"
    assert data.protocol["columns"] == ["input: text", "split: fold", "label: stars"]


def test_the_same_rows_are_the_same_data_in_every_format(tmp_path):
    rows = [{"fold": fold, **each} for fold, each in zip(SPLITS, REVIEWS, strict=True)]
    lines(tmp_path / "own.jsonl", REVIEWS)
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "own.parquet")
    text = "\n".join(",".join(map(str, each.values())) for each in rows)
    (tmp_path / "own.csv").write_text(f"fold,text,stars\n{text}\n")
    columns = {"input": "text", "label": "stars", "split": "fold"}
    manifests = [
        prepare_task(
            "own",
            config_of("classification", tmp_path / f"own.{kind}", columns=columns),
            tmp_path / kind,
        )
        for kind in ("csv", "jsonl", "parquet")
    ]
    assert len({str(each.schema) for each in manifests}) == 1
    values = [
        read("classification", tmp_path / f"own.{kind}", columns).parts[Split.TEST].sequences
        for kind in ("csv", "jsonl", "parquet")
    ]
    assert all(np.array_equal(values[0].values, each.values) for each in values)
    assert read_manifest(tmp_path / "csv").source.versions.keys() == {str(tmp_path / "own.csv")}


def test_characters_of_a_target_are_numbered_and_end(tmp_path):
    pairs = [("ab", "x y"), ("b", "y"), ("a", "x"), ("c", "z")]
    path = lines(tmp_path / "own.jsonl", [{"a": one, "b": other} for one, other in pairs])
    data = read("transduction", path, {"input": "a", "target": "b"}, unit="character")
    assert data.target_symbols == ("\ufffd", " ", "x", "y", "<end>")
    assert data.parts[Split.TRAIN].sequences.target.tokens.tolist() == [2, 1, 3, 4, 3, 4]
    assert data.parts[Split.TEST].sequences.target.tokens.tolist() == [0, 4]
    words = read("transduction", path, {"input": "a", "target": "b"}, target_unit="word")
    assert words.parts[Split.TRAIN].sequences.target.tokens.tolist() == [1, 2, 3, 2, 3]
    assert words.schema.target_unit == "word"


@pytest.mark.parametrize("as_list", [True, False])
def test_tags_stand_in_a_list_or_between_spaces(tmp_path, as_list):
    rows = [("the cat", "D N"), ("cat the", "N D"), ("the the", "D D"), ("dog", "N")]
    cut = str.split if as_list else str
    path = lines(
        tmp_path / "own.jsonl", [{"w": cut(words), "t": cut(tags)} for words, tags in rows]
    )
    data = read("tagging", path, {"input": "w", "tags": "t"})
    assert data.tag_names == ("D", "N")
    assert data.parts[Split.TRAIN].sequences.tags.tolist() == [0, 1, 1, 0]
    assert spoken(data, Split.TRAIN) == [["the", "cat"], ["cat", "the"]]


def test_numbers_stand_in_lists_in_several_columns_or_spelled_out(tmp_path):
    frames = np.arange(12.0).reshape(4, 3, 1).repeat(2, axis=2)
    frames[..., 1] += 0.5
    rows = [
        {
            "steps": each.tolist(),
            "x": each[:, 0].tolist(),
            "y": each[:, 1].tolist(),
            "spelled": json.dumps(each.tolist()),
            "label": "ab"[row % 2] if row < 2 else "a",
        }
        for row, each in enumerate(frames)
    ]
    path = lines(tmp_path / "own.jsonl", rows)
    for columns in ("steps", ["x", "y"], "spelled"):
        mapped = {"input": columns, "label": "label"}
        data = read("classification", path, mapped, unit="numbers", min_label_count=1)
        assert data.schema.dim == 2
        assert data.parts[Split.VALID].sequences.features.tolist() == frames[2].tolist()
    assert read("density", path, {"input": "x"}, unit="numbers").schema.dim == 1


NUMBERS = [{"x": [[0, 1], [1, 0]]}, {"x": [[1, 1]]}, {"x": [[0, 0]]}, {"x": [[0, 1]]}]


def test_numbers_are_what_the_source_says_that_they_are(tmp_path):
    path = lines(tmp_path / "own.jsonl", NUMBERS)
    for kind in ("binary", "count", "real"):
        config = config_of(
            "density", path, columns={"split": "fold", "input": "x"}, unit="numbers", numbers=kind
        )
        assert config.source.frame_kind == kind
        data = read_source(config)
        assert data.schema.frame_kind == kind
        assert data.protocol["numbers"] == kind
    unsaid = config_of("density", path, columns={"input": "x"}, unit="numbers")
    assert unsaid.source.frame_kind == "real"


@pytest.mark.parametrize(
    ("kind", "wrong", "expected"),
    [
        ("binary", 2, "0 or 1"),
        ("binary", 0.5, "0 or 1"),
        ("count", 0.5, "a whole number from 0 on"),
        ("count", -1, "a whole number from 0 on"),
    ],
)
def test_a_number_of_another_kind_is_refused_with_its_row(tmp_path, kind, wrong, expected):
    rows = [*NUMBERS[:3], {"x": [[1, 0], [0, wrong]]}]
    path = lines(tmp_path / "own.jsonl", rows)
    assert complaint("density", path, {"input": "x"}, unit="numbers", numbers=kind) == (
        f"FILE, line 4: number 1 of step 1 is {wrong}, and numbers says {kind!r}: expected "
        f"{expected}. Correct it, or leave numbers out."
    )
    assert read("density", path, {"input": "x"}, unit="numbers").schema.frame_kind == "real"


def test_words_are_no_numbers_of_a_kind(tmp_path):
    path = lines(tmp_path / "own.jsonl", REVIEWS)
    with pytest.raises(ConfigError, match="numbers is 'binary', and unit is 'word'"):
        config_of("density", path, columns={"input": "text"}, numbers="binary")


def test_a_row_may_be_one_step_of_a_sequence(tmp_path):
    rows = ["trial,x,y,label,fold"]
    for step in range(2):
        rows += [f"{row},{row},{step},{'ab'[row % 2]},{fold}" for row, fold in enumerate(SPLITS)]
    path = tmp_path / "own.csv"
    path.write_text("\n".join(rows))
    columns = {"input": ["x", "y"], "sequence": "trial", "label": "label"}
    data = read("classification", path, columns, unit="numbers")
    assert data.parts[Split.TRAIN].sequences.lengths.tolist() == [2, 2]
    assert data.parts[Split.TEST].sequences.features.tolist() == [[3.0, 0.0], [3.0, 1.0]]
    tagged = read("tagging", path, {"input": "y", "sequence": "trial", "tags": "y"})
    assert tagged.parts[Split.TEST].sequences.tags.tolist() == [0, 1]
    path.write_text("\n".join([*rows, "0,0,0,b,train"]))
    assert complaint("classification", path, columns, unit="numbers") == (
        "FILE, line 10, column 'label': 'b', and 'a' in line 2 of the same sequence; all its rows "
        "say the same."
    )


def test_rows_of_text_are_documents_of_a_density_under_its_context_protocol(tmp_path):
    rows = [{"text": text} for text in ("abcabc", "bca", "abcab", "cabca")]
    path = lines(tmp_path / "own.jsonl", rows)
    data = read("density", path, {"input": "text"}, unit="character", window=4, stride=2)
    assert data.parts[Split.TRAIN].sequences.lengths.tolist() == [4, 2, 3]
    assert data.parts[Split.VALID].sequences.scored_from.tolist() == [0, 2]
    assert data.parts[Split.VALID].sequences.n_scored.sum() == 5


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (
            {"text": "fine"},
            "FILE, line 4, column 'stars': is empty, and is needed; fill it, or set `missing: "
            "drop` to leave such rows out.",
        ),
        (
            {"text": " ", "stars": 9},
            "FILE, line 4, column 'text': is empty, and is needed; fill it, or set `missing: drop` "
            "to leave such rows out.",
        ),
        (
            {"text": 3, "stars": 9},
            "FILE, line 4, column 'text': 3, expected text; repair the cell, or map another "
            "column.",
        ),
        (
            {"text": ["so", 3], "stars": 9},
            "FILE, line 4, column 'text': 3, expected a list of words; repair the cell, or map "
            "another column.",
        ),
        (
            {"text": "so", "stars": 9.5},
            "FILE, line 4, column 'stars': 9.5, expected a name: text, or a whole number; repair "
            "the cell, or map another column.",
        ),
        (
            {"text": "so", "stars": 8},
            "FILE, line 4: label '8' of test does not occur in training (which has '9', '10'); no "
            "model can learn it. Correct it, or split otherwise.",
        ),
        (
            {"text": "so\ud800", "stars": 9},
            "FILE, line 4, column 'text': holds half of a surrogate pair, which is no character; "
            "repair it.",
        ),
        (
            {"text": "so\0", "stars": 9},
            "FILE, line 4, column 'text': holds a NUL character; take it out.",
        ),
        (
            {"text": "so", "stars": 9, "fold": "testing"},
            "FILE, line 4, column 'fold': 'testing' is no split; expected train, valid or test.",
        ),
    ],
)
def test_what_is_wrong_with_a_cell_is_said_with_its_place(tmp_path, row, expected):
    path = lines(tmp_path / "own.jsonl", [*REVIEWS[:3], row])
    columns = {"input": "text", "label": "stars"}
    assert complaint("classification", path, columns, min_label_count=1) == expected


@pytest.mark.parametrize(
    "cell", [[1, None], [1, "x"], [[1], [1, 2]], [1e39], [], True, "1 nan", "[1, 2", [[]], ["inf"]]
)
def test_frames_that_are_no_finite_numbers_are_refused(tmp_path, cell):
    path = lines(tmp_path / "own.jsonl", [*[{"x": [1, 2]}] * 3, {"x": cell}])
    assert complaint("density", path, {"input": "x"}, unit="numbers").startswith(
        "FILE, line 4, column 'x': "
    )


def semicolons(path, cells):
    """A CSV as a spreadsheet writes it where the decimal mark is a comma."""
    rows = [f"{fold};{cell}" for fold, cell in zip(SPLITS, cells, strict=True)]
    path.write_text("\ufefffold;x\r\n" + "\r\n".join(rows), encoding="utf-8")
    return path


def test_numbers_with_decimal_commas_are_read_if_it_is_said_that_they_are(tmp_path):
    path = semicolons(tmp_path / "own.csv", ["3,14 -2,5e1", "1 ,5", "7,25", "+0,5"])
    csv = {"unit": "numbers", "delimiter": ";"}
    data = read("density", path, {"input": "x"}, decimal=",", **csv)
    frames = [part.sequences.features.ravel().tolist() for part in data.parts.values()]
    assert frames == [[np.float32(3.14), -25.0, 1.0, 0.5], [7.25], [0.5]]
    assert data.protocol["decimal"] == ","
    assert complaint("density", path, {"input": "x"}, **csv) == (
        "FILE, line 2, column 'x': '3,14', expected a list of finite numbers, or of equally long "
        "lists of them; if that is a decimal comma, set `decimal: ','` (numbers of a list then "
        "stand apart by spaces); if it stands between numbers, put them into square brackets."
    )


def test_decimals_of_parquet_are_numbers(tmp_path):
    rows = [[Decimal("1.5"), Decimal(row)] for row in range(4)]
    pq.write_table(pa.table({"fold": SPLITS, "x": rows}), tmp_path / "own.parquet")
    data = read("density", tmp_path / "own.parquet", {"input": "x"}, unit="numbers")
    assert data.parts[Split.TEST].sequences.features.ravel().tolist() == [1.5, 3.0]


def test_where_commas_are_decimal_a_point_or_a_bracket_is_ambiguous(tmp_path):
    csv = {"unit": "numbers", "delimiter": ";", "decimal": ","}
    path = semicolons(tmp_path / "own.csv", ["1,5", "1.234,5", "1", "1"])
    assert complaint("density", path, {"input": "x"}, **csv) == (
        "FILE, line 3, column 'x': '1.234,5', expected a list of finite numbers, or of equally "
        "long lists of them; `decimal` is ',', so a number holds no point: take points between "
        "thousands out, or set `decimal: '.'`."
    )
    path = semicolons(tmp_path / "own.csv", ["1,5", "[3,14]", "1", "1"])
    assert complaint("density", path, {"input": "x"}, **csv) == (
        "FILE, line 3, column 'x': '[3,14]' is a list in square brackets, whose numbers have "
        "decimal points, and `decimal` is ','; write the numbers with spaces between and no "
        "brackets, or set `decimal: '.'`."
    )


def test_frames_of_another_width_are_refused(tmp_path):
    path = lines(tmp_path / "own.jsonl", [*[{"x": [[1, 2]]}] * 3, {"x": [[1, 2, 3]]}])
    assert complaint("density", path, {"input": "x"}, unit="numbers") == (
        "FILE, line 4: 3 numbers a step, and 2 in FILE, line 1; every step has as many."
    )
    path = lines(tmp_path / "own.jsonl", [{"x": [1, 2], "y": [1]}] * 4)
    assert complaint("density", path, {"input": ["x", "y"]}, unit="numbers") == (
        "FILE, line 1, column 'y': 1 steps, and 2 in column 'x'; all columns of an input are of "
        "one length."
    )


def test_tags_that_are_not_as_many_as_steps_are_refused(tmp_path):
    path = lines(tmp_path / "own.jsonl", [{"w": "a b", "t": "x y"}] * 3 + [{"w": "a", "t": "x y"}])
    assert complaint("tagging", path, {"input": "w", "tags": "t"}) == (
        "FILE, line 4: 2 tags for 1 steps; each step needs one."
    )


@pytest.mark.parametrize("spelled", ["NA", "NaN", "null", "None", "n/a", "#N/A", "<NA>"])
def test_a_label_that_looks_like_a_missing_value_must_be_said_to_be_one(tmp_path, spelled):
    path = lines(tmp_path / "own.jsonl", REVIEWS)
    for fold in ("train", "test"):
        row = {"fold": fold, "text": "NA", "stars": spelled}
        path.write_text(path.read_text() + "\n" + json.dumps(row))
    columns = {"input": "text", "label": "stars"}
    assert complaint("classification", path, columns) == (
        f"FILE, line 5, column 'stars': {spelled!r} is how many programs write a missing value, "
        "and would be a class here; set `missing_values: "
        f"['{spelled}']` if it says that the label is missing (`missing: drop` then leaves such "
        "rows out), or `missing_values: []` if it is the name of a class."
    )
    assert complaint("classification", path, columns, missing_values=[spelled]).startswith(
        "FILE, line 5, column "
    )
    told = {"missing_values": [spelled], "missing": "drop"}
    data = read("classification", path, columns, **told)
    assert data.class_names == ("9", "10")
    assert data.counts["examples_dropped_for_a_missing_cell"] == 2
    data = read("classification", path, columns, missing_values=[])
    assert data.class_names == ("9", "10", spelled)
    # In a text, it is text.
    assert spoken(data, Split.TRAIN)[-1] == ["NA"]


def test_a_label_that_is_no_number_in_a_column_of_numbers_is_missing(tmp_path):
    table = pa.table(
        {"fold": [*SPLITS, "train"], "text": list("abcde"), "stars": [1.0, 2.0, 1.0, 2.0, np.nan]}
    )
    pq.write_table(table, tmp_path / "own.parquet")
    columns = {"input": "text", "label": "stars"}
    assert complaint("classification", tmp_path / "own.parquet", columns) == (
        "FILE, row 5, column 'stars': is empty, and is needed; fill it, or set `missing: drop` to "
        "leave such rows out."
    )
    assert read(
        "classification", tmp_path / "own.parquet", columns, missing="drop"
    ).class_names == ("1", "2")


def test_a_class_with_a_single_example_is_refused_unless_let_be(tmp_path):
    rows = [*REVIEWS[:2], *[{**each, "stars": 9} for each in REVIEWS[2:]]]
    path = lines(tmp_path / "own.jsonl", rows)
    columns = {"input": "text", "label": "stars"}
    assert complaint("classification", path, columns) == (
        "FILE, line 1: label '10' has 1 of 4 examples, expected at least 2 (min_label_count); so "
        "rare are '10'. Correct them, give more examples, take them out, or set "
        "`min_label_count: 1`."
    )
    data = read("classification", path, columns, min_label_count=1)
    assert data.class_names == ("9", "10")
    assert data.protocol["min_label_count"] == 1


def test_an_input_in_two_splits_is_named_by_its_lines(tmp_path):
    rows = [{**each, "text": text} for each, text in zip(REVIEWS, "abcb", strict=True)]
    path = lines(tmp_path / "own.jsonl", rows)
    path.write_text("\n" + path.read_text())
    config = config_of(
        "classification", path, columns={"input": "text", "label": "stars", "split": "fold"}
    )
    with pytest.raises(DataError) as caught:
        prepare_task("own", config, tmp_path / "prepared")
    assert str(caught.value).startswith(
        f"train example ({path}, line 3) equals test example ({path}, line 5), and 0 more such "
    )


def test_one_label_alone_is_refused(tmp_path):
    path = lines(tmp_path / "own.jsonl", [{"text": str(row), "stars": 1} for row in range(4)])
    assert complaint("classification", path, {"input": "text", "label": "stars"}) == (
        "FILE, line 1: every training example has the label '1'; at least two are needed."
    )


def test_rows_that_lack_something_are_dropped_and_counted_if_asked(tmp_path):
    path = tmp_path / "own.jsonl"
    lines(path, REVIEWS)
    path.write_text(path.read_text() + '\n{"fold": "train", "text": "so so"}')
    columns = {"input": "text", "label": "stars"}
    data = read("classification", path, columns, missing="drop")
    assert data.counts["examples_dropped_for_a_missing_cell"] == 1
    assert len(data.parts[Split.TRAIN].sequences) == 2


@pytest.mark.parametrize("cell", ["soon", [2024], "2024-13-01", True, "nan"])
def test_a_time_is_a_number_or_a_date(tmp_path, cell):
    path = tmp_path / "own.jsonl"
    times = ["2024-01-02", "2024-01-02T10:00+02:00", "2024-02-01", "2023-12-01", "2025-01-01"]
    rows = [{"x": f"a{time}", "when": time} for time in times]
    path.write_text("\n".join(map(json.dumps, rows)))
    config = config_of(
        "density",
        path,
        columns={"input": "x", "time": "when"},
        unit="character",
        split={"valid_share": 0.2, "test_share": 0.2},
        max_unknown_share=1.0,
    )
    data = read_source(config)
    assert [part.sequences.ids for part in data.parts.values()] == [
        ("own.jsonl:1:0", "own.jsonl:2:0", "own.jsonl:4:0"),
        ("own.jsonl:3:0",),
        ("own.jsonl:5:0",),
    ]
    path.write_text(path.read_text() + "\n" + json.dumps({"x": "a", "when": cell}))
    with pytest.raises(DataError) as caught:
        read_source(config)
    assert str(caught.value).startswith(f"{path}, line 6, column 'when': ")
    assert "expected a number or a date in ISO 8601, like 2024-11-05" in str(caught.value)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (
            {"columns": {"input": ["a", "b"], "label": "c"}},
            "tasks.own.source: columns.input names 2 columns, and unit is 'word'; several stand "
            "side by side with unit 'numbers' only.",
        ),
        (
            {"columns": {"input": [], "label": "c"}, "unit": "numbers"},
            "tasks.own.source: columns.input names no column; name one or more.",
        ),
        (
            {"columns": {"input": "a", "label": "c", "sequence": "s"}, "unit": "character"},
            "tasks.own.source: columns.sequence makes each row a step, which is a word or numbers; "
            "unit is 'character'.",
        ),
        (
            {"columns": {"input": "a", "label": "c", "split": "s"}, "test_path": "t.csv"},
            "tasks.own.source: columns.split and valid_path or test_path both say what validates "
            "and tests; give one of them.",
        ),
        (
            {"columns": {"input": "a", "label": "c", "time": "t", "group": "g"}},
            "tasks.own.source.columns: time and group both decide which split an example is in; "
            "map one of them, or a column of splits too.",
        ),
        (
            {"columns": {"input": "a", "lable": "c"}},
            "tasks.own.source.columns.label: missing; it has no default.\n"
            "tasks.own.source.columns.lable: unknown; did you mean 'label'?",
        ),
    ],
)
def test_settings_that_do_not_fit_together_are_refused(tmp_path, source, expected):
    with pytest.raises(ConfigError) as caught:
        config_of("classification", tmp_path / "own.csv", **source)
    assert str(caught.value) == expected


def test_what_a_step_is_is_known_before_any_data(tmp_path):
    def kind(unit):
        columns = {"input": "a", "label": "b"}
        return config_of("classification", tmp_path / "x.csv", columns=columns, unit=unit)

    assert [kind(unit).source.input_kind for unit in ("word", "character", "numbers")] == [
        "tokens",
        "tokens",
        "frames",
    ]


def test_files_of_their_own_are_the_splits_and_are_named_in_the_protocol(tmp_path):
    for name in ("train", "valid", "test"):
        text = "\n".join(f"{name} {word},{word}" for word in ("a", "b"))
        (tmp_path / f"{name}.csv").write_text(f"text,label\n{text}")
    columns = {"input": "text", "label": "label"}
    paths = {f"{name}_path": str(tmp_path / f"{name}.csv") for name in ("valid", "test")}
    config = config_of("classification", tmp_path / "train.csv", columns=columns, **paths)
    data = read_source(config)
    assert [part.sequences.ids[0] for part in data.parts.values()] == [
        "train.csv:2",
        "valid.csv:2",
        "test.csv:2",
    ]
    assert data.protocol["split"] == "each file is a split"
    assert "seed" not in data.protocol


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner),
    max_leaves=5,
)


@pytest.mark.slow
@pytest.mark.parametrize("unit", ["word", "character", "numbers"])
@given(cell=ANY_JSON, other=ANY_JSON)
def test_whatever_a_cell_holds_it_is_read_or_refused_as_data(tmp_path_factory, unit, cell, other):
    path = tmp_path_factory.getbasetemp() / "any.jsonl"
    rows = [{"x": [1, 2] if unit == "numbers" else "a b", "y": name} for name in "ppqq"]
    lines(path, [*rows[:3], {"x": cell, "y": other}])
    for task_kind, role in (("classification", "label"), ("tagging", "tags")):
        try:
            read(task_kind, path, {"input": "x", role: "y"}, unit=unit)
        except DataError as error:
            assert str(path) in str(error)
