"""Frames of zeros and ones, each dimension switched on independently by the hidden state."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from seqarena.batch import Batch, Sequences
from seqarena.families.frame_sums import FrameSums
from seqarena.families.guards import binary_frames_of, require_binary
from seqarena.families.shares import dirichlet_log_prior, finite_logs, infinite_again
from seqarena.inference.packed_emission import PackedEmission, emission_of_density


class BernoulliEmission(nn.Module):
    """p(frame | state) = product over dimensions of p^x (1 - p)^(1 - x): a piano roll's notes.

    The prior of each p is Beta(1 + pseudo_count, 1 + pseudo_count).
    """

    on_prob: Tensor

    def __init__(self, n: int, dim: int, pseudo_count: float) -> None:
        super().__init__()
        self.pseudo_count = pseudo_count
        self.register_buffer("on_prob", torch.full((n, dim), 0.5, dtype=torch.float64))

    def values(self, batch: Batch) -> Float[Tensor, "batch time dim"]:
        """Return the frames of a batch, checked to be 0 or 1."""
        return binary_frames_of(batch, self.on_prob.shape[1])

    def log_prob(self, values: Float[Tensor, "steps dim"]) -> Float[Tensor, "steps n"]:
        """Return log p(frame | state); minus infinity where it cannot be [nats]."""
        on, off = finite_logs(self.on_prob.log()), finite_logs((-self.on_prob).log1p())
        frames = values.double()
        return infinite_again(frames @ on.T + (1.0 - frames) @ off.T)

    def packed(self, values: Float[Tensor, "steps dim"], dtype: torch.dtype) -> PackedEmission:
        """Return the probabilities of packed frames, scaled."""
        return emission_of_density(self.log_prob, values, dtype)

    def sums(
        self, values: Float[Tensor, "steps dim"], state_probs: Float[Tensor, "steps n"]
    ) -> FrameSums:
        """Count how often each dimension was on in each state."""
        return FrameSums.of(values, state_probs)

    def maximise(self, sums: FrameSums) -> None:
        """Set p to the share of ones, pseudo-counts of both kinds included.

        A state without frames goes to 1/2; without a pseudo-count it keeps what it had.
        """
        self.set_from(sums, self.pseudo_count)

    def set_from(self, sums: FrameSums, extra: float) -> None:
        """Set p to the share of ones, with `extra` ones and as many zeros added."""
        total = (sums.weight + 2.0 * extra)[:, None]
        # A sum of rounded shares may exceed the rounded sum of the shares.
        share = ((sums.first + extra) / total.where(total > 0, 1.0)).clamp(max=1.0)
        self.on_prob.copy_(share.where(total > 0, self.on_prob))

    def log_prior(self) -> float:
        """Return the log-density under the Beta prior, up to a constant [nats]."""
        on, off = self.on_prob.log(), (-self.on_prob).log1p()
        return dirichlet_log_prior(on, self.pseudo_count) + dirichlet_log_prior(
            off, self.pseudo_count
        )

    def reference(self, sequences: Sequences) -> None:
        """Check that all training frames are 0 or 1; they have no scale to be taken.

        Raises:
            DataError: a number is neither.
        """
        require_binary(sequences)

    def n_free_parameters(self) -> int:
        """Return states · dimensions."""
        return self.on_prob.numel()

    def flops_per_step(self) -> float:
        """Two products for the probability and one for the sums."""
        return 6.0 * self.on_prob.numel()
