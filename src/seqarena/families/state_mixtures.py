"""A mixture of diagonal Gaussians for each hidden state, grown by splitting."""

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from seqarena.batch import Batch, Sequences
from seqarena.families.guards import frames_of, require_finite, require_varied
from seqarena.families.shares import log_shares
from seqarena.inference.gaussian import log_density
from seqarena.inference.gaussian_features import features_for, power_sums
from seqarena.inference.gaussian_fit import GaussianSums, fit_gaussians

# Standard deviations by which the halves of a split component move apart (Young et al. 2006,
# section 10.6).
_APART = 0.2


class StateMixtures(nn.Module):
    """p(frame | state) = sum over components of weight · N(frame; mean, diagonal variance).

    Only the first `n_grown` components of each state exist yet. Sums are taken about `origin`, the
    mean of all training frames; no variance falls below `least_variance`.
    """

    log_weight: Tensor
    mean: Tensor
    variance: Tensor
    origin: Tensor
    least_variance: Tensor
    n_grown: Tensor

    def __init__(self, n_states: int, n_components: int, dim: int, variance_floor: float) -> None:
        super().__init__()
        self.variance_floor = variance_floor
        shape, wide = (n_states, n_components), torch.float64
        self.register_buffer("log_weight", torch.full(shape, -torch.inf, dtype=wide))
        self.register_buffer("mean", torch.zeros(*shape, dim, dtype=wide))
        self.register_buffer("variance", torch.ones(*shape, dim, dtype=wide))
        self.register_buffer("origin", torch.zeros(dim, dtype=wide))
        self.register_buffer("least_variance", torch.zeros(dim, dtype=wide))
        self.register_buffer("n_grown", torch.tensor(1))
        self.log_weight[:, 0] = 0.0

    @property
    def n_components(self) -> int:
        """Components of each state when all are grown."""
        return self.log_weight.shape[1]

    def values(self, batch: Batch) -> Float[Tensor, "steps dim"]:
        """Return the real frames of a batch, one sequence after the other, checked to be finite."""
        return frames_of(batch, self.mean.shape[2])[batch.mask].double()

    def joint_log_prob(self, frames: Float[Tensor, "steps dim"]) -> Tensor:
        """Return log p(component, frame | state): (steps, states, components so far) [nats]."""
        n, dim = int(self.n_grown), self.mean.shape[2]
        mean, variance = (each[:, :n].reshape(-1, dim) for each in (self.mean, self.variance))
        densities = log_density(frames, mean, variance, "diagonal")
        return densities.view(len(frames), -1, n) + self.log_weight[:, :n]

    def log_prob(self, frames: Float[Tensor, "steps dim"]) -> Float[Tensor, "steps n_states"]:
        """Return log p(frame | state) [nats]."""
        return self.joint_log_prob(frames).logsumexp(dim=2)

    def sums(
        self,
        frames: Float[Tensor, "steps dim"],
        log_joint: Float[Tensor, "steps n_states components"],
        log_prob: Float[Tensor, "steps n_states"],
        state_probs: Float[Tensor, "steps n_states"],
    ) -> GaussianSums:
        """Sum the powers of the frames of each component.

        Args:
            frames: real frames.
            log_joint: as `joint_log_prob` gives it.
            log_prob: as `log_prob` gives it, the sum over components.
            state_probs: share of each state in each frame.
        """
        share = (log_joint - log_prob[:, :, None]).exp_().mul_(state_probs[:, :, None])
        share = share.flatten(1)
        return power_sums(frames, share, features_for("diagonal", share.shape[1], self.origin))

    def maximise(self, sums: GaussianSums) -> None:
        """Set weights, means and variances: the exact maximum above the variance floor.

        A component, or a state, to which no frame belongs keeps its Gaussian.
        """
        n, (n_states, _, dim) = int(self.n_grown), self.mean.shape
        weights = sums.weight.view(n_states, n)
        self.log_weight[:, :n] = log_shares(weights, self.log_weight[:, :n])
        mean, variance = fit_gaussians(
            sums,
            self.mean[:, :n].reshape(-1, dim) - self.origin,
            self.variance[:, :n].reshape(-1, dim),
            self.least_variance,
            "diagonal",
        )
        self.mean[:, :n] = mean.view(n_states, n, dim) + self.origin
        self.variance[:, :n] = variance.view(n_states, n, dim)

    def start(self, train: Sequences, states: Int[np.ndarray, "steps"]) -> None:
        """Set one Gaussian for each state, from frames whose states are known or guessed.

        A state without a frame gets the moments of all frames.

        Raises:
            DataError: a frame is not finite, or a dimension never varies.
        """
        frames = require_finite(train)
        require_varied(frames)
        variance = frames.var(axis=0, dtype=np.float64)
        self.origin.copy_(torch.from_numpy(frames.mean(axis=0, dtype=np.float64)))
        self.least_variance.copy_(torch.from_numpy(self.variance_floor * variance))
        self.mean.copy_(self.origin.expand_as(self.mean))
        self.variance.copy_(torch.from_numpy(variance).expand_as(self.variance))
        self.log_weight.fill_(-torch.inf)
        self.log_weight[:, 0] = 0.0
        self.n_grown.fill_(1)
        self.maximise(_hard_sums(torch.from_numpy(frames).double() - self.origin, states, self))

    def grow(self, n: int) -> None:
        """Split the heaviest components of each state until there are `n`, at most twice as many.

        The halves have half the weight each, and stand 0.4 standard deviations apart.
        """
        old = int(self.n_grown)
        if n == old:
            return
        split = self.log_weight[:, :old].topk(n - old, dim=1).indices
        rows = torch.arange(len(split), device=split.device)[:, None]
        self.log_weight[rows, split] -= float(np.log(2.0))
        step = _APART * self.variance[rows, split].sqrt()
        self.log_weight[:, old:n] = self.log_weight[rows, split]
        self.variance[:, old:n] = self.variance[rows, split]
        self.mean[:, old:n] = self.mean[rows, split] + step
        self.mean[rows, split] -= step
        self.n_grown.fill_(n)

    def n_free_parameters(self) -> int:
        """Return weights less one per state, means and variances, of the components so far."""
        n_states, _, dim = self.mean.shape
        n = int(self.n_grown)
        return n_states * (n - 1 + 2 * n * dim)

    def flops_per_step(self) -> float:
        """Two products for the density and two for the sums."""
        n_states, _, dim = self.mean.shape
        return 8.0 * n_states * int(self.n_grown) * dim


def _hard_sums(centred: Tensor, states: np.ndarray, mixtures: StateMixtures) -> GaussianSums:
    """Sum the powers of frames that belong to one state each."""
    n_states, _, dim = mixtures.mean.shape
    owner = torch.from_numpy(states)
    nothing = centred.new_zeros(n_states, dim)
    return GaussianSums(
        weight=torch.bincount(owner, minlength=n_states).double(),
        first=nothing.index_add(0, owner, centred),
        second=nothing.index_add(0, owner, centred.square()),
    )
