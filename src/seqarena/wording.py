"""Words that depend on a number."""


def counted(n: int, noun: str) -> str:
    """Return `1 seed`, `2 seeds`, `1,200 seeds`: for nouns whose plural ends in s."""
    return f"{n:,} {noun if n == 1 else f'{noun}s'}"
