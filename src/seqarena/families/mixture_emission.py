"""A mixture in every hidden state, of whatever a state could emit alone."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, cast

import torch
from jaxtyping import Float
from torch import Tensor, nn

from seqarena.batch import Batch, Sequences
from seqarena.families.bernoulli_emission import BernoulliEmission
from seqarena.families.gaussian_emission import GaussianEmission
from seqarena.families.poisson_emission import PoissonEmission
from seqarena.families.shares import dirichlet_log_prior, log_shares
from seqarena.inference.gaussian_densities import log_densities
from seqarena.inference.packed_emission import PackedEmission, emission_of_density

FrameEmission = GaussianEmission | BernoulliEmission | PoissonEmission

# Frames whose responsibilities are computed at once: they stay in the processor's cache.
_CHUNK = 4096


@dataclass(frozen=True)
class MixtureSums:
    """How often each state used each of its components, and the components' own sums; they add."""

    weight: Float[Tensor, "n_states n_components"]
    inner: Any
    """Sums of n_states · n_components emissions, state after state."""

    def __add__(self, other: "MixtureSums") -> "MixtureSums":
        return MixtureSums(self.weight + other.weight, self.inner + other.inner)

    def tensors(self) -> list[Tensor]:
        """Return every tensor, those of the components last."""
        return [self.weight, *self.inner.tensors()]

    def with_tensors(self, tensors: list[Tensor]) -> "MixtureSums":
        """Return a record of the same kind that holds `tensors`."""
        return MixtureSums(tensors[0], type(self.inner)(*tensors[1:]))


class MixtureEmission(nn.Module):
    """p(frame | state) = sum over components of weight · p(frame | state, component).

    The components of all states are one emission of n_states · n_components rows, state after
    state; the weights have a Dirichlet(1 + pseudo_count) prior in each state.
    """

    log_weight: Tensor

    def __init__(self, components: FrameEmission, n_states: int, n: int, weight_count: float):
        super().__init__()
        self.components, self.pseudo_count = components, weight_count
        uniform = torch.full((n_states, n), 1.0 / n, dtype=torch.float64)
        self.register_buffer("log_weight", uniform.log())

    def values(self, batch: Batch) -> Float[Tensor, "batch time dim"]:
        """Return the frames of a batch, checked as the components demand."""
        return self.components.values(batch)

    def log_prob(self, values: Float[Tensor, "steps dim"]) -> Float[Tensor, "steps n_states"]:
        """Return log p(frame | state) [nats]."""
        return self._log_joint(values, self.components.log_prob).logsumexp(dim=2)

    def packed(self, values: Float[Tensor, "steps dim"], dtype: torch.dtype) -> PackedEmission:
        """Return the densities of packed frames, scaled; computed in `dtype` where it is safe."""
        log_density = self._prepared(dtype)

        def log_prob(part: Tensor) -> Tensor:
            return self._log_joint(part, log_density).logsumexp(dim=2)

        emission = emission_of_density(log_prob, values, dtype)
        return replace(emission, log_prob_at=lambda steps: self.log_prob(values[steps]))

    def responsibilities(
        self, values: Float[Tensor, "steps dim"]
    ) -> Float[Tensor, "steps n_states n_components"]:
        """Return p(component | state, frame); 0 in a state that cannot emit the frame."""
        return _shares(self._log_joint(values, self.components.log_prob))

    def sums(
        self, values: Float[Tensor, "steps dim"], state_probs: Float[Tensor, "steps n_states"]
    ) -> MixtureSums:
        """Share each state's frames out among its components: Rabiner (1989), eqs. 52-54."""
        log_density = self._prepared(state_probs.dtype)
        total = None
        chunks = zip(torch.split(values, _CHUNK), torch.split(state_probs, _CHUNK), strict=True)
        for part, probs in chunks:
            share = _shares(self._log_joint(part, log_density)) * probs[:, :, None]
            inner = self.components.sums(part, share.flatten(start_dim=1))
            sums = MixtureSums(share.sum(dim=0, dtype=torch.float64), inner)
            total = sums if total is None else total + sums
        return cast(MixtureSums, total)

    def maximise(self, sums: MixtureSums) -> None:
        """Set weights and components; a state without frames keeps what it had."""
        self.log_weight.copy_(log_shares(sums.weight + self.pseudo_count, self.log_weight))
        self.components.maximise(sums.inner)

    def log_prior(self) -> float:
        """Return the log-density of weights and components under their priors [nats]."""
        return dirichlet_log_prior(self.log_weight, self.pseudo_count) + self.components.log_prior()

    def reference(self, sequences: Sequences) -> None:
        """Check all training frames, and take from them what scales the components."""
        self.components.reference(sequences)

    def n_free_parameters(self) -> int:
        """Return the weights less one per state, plus the components'."""
        n_states, n = self.log_weight.shape
        return n_states * (n - 1) + self.components.n_free_parameters()

    def flops_per_step(self) -> float:
        """Count the components twice, once for the path and once for their shares."""
        return 2.0 * self.components.flops_per_step() + 8.0 * self.log_weight.numel()

    def _prepared(self, dtype: torch.dtype) -> Callable[[Tensor], Tensor]:
        """Return the components' log-densities, prepared once for many chunks of frames."""
        if isinstance(self.components, GaussianEmission):
            return partial(log_densities, self.components.densities(dtype))
        return self.components.log_prob

    def _log_joint(
        self, values: Tensor, log_density: Callable[[Tensor], Tensor]
    ) -> Float[Tensor, "steps n_states n_components"]:
        log_prob = log_density(values).view(len(values), *self.log_weight.shape)
        return log_prob + self.log_weight.to(log_prob.dtype)


def _shares(log_joint: Tensor) -> Tensor:
    """Return each component's share of its state; 0 where the state cannot emit the frame."""
    total = log_joint.logsumexp(dim=2, keepdim=True)
    return (log_joint - total.where(total.isfinite(), 0.0)).exp()
