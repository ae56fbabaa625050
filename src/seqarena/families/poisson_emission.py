"""Frames of counts, each dimension Poisson with a rate that the hidden state decides."""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from seqarena.batch import Batch, Sequences
from seqarena.families.frame_sums import FrameSums
from seqarena.families.guards import count_frames_of, require_counts
from seqarena.families.shares import finite_logs, infinite_again
from seqarena.inference.packed_emission import PackedEmission, emission_of_density


class PoissonEmission(nn.Module):
    """p(frame | state) = product over dimensions of rate^x exp(-rate) / x!.

    The prior of each rate is Gamma with shape 1 + pseudo_count · m and rate pseudo_count, whose
    mode is m, the mean of that dimension over all training frames (and one frame of ones beside
    them, so that it is never 0): as if each state had been seen in `pseudo_count` average frames.
    """

    rate: Tensor
    usual_rate: Tensor

    def __init__(self, n: int, dim: int, pseudo_count: float) -> None:
        super().__init__()
        self.pseudo_count = pseudo_count
        self.register_buffer("rate", torch.ones(n, dim, dtype=torch.float64))
        self.register_buffer("usual_rate", torch.ones(dim, dtype=torch.float64))

    def values(self, batch: Batch) -> Float[Tensor, "batch time dim"]:
        """Return the frames of a batch, checked to be counts."""
        return count_frames_of(batch, self.rate.shape[1])

    def log_prob(self, values: Float[Tensor, "steps dim"]) -> Float[Tensor, "steps n"]:
        """Return log p(frame | state); minus infinity where it cannot be [nats]."""
        frames = values.double()
        unnormalised = frames @ finite_logs(self.rate.log()).T - self.rate.sum(dim=1)
        return infinite_again(unnormalised - torch.lgamma(frames + 1.0).sum(dim=1, keepdim=True))

    def packed(self, values: Float[Tensor, "steps dim"], dtype: torch.dtype) -> PackedEmission:
        """Return the probabilities of packed frames, scaled."""
        return emission_of_density(self.log_prob, values, dtype)

    def sums(
        self, values: Float[Tensor, "steps dim"], state_probs: Float[Tensor, "steps n"]
    ) -> FrameSums:
        """Sum the counts of each state."""
        return FrameSums.of(values, state_probs)

    def maximise(self, sums: FrameSums) -> None:
        """Set the rates to the mean counts, `pseudo_count` average frames included.

        A state without frames goes to the average; without a pseudo-count it keeps what it had.
        """
        self.set_from(sums, self.pseudo_count)

    def set_from(self, sums: FrameSums, extra: float) -> None:
        """Set the rates to the mean counts, with `extra` average frames added."""
        total = (sums.weight + extra)[:, None]
        mean = (sums.first + extra * self.usual_rate) / total.where(total > 0, 1.0)
        self.rate.copy_(mean.where(total > 0, self.rate))

    def log_prior(self) -> float:
        """Return the log-density under the Gamma prior, up to a constant [nats]."""
        if self.pseudo_count == 0:
            return 0.0
        each = self.usual_rate * self.rate.log() - self.rate
        return self.pseudo_count * float(each.sum())

    def reference(self, sequences: Sequences) -> None:
        """Take the usual rates from all training frames.

        Raises:
            DataError: a number is no count.
        """
        frames = require_counts(sequences)
        total = frames.sum(axis=0, dtype=np.float64) + 1.0
        self.usual_rate.copy_(torch.from_numpy(total / (len(frames) + 1)))

    def n_free_parameters(self) -> int:
        """Return states · dimensions."""
        return self.rate.numel()

    def flops_per_step(self) -> float:
        """One product for the probability and one for the sums."""
        return 4.0 * self.rate.numel()
