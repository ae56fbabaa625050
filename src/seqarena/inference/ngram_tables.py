"""Smoothed n-gram probabilities, ready to be looked up: one table for each length of context."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from seqarena.inference.hashed_index import HashedIndex
from seqarena.inference.ngram_levels import NgramLevel, key_of, levels_of
from seqarena.inference.ngrams import NgramCounts
from seqarena.inference.smoothing import Discounts, Smoother, Split

FIRST_PRUNED = 2
"""Shortest context [symbols] whose n-grams are pruned: single symbols and pairs always stay."""


@dataclass(frozen=True)
class NgramTable:
    """The n-grams of one level, with every shorter context mixed into their probabilities."""

    probability: Float[Tensor, "ngrams"]
    """p(newest symbol | context); one number more at the end, for what is not found."""
    weight: Float[Tensor, "contexts"]
    """For each entry of the level before, the share that the shorter context has; 1 past the end:
    after a context that was not seen the shorter one has it all."""
    index: HashedIndex | None
    n_contexts: int
    """Contexts that a chain without smoothing would use: in the longest level all that were seen,
    in others those that the start symbol cuts short."""
    discounts: Discounts | None
    """Of Kneser–Ney smoothing."""

    def __len__(self) -> int:
        return len(self.probability) - 1

    @property
    def n_bytes(self) -> int:
        """Size of the table [bytes]."""
        index = 0 if self.index is None else self.index.n_bytes
        return self.probability.nbytes + self.weight.nbytes + index


def tables_of(
    ngrams: NgramCounts, n_symbols: int, smoother: Smoother, min_count: int = 1
) -> list[NgramTable]:
    """Return one table for each context length 0, 1, ..., order.

    Args:
        ngrams: merged counts.
        n_symbols: size of the alphabet, over which the shortest context is mixed with the uniform
            distribution.
        smoother: how the counts of a level are split.
        min_count: n-grams with a context of `FIRST_PRUNED` symbols or more that were seen fewer
            times are forgotten; what they kept goes to the shorter context, so that all still sums
            to 1. Discounts are estimated before (KenLM's `--prune 0 0 min_count-1`).
    """
    levels = levels_of(ngrams, n_symbols)
    stays = _staying(levels, min_count)
    tables: list[NgramTable] = []
    below = torch.full((1,), 1.0 / n_symbols, dtype=torch.float64, device=ngrams.counts.device)
    # A level is let go as soon as its table stands: together they would fill the memory.
    levels.reverse()
    while levels:
        level, is_longest = levels.pop(), not levels
        split, discounts = smoother.split(level, n_symbols, is_longest=is_longest)
        if stays and len(tables) >= FIRST_PRUNED:
            split = _pruned(split, level.raw < min_count)
        below, weight = _mixed(level, split, below)
        n_contexts = _n_contexts(level, len(weight), n_symbols, is_longest=is_longest)
        padded = torch.cat([below, below.new_zeros(1)])
        table = NgramTable(padded, weight, level.index, n_contexts, discounts)
        tables.append(_thinned(table, level, stays, len(tables), n_symbols) if stays else table)
    return tables


@dataclass(frozen=True)
class MemoryReport:
    """What a fitted model holds."""

    n_ngrams: tuple[int, ...]
    """Entries of the table of each context length 0, 1, ..., order."""
    table_bytes: tuple[int, ...]
    """Size of these tables, which are rebuilt from the counts [bytes]."""
    stored_bytes: int
    """Size of the counts, which are what is saved [bytes]."""


def stream_of(
    tokens: Int[Tensor, "batch time"], mask: Bool[Tensor, "batch time"], n_symbols: int
) -> Int[Tensor, "steps"]:
    """Return the sequences of a batch one after another, a start symbol before each."""
    padded = torch.nn.functional.pad(tokens, (1, 0), value=n_symbols)
    return padded.masked_select(torch.nn.functional.pad(mask, (1, 0), value=True))


def walk(
    tables: list[NgramTable], stream: Int[Tensor, "steps"], n_symbols: int
) -> Iterator[tuple[Float[Tensor, "steps"], Float[Tensor, "steps"]]]:
    """Yield, for each context length from 0 on, p(symbol | context) and the shorter one's weight.

    Args:
        tables: as `tables_of` made them.
        stream: as `stream_of` made it.
        n_symbols: size of the alphabet.
    """
    probability = tables[0].probability.index_select(0, stream)
    yield probability, tables[0].weight[:1].expand(len(stream))
    order, n_steps = len(tables) - 1, len(stream)
    padded = torch.nn.functional.pad(stream, (order, 0), value=n_symbols)
    # An n-gram that was not seen is no part of a longer one: only the others are looked for.
    seen, entries = torch.arange(n_steps, device=stream.device), stream
    indices = [table.index for table in tables if table.index is not None]
    for age, (table, index) in enumerate(zip(tables[1:], indices, strict=True), 1):
        # What stands one step earlier, with one symbol less, is the context.
        weight = probability.new_ones(n_steps + 1)
        weight.index_copy_(0, seen + 1, table.weight.index_select(0, entries))
        weight = weight[:-1]
        oldest = padded.index_select(0, seen + (order - age))
        at, entries = index.search(key_of(entries, oldest, n_symbols))
        seen = seen.index_select(0, at)
        probability = weight * probability
        probability.index_copy_(0, seen, table.probability.index_select(0, entries))
        yield probability, weight


def probability_of(
    tables: list[NgramTable], stream: Int[Tensor, "steps"], n_symbols: int
) -> Float[Tensor, "steps"]:
    """Return p(symbol | context) at every step of a stream; arguments as for `walk`."""
    *_, (probability, _) = walk(tables, stream, n_symbols)
    return probability


def shares_of(
    tables: list[NgramTable], stream: Int[Tensor, "steps"], n_symbols: int
) -> Float[Tensor, "steps lengths"]:
    """Return which part of each probability the counts of every context length contributed.

    The uniform distribution is the part of length 0. Where the probability is 0, the length whose
    counts made it so has all.
    """
    shares = torch.ones(len(stream), len(tables), dtype=torch.float64, device=stream.device)
    below = None
    for length, (probability, weight) in enumerate(walk(tables, stream, n_symbols)):
        if below is not None:
            passed = (weight * below / probability).where(probability > 0, weight == 1)
            shares[:, :length] *= passed.clamp(max=1)[:, None]
            shares[:, length] = 1 - passed.clamp(max=1)
        below = probability
    return shares


def _mixed(level: NgramLevel, split: Split, below: Tensor) -> tuple[Tensor, Tensor]:
    """Return p(symbol | context) of every entry, and the weight of the shorter context."""
    norm = torch.zeros(len(below) + 1, dtype=torch.float64, device=below.device)
    left = torch.zeros_like(norm).index_add_(0, level.contexts, split.left).add_(split.extra)
    norm.index_add_(0, level.contexts, split.kept).add_(left)
    weight = (left / norm).where(norm > 0, 1.0)
    kept = (split.kept / norm.index_select(0, level.contexts)).where(split.kept > 0, 0.0)
    mixed = weight.index_select(0, level.contexts).mul_(below.index_select(0, level.parents))
    return mixed.add_(kept), weight


def _n_contexts(level: NgramLevel, n: int, n_symbols: int, *, is_longest: bool) -> int:
    """Count the contexts of this length that nothing longer replaces."""
    seen = torch.zeros(n, dtype=torch.bool, device=level.raw.device)
    counts = level.raw > 0
    seen[level.contexts[counts if is_longest else counts & (level.oldest == n_symbols)]] = True
    return int(seen.sum())


def _staying(levels: list[NgramLevel], min_count: int) -> list[Tensor]:
    """Return which entries of each level stay: seen often enough, or needed by one that stays."""
    if min_count == 1:
        return []
    stays = [
        (level.raw >= min_count) if age >= FIRST_PRUNED else torch.ones_like(level.raw) > 0
        for age, level in enumerate(levels)
    ]
    for age in range(len(levels) - 1, FIRST_PRUNED, -1):
        # Parents need no mark: they were seen no less often, or are such contexts themselves.
        shorter, contexts = stays[age - 1], levels[age].contexts[stays[age]]
        shorter[contexts[contexts < len(shorter)]] = True
    return stays


def _pruned(split: Split, is_rare: Tensor) -> Split:
    """Leave over all of what is rare."""
    return Split(
        split.kept.where(~is_rare, 0.0),
        split.left + split.kept.where(is_rare, 0.0),
        split.extra,
    )


def _thinned(
    table: NgramTable, level: NgramLevel, stays: list[Tensor], age: int, n_symbols: int
) -> NgramTable:
    """Return the table without the entries that do not stay."""
    if age < FIRST_PRUNED:
        return table
    shorter, here = stays[age - 1], stays[age]
    parents = (shorter.cumsum(dim=0) - 1)[level.parents[here]]
    return replace(
        table,
        probability=torch.cat([table.probability[:-1][here], table.probability[-1:]]),
        weight=torch.cat([table.weight[:-1][shorter], table.weight[-1:]]),
        index=HashedIndex.of(key_of(parents, level.oldest[here], n_symbols)),
    )
