"""Tokens as labels that can be drawn: whatever they hold, and with whatever fonts there are."""

import unicodedata
from functools import cache

from matplotlib.font_manager import FontProperties, findfont, get_font_names
from matplotlib.ft2font import FT2Font

_DEFAULT_FONT = "DejaVu Sans"

# For scripts that DejaVu lacks; the first that is installed and has the character is used.
_FURTHER_FONTS = (
    "Noto Sans CJK JP",
    "Noto Sans CJK SC",
    "Noto Sans JP",
    "Noto Sans SC",
    "Noto Sans KR",
    "WenQuanYi Zen Hei",
    "WenQuanYi Micro Hei",
    "Droid Sans Fallback",
    "IPAGothic",
    "Hiragino Sans",
    "PingFang SC",
    "Apple SD Gothic Neo",
    "Yu Gothic",
    "Microsoft YaHei",
    "Malgun Gothic",
    "Noto Sans Devanagari",
    "Noto Sans Thai",
    "Unifont",
)
_SYMBOLS = {" ": "␣", "\n": "↵", "\r": "⏎", "\t": "⇥"}


def drawable(token: str) -> str:
    """Return a label for `token`: spaces as symbols, undrawable characters as code points.

    A combining mark alone stands on a dotted circle.
    """
    label = "".join(_SYMBOLS.get(character) or _drawn(character) for character in token)
    if token and unicodedata.category(token[0]).startswith("M"):
        label = "◌" + label
    return label


@cache
def font_families() -> tuple[str, ...]:
    """Return the fonts to draw with, in order of preference."""
    installed = set(get_font_names())
    return (_DEFAULT_FONT, *(name for name in _FURTHER_FONTS if name in installed))


def _drawn(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Zs":
        return "⍽"
    if category.startswith("C") or not _has_glyph(character):
        return f"U+{ord(character):04X}"
    return character


@cache
def _has_glyph(character: str) -> bool:
    return any(ord(character) in _characters(family) for family in font_families())


@cache
def _characters(family: str) -> frozenset[int]:
    return frozenset(FT2Font(findfont(FontProperties(family=family))).get_charmap())
