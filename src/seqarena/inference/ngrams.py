"""Counts of n-grams as sorted arrays, so that only what was seen takes memory.

An n-gram of `order` + 1 symbols is one integer, its symbols read as digits in base
`n_symbols` + 1, the newest last. The extra digit is the start symbol, which fills the context
before the first step: the first steps are predicted from shorter contexts.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from seqarena.errors import ConfigError

_LARGEST_CODE = 2**63 - 1


def encode_ngrams(
    tokens: Int[Tensor, "batch time"], n_symbols: int, order: int
) -> Int[Tensor, "batch time"]:
    """Return the code of each step's symbol and of the `order` symbols before it.

    Raises:
        ConfigError: the codes do not fit 63 bits.
    """
    base = n_symbols + 1
    if base ** (order + 1) > _LARGEST_CODE:
        raise ConfigError(
            [
                f"order: {order} is too high for {n_symbols} symbols; "
                f"take at most {highest_order(n_symbols)}."
            ]
        )
    padded = torch.nn.functional.pad(tokens, (order, 0), value=n_symbols)
    time = tokens.shape[1]
    codes = torch.zeros_like(tokens)
    for first in range(order + 1):
        codes = codes * base + padded[:, first : first + time]
    return codes


def highest_order(n_symbols: int) -> int:
    """Return the longest context whose n-grams fit 63 bits (7 for 233 symbols, 8 for 126)."""
    order = 0
    while (n_symbols + 1) ** (order + 2) <= _LARGEST_CODE:
        order += 1
    return order


@dataclass(frozen=True)
class NgramCounts:
    """How often each n-gram was seen; counts of the same order add."""

    codes: Int[Tensor, "ngrams"]
    """Rising, without repeats."""
    counts: Int[Tensor, "ngrams"]

    @classmethod
    def of(
        cls, codes: Int[Tensor, "batch time"], counted: Bool[Tensor, "batch time"]
    ) -> "NgramCounts":
        """Count the codes at the steps that are `counted`."""
        seen, counts = torch.unique(codes[counted], return_counts=True)
        return cls(seen, counts)

    @classmethod
    def merged(cls, codes: Int[Tensor, "any"], counts: Int[Tensor, "any"]) -> "NgramCounts":
        """Sort codes, add up the counts of those that repeat, and drop those that count nothing."""
        kept, place = torch.unique(codes, return_inverse=True)
        total = torch.zeros_like(kept).index_add_(0, place, counts)
        seen = total > 0
        return cls(kept[seen], total[seen])

    def __add__(self, other: "NgramCounts") -> "NgramCounts":
        return NgramCounts.merged(
            torch.cat([self.codes, other.codes]), torch.cat([self.counts, other.counts])
        )

    def shortened(self, n_symbols: int, order: int) -> "NgramCounts":
        """Return the counts under a shorter context of `order` symbols."""
        return NgramCounts.merged(self.codes % (n_symbols + 1) ** (order + 1), self.counts)


@dataclass(frozen=True)
class NgramLevel:
    """Counts of one order, and what they sum to for each context."""

    ngrams: NgramCounts
    contexts: Int[Tensor, "contexts"]
    """Codes of the contexts that were seen, rising."""
    totals: Int[Tensor, "contexts"]
    """Symbols seen after each context."""
    kinds: Int[Tensor, "contexts"]
    """Different symbols seen after each context."""

    @classmethod
    def of(cls, ngrams: NgramCounts, n_symbols: int) -> "NgramLevel":
        """Sum the n-grams by context."""
        contexts, place, kinds = torch.unique(
            ngrams.codes // (n_symbols + 1), return_inverse=True, return_counts=True
        )
        totals = torch.zeros_like(contexts).index_add_(0, place, ngrams.counts)
        return cls(ngrams, contexts, totals, kinds)

    def look_up(
        self, codes: Int[Tensor, "steps"], n_symbols: int
    ) -> tuple[Float[Tensor, "steps"], Float[Tensor, "steps"], Float[Tensor, "steps"]]:
        """Return count of the n-gram, total of its context and kinds after it; 0 where unseen."""
        contexts = codes // (n_symbols + 1)
        return (
            _find(self.ngrams.codes, self.ngrams.counts, codes),
            _find(self.contexts, self.totals, contexts),
            _find(self.contexts, self.kinds, contexts),
        )


def _find(keys: Tensor, values: Tensor, wanted: Tensor) -> Tensor:
    if not len(keys):
        return torch.zeros(wanted.shape, dtype=torch.float64, device=wanted.device)
    place = torch.searchsorted(keys, wanted).clamp(max=len(keys) - 1)
    return values[place].where(keys[place] == wanted, 0).double()


def levels_of(ngrams: NgramCounts, n_symbols: int, order: int) -> list[NgramLevel]:
    """Return the counts under contexts of 0, 1, ..., `order` symbols."""
    return [
        NgramLevel.of(ngrams.shortened(n_symbols, shorter), n_symbols)
        for shorter in range(order + 1)
    ]


def additive_probability(
    codes: Int[Tensor, "steps"], level: NgramLevel, n_symbols: int, pseudo_count: float
) -> Float[Tensor, "steps"]:
    """(n(context, symbol) + a) / (n(context) + a · symbols); uniform after an unseen context.

    Lidstone (1920); a = 1 is Laplace's rule.
    """
    count, total, _ = level.look_up(codes, n_symbols)
    probability = (count + pseudo_count) / (total + pseudo_count * n_symbols)
    return probability.where(total > 0, 1.0 / n_symbols)


def witten_bell_probability(
    codes: Int[Tensor, "steps"], levels: list[NgramLevel], n_symbols: int
) -> Float[Tensor, "steps"]:
    """Interpolate every order with the next shorter one, down to the uniform distribution.

    p(x | c) = (n(c, x) + kinds(c) · p(x | c')) / (n(c) + kinds(c)), where c' lacks the oldest
    symbol of c and kinds(c) is how many different symbols followed c. Witten & Bell (1991), method
    C; Chen & Goodman (1999), section 2.4. After an unseen context it is p(x | c').
    """
    probability = torch.full(codes.shape, 1.0 / n_symbols, dtype=torch.float64, device=codes.device)
    for order, level in enumerate(levels):
        shorter = codes % (n_symbols + 1) ** (order + 1)
        count, total, kinds = level.look_up(shorter, n_symbols)
        mixed = (count + kinds * probability) / (total + kinds)
        probability = mixed.where(total > 0, probability)
    return probability
