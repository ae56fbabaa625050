from dataclasses import replace

import numpy as np
import pytest

from seqarena.answering.writing import (
    encoded_target,
    ended,
    target_names,
    written,
    written_input,
)
from seqarena.data.manifest import Manifest, Provenance
from seqarena.data.subwords import learn_subwords
from seqarena.errors import DataError
from seqarena.schema import DataSchema

SCHEMA = DataSchema(
    "transduction", n_symbols=2, n_target_symbols=3, target_end=2, target_unit="character"
)
LETTERS = Manifest(
    "toy",
    SCHEMA,
    Provenance("", "", ""),
    {},
    symbols=("x", "y"),
    target_symbols=("a", "b", "<end>"),
)
WORDS = replace(LETTERS, schema=replace(SCHEMA, target_unit="word"), symbols=("the", "cat"))


def test_a_target_is_encoded_with_its_end_and_written_without():
    assert encoded_target("ab", LETTERS).tolist() == [0, 1, 2]
    assert encoded_target("a b", LETTERS).tolist() == [0, 1, 2]
    assert encoded_target("a b", WORDS).tolist() == [0, 1, 2]
    assert written([0, 1, 2], LETTERS) == "ab" and written([0, 1, 2], WORDS) == "a b"
    assert target_names([0, 1, 2], LETTERS) == ("a", "b")


def test_an_output_that_was_cut_off_gets_an_end_and_another_does_not():
    assert ended(np.array([0, 1]), LETTERS).tolist() == [0, 1, 2]
    assert ended(np.array([0, 2]), LETTERS).tolist() == [0, 2]


def test_an_input_of_letters_is_written_as_they_are_and_one_of_words_with_spaces():
    assert written_input([0, 1, 1], LETTERS) == "xyy"
    assert written_input([0, 1], WORDS) == "the cat"


def test_subwords_are_joined_to_the_text_that_they_were_cut_from():
    subwords = learn_subwords(["the cat sat on the mat"] * 3, 30)
    schema = replace(SCHEMA, target_end=len(subwords), target_unit="subword")
    manifest = replace(
        LETTERS,
        schema=schema,
        tokeniser=subwords.tokeniser,
        target_symbols=(*subwords.symbols, "<end>"),
    )
    tokens = encoded_target("the mat sat", manifest)
    assert tokens[-1] == len(subwords) and written(tokens.tolist(), manifest) == "the mat sat"


def test_symbols_that_a_task_does_not_write_are_named():
    with pytest.raises(DataError) as caught:
        encoded_target("abz", LETTERS)
    assert str(caught.value) == (
        "--target 'abz': task 'toy' does not write 'z'; give symbols of its targets."
    )
    with pytest.raises(DataError, match="does not write nothing"):
        encoded_target(" ", WORDS)
    without = replace(LETTERS, schema=replace(SCHEMA, target_end=None))
    with pytest.raises(DataError, match="task 'toy' has no end symbol; prepare it again"):
        encoded_target("ab", without)
