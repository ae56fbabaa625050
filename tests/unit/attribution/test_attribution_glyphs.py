import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqarena.attribution.glyphs import drawable, font_families


@pytest.mark.parametrize(
    ("token", "label"),
    [
        ("a", "a"),
        (" ", "␣"),
        ("\n", "↵"),
        ("\t", "⇥"),
        ("\u202f", "⍽"),
        ("\x07", "U+0007"),
        ("\u200f", "U+200F"),
        ("$x$", "$x$"),
        ("\u0301", "◌\u0301"),
        ("<script>alert", "<script>alert"),
        ("", ""),
    ],
)
def test_tokens_are_shown_as_what_they_are(token, label):
    assert drawable(token) == label


def test_a_character_that_no_font_has_is_shown_as_its_code_point():
    # a private-use character, which no font may be expected to have
    assert drawable("\ue123") == "U+E123"


def test_a_character_that_the_first_font_lacks_never_crashes():
    assert drawable("年") in ("年", "U+5E74")
    assert font_families()[0] == "DejaVu Sans"


@given(st.lists(st.integers(0, 0x10FFFF).map(chr), max_size=20))
def test_labels_hold_nothing_that_cannot_be_seen(characters):
    label = drawable("".join(characters))
    assert not any(character.isspace() for character in label)
