import subprocess
import sys

import pytest

from seqarena.data.alphabet import UNKNOWN
from seqarena.data.subwords import Subwords, learn_subwords, tidied
from seqarena.errors import DataError

TEXTS = ["A dog runs, and a dog sleeps.", "Ein Hund läuft, und ein Hund schläft.", "dog dog dog"]
SUBWORDS = learn_subwords(TEXTS, n_symbols=80)


@pytest.mark.parametrize("text", [*TEXTS, "a  dog\tsleeps . ", "schla\u0308ft!,?", "läuft"])
def test_writing_what_was_encoded_gives_the_tidied_text(text):
    known = text.replace("!", "").replace("?", "")
    (tokens,) = SUBWORDS.encode([known])
    assert SUBWORDS.write(tokens.tolist()) == tidied(known)


def test_a_frequent_word_is_one_piece_and_a_mark_is_never_part_of_one():
    subwords = learn_subwords(["dog."] * 5, n_symbols=20)
    (tokens,) = subwords.encode(["dog."])
    assert [subwords.symbols[token] for token in tokens] == ["\u2581dog", "."]


def test_what_training_never_showed_is_token_0_and_is_left_out_of_the_text():
    (tokens,) = SUBWORDS.encode(["dog \N{SNOWMAN} dog"])
    assert SUBWORDS.symbols[0] == UNKNOWN
    assert tokens.tolist().count(0) == 1
    assert SUBWORDS.write(tokens.tolist()).split() == ["dog", "dog"]


def test_sentences_end_with_the_marks_that_training_showed():
    assert [SUBWORDS.symbols[token] for token in SUBWORDS.sentence_ends] == ["."]


def test_the_json_is_all_that_was_learned():
    again = Subwords(SUBWORDS.tokeniser)
    assert again.symbols == SUBWORDS.symbols
    assert [own.tolist() for own in again.encode(TEXTS)] == [
        own.tolist() for own in SUBWORDS.encode(TEXTS)
    ]


def test_a_vocabulary_below_the_characters_is_refused():
    with pytest.raises(DataError) as error:
        learn_subwords(["abcdef"], n_symbols=4)
    assert str(error.value) == (
        "the training texts hold 7 different characters, more than the vocabulary of 4 subwords; "
        "enlarge it."
    )


@pytest.mark.slow
def test_another_process_learns_the_same_pieces():
    program = (
        "from seqarena.data.subwords import learn_subwords\n"
        f"print(learn_subwords({TEXTS!r}, n_symbols=80).tokeniser, end='')"
    )
    told = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout
    assert told == SUBWORDS.tokeniser
