"""How near written sequences come to the wanted ones."""

from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz.distance import Levenshtein

from seqarena.errors import DataError


@dataclass(frozen=True)
class EditCounts:
    """Edits between outputs and gold; counts add, so shares are pooled and never averaged."""

    n_examples: int
    n_exact: int
    """Outputs that are right to the last symbol and ended where they should."""
    n_edits: int
    """Insertions, deletions and substitutions that would turn the outputs into the gold."""
    n_gold: int
    """Gold symbols, end symbols left out."""

    def __add__(self, other: "EditCounts") -> "EditCounts":
        return EditCounts(
            self.n_examples + other.n_examples,
            self.n_exact + other.n_exact,
            self.n_edits + other.n_edits,
            self.n_gold + other.n_gold,
        )

    @property
    def exact_match(self) -> float:
        """Share of examples that are exact.

        Raises:
            DataError: there is no example.
        """
        if self.n_examples == 0:
            raise DataError("no example was written, so there is no share of exact ones.")
        return self.n_exact / self.n_examples

    @property
    def error_rate(self) -> float:
        """Edits per gold symbol; above 1 when the outputs are much too long.

        The character or word error rate, by what a symbol is.

        Raises:
            DataError: the gold holds no symbol.
        """
        if self.n_gold == 0:
            raise DataError("the gold holds no symbol, so there is no error rate.")
        return self.n_edits / self.n_gold


def edit_counts(written: Sequence[int], gold: Sequence[int], end: int) -> EditCounts:
    """Compare one output with its gold; both may hold the end symbol `end`.

    Edits are counted between what stands before the first end symbol (Levenshtein 1966). An output
    that never ends is not exact, however right its symbols are.
    """
    written_text, gold_text = _before(written, end), _before(gold, end)
    n_edits = Levenshtein.distance(written_text, gold_text)
    is_exact = n_edits == 0 and (end in written) == (end in gold)
    return EditCounts(1, int(is_exact), n_edits, len(gold_text))


def _before(symbols: Sequence[int], end: int) -> list[int]:
    found = [int(symbol) for symbol in symbols]
    return found[: found.index(end)] if end in found else found
