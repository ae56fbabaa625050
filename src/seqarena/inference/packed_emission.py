"""What the states emit at every packed step, scaled so that a density may be of any size."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

# Weights below e to this are set to zero. What is left is seldom denormal once it is multiplied.
_LOWEST_EXPONENT = {torch.float32: -75.0, torch.float64: -600.0}
# Steps whose densities are computed at once: they stay in the processor's cache.
_CHUNK = 8192


@dataclass(frozen=True)
class PackedEmission:
    """p(x_t | state) of every packed step: divided by its largest over the states, and in full."""

    weights: Float[Tensor, "rows *models n_states"]
    """p(x_t | state) / max over states: 0 to 1. One row for each step, unless `row` says which."""
    log_scale: Float[Tensor, "steps *models"]
    """Log of what the weights were divided by [nats]; minus infinity: no state emits this."""
    log_prob_at: Callable[[Tensor], Tensor]
    """Exact log p(x_t | state) of some packed steps, in 64 bits: (those steps, *models, states)."""
    row: Int[Tensor, "steps"] | None = None
    """Row of `weights` that holds each packed step (its symbol)."""


def emission_of_table(
    log_table: Float[Tensor, "*models n_states n_symbols"],
    symbols: Int[Tensor, "steps"],
    dtype: torch.dtype,
) -> PackedEmission:
    """Look up the emission of each symbol; one exp per table entry, none per step."""
    by_symbol = log_table.movedim(-1, 0).contiguous()
    weights, log_scale = _scaled(by_symbol, dtype)
    return PackedEmission(
        weights=weights,
        log_scale=log_scale.index_select(0, symbols),
        log_prob_at=lambda steps: by_symbol[symbols[steps]],
        row=symbols,
    )


def emission_of_density(
    log_density: Callable[[Tensor], Tensor], values: Float[Tensor, "steps ..."], dtype: torch.dtype
) -> PackedEmission:
    """Scale the log-densities (steps, *models, n_states) of frames, computed a chunk at a time."""
    weights, log_scale = [], []
    for part in torch.split(values, _CHUNK):
        share, scale = _scaled(log_density(part), dtype)
        weights.append(share)
        log_scale.append(scale)
    return PackedEmission(
        weights=torch.cat(weights),
        log_scale=torch.cat(log_scale),
        log_prob_at=lambda steps: log_density(values[steps]),
    )


def _scaled(log_prob: Tensor, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    log_scale = log_prob.amax(dim=-1)
    # A finite number in place of minus infinity, which less itself is no number.
    least = log_scale.clamp(min=torch.finfo(log_scale.dtype).min)
    shifted = log_prob - least.unsqueeze(-1)
    # A method of its own for each precision takes a third of the time of `to`.
    shifted = shifted.float() if dtype == torch.float32 else shifted.double()
    lowest = _LOWEST_EXPONENT[dtype]
    # exp of what underflows is 12 times slower: it is raised before, and taken out after.
    weights = shifted.clamp_(min=lowest).exp_()
    return torch.threshold_(weights, 1.001 * math.exp(lowest), 0.0), log_scale
