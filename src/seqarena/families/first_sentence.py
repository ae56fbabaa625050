"""Where the first sentence of an input ends."""

from collections.abc import Sequence
from dataclasses import dataclass

from seqarena.schema import DataSchema


@dataclass(frozen=True)
class FirstSentence:
    """A rule over symbols: an end mark that stands at the end of a word, and of no abbreviation.

    So the full stops of `Mr.`, `3.5` and `J. Smith` end nothing. An abbreviation that does end a
    sentence is missed, and the sentence goes on to the next end.
    """

    ends: frozenset[int]
    followers: frozenset[int] | None
    """Symbols that may come next: those that begin a word, and closing marks. None: any."""
    abbreviations: tuple[tuple[int, ...], ...]

    @classmethod
    def of(cls, schema: DataSchema) -> "FirstSentence":
        """Return the rule as the data have it."""
        followers = schema.sentence_followers
        return cls(
            frozenset(schema.sentence_ends or ()),
            None if followers is None else frozenset(followers),
            schema.abbreviations or (),
        )

    def cut(self, symbols: list[int]) -> list[int]:
        """Return the symbols up to the first end, with it; all of them where there is none."""
        found = (at for at, symbol in enumerate(symbols) if symbol in self.ends)
        last = next((at for at in found if self._is_end(symbols, at)), len(symbols))
        return symbols[: last + 1]

    def _is_end(self, symbols: Sequence[int], at: int) -> bool:
        return self._ends_a_word(symbols, at) and not any(
            tuple(symbols[max(at + 1 - len(word), 0) : at + 1]) == word
            for word in self.abbreviations
        )

    def _ends_a_word(self, symbols: Sequence[int], at: int) -> bool:
        if self.followers is None or at + 1 == len(symbols):
            return True
        return symbols[at + 1] in self.followers or symbols[at + 1] in self.ends
