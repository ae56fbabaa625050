"""How much the gold outputs depend on each weight, by gradients."""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from seqarena.attention.intervention import intervening
from seqarena.attribution.diagnostics.interventions import weighted_by
from seqarena.attribution.diagnostics.places import Places
from seqarena.batch import Batch
from seqarena.families.fitted_network import Neural

GradientMap = Float[np.ndarray, "batch head query_time key_time"]


def gradient_times_attention(model: Neural, places: Places, batch: Batch) -> dict[str, GradientMap]:
    """Return (∂ log p(gold outputs) / ∂A) ⊙ A of each place, signed [nats].

    Serrano & Smith (2019); Chefer, Gur & Wolf (2021). Where the output is linear in the weights it
    is what each of them contributes. One pass forth and back, through what the model was fitted to:
    log p of all that is scored. Of a target that CTC calls impossible it is 0.
    """
    gates: dict[str, list[Tensor]] = {name: [] for name in places}
    doors = {attention: weighted_by(gates[name]) for name, attention in places.items()}
    with torch.enable_grad(), intervening(doors):
        total = -model.objective(batch).total
        used = [gate for name in places for gate in gates[name]]
        gradients = iter(torch.autograd.grad(total, used, allow_unused=True))
    is_possible = not bool(total.isneginf())
    found = {
        name: [_known(gate, next(gradients), is_possible) for gate in gates[name]]
        for name in places
    }
    return {
        name: torch.cat(parts, dim=2).double().cpu().numpy()
        for name, parts in found.items()
        if parts
    }


def head_importance(gradient: GradientMap) -> Float[np.ndarray, "head"]:
    """Return I_h = E |∂L / ∂ξ_h| for a factor ξ_h = 1 of each head: Michel, Levy & Neubig (2019).

    A layer's heads are divided by the root of their sum of squares; 0 where all are 0. A head's
    output is linear in its weights, so that its factor's gradient is the sum of theirs.
    """
    expected = np.abs(gradient.sum(axis=(2, 3))).mean(axis=0)
    length = np.sqrt((expected**2).sum())
    return np.asarray(expected / (length if length > 0 else 1.0))


def _known(gate: Tensor, gradient: Tensor | None, is_possible: bool) -> Tensor:
    """Return the gradient; 0 of a gate on which nothing hangs."""
    if gradient is None:
        return torch.zeros_like(gate)
    # CTC's loss of a target that no alignment spells has a slope that is no number, on purpose.
    return gradient if is_possible else gradient.where(gradient.isfinite(), 0.0)
