"""Words that more than one page says, and words that depend on a number."""

CONTESTED = (
    "Weights alone do not explain a prediction (Jain & Wallace 2019; Serrano & Smith 2019), and "
    "that alone does not make them useless (Wiegreffe & Pinter 2019)."
)
"""Stands on every page that shows weights of attention."""


def counted(n: int, noun: str) -> str:
    """Return `1 seed`, `2 seeds`, `1,200 seeds`: for nouns whose plural ends in s."""
    return f"{n:,} {noun if n == 1 else f'{noun}s'}"
