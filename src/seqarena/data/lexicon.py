"""Words as tokens: those that are frequent enough in training, and classes of all others."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Int

from seqarena.data.alphabet import UNKNOWN, Alphabet, alphabet_of

UnknownWords = Literal["one", "shape"]
"""What a word that is not known becomes: the one unknown symbol, or the class of its shape."""


def word_shape(word: str) -> str:
    """Return what a word looks like: its case, whether it holds digits or a hyphen, its end.

    The end is its last three letters in lower case, none where there are digits. Angle brackets
    tell a shape from a word.
    """
    case = "A" if word.isupper() else "Aa" if word[:1].isupper() else "a"
    has_digit = any(letter.isdigit() for letter in word)
    hyphen = "-" if "-" in word else ""
    return f"<{case}{'0' if has_digit else ''}{hyphen}{'' if has_digit else word[-3:].lower()}>"


@dataclass(frozen=True)
class Lexicon:
    """The known words, and an alphabet of them and of the shapes of the others."""

    known: frozenset[str]
    alphabet: Alphabet
    unknown: UnknownWords

    def encode(self, words: Iterable[str]) -> Int[np.ndarray, "_"]:
        """Return the token of each word; 0 where neither it nor its shape is known."""
        otherwise = word_shape if self.unknown == "shape" else _nothing
        return self.alphabet.encode(
            [word if word in self.known else otherwise(word) for word in words]
        )


def _nothing(word: str) -> str:
    del word
    return UNKNOWN


def lexicon_of(
    sentences: Sequence[Sequence[str]], min_count: int, unknown: UnknownWords
) -> Lexicon:
    """Collect the words that occur at least `min_count` times, and the shapes of the rarer ones.

    The rarer words of training teach what an unknown word of their shape is like; with a
    `min_count` of 1 there are none, and every unknown word is one symbol.
    """
    counts = Counter(word for sentence in sentences for word in sentence)
    known = frozenset(word for word, count in counts.items() if count >= min_count)
    shapes = {word_shape(word) for word in counts if word not in known}
    symbols = known | shapes if unknown == "shape" else known
    return Lexicon(known, alphabet_of([symbols]), unknown)
