from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqarena.data.plain_text import (
    cut_by_shares,
    documents_of,
    lines_of,
    read_plain_text,
    symbols_of_text,
)
from seqarena.errors import DataError


def test_the_characters_of_a_text_are_all_of_it() -> None:
    assert list(symbols_of_text("a b\n\nc", "character")) == ["a", " ", "b", "\n", "\n", "c"]


def test_the_words_of_a_text_end_with_each_line() -> None:
    text = " the  cat \n\nsat\n"
    assert symbols_of_text(text, "word") == ["the", "cat", "<eos>", "<eos>", "sat", "<eos>"]
    assert symbols_of_text(text.removesuffix("\n"), "word") == symbols_of_text(text, "word")


def test_a_last_end_of_line_begins_no_line() -> None:
    assert lines_of("a\nb\n") == lines_of("a\nb") == ["a", "b"]
    assert lines_of("a\n\n") == ["a", ""]


def test_a_file_is_one_document_and_its_lines_are_several() -> None:
    assert documents_of("x", "ab\n \nc", "character", "file") == {"x": "ab\n \nc"}
    assert documents_of("x", "ab\n \nc", "character", "line") == {"x:1": "ab\n", "x:3": "c\n"}
    assert documents_of("x", "a b\n\nc", "word", "line") == {
        "x:1": ["a", "b", "<eos>"],
        "x:3": ["c", "<eos>"],
    }


def test_documents_are_cut_where_their_shares_end() -> None:
    train, valid, test = cut_by_shares({"a": "0123456", "b": "789"}, 0.2, 0.1)
    assert (train, valid, test) == ({"a": "23456", "b": "78"}, {"a": "01"}, {"b": "9"})


def test_the_last_tenth_begins_where_it_is_published_to_begin() -> None:
    # int(0.9 * 1,115,394): the split of char-rnn and nanoGPT.
    text = "x" * 1_115_394
    train, valid, test = cut_by_shares({"a": text}, 0.0, 0.1)
    assert [sum(map(len, part.values())) for part in (train, valid, test)] == [
        1_003_854,
        0,
        111_540,
    ]


@settings(max_examples=30)
@given(st.lists(st.integers(0, 9), min_size=1, max_size=5), st.integers(1, 45))
def test_nothing_is_lost_between_the_parts(lengths: list[int], percent: int) -> None:
    texts = ["abcdefghi"[:length] for length in lengths]
    documents = {str(number): text for number, text in enumerate(texts)}
    share = percent / 100
    train, valid, test = cut_by_shares(documents, share, share)
    joined = "".join("".join(part.values()) for part in (valid, train, test))
    assert joined == "".join(texts)


def test_a_file_that_is_missing_or_not_utf_8_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError) as error:
        read_plain_text(tmp_path / "none.txt")
    assert str(error.value) == (
        f"{tmp_path}/none.txt: not found; a path is read from the folder of params.yaml."
    )
    path = tmp_path / "latin.txt"
    path.write_bytes("é".encode("latin-1"))
    with pytest.raises(DataError) as error:
        read_plain_text(path)
    assert str(error.value) == (
        f"{path}: not UTF-8 ('utf-8' codec can't decode byte 0xe9 in position 0: unexpected end of "
        "data); convert it first."
    )


def test_a_byte_order_mark_is_no_symbol(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"\xef\xbb\xbfthe end\n")
    assert read_plain_text(path) == "the end\n"
