"""Weights that are put in the place of a model's own."""

from collections.abc import Callable

import torch
from jaxtyping import Bool
from torch import Tensor

from seqarena.attention.attend import Weights, divided
from seqarena.attention.intervention import Intervention, Look


def uniform(look: Look) -> Weights:
    """Return equal weights over all that may be seen: Wiegreffe & Pinter (2019)."""
    seen = look.attend_mask.expand_as(look.weights).to(look.weights.dtype)
    return divided(seen, seen.sum(dim=-1, keepdim=True))


def permuted(generator: torch.Generator) -> Intervention:
    """Return what deals each row's weights anew to all that may be seen: Jain & Wallace (2019)."""

    def intervention(look: Look) -> Weights:
        hidden = ~look.attend_mask.expand_as(look.weights)
        noise = torch.rand(look.weights.shape, generator=generator).to(look.weights.device)
        # Both orders have what may be seen in front: the one as it stands, the other shuffled.
        standing = hidden.to(torch.int8).argsort(dim=-1, stable=True)
        shuffled = noise.masked_fill(hidden, 2.0).argsort(dim=-1)
        dealt = look.weights.gather(-1, shuffled)
        return torch.zeros_like(dealt).scatter(-1, standing, dealt)

    return intervention


def without_head(head: int) -> Intervention:
    """Return what takes one head away: its weights become 0, and the others stay."""

    def intervention(look: Look) -> Weights:
        is_kept = torch.arange(look.weights.shape[1], device=look.weights.device) != head
        return look.weights * is_kept[:, None, None]

    return intervention


def without_columns(erased: Bool[Tensor, "batch key_time"]) -> Intervention:
    """Return what takes columns away from every row and scales the rest up: Serrano & Smith (2019).

    A row that had looked at these columns alone looks nowhere.
    """

    def intervention(look: Look) -> Weights:
        kept = look.weights.masked_fill(erased[:, None, None], 0.0)
        return divided(kept, kept.sum(dim=-1, keepdim=True))

    return intervention


def weighted_by(gates: list[Tensor]) -> Intervention:
    """Return what multiplies weights by ones that have a gradient, and leaves them in `gates`.

    The gradient of a gate is that of its weight, times the weight.
    """

    def intervention(look: Look) -> Weights:
        gate = torch.ones_like(look.weights, requires_grad=True)
        gates.append(gate)
        return look.weights * gate

    return intervention


def watched_by(watch: Callable[[Look], None]) -> Intervention:
    """Return what shows each use of an attention to a function, and changes nothing."""

    def intervention(look: Look) -> Weights:
        watch(look)
        return look.weights

    return intervention
