"""Characters, or words, as tokens."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Int

UNKNOWN = "\N{REPLACEMENT CHARACTER}"
"""Stands for every character or word that the alphabet does not hold. Always token 0."""


@dataclass(frozen=True)
class Alphabet:
    """Characters (Unicode code points) or words, and their tokens; token 0 is the unknown one."""

    symbols: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.symbols)

    def encode(self, text: Iterable[str]) -> Int[np.ndarray, "_"]:
        """Return the token of each character (or word); 0 for those outside the alphabet."""
        token = self._token
        return np.asarray([token.get(symbol, 0) for symbol in text], dtype=np.int64)

    @cached_property
    def _token(self) -> dict[str, int]:
        return {symbol: index for index, symbol in enumerate(self.symbols)}


def alphabet_of(texts: Sequence[Iterable[str]], min_count: int = 1) -> Alphabet:
    """Collect what occurs at least `min_count` times, characters or words, in code-point order."""
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(text)
    frequent = sorted(character for character, n in counts.items() if n >= min_count)
    return Alphabet((UNKNOWN, *(symbol for symbol in frequent if symbol != UNKNOWN)))


def n_unknown(tokens: Int[np.ndarray, "steps"]) -> int:
    """Count the unknown ones."""
    return int(np.count_nonzero(tokens == 0))
