"""Sentence pairs as stacks of target words, each beside all the words that it may come from.

Column 0 of every matrix is the empty word (NULL), column i the i-th source word: Brown et al.
(1993), section 4.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from seqarena.inference.packing import Packing

# Sentence pairs that are done together. More waste steps on padding; fewer make small products.
_PAIRS = 256


@dataclass(frozen=True)
class Side:
    """One language of a padded batch of sentence pairs."""

    words: Int[Tensor, "batch time"]
    mask: Bool[Tensor, "batch time"]
    """True on words, which are a prefix of each row."""


@dataclass(frozen=True)
class WordPairs:
    """Some sentence pairs of like source length, packed by the words of their targets."""

    packing: Packing
    """Of the target words; `packing.sequence` is the row in the padded batch."""
    source: Int[Tensor, "pairs columns"]
    """The empty word, then the source words; in the order of the packing, longest target first."""
    target: Int[Tensor, "steps"]
    n_source: Int[Tensor, "pairs"]
    """Source words of each pair."""
    n_target: Int[Tensor, "pairs"]
    """Target words of each pair."""
    rank: Int[Tensor, "steps"]
    """Which pair each packed target word belongs to."""
    is_real: Bool[Tensor, "steps columns"]
    """False where the source sentence has ended."""

    def codes(self, n_target_words: int) -> Int[Tensor, "steps columns"]:
        """Return source word · `n_target_words` + target word of each cell."""
        return self.source[self.rank] * n_target_words + self.target[:, None]


def word_pairs(source: Side, target: Side, empty_word: int) -> Iterator[WordPairs]:
    """Cut a padded batch into pieces of like source length.

    Pairs without a word on either side have no link, and stand in no piece.
    """
    has_words = source.mask.any(dim=1) & target.mask.any(dim=1)
    order = source.mask.sum(dim=1).argsort(stable=True)
    order = order[has_words[order]]
    for rows in torch.split(order, _PAIRS) if len(order) else ():
        yield _piece(source, target, empty_word, rows)


def _piece(source: Side, target: Side, empty_word: int, rows: Int[Tensor, "pairs"]) -> WordPairs:
    packing = Packing.of(target.mask, rows)
    in_order = packing.sequence[: packing.n_sequences]
    n_source = source.mask[in_order].sum(dim=1)
    words = source.words[in_order, : int(n_source.max())]
    rank = torch.cat([torch.arange(n, device=rows.device) for n in packing.n_alive])
    columns = torch.arange(words.shape[1] + 1, device=rows.device)
    return WordPairs(
        packing=packing,
        source=torch.nn.functional.pad(words, (1, 0), value=empty_word),
        target=packing.pack(target.words),
        n_source=n_source,
        n_target=target.mask[in_order].sum(dim=1),
        rank=rank,
        is_real=columns <= n_source[rank][:, None],
    )
