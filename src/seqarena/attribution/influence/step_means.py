"""Means over the replacements of each step."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor


@dataclass(frozen=True)
class StepMeans:
    """How much each variant of one step counts in the mean of its step."""

    step: Int[Tensor, "variants"]
    weight: Float[Tensor, "variants output"]
    """0 where it is left out."""
    own: Float[Tensor, "step output"]
    """Weight of the replacements that change nothing."""

    @property
    def total(self) -> Float[Tensor, "step output"]:
        """Weight of all that counts; 0 where nothing does."""
        return self.own.index_add(0, self.step, self.weight)

    def mean(self, values: Float[Tensor, "variants output"]) -> Float[Tensor, "step output"]:
        """Return the mean, that of replacements which change nothing being 0; 0 of nothing."""
        summed = torch.zeros_like(self.own).index_add(0, self.step, self.weight * values)
        return summed / self.total.where(self.total > 0, 1.0)

    def log_mean(self, gain: Float[Tensor, "variants output"]) -> Float[Tensor, "step output"]:
        """Return the log of the mean of exp(gain), that of no change being 1; 0 of nothing.

        Exactly 0 where no gain is anything else. Gains may be infinite, and of any size.
        """
        counts = self.weight > 0
        largest = torch.zeros_like(self.own).masked_fill(self.own == 0, -torch.inf)
        index = self.step[:, None].expand_as(gain)
        kept = gain.where(counts, -torch.inf)
        largest = largest.scatter_reduce(0, index, kept, "amax")
        largest = largest.where(largest.isfinite(), 0.0)
        shares = (self.weight * (gain - largest[self.step]).exp()).where(counts, 0.0)
        own = (self.own * largest.neg().exp()).where(self.own > 0, 0.0)
        summed = own.index_add(0, self.step, shares)
        moved = (counts & (gain != 0)).to(gain.dtype)
        has_moved = torch.zeros_like(self.own).index_add(0, self.step, moved)
        total = self.total.where(self.total > 0, 1.0)
        return ((summed / total).log() + largest).where(has_moved > 0, 0.0)
