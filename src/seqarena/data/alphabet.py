"""Characters as tokens."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

UNKNOWN = "\N{REPLACEMENT CHARACTER}"
"""Stands for every character that the alphabet does not hold. Always token 0."""


@dataclass(frozen=True)
class Alphabet:
    """Characters (Unicode code points) and their tokens; token 0 is the unknown character."""

    symbols: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.symbols)

    def encode(self, text: str) -> Int[np.ndarray, "characters"]:
        """Return the token of each character; 0 for those outside the alphabet."""
        token = {symbol: index for index, symbol in enumerate(self.symbols)}
        return np.asarray([token.get(character, 0) for character in text], dtype=np.int64)


def alphabet_of(texts: list[str], min_count: int = 1) -> Alphabet:
    """Collect the characters that occur at least `min_count` times, in code-point order."""
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(text)
    frequent = sorted(character for character, n in counts.items() if n >= min_count)
    return Alphabet((UNKNOWN, *(symbol for symbol in frequent if symbol != UNKNOWN)))


def n_unknown(tokens: Int[np.ndarray, "steps"]) -> int:
    """Count the unknown characters."""
    return int(np.count_nonzero(tokens == 0))
