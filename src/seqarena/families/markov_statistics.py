"""What a Markov chain counts."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from seqarena.inference.ngrams import NgramCounts

# N-grams that may wait to be sorted: sorting many at once is faster, keeping them takes memory.
_MOST_WAITING = 2**22


@dataclass(frozen=True)
class MarkovStatistics:
    """Counted n-grams, and how probable they were under the chain that counted them."""

    log_likelihood: Float[Tensor, ""]
    parts: tuple[NgramCounts, ...]
    """The n-grams are those of all parts together."""

    def __add__(self, other: "MarkovStatistics") -> "MarkovStatistics":
        parts = (*self.parts, *other.parts)
        sizes = [len(part) for part in parts]
        # As many as are sorted already may wait: each n-gram is sorted a few times at most.
        if sum(sizes) - max(sizes) > max(_MOST_WAITING, max(sizes)):
            parts = (NgramCounts.joined(list(parts)).merged(),)
        return MarkovStatistics(self.log_likelihood + other.log_likelihood, parts)

    @property
    def ngrams(self) -> NgramCounts:
        """All n-grams, sorted, each once."""
        return NgramCounts.joined(list(self.parts)).merged()

    def tensors(self) -> list[Tensor]:
        """Return log-likelihood, counts and one row of symbols for each place in an n-gram.

        The data decide how long all but the first are.
        """
        ngrams = self.ngrams
        return [self.log_likelihood, ngrams.counts, *ngrams.symbols]

    def with_tensors(self, tensors: list[Tensor]) -> "MarkovStatistics":
        """Return a record of the same kind that holds `tensors`; what counts 0 is left out."""
        log_likelihood, counts, *rows = tensors
        seen = counts > 0
        ngrams = NgramCounts(torch.stack(rows)[:, seen], counts[seen], is_merged=True)
        return MarkovStatistics(log_likelihood, (ngrams,))
