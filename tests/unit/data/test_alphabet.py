from seqarena.data.alphabet import UNKNOWN, alphabet_of, n_unknown


def test_symbols_stand_in_code_point_order_after_the_unknown() -> None:
    assert alphabet_of(["bä", "ab"]).symbols == (UNKNOWN, "a", "b", "ä")


def test_rare_and_new_characters_are_unknown() -> None:
    alphabet = alphabet_of(["aab", "a"], min_count=2)
    assert alphabet.symbols == (UNKNOWN, "a")
    tokens = alphabet.encode("abxa")
    assert tokens.tolist() == [1, 0, 0, 1]
    assert n_unknown(tokens) == 2


def test_a_replacement_character_in_the_text_is_the_unknown_one() -> None:
    alphabet = alphabet_of([UNKNOWN + "a"])
    assert alphabet.symbols == (UNKNOWN, "a")
    assert alphabet.encode(UNKNOWN).tolist() == [0]
