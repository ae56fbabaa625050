"""Translation probabilities t(target word | source word), stored for words that met alone."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor


@dataclass(frozen=True)
class TranslationTable:
    """Sparse t(f | e): one number for each two words that met, one for all the others of each e.

    The row of a source word that was never seen is uniform over the target words.
    """

    codes: Int[Tensor, "met"]
    """Source word · `base` + target word, rising; the empty word is the last source word."""
    probs: Float[Tensor, "met"]
    unmet: Float[Tensor, "source_words"]
    """t(f | e) for each f that never met e."""
    base: int
    n_words: int
    """Target words, seen or not, over which each row sums to 1."""

    @classmethod
    def uniform(
        cls, codes: Int[Tensor, "met"], n_source_words: int, base: int, n_words: int
    ) -> "TranslationTable":
        """Start from 1 / words everywhere.

        The likelihood of IBM model 1 is concave (Brown et al. 1993, section 4.1.1), so that any
        positive start would do.
        """
        share = torch.full((1,), 1.0 / n_words, dtype=torch.float64, device=codes.device)
        return cls(codes, share.repeat(len(codes)), share.repeat(n_source_words), base, n_words)

    def places(self, codes: Int[Tensor, "*shape"]) -> Int[Tensor, "*shape"]:
        """Return the place of each code; the number of places for words that never met."""
        if not len(self.codes):
            return torch.zeros_like(codes)
        place = torch.searchsorted(self.codes, codes).clamp(max=len(self.codes) - 1)
        return place.where(self.codes[place] == codes, len(self.codes))

    def look_up(self, codes: Int[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        """Return t(f | e) of each code."""
        place = self.places(codes)
        known = torch.cat([self.probs, self.probs.new_zeros(1)])[place]
        return known.where(place < len(self.codes), self.unmet[codes // self.base])

    def maximised(self, counts: Float[Tensor, "met"], pseudo_count: float) -> "TranslationTable":
        """Return (n(e, f) + a) / (n(e) + a · words): the maximum under a Dirichlet prior of 1 + a.

        A source word with nothing to count, prior included, keeps its row.
        """
        source = self.codes // self.base
        total = torch.zeros_like(self.unmet).index_add_(0, source, counts)
        total = total + pseudo_count * self.n_words
        safe = total.where(total > 0, 1.0)
        probs = ((counts + pseudo_count) / safe[source]).where(total[source] > 0, self.probs)
        has_met = torch.zeros_like(total, dtype=torch.bool).index_fill_(0, source, True)
        unmet = (pseudo_count / safe).where(has_met & (total > 0), self.unmet)
        return TranslationTable(self.codes, probs, unmet, self.base, self.n_words)

    def log_prior(self, pseudo_count: float) -> float:
        """Return the log-density of all rows under that prior, up to a constant [nats]."""
        if pseudo_count == 0:
            return 0.0
        n_met = torch.bincount(self.codes // self.base, minlength=len(self.unmet))
        unmet = (self.n_words - n_met) * self.unmet.log()
        total = self.probs.log().sum() + unmet[n_met < self.n_words].sum()
        return pseudo_count * float(total)


@dataclass(frozen=True)
class Meetings:
    """Which words meet in some sentence pairs: searched for once, and read in every pass."""

    codes: Int[Tensor, "met"]
    """Every two words that meet, as in `TranslationTable`."""
    places: Int[Tensor, "cells"]
    """Place among the codes of each cell: pair after pair, target word after target word, the
    empty word and then the source words. 32 bits each."""
    starts: Int[Tensor, "pairs"]
    """First cell of each pair."""

    @classmethod
    def of(
        cls,
        source: tuple[Int[Tensor, "pairs_plus_1"], Int[Tensor, "source_steps"]],
        target: tuple[Int[Tensor, "pairs_plus_1"], Int[Tensor, "target_steps"]],
        empty_word: int,
        base: int,
    ) -> "Meetings":
        """Find the meetings of ragged sentence pairs, each side given as offsets and words.

        O(cells · log cells) time, once.
        """
        (source_offsets, source_words), (target_offsets, target_words) = source, target
        n_columns = source_offsets.diff() + 1
        n_rows = target_offsets.diff()
        n_cells = n_columns * n_rows
        # A row of cells for each target word; a running number within it tells the column.
        width = n_columns.repeat_interleave(n_rows)
        ends = width.cumsum(0)
        column = torch.arange(int(n_cells.sum())) - (ends - width).repeat_interleave(width)
        first = source_offsets[:-1].repeat_interleave(n_rows).repeat_interleave(width)
        words = source_words[(first + column - 1).clamp(min=0)].where(column > 0, empty_word)
        codes = words * base + target_words.repeat_interleave(width)
        met, places = torch.unique(codes, return_inverse=True)
        return cls(met, places.int(), n_cells.cumsum(0) - n_cells)

    def on(self, device: torch.device) -> "Meetings":
        """Return the record on a device; itself where it is there already."""
        if self.places.device == device:
            return self
        return Meetings(self.codes.to(device), self.places.to(device), self.starts.to(device))

    def places_of(
        self,
        pair: Int[Tensor, "steps"],
        time: Int[Tensor, "steps"],
        n_columns: Int[Tensor, "steps"],
        width: int,
    ) -> Int[Tensor, "steps width"]:
        """Return the places of rows of cells, each padded with whatever comes next to `width`."""
        first = self.starts[pair] + time * n_columns
        cells = first[:, None] + torch.arange(width, device=first.device)
        return self.places[cells.clamp(max=len(self.places) - 1)].long()
