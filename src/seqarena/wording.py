"""Words that more than one page says, and words that depend on a number."""

from collections.abc import Sequence

_NAMED = 6
"""Names that a sentence lists; more are counted."""

CONTESTED = (
    "Weights alone do not explain a prediction (Jain & Wallace 2019; Serrano & Smith 2019), and "
    "that alone does not make them useless (Wiegreffe & Pinter 2019)."
)
"""Stands on every page that shows weights of attention."""


def counted(n: int, noun: str) -> str:
    """Return `1 seed`, `2 seeds`, `1,200 seeds`: for nouns whose plural ends in s."""
    return f"{n:,} {noun if n == 1 else f'{noun}s'}"


def named(names: Sequence[str], between: str = ", ") -> str:
    """Return `a, b and c`; of more than six the others as a number."""
    if len(names) > _NAMED:
        return f"{between.join(names[:_NAMED])}{between}and {len(names) - _NAMED} more"
    if between == ", " and len(names) > 1:
        return f"{', '.join(names[:-1])} and {names[-1]}"
    return between.join(names)
