"""Inputs that are almost equal: few of their symbols would have to change.

The similarity of two sequences is 1 - (Levenshtein distance) / (length of the longer one). All that
are as similar as asked for are found, by the pigeonhole principle: of k + 1 pieces of a sequence k
edits leave at least one untouched, which therefore stands in the other sequence, at most k steps
away from where it stood. Pieces are looked up by a hash, and whatever shares one is compared in
full. Nothing is drawn at random.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from jaxtyping import Int, UInt64
from rapidfuzz.distance import Levenshtein

from seqarena.sequences import Sequences

_MOST_PLACES = 10_000
_WIDEST = 16
# A product of odd numbers modulo 2 ** 64 loses nothing; that of Knuth's MMIX spreads well.
_FACTOR = np.uint64(6364136223846793005)
_ROUNDING = 1e-9
_N_CHARACTERS = 0x110000


@dataclass(frozen=True)
class NearDuplicate:
    """A row of the later sequences, and the first row of the earlier ones that nearly equals it."""

    row: int
    other: int


@dataclass(frozen=True)
class NearDuplicates:
    """What was found, and how many rows could not be compared with all that shared a piece."""

    found: tuple[NearDuplicate, ...]
    n_cut: int


def near_duplicates(earlier: Sequences, later: Sequences, similarity: float) -> NearDuplicates:
    """Find the rows of `later` that nearly equal, but do not equal, a row of `earlier`.

    Rows whose pieces are so common that more than 10,000 places hold them are compared with the
    places of their rarer pieces alone, and counted. Time O(n log n) in the steps of both, and one
    comparison for each candidate; 100,000 sentences take seconds.

    Args:
        earlier: sequences of tokens.
        later: sequences of tokens of the same alphabet.
        similarity: least similarity that counts, 0.6 to below 1; sequences too short to differ
            that little are never near.
    """
    ours, theirs = _Text(later), _Text(earlier)
    edits = np.floor(ours.lengths * (1 - similarity) / similarity + _ROUNDING).astype(np.int64)
    width = np.minimum(ours.lengths // (edits + 1), _WIDEST)
    found, cut = [], 0
    for each in np.unique(width[edits > 0]).tolist():
        rows = np.flatnonzero((width == each) & (edits > 0))
        pairs, n_cut = _candidates(ours, theirs, rows, edits, each)
        cut += n_cut
        found += list(_verified(ours, theirs, pairs, similarity))
    return NearDuplicates(tuple(sorted(found, key=lambda near: near.row)), cut)


@dataclass(frozen=True)
class _Text:
    """Sequences of tokens end to end."""

    sequences: Sequences

    @cached_property
    def lengths(self) -> Int[np.ndarray, "sequences"]:
        return self.sequences.lengths

    @property
    def starts(self) -> Int[np.ndarray, "sequences"]:
        return self.sequences.offsets[:-1]

    @cached_property
    def row_of(self) -> Int[np.ndarray, "steps"]:
        """The sequence of each step."""
        return np.repeat(np.arange(len(self.sequences)), self.lengths)

    def hashes(self, width: int) -> UInt64[np.ndarray, "places"]:
        """Return the hash of the `width` tokens from each place on, across borders too."""
        tokens = self.sequences.values.astype(np.uint64) + np.uint64(1)
        n = max(len(tokens) - width + 1, 0)
        total = np.zeros(n, np.uint64)
        for step in range(width):
            total = (total + tokens[step : step + n]) * _FACTOR
            total ^= total >> np.uint64(32)
        return total

    @cached_property
    def strings(self) -> list[str]:
        """The sequences with a character for each token; beyond a million they repeat."""
        tokens = (self.sequences.values % _N_CHARACTERS).astype("<u4")
        text = tokens.tobytes().decode("utf-32-le", errors="surrogatepass")
        ends = self.sequences.offsets.tolist()
        return [text[start:end] for start, end in pairwise(ends)]


_Pairs = list[tuple[int, Int[np.ndarray, "_"]]]


def _candidates(
    ours: _Text,
    theirs: _Text,
    rows: Int[np.ndarray, "rows"],
    edits: Int[np.ndarray, "sequences"],
    width: int,
) -> tuple[_Pairs, int]:
    """Return, for each row, the earlier rows that hold a piece of it, about where it stands."""
    hashes = theirs.hashes(width)
    place = np.arange(len(hashes))
    row_of = theirs.row_of[: len(hashes)]
    # Whatever lies in a sequence that is too short or too long for all rows is left out.
    shortest = (ours.lengths[rows] - edits[rows]).min()
    longest = (ours.lengths[rows] + edits[rows]).max()
    is_close = (theirs.lengths >= shortest) & (theirs.lengths <= longest)
    place = place[is_close[row_of]]
    place = place[np.argsort(hashes[place], kind="stable")]
    sorted_hashes, own = hashes[place], ours.hashes(width)
    pairs, n_cut = [], 0
    for row in rows.tolist():
        within = np.arange(edits[row] + 1) * width
        pieces = own[ours.starts[row] + within]
        first = np.searchsorted(sorted_hashes, pieces, "left")
        n = np.searchsorted(sorted_hashes, pieces, "right") - first
        rarest = np.argsort(n, kind="stable")
        kept = rarest[np.cumsum(n[rarest]) <= _MOST_PLACES]
        n_cut += len(kept) < len(rarest)
        at = place[_ranges(first[kept], n[kept])]
        other = theirs.row_of[at]
        shift = at - theirs.starts[other] - np.repeat(within[kept], n[kept])
        longer = theirs.lengths[other] - ours.lengths[row]
        near = (np.abs(shift) <= edits[row]) & (np.abs(longer) <= edits[row])
        if near.any():
            pairs.append((row, np.unique(other[near])))
    return pairs, n_cut


def _ranges(first: Int[np.ndarray, "n"], size: Int[np.ndarray, "n"]) -> Int[np.ndarray, "total"]:
    """Return first[0], first[0] + 1, ..., `size[0]` of them, and so on."""
    ends = np.cumsum(size)
    places: Int[np.ndarray, "total"] = np.repeat(first - (ends - size), size)
    places += np.arange(len(places))
    return places


def _verified(
    ours: _Text, theirs: _Text, pairs: _Pairs, similarity: float
) -> Iterator[NearDuplicate]:
    candidates = theirs.strings
    for row, others in pairs:
        text = ours.strings[row]
        for other in others.tolist():
            candidate = candidates[other]
            most = int((1 - similarity) * max(len(text), len(candidate)) + _ROUNDING)
            if 0 < Levenshtein.distance(text, candidate, score_cutoff=most) <= most:
                yield NearDuplicate(row, other)
                break
