"""Parameters that somebody gives to a hidden Markov model, checked before they are believed."""

from typing import TYPE_CHECKING

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from seqarena.errors import DataError
from seqarena.families.emissions import (
    BernoulliEmission,
    CategoricalEmission,
    Emission,
    GaussianEmission,
    MixtureEmission,
    PoissonEmission,
)
from seqarena.inference.gaussian import log_density

if TYPE_CHECKING:
    from seqarena.families.hidden_markov import HiddenMarkovModel

# Sums of probabilities that were written with six digits.
_TOLERANCE = 1e-5


def set_parameters(
    model: "HiddenMarkovModel", start: Tensor, transition: Tensor, emission: dict[str, Tensor]
) -> None:
    """Give a model its parameters, and call it fitted.

    Raises:
        DataError: a shape is wrong, a distribution does not sum to 1 (within 1e-5), a forbidden
            move is given a probability, or a parameter of the emission is out of its range; names
            the parameter, the place and the value.
    """
    shares = checked_shares("start", start[None], model.can_start[None])
    moves = checked_shares("transition", transition, model.can_move)
    set_emission(model.emission, emission)
    model.log_start.copy_(shares[0].log())
    model.log_transition.copy_(moves.log())
    model.fitted.fill_(True)


def checked_shares(
    name: str, shares: Tensor, allowed: Bool[Tensor, "n_rows n"]
) -> Float[Tensor, "n_rows n"]:
    """Return distributions, one in each row, scaled to sum to exactly 1.

    Raises:
        DataError: see `set_parameters`.
    """
    shares = _shaped(name, shares.double(), allowed.shape)
    for row, column in (~(shares >= 0)).nonzero()[:1].tolist():
        raise DataError(
            f"{name}: row {row}, column {column} is {shares[row, column]:g}; "
            "probabilities are 0 or more."
        )
    for row, column in ((shares > 0) & ~allowed).nonzero()[:1].tolist():
        raise DataError(
            f"{name}: row {row}, column {column} is {shares[row, column]:g}, and the topology "
            "forbids it; set it to 0, or take another topology."
        )
    total = shares.sum(dim=1, keepdim=True)
    for row in (~((total[:, 0] - 1.0).abs() <= _TOLERANCE)).nonzero()[:1, 0].tolist():
        raise DataError(
            f"{name}: row {row} sums to {total[row, 0]:.6g}; probabilities must sum to 1: "
            "divide the row by its sum."
        )
    return shares / total


def set_emission(emission: Emission, given: dict[str, Tensor]) -> None:
    """Set the parameters of an emission, by the names that they have in `Raises`.

    Raises:
        DataError: see `set_parameters`, or these are not the parameters: categorical has
            `emission`; Gaussian `mean`, `covariance`; Bernoulli `on_prob`; Poisson `rate`; a
            mixture `weight` beside its components'.
    """
    given = dict(given)
    match emission:
        case CategoricalEmission(log_emission=log_emission):
            (shares,) = _named(given, "emission")
            every = torch.ones_like(log_emission, dtype=torch.bool)
            log_emission.copy_(checked_shares("emission", shares, every).log())
        case GaussianEmission():
            mean, covariance = _named(given, "mean", "covariance")
            mean = _within("mean", mean, emission.mean)
            covariance = _within("covariance", covariance, emission.covariance)
            # A density is what tells whether they are singular.
            log_density(mean[:1], mean, covariance, emission.shape)
            emission.mean.copy_(mean)
            emission.covariance.copy_(covariance)
        case BernoulliEmission():
            (on_prob,) = _named(given, "on_prob")
            emission.on_prob.copy_(_within("on_prob", on_prob, emission.on_prob, 0.0, 1.0))
        case PoissonEmission():
            (rate,) = _named(given, "rate")
            emission.rate.copy_(_within("rate", rate, emission.rate, 0.0))
        case MixtureEmission():
            every = torch.ones_like(emission.log_weight, dtype=torch.bool)
            weight = checked_shares("weight", given.pop("weight", torch.empty(0)), every)
            set_emission(emission.components, given)
            emission.log_weight.copy_(weight.log())


def _named(given: dict[str, Tensor], *names: str) -> list[Tensor]:
    if set(given) != set(names):
        raise DataError(
            f"parameters of the emission: {sorted(given)} came, {sorted(names)} were expected."
        )
    return [given[name] for name in names]


def _within(
    name: str, values: Tensor, like: Tensor, low: float = -torch.inf, high: float = torch.inf
) -> Tensor:
    values = _shaped(name, values.double(), like.shape)
    wrong = ~(values.isfinite() & (values >= low) & (values <= high))
    for place in wrong.nonzero()[:1].tolist():
        raise DataError(
            f"{name}: the value at {place} is {values[tuple(place)]:g}; "
            f"it must be finite, and between {low:g} and {high:g}."
        )
    return values


def _shaped(name: str, values: Tensor, shape: torch.Size) -> Tensor:
    if values.numel() != shape.numel() or values.shape[-1] != shape[-1]:
        raise DataError(f"{name}: shape {list(values.shape)} came, {list(shape)} was expected.")
    return values.reshape(shape)
