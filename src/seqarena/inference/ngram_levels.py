"""The n-grams of every order inside counted ones, as a tree that grows from new to old.

An n-gram with a context of j symbols is an entry of level j. Its parent, in level j - 1, lacks the
oldest symbol; its context, in level j - 1 as well, lacks the newest. Level 0 has one entry for each
symbol and one for the start symbol; the others have what was seen.
"""

from dataclasses import dataclass, replace

import torch
from jaxtyping import Int, Integer
from torch import Tensor

from seqarena.inference.hashed_index import HashedIndex
from seqarena.inference.ngrams import NgramCounts


@dataclass(frozen=True)
class NgramLevel:
    """Every n-gram whose context has so many symbols."""

    parents: Int[Tensor, "ngrams"]
    oldest: Integer[Tensor, "ngrams"]
    contexts: Int[Tensor, "ngrams"]
    """Entry of the level before; its length where the context was never counted itself."""
    raw: Int[Tensor, "ngrams"]
    """Times seen; 0 for an entry that only serves as context."""
    children: Int[Tensor, "ngrams"]
    """Different symbols seen to the left; 0 in the longest level."""
    index: HashedIndex | None
    """Finds an entry by `key_of`; None in level 0, where the symbol is the entry."""

    def __len__(self) -> int:
        return len(self.raw)


def key_of(
    parents: Int[Tensor, "ngrams"], oldest: Integer[Tensor, "ngrams"], n_symbols: int
) -> Int[Tensor, "ngrams"]:
    """Return a number that no other entry of the level has: parent · (symbols + 1) + oldest."""
    return parents.long() * (n_symbols + 1) + oldest


def levels_of(ngrams: NgramCounts, n_symbols: int) -> list[NgramLevel]:
    """Return the levels 0, 1, ..., order of merged counts. O(n-grams · order).

    N-grams sorted by their newest symbols stand together with all that end alike: the entries of
    every level are runs of them.
    """
    levels = [_symbols(ngrams, n_symbols)]
    entries = ngrams.symbols[0].long()
    is_first = _changes(ngrams.symbols[0])
    for age in range(1, len(ngrams.symbols)):
        is_first |= _changes(ngrams.symbols[age])
        level, entries = _runs(ngrams, age, is_first, entries, n_symbols)
        if age == 1:
            level = replace(level, contexts=level.oldest.int())
        else:
            contexts, levels[-1] = _contexts_of(level, levels, n_symbols)
            level = replace(level, contexts=contexts)
        children = torch.bincount(level.parents, minlength=len(levels[-1])).int()
        levels[-1] = replace(levels[-1], children=children)
        levels.append(level)
    return levels


def _symbols(ngrams: NgramCounts, n_symbols: int) -> NgramLevel:
    every = torch.arange(n_symbols + 1, dtype=torch.int32, device=ngrams.counts.device)
    raw = torch.zeros_like(every, dtype=torch.long)
    raw.index_add_(0, ngrams.symbols[0].int(), ngrams.counts)
    nothing = torch.zeros_like(every)
    return NgramLevel(nothing, every, nothing, raw, nothing, None)


def _changes(row: Tensor) -> Tensor:
    changes = torch.ones_like(row, dtype=torch.bool)
    torch.ne(row[1:], row[:-1], out=changes[1:])
    return changes


def _runs(
    ngrams: NgramCounts, age: int, is_first: Tensor, entries: Tensor, n_symbols: int
) -> tuple[NgramLevel, Tensor]:
    """Return the entries of one level, contexts still missing, and the entry of every n-gram."""
    # A start symbol that is not the oldest has only filling to its left: no n-gram of this length.
    is_whole = ngrams.symbols[age - 1] != n_symbols
    starts = is_first & is_whole
    rows = starts.nonzero()[:, 0]
    sums = (ngrams.counts * is_whole).cumsum(dim=0)
    before = torch.cat([sums.new_zeros(1), sums])
    raw = torch.cat([before.index_select(0, rows), before[-1:]]).diff()
    parents = entries.index_select(0, rows).int()
    oldest = ngrams.symbols[age].index_select(0, rows)
    index = HashedIndex.of(key_of(parents, oldest, n_symbols))
    level = NgramLevel(parents, oldest, parents, raw, torch.zeros_like(parents), index)
    return level, starts.cumsum(dim=0).sub_(1)


def _contexts_of(
    level: NgramLevel, levels: list[NgramLevel], n_symbols: int
) -> tuple[Tensor, NgramLevel]:
    """Return the context of each entry, which is its parent's context and the oldest symbol.

    A context may never have been counted itself, because its last step was not scored: it becomes
    an entry of the level before that counts nothing.
    """
    shorter = levels[-1]
    wanted = key_of(shorter.contexts.index_select(0, level.parents), level.oldest, n_symbols)
    contexts = _find(shorter, wanted)
    lost = torch.unique(wanted[contexts == len(shorter)])
    if len(lost):
        shorter = _extended(levels, lost, n_symbols)
        contexts = _find(shorter, wanted)
    return contexts.int(), shorter


def _extended(levels: list[NgramLevel], keys: Tensor, n_symbols: int) -> NgramLevel:
    *before, level = levels
    parents = (keys // (n_symbols + 1)).int()
    oldest = (keys % (n_symbols + 1)).to(level.oldest.dtype)
    contexts = oldest.int()
    if len(before) > 1:
        wanted = key_of(before[-1].contexts[parents], oldest, n_symbols)
        contexts = _find(before[-1], wanted).int()
    nothing = torch.zeros_like(parents)
    parents = torch.cat([level.parents, parents])
    oldest = torch.cat([level.oldest, oldest])
    return NgramLevel(
        parents,
        oldest,
        torch.cat([level.contexts, contexts]),
        torch.cat([level.raw, nothing.long()]),
        torch.cat([level.children, nothing]),
        HashedIndex.of(key_of(parents, oldest, n_symbols)),
    )


def _find(level: NgramLevel, keys: Tensor) -> Tensor:
    return keys if level.index is None else level.index.find(keys)
