"""Texts that no spreadsheet takes for a formula."""

_ACTIVE = ("=", "+", "-", "@", "\t", "\r")


def inert(text: str) -> str:
    """Return the text with an apostrophe in front where a spreadsheet would run it."""
    return f"'{text}" if text.lstrip(" \n").startswith(_ACTIVE) else text
