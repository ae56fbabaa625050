"""Interventions: what stands between the weights of an attention and the mean that they make.

Weights can be watched, weighted by a factor that has a gradient, or replaced by others, while the
rest of the model stays as it is.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

from jaxtyping import Bool, Float
from torch import Tensor, nn

from seqarena.attention.attend import Weights
from seqarena.errors import ArtifactError, DataError


class Look(NamedTuple):
    """One use of an attention: the weights it made, what they average, and what may be seen."""

    weights: Weights
    value: Float[Tensor, "batch head key_time value_dim"]
    attend_mask: Bool[Tensor, "#batch #head #query_time key_time"]


Intervention = Callable[[Look], Weights]
"""Returns the weights to use. An attention that looks query by query calls it for each, in order,
so that it must treat every row by itself."""


class Attention(nn.Module):
    """Anything that averages values by weights."""

    _intervention: Intervention | None = None

    @property
    def is_intervened(self) -> bool:
        """Whether something stands between the weights and the mean."""
        return self._intervention is not None

    def averaged(
        self,
        weights: Weights,
        value: Float[Tensor, "batch head key_time value_dim"],
        attend_mask: Bool[Tensor, "#batch #head #query_time key_time"],
    ) -> tuple[Float[Tensor, "batch head query_time value_dim"], Weights]:
        """Return the mean of the values, and the weights that made it.

        Raises:
            DataError: an intervention returned weights of another shape.
        """
        if self._intervention is not None:
            used = self._intervention(Look(weights, value, attend_mask))
            if used.shape != weights.shape:
                raise DataError(
                    f"{type(self).__name__}: an intervention returned weights of shape "
                    f"{tuple(used.shape)}, expected {tuple(weights.shape)}."
                )
            weights = used
        return weights @ value, weights

    def transformed(
        self, value: Float[Tensor, "batch head key_time value_dim"]
    ) -> Float[Tensor, "batch head key_time dim"]:
        """Return what each value becomes by itself in the context: here, what it is."""
        return value

    def refuse_intervention(self) -> None:
        """Raise where the weights are never made, so that no intervention could reach them.

        Raises:
            ArtifactError: an intervention is in place.
        """
        if self.is_intervened:
            raise ArtifactError(
                f"{type(self).__name__}: an intervention reaches the weights of whole sequences "
                "alone, not those of a generation step by step; leave `intervening` first."
            )


@contextmanager
def intervening(interventions: Mapping[Attention, Intervention]) -> Iterator[None]:
    """Pass the weights of some attentions through functions, inside the context alone.

    These attentions take the explicit path whatever they are asked for, and gradients flow through
    what the functions return. An inner context takes the place of an outer one until it ends.

    Raises:
        ArtifactError: an attention is in training mode.
    """
    for attention in interventions:
        if attention.training:
            raise ArtifactError(
                f"{type(attention).__name__} is in training mode, where an intervention would fall "
                "into what is learned; call model.eval() first."
            )
    before = {attention: attention._intervention for attention in interventions}
    try:
        for attention, intervention in interventions.items():
            attention._intervention = intervention
        yield
    finally:
        for attention, outer in before.items():
            attention._intervention = outer
