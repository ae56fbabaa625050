"""Counts of n-grams as sorted columns of symbols, so that only what was seen takes memory.

An n-gram is a symbol and the `order` symbols before it. It is a column of small integers, the
newest symbol first. Before the first step of a sequence stands the start symbol, whose number is
`n_symbols`; to the left of that there is nothing, which is written as more start symbols.
"""

from dataclasses import dataclass, replace

import torch
from jaxtyping import Bool, Int, Integer
from torch import Tensor

# Symbols are packed into words of so many bits to be sorted: the sign stays free.
_WORD_BITS = 62


def symbol_type(n_symbols: int) -> torch.dtype:
    """Return the smallest type that holds every symbol and the start symbol."""
    fitting = [
        kind
        for kind in (torch.uint8, torch.int16, torch.int32)
        if n_symbols <= torch.iinfo(kind).max
    ]
    return fitting[0] if fitting else torch.int64


@dataclass(frozen=True)
class NgramCounts:
    """How often each n-gram was seen."""

    symbols: Integer[Tensor, "width ngrams"]
    """Row 0 holds the newest symbol of each n-gram, the last row the oldest."""
    counts: Int[Tensor, "ngrams"]
    is_merged: bool = False
    """Sorted, without repeats, and every one counts something."""

    def __len__(self) -> int:
        return len(self.counts)

    @classmethod
    def ending_at(
        cls,
        tokens: Int[Tensor, "batch time"],
        counted: Bool[Tensor, "batch time"],
        n_symbols: int,
        order: int,
    ) -> "NgramCounts":
        """Return the n-grams that end at the `counted` steps, one by one: unsorted, repeating."""
        padded = torch.nn.functional.pad(tokens, (order, 0), value=n_symbols)
        flat = padded.to(symbol_type(n_symbols)).flatten()
        row, step = counted.nonzero(as_tuple=True)
        newest = row * padded.shape[1] + step + order
        symbols = torch.stack([flat.index_select(0, newest - age) for age in range(order + 1)])
        return cls(symbols, torch.ones_like(newest))

    @classmethod
    def joined(cls, parts: "list[NgramCounts]") -> "NgramCounts":
        """Put some parts (at least one) one after another, without adding up."""
        if len(parts) == 1:
            return parts[0]
        return cls(
            torch.cat([part.symbols for part in parts], dim=1),
            torch.cat([part.counts for part in parts]),
        )

    def merged(self) -> "NgramCounts":
        """Sort by the newest symbol, then by the one before and so on; add up what repeats.

        N-grams that count nothing are dropped. A radix sort of packed words, last word first:
        O(n-grams · width). Any alphabet and any order go, because words are added as needed.
        """
        if self.is_merged or not len(self):
            return replace(self, is_merged=True)
        order, is_first = _sorted(self.symbols)
        counts = self.counts.index_select(0, order)
        first = is_first.nonzero()[:, 0]
        sums = torch.cat([counts.new_zeros(1), counts.cumsum(dim=0)])
        total = torch.cat([sums.index_select(0, first), sums[-1:]]).diff()
        kept = (total > 0).nonzero()[:, 0]
        columns = order.index_select(0, first.index_select(0, kept))
        return NgramCounts(
            self.symbols.index_select(1, columns), total.index_select(0, kept), is_merged=True
        )


def _sorted(symbols: Tensor) -> tuple[Tensor, Tensor]:
    """Return the rising order of the columns, and which of them differ from the one before."""
    words = _packed(symbols)
    key, order = torch.sort(words[-1], stable=True)
    for word in words[-2::-1]:
        key, again = torch.sort(word.index_select(0, order), stable=True)
        order = order.index_select(0, again)
    is_first = torch.ones_like(key, dtype=torch.bool)
    torch.ne(key[1:], key[:-1], out=is_first[1:])
    for word in words[1:]:
        ordered = word.index_select(0, order)
        is_first[1:] |= ordered[1:] != ordered[:-1]
    return order, is_first


def _packed(symbols: Tensor) -> list[Tensor]:
    """Pack as many rows into each word as fit, the first row into the highest bits."""
    n_bits = max(1, int(symbols.max()).bit_length())
    rows = list(symbols)
    size = max(1, _WORD_BITS // n_bits)
    words = []
    for at in range(0, len(rows), size):
        word = rows[at].long()
        for row in rows[at + 1 : at + size]:
            word = (word << n_bits).add_(row)
        words.append(word)
    return words
