"""Posteriors of a little data: the scaled recursions in numpy and 64 bits, without packing.

Where there are few steps the time goes into starting operations, which numpy does in a third of
torch's time, and into sorting and packing, which saves nothing yet. The passes are those of
`sequence_loops`, over steps that stand time by time as they are in the padded batch. What they
cannot follow is left to `forward_backward`, which does all of this at any size.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int

from seqarena.inference import sequence_loops
from seqarena.inference.compiled_loops import compiled
from seqarena.inference.forward_backward import DOUBTFUL_PEAK, DOUBTFUL_SCALE, LEAST_MOVE, reachable

_NONE = np.zeros(0, dtype=np.int64)
# Up to so many state posteriors and products of probabilities, padding included, this is 1.1 to 6
# times as fast as `forward_backward` (measured on one processor: 1 to 100 sequences, 2 to 128
# states, symbols and frames).
_POSTERIORS = 2**14
_PRODUCTS = 2**19


@dataclass(frozen=True)
class FewEmissions:
    """What the states emit at every step of a padded batch, time by time."""

    weights: Float[np.ndarray, "rows n_states"]
    """p(x_t | state), over e to the `log_scale`. One row for each step, unless `row` says which."""
    log_scale: Float[np.ndarray, "steps"] | float
    row: Int[np.ndarray, "steps"] | None
    sums: Callable[[Float[np.ndarray, "steps n_states"]], Any]
    """Turns state posteriors, 0 on padding, into the emission's statistics."""


@dataclass(frozen=True)
class FewPosterior:
    """The same as `PathPosterior`, of steps that stand time by time; padding is 0."""

    step_log_prob: Float[np.ndarray, "time batch"]
    state_probs: Float[np.ndarray, "steps n_states"]
    start: Float[np.ndarray, "n_states"]
    transition: Float[np.ndarray, "n_states n_states"]


def are_few(shape: tuple[int, ...], n_states: int, device: torch.device) -> bool:
    """Tell by shape and device alone whether a padded batch is little data.

    So the same data always gives the same bits.
    """
    n_posteriors = shape[0] * shape[1] * n_states
    is_little = n_posteriors <= _POSTERIORS and n_posteriors * n_states <= _PRODUCTS
    return is_little and device.type == "cpu"


def few_posterior(
    log_start: torch.Tensor,
    log_transition: torch.Tensor,
    emission: FewEmissions,
    lengths: Int[np.ndarray, "batch"],
    n_time: int,
) -> FewPosterior | None:
    """Return the posterior of the hidden path; None: 64 bits might not follow every sequence.

    Rabiner (1989), eqs. 27, 37 and 40: what `forward_backward` returns, by the same tests of what
    is in doubt. That holds every sequence that no path explains.
    """
    transition, n, n_states = np.exp(log_transition.numpy()), len(lengths), len(log_start)
    rows = _NONE if emission.row is None else emission.row
    steps = emission.weights[:, None], rows, np.arange(0, n * n_time, n), lengths
    # Zeros and ones, because nobody fills what is padding.
    alpha, scale = np.zeros((1, n * n_time, n_states)), np.ones((1, n * n_time))
    start = np.exp(log_start.numpy())[None]
    compiled(sequence_loops.forward)(0, start, transition[None], *steps, alpha, scale)
    # No number, where a scale is none: neither is more than anything.
    if not scale.min() > DOUBTFUL_SCALE[torch.float64]:
        return None
    masks = _reachable(log_start, log_transition, float(transition.min()))
    moves, peak = np.zeros((1, n_states, n_states)), np.zeros(n)
    into = np.ascontiguousarray(transition.T)[None]
    compiled(sequence_loops.backward)(0, into, *steps, alpha, scale, masks, moves, peak)
    if not peak.max() <= DOUBTFUL_PEAK[torch.float64]:
        return None
    step_log_prob = np.log(scale[0], out=scale[0])
    step_log_prob += emission.log_scale
    return FewPosterior(
        step_log_prob.reshape(n_time, n), alpha[0], alpha[0, :n].sum(axis=0), moves[0] * transition
    )


def _reachable(
    log_start: torch.Tensor, log_transition: torch.Tensor, least_move: float
) -> Float[np.ndarray, "n_reach 1 n_states"]:
    """Return 1 where a path may be in a state; nothing, where that need not be known."""
    if least_move >= LEAST_MOVE:
        return np.zeros((0, 1, len(log_start)))
    reach = reachable(log_start[None], log_transition[None])
    return np.zeros((0, 1, len(log_start))) if reach is None else reach.double().numpy()
