from pathlib import Path

import pytest

from seqarena.data.sources.conllu import read_conllu
from seqarena.errors import DataError


def _line(index: str, form: str, tag: str) -> str:
    return "\t".join([index, form, form.lower(), tag, *["_"] * 6])


def _file(folder: Path, *lines: str) -> Path:
    path = folder / "toy.conllu"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_words_are_syntactic_and_sentences_keep_their_names(tmp_path: Path) -> None:
    path = _file(
        tmp_path,
        "# newdoc",
        "# sent_id = a-1",
        "# text = I don't",
        _line("1", "I", "PRON"),
        _line("2-3", "don't", "_"),
        _line("2", "do", "AUX"),
        _line("3", "n't", "PART"),
        _line("3.1", "go", "VERB"),
        "",
        "",
        _line("1", "No", "INTJ"),
    )
    first, second = read_conllu(path)
    assert first.id == "a-1"
    assert [(word.form, word.tag, word.line) for word in first.words] == [
        ("I", "PRON", 4),
        ("do", "AUX", 6),
        ("n't", "PART", 7),
    ]
    # Without a name of its own, and without an empty line at the end.
    assert second.id == "line 11"
    assert [word.form for word in second.words] == ["No"]


def test_a_word_may_hold_a_character_that_ends_lines_elsewhere(tmp_path: Path) -> None:
    (sentence,) = read_conllu(_file(tmp_path, _line("1", "a\x85b", "X"), ""))
    assert sentence.words[0].form == "a\x85b"


def test_a_byte_order_mark_and_windows_line_ends_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "toy.conllu"
    path.write_bytes(b"\xef\xbb\xbf" + f"{_line('1', 'a', 'X')}\r\n\r\n".encode())
    (sentence,) = read_conllu(path)
    assert [(word.form, word.tag) for word in sentence.words] == [("a", "X")]


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("1\tword\tNOUN", "3 columns, expected 10, separated by tabs: '1\\tword\\tNOUN'."),
        (_line("one", "word", "X"), "'one' is no number of a word; expected 1, 1-2 or 1.1."),
        (
            _line("1", "word", "_"),
            "word 'word' with tag '_'; each word needs a form (column 2) and a part of "
            "speech (column 4).",
        ),
        (
            _line("1", "", "X"),
            "word '' with tag 'X'; each word needs a form (column 2) and a part of "
            "speech (column 4).",
        ),
    ],
)
def test_a_bad_line_is_named_with_its_file(tmp_path: Path, line: str, complaint: str) -> None:
    path = _file(tmp_path, "# comment", line, "")
    with pytest.raises(DataError) as error:
        read_conllu(path)
    assert str(error.value) == f"{path}, line 2: {complaint}"


def test_other_encodings_and_empty_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "toy.conllu"
    path.write_bytes(b"1\tcaf\xe9")
    with pytest.raises(DataError) as error:
        read_conllu(path)
    assert str(error.value) == (f"{path}: not UTF-8 (byte 5: unexpected end of data); CoNLL-U is.")
    with pytest.raises(DataError) as error:
        read_conllu(_file(tmp_path, "# nothing", ""))
    assert str(error.value) == f"{path}: holds no sentence; a file of CoNLL-U is needed."
