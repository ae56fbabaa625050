import csv
import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqarena.data.own.csv_table import read_csv
from seqarena.data.own.jsonl_table import read_jsonl
from seqarena.data.own.parquet_table import read_parquet
from seqarena.data.own.table import LONGEST_FIELD, checked_table
from seqarena.errors import DataError

# What UTF-8 can hold, but for NUL, which is refused.
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
NAMES = ["input", "label"]
ROWS = st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=8)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """One folder for all examples of a property, which overwrite one file."""
    return tmp_path_factory.mktemp("tables")


def write(folder, content, name="own.csv"):
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def complaint(read, path, *arguments):
    with pytest.raises(DataError) as caught:
        read(path, *arguments)
    return str(caught.value).replace(str(path), "FILE")


@pytest.mark.slow
@given(rows=ROWS)
def test_a_csv_file_is_read_as_it_was_written(folder, rows):
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerows([NAMES, *rows])
    table = read_csv(write(folder, text.getvalue()))
    # A line without any text is no row.
    kept = [row for row in rows if any(map(str.strip, row))]
    assert list(zip(*table.columns.values(), strict=True)) == kept
    assert list(table.columns) == NAMES


@pytest.mark.slow
@given(rows=ROWS)
def test_json_lines_are_read_as_they_were_written(folder, rows):
    lines = [json.dumps(dict(zip(NAMES, row, strict=True)), ensure_ascii=False) for row in rows]
    table = read_jsonl(write(folder, "\n".join(lines)))
    assert list(zip(*table.columns.values(), strict=True)) == rows


@pytest.mark.slow
@given(rows=ROWS, numbers=st.lists(st.lists(st.floats(width=32)), min_size=8, max_size=8))
def test_a_parquet_file_is_read_as_it_was_written(folder, rows, numbers):
    lists = numbers[: len(rows)]
    columns = {name: [row[at] for row in rows] for at, name in enumerate(NAMES)}
    path = folder / "own.parquet"
    pq.write_table(pa.table({**columns, "frames": lists, "other": lists}), path)
    table = read_parquet(path, ["label", "frames"])
    assert table.columns["label"] == columns["label"]
    assert str(table.columns["frames"]) == str(lists)


@pytest.mark.slow
@settings(max_examples=100)
@given(content=st.binary(max_size=60))
@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_hostile_bytes_are_read_or_refused_as_data(folder, kind, content):
    path = write(folder, content)
    read = {"csv": read_csv, "jsonl": read_jsonl}.get(kind, lambda path: read_parquet(path, ["a"]))
    try:
        table = read(path)
    except DataError as error:
        assert str(path) in str(error)
    else:
        assert all(len(cells) == len(table) for cells in table.columns.values())


@pytest.mark.slow
@settings(max_examples=100)
@given(at=st.integers(0, 10_000), byte=st.integers(0, 255), end=st.integers(0, 10_000))
def test_a_damaged_parquet_file_is_read_or_refused_as_data(folder, at, byte, end):
    buffer = io.BytesIO()
    pq.write_table(pa.table({"a": ["some", "text"], "b": [[1.0], [2.0, 3.0]]}), buffer)
    content = bytearray(buffer.getvalue())
    content[at % len(content)] = byte
    path = write(folder, bytes(content[: max(end % (2 * len(content)), 1)]), "own.parquet")
    try:
        read_parquet(path, ["a", "b"])
    except DataError as error:
        assert str(path) in str(error)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", "FILE: is empty; put data there, or name another file."),
        (" \r\n\n", "FILE: is empty; put data there, or name another file."),
        (
            b"text,label\nfine,1\nb\xe4d,0\n",
            "FILE, line 3: byte 19 (0xe4) is not UTF-8 (invalid continuation byte); save the file "
            "as UTF-8 (in Excel: CSV UTF-8).",
        ),
        (
            "text,label\n".encode("utf-16"),
            "FILE: begins with the byte-order mark of UTF-16; save the file as UTF-8 "
            "(in Excel: CSV UTF-8).",
        ),
        (
            "text,label\n".encode("utf-32"),
            "FILE: begins with the byte-order mark of UTF-32; save the file as UTF-8 "
            "(in Excel: CSV UTF-8).",
        ),
        (
            "text,label\nfi\0ne,1\n",
            "FILE, line 2: byte 13 is NUL, which no text holds; save the file as UTF-8 text, or "
            "repair it.",
        ),
        (
            'text,label\n"two\nlines",1\nfine\n',
            "FILE, line 4: 1 fields, expected 2 (text, label); a field that holds the delimiter "
            "stands in quotes.",
        ),
        (
            "text,label\nfine,1,2\n",
            "FILE, line 2: 3 fields, expected 2 (text, label); a field that holds the delimiter "
            "stands in quotes.",
        ),
        (
            "text,label,text\nfine,1,2\n",
            "FILE, line 1: columns 1 and 3 are both named 'text'; rename one.",
        ),
        ("text,,label\n", "FILE, line 1: column 2 has no name; give it one."),
        (
            'text,label\nfine,1\n"never closed,1\nfine,0\n',
            "FILE, line 3: not CSV (unexpected end of data); a field with a quote, the delimiter "
            "',' or an end of line stands in quotes, its own quotes doubled, and holds at most "
            "131072 characters.",
        ),
        (
            'text,label\n"a"b,1\n',
            "FILE, line 2: not CSV (',' expected after '\"'); a field with a quote, the delimiter "
            "',' or an end of line stands in quotes, its own quotes doubled, and holds at most "
            "131072 characters.",
        ),
        (
            f"text,label\n{'x' * (LONGEST_FIELD + 1)},1\n",
            "FILE, line 2: not CSV (field larger than field limit (131072)); a field with a quote, "
            "the delimiter ',' or an end of line stands in quotes, its own quotes doubled, and "
            "holds at most 131072 characters.",
        ),
    ],
)
def test_what_is_wrong_with_a_csv_file_is_said_with_its_line(tmp_path, content, expected):
    assert complaint(read_csv, write(tmp_path, content)) == expected


def test_a_byte_order_mark_of_utf_8_ends_of_lines_and_empty_lines_do_not_matter(tmp_path):
    table = read_csv(write(tmp_path, "\ufefftext,label\r\n\r\nfine,1\r\nbad,0"))
    assert table.columns == {"text": ["fine", "bad"], "label": ["1", "0"]}
    assert [table.where(row) for row in range(2)] == [
        f"{table.path}, line 3",
        f"{table.path}, line 4",
    ]


def test_a_csv_file_may_have_another_delimiter(tmp_path):
    table = read_csv(write(tmp_path, "text\tlabel\nfine, really\t1\n"), "\t")
    assert table.columns == {"text": ["fine, really"], "label": ["1"]}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('{"a": 1', "not JSON (Expecting ',' delimiter: line 1 column 8 (char 7))"),
        ('{"a": NaN}', "not JSON (NaN is not a finite number)"),
        ('{"a": 1, "b": 2, "a": 3}', "not JSON (key 'a' stands twice)"),
        ("[1, 2]", "'[1, 2]' is no object"),
        ("[" * 100_000, "not JSON (maximum recursion depth exceeded"),
        ("9" * 5000, "not JSON (Exceeds the limit"),
    ],
)
def test_what_is_wrong_with_json_lines_is_said_with_the_line(tmp_path, line, expected):
    path = write(tmp_path, '{"a": 0}\n\n' + line)
    assert complaint(read_jsonl, path).startswith(f"FILE, line 3: {expected}")


def test_a_key_that_an_object_lacks_is_missing(tmp_path):
    table = read_jsonl(write(tmp_path, '{"a": [1, 2]}\n{"b": "x"}\n'))
    assert table.columns == {"a": [[1, 2], None], "b": [None, "x"]}


def test_a_parquet_file_with_doubled_names_bytes_that_are_no_text_or_none_at_all_is_refused(
    tmp_path,
):
    path = tmp_path / "own.parquet"
    column = pa.array(["x"])
    pq.write_table(pa.Table.from_arrays([column, column], names=["a", "a"]), path)
    assert complaint(read_parquet, path, ["a"]) == (
        "FILE, schema: columns 1 and 2 are both named 'a'; rename one."
    )
    wrong = pa.Array.from_buffers(pa.string(), 1, pa.array([b"\xff"]).buffers())
    pq.write_table(pa.table({"a": wrong}), path)
    assert complaint(read_parquet, path, ["a"]).startswith(
        "FILE: not a whole Parquet file (ArrowInvalid: "
    )
    assert complaint(read_parquet, write(tmp_path, "a,b\n1,2\n"), ["a"]).startswith(
        "FILE: not a whole Parquet file (ArrowInvalid: "
    )


def test_a_file_that_is_not_there_or_is_a_folder_is_refused(tmp_path):
    assert complaint(read_csv, tmp_path / "none.csv") == (
        "FILE: not found; a path is read from the folder of params.yaml."
    )
    assert complaint(read_csv, tmp_path).startswith("FILE: cannot be read ([Errno 21] ")


def test_a_table_without_the_column_a_row_or_with_an_absurdly_long_cell_is_refused(tmp_path):
    def check(wanted, content='{"text": "fine"}'):
        path = write(tmp_path, content)
        return complaint(lambda path: checked_table(read_jsonl(path), wanted), path)

    assert check(["txet"]) == "FILE: has no column 'txet'; did you mean 'text'?"
    assert check(["zebra"]) == "FILE: has no column 'zebra'; expected one of 'text'."
    assert check(["text"], json.dumps({"text": "x" * (LONGEST_FIELD + 1)})) == (
        "FILE, line 1, column 'text': 131073 characters, expected at most 131072; cut it into "
        "several rows."
    )
    path = write(tmp_path, "text\n")
    assert complaint(lambda path: checked_table(read_csv(path), ["text"]), path) == (
        "FILE: has columns, but no row; add rows."
    )


def test_fields_that_another_delimiter_parts_are_told_to(tmp_path):
    path = tmp_path / "semi.csv"
    path.write_text("text;label\na;b\n")
    with pytest.raises(DataError) as error:
        checked_table(read_csv(path, ","), ["text"])
    assert str(error.value) == (
        f"{path}: has no column 'text'; expected one of 'text;label'. There is one column, with "
        "';' in its name: set delimiter."
    )


def test_what_spreadsheets_leave_in_a_csv_is_let_be(tmp_path):
    content = "\ufeffsep=;\r\ntext;label;;\r\nfine;1;;\r\n;;;\r\nbad;0; ;\r\n;;;\r\n"
    table = read_csv(write(tmp_path, content), ";")
    assert table.columns == {"text": ["fine", "bad"], "label": ["1", "0"]}
    assert list(table.numbers) == [3, 5]
    assert complaint(read_csv, write(tmp_path, "sep=;\ntext;label\n"), ",") == (
        "FILE, line 1: 'sep=;' names the delimiter, and ',' is set; set delimiter to that one."
    )
    # What has text belongs to somebody.
    assert complaint(read_csv, write(tmp_path, "text,label,\nfine,1,2\n")) == (
        "FILE, line 2: 3 fields, expected 2 (text, label); a field that holds the delimiter stands "
        "in quotes."
    )


def test_a_spreadsheet_is_no_csv(tmp_path):
    assert complaint(read_csv, write(tmp_path, b"PK\x03\x04" + bytes(9))) == (
        "FILE: is a ZIP archive, as spreadsheets (.xlsx, .ods) are; save the sheet as CSV in "
        "UTF-8, or unpack the archive."
    )


def test_a_json_list_is_no_json_lines(tmp_path):
    assert complaint(read_jsonl, write(tmp_path, '[\n{"text": "fine"}\n]')) == (
        "FILE: is one JSON list; JSON Lines hold one object on each line. `jq -c '.[]'` turns one "
        "into the other."
    )


NESTED = [
    {"review": {"text": "fine", "stars": {"n": 1}}, "review.text": "own"},
    {"review": {"text": "bad"}, "review.text": "own too"},
    {"review": None, "review.text": None},
]


def test_fields_of_fields_are_columns_unless_a_column_is_named_so(tmp_path):
    table = read_jsonl(write(tmp_path, "\n".join(map(json.dumps, NESTED))))
    assert table.columns["review.stars.n"] == [1, None, None]
    assert table.columns["review.text"] == ["own", "own too", None]
    inner = [{"review": each["review"]} for each in NESTED]
    table = read_jsonl(write(tmp_path, "\n".join(map(json.dumps, inner))))
    assert table.columns["review.text"] == ["fine", "bad", None]
    pq.write_table(pa.Table.from_pylist(inner), tmp_path / "own.parquet")
    table = read_parquet(tmp_path / "own.parquet", ["review.text", "review.stars.n"])
    assert table.columns["review.text"] == ["fine", "bad", None]
    assert table.columns["review.stars.n"] == [1, None, None]
