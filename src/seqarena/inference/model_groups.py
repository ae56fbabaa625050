"""Several models over the same packed sequences: side by side, and as many at once as pay."""

from collections.abc import Iterator

import torch
from torch import Tensor

from seqarena.inference.log_forward_backward import PathPosterior
from seqarena.inference.packed_emission import PackedEmission

Models = tuple[Tensor, Tensor, PackedEmission]
"""log p(start) and log p(move) of some models, and what they emit; axis of models as documented."""

# Models stand side by side while their states fill no more columns than this.
_WIDTH = 64


def with_models(log_start: Tensor, log_transition: Tensor, emission: PackedEmission) -> Models:
    """Give a single model an axis of models."""
    if log_start.dim() == 2:
        return log_start, log_transition, emission
    stacked = PackedEmission(
        emission.weights.unsqueeze(1),
        emission.log_scale.unsqueeze(1),
        lambda steps: emission.log_prob_at(steps).unsqueeze(1),
        emission.row,
    )
    return log_start.unsqueeze(0), log_transition.unsqueeze(0), stacked


def groups(log_start: Tensor, log_transition: Tensor, emission: PackedEmission) -> Iterator[Models]:
    """Yield models that are worked on at once."""
    n_models, n_states = log_start.shape
    size = max(1, _WIDTH // n_states)
    if n_models <= size:
        yield log_start, log_transition, emission
        return
    for some in torch.split(torch.arange(n_models, device=log_start.device), size):
        yield log_start[some], log_transition[some], _of_models(emission, some)


def joined(parts: list[PathPosterior]) -> PathPosterior:
    """Return what groups of models say, side by side again."""
    if len(parts) == 1:
        return parts[0]
    return PathPosterior(
        step_log_prob=torch.cat([part.step_log_prob for part in parts], dim=1),
        state_probs=torch.cat([part.state_probs for part in parts], dim=1),
        start=torch.cat([part.start for part in parts]),
        transition=torch.cat([part.transition for part in parts]),
    )


def _of_models(emission: PackedEmission, some: Tensor) -> PackedEmission:
    return PackedEmission(
        emission.weights.index_select(1, some),
        emission.log_scale.index_select(1, some),
        lambda steps: emission.log_prob_at(steps).index_select(1, some),
        emission.row,
    )
