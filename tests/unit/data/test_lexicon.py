import pytest

from seqarena.data.lexicon import lexicon_of, word_shape


@pytest.mark.parametrize(
    ("word", "shape"),
    [
        ("running", "<aing>"),
        ("Running", "<Aaing>"),
        ("NASA", "<Aasa>"),
        ("I", "<Ai>"),
        ("2024", "<a0>"),
        ("B-52s", "<Aa0->"),
        ("well-known", "<a-own>"),
        ("?!", "<a?!>"),
    ],
)
def test_a_shape_tells_case_digits_hyphen_and_the_last_letters(word: str, shape: str) -> None:
    assert word_shape(word) == shape


SENTENCES = [["the", "walking", "dog"], ["the", "dog", "Talking"]]


def test_words_below_the_least_count_become_their_shapes() -> None:
    lexicon = lexicon_of(SENTENCES, min_count=2, unknown="shape")
    assert lexicon.alphabet.symbols == (
        "\N{REPLACEMENT CHARACTER}",
        "<Aaing>",
        "<aing>",
        "dog",
        "the",
    )
    # A new word has the symbol of its shape, as `walking` has; one of a new shape has none.
    assert lexicon.encode(["the", "walking", "singing", "SING", "cat"]).tolist() == [4, 2, 2, 0, 0]


def test_with_one_symbol_for_unknown_words_shapes_are_not_asked() -> None:
    lexicon = lexicon_of(SENTENCES, min_count=2, unknown="one")
    assert lexicon.alphabet.symbols == ("\N{REPLACEMENT CHARACTER}", "dog", "the")
    assert lexicon.encode(["walking", "dog", "<aing>"]).tolist() == [0, 1, 0]


def test_from_a_least_count_of_one_on_every_word_of_training_is_known() -> None:
    lexicon = lexicon_of(SENTENCES, min_count=1, unknown="shape")
    assert 0 not in lexicon.encode([word for sentence in SENTENCES for word in sentence])
    assert lexicon.encode(["singing"]).tolist() == [0]
