"""What each way of smoothing keeps of a count, and what it leaves to the shorter context.

Every n-gram of a level splits into what its own count keeps and what it leaves over. With norm =
the sum of both after a context,

    p(x | context) = kept / norm + (left over after the context / norm) · p(x | shorter context)

so that the probabilities after every context sum to 1, whatever is kept.
"""

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from seqarena.inference.ngram_levels import NgramLevel

Smoothing = Literal["maximum_likelihood", "additive", "witten_bell", "kneser_ney"]

FALLBACK_DISCOUNTS = (0.5, 1.0, 1.5)
"""Taken where counts of counts are degenerate: those of KenLM's `--discount_fallback`."""


@dataclass(frozen=True)
class Split:
    """How the n-grams of one level are split."""

    kept: Float[Tensor, "ngrams"]
    left: Float[Tensor, "ngrams"]
    extra: float = 0.0
    """Left over after every context, beside what its n-grams leave."""


@dataclass(frozen=True)
class Discounts:
    """What modified Kneser–Ney takes from n-grams that count 1, 2, and 3 or more."""

    values: tuple[float, float, float]
    is_fallback: bool
    """The counts of counts gave none."""

    @classmethod
    def of(cls, adjusted: Tensor) -> "Discounts":
        """Estimate from the number of n-grams that count 1, 2, 3 and 4.

        D_j = j - (j + 1) · Y · n_{j+1} / n_j with Y = n_1 / (n_1 + 2 n_2): Chen & Goodman (1999),
        equation 26. `FALLBACK_DISCOUNTS` where one of n_1, n_2, n_3 is 0, or a discount is below 0
        or above its count.
        """
        n = [int((adjusted == count).sum()) for count in range(1, 5)]
        if min(n[:3]) > 0:
            y = n[0] / (n[0] + 2 * n[1])
            first, second, third = (j - (j + 1) * y * n[j] / n[j - 1] for j in (1, 2, 3))
            if 0 <= first <= 1 and 0 <= second <= 2 and 0 <= third <= 3:
                return cls((first, second, third), is_fallback=False)
        return cls(FALLBACK_DISCOUNTS, is_fallback=True)

    def taken_from(self, adjusted: Tensor) -> Tensor:
        """Return the discount of each count; none from 0."""
        steps = torch.tensor((0.0, *self.values), dtype=torch.float64, device=adjusted.device)
        return steps.index_select(0, adjusted.clamp(max=3))


def adjusted_counts(level: NgramLevel, n_symbols: int, *, is_longest: bool) -> Tensor:
    """Return the counts that Kneser–Ney smoothing uses.

    Below the longest level, the number of different symbols seen to the left (continuations). An
    n-gram that begins with the start symbol keeps the times that it was seen, as in the longest
    level: nothing can stand to its left. Heafield et al. (2013), section 3.2.
    """
    if is_longest:
        return level.raw
    return level.raw.where(level.oldest == n_symbols, level.children)


@dataclass(frozen=True)
class Smoother:
    """A way of smoothing, and its number."""

    kind: Smoothing
    pseudo_count: float = 0.0
    """Of additive smoothing."""

    def split(
        self, level: NgramLevel, n_symbols: int, *, is_longest: bool
    ) -> tuple[Split, Discounts | None]:
        """Split the counts of a level; with the discounts, where there are any."""
        match self.kind:
            case "maximum_likelihood":
                return _additive(level, n_symbols, 0.0, is_longest=is_longest), None
            case "additive":
                return _additive(level, n_symbols, self.pseudo_count, is_longest=is_longest), None
            case "witten_bell":
                return _witten_bell(level), None
            case "kneser_ney":
                return _kneser_ney(level, n_symbols, is_longest=is_longest)


def _kneser_ney(level: NgramLevel, n_symbols: int, *, is_longest: bool) -> tuple[Split, Discounts]:
    """Leave over the discount: Chen & Goodman (1999), section 4.1.3, interpolated."""
    adjusted = adjusted_counts(level, n_symbols, is_longest=is_longest)
    discounts = Discounts.of(adjusted)
    left = discounts.taken_from(adjusted)
    return Split(adjusted - left, left), discounts


def _witten_bell(level: NgramLevel) -> Split:
    """Leave over 1 for each different symbol.

    p(x | c) = (n(c, x) + kinds(c) · p(x | c')) / (n(c) + kinds(c)), c' without the oldest symbol of
    c, kinds(c) the number of different symbols that followed c. Witten & Bell (1991), method C;
    Chen & Goodman (1999), section 2.4.
    """
    return Split(level.raw.double(), (level.raw > 0).double())


def _additive(level: NgramLevel, n_symbols: int, pseudo_count: float, *, is_longest: bool) -> Split:
    """Leave over the pseudo-counts of all symbols, whose distribution is uniform.

    (n(c, x) + a) / (n(c) + a · symbols): Lidstone (1920); a = 1 is Laplace's rule, a = 0 maximum
    likelihood. Only whole contexts count: the longest, and those that the start symbol cuts short.
    """
    raw = level.raw.double()
    kept = raw if is_longest else raw.where(level.oldest == n_symbols, 0.0)
    return Split(kept, torch.zeros_like(kept), pseudo_count * n_symbols)
