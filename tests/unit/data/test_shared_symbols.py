from seqarena.data.alphabet import UNKNOWN
from seqarena.data.shared_symbols import shared_symbols


def test_a_symbol_of_the_input_is_the_target_symbol_with_its_text():
    assert shared_symbols(("a", "1", "b", "2"), ("2", "1", "c", "\n"), 3) == (-1, 1, -1, 0)


def test_neither_the_unknown_symbol_nor_the_end_is_shared():
    assert shared_symbols((UNKNOWN, "x", "e"), ("x", UNKNOWN, "e"), 2) == (-1, 0, -1)
