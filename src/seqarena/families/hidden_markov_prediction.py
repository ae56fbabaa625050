"""What comes next, after the part of a sequence that is known."""

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from seqarena.families.emissions import (
    BernoulliEmission,
    CategoricalEmission,
    Emission,
    FrameEmission,
    GaussianEmission,
    MixtureEmission,
    PoissonEmission,
)


@dataclass(frozen=True)
class NextStep:
    """The step after each sequence of a batch, given all of its steps."""

    state_probs: Float[Tensor, "batch n_states"]
    """p(state of the next step | the sequence): with the model's emissions, the whole density."""
    symbol_probs: Float[Tensor, "batch n_symbols"] | None = None
    """p(next symbol | the sequence), where symbols are emitted."""
    mean: Float[Tensor, "batch dim"] | None = None
    """Mean of the next frame (of binary frames: how probable each 1 is), where frames are."""


def next_step(emission: Emission, state_probs: Float[Tensor, "batch n_states"]) -> NextStep:
    """Return what the next step will be when its state is so distributed."""
    if isinstance(emission, CategoricalEmission):
        return NextStep(state_probs, symbol_probs=state_probs @ emission.log_emission.exp())
    return NextStep(state_probs, mean=state_probs @ means(emission))


def means(emission: FrameEmission | MixtureEmission) -> Float[Tensor, "n_states dim"]:
    """Return the mean frame of every state."""
    match emission:
        case GaussianEmission(mean=mean) | BernoulliEmission(on_prob=mean):
            return mean
        case PoissonEmission(rate=rate):
            return rate
        case MixtureEmission(log_weight=log_weight, components=components):
            parts = means(components).view(*log_weight.shape, -1)
            return (log_weight.exp()[:, :, None] * parts).sum(dim=1)
