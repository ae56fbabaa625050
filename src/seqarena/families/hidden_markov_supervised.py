"""Hidden Markov models whose paths are known: counting, as for part-of-speech tags."""

from typing import TYPE_CHECKING

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor, nn

from seqarena.batch import Sequences
from seqarena.errors import DataError
from seqarena.families.emission_start import start_emission
from seqarena.families.emissions import MixtureEmission
from seqarena.families.guards import place_in
from seqarena.families.hidden_markov_start import count_path
from seqarena.families.hidden_markov_statistics import HiddenMarkovStatistics

if TYPE_CHECKING:
    from seqarena.families.hidden_markov import HiddenMarkovModel

_CHUNK = 8192
# Within a known state it is only hidden which component a frame came from: EM settles soon.
_COMPONENT_STEPS = 20


def count_paths(
    model: "HiddenMarkovModel", sequences: Sequences, states: Int[np.ndarray, "steps"]
) -> HiddenMarkovStatistics:
    """Return the statistics of sequences whose hidden paths are known; they add over batches.

    Their log-likelihood is log p(x, path) under the present parameters. Components of a mixture
    are not known: they count by their present responsibilities.

    Args:
        model: whose `emission.reference` has seen all the training data.
        sequences: symbols or frames.
        states: state of each step, sequence after sequence.

    Raises:
        DataError: not one state for each step, a state that there is not, or a start or move that
            the topology forbids; names sequence, step and state.
    """
    path = torch.from_numpy(np.asarray(states, dtype=np.int64))
    _require_path(model, sequences, path)
    n_states = len(model.log_start)
    starts, moves = count_path(path, sequences.offsets, n_states)
    total, log_emission = model.no_statistics().emission, path.new_zeros((), dtype=torch.float64)
    values = torch.from_numpy(sequences.values)
    for part, own in zip(torch.split(values, _CHUNK), torch.split(path, _CHUNK), strict=True):
        total = total + model.emission.sums(part, nn.functional.one_hot(own, n_states).double())
        log_emission = log_emission + model.emission.log_prob(part).gather(1, own[:, None]).sum()
    log_prob = _weighted(starts, model.log_start) + _weighted(moves, model.log_transition)
    return HiddenMarkovStatistics(log_prob + log_emission, starts, moves, total)


def fit_paths(
    model: "HiddenMarkovModel", sequences: Sequences, states: Int[np.ndarray, "steps"]
) -> None:
    """Set the most probable parameters of sequences whose hidden paths are known.

    Counts plus pseudo-counts, normalised: the maximum a posteriori. Only the components of
    mixtures are hidden; they start from clusters and take 20 steps of EM.

    Raises:
        DataError: as `count_paths`, or as `emission.reference`.
    """
    model.emission.reference(sequences)
    if isinstance(model.emission, MixtureEmission):
        path = torch.from_numpy(np.asarray(states, dtype=np.int64))
        _require_path(model, sequences, path)
        values = torch.from_numpy(sequences.values)
        start_emission(model.emission, values, path, len(model.log_start), seed=0)
        for _ in range(_COMPONENT_STEPS - 1):
            model.maximise(count_paths(model, sequences, states))
    model.maximise(count_paths(model, sequences, states))


def _weighted(counts: Tensor, log_probs: Tensor) -> Tensor:
    return (counts * log_probs.where(counts > 0, 0.0)).sum()


def _require_path(model: "HiddenMarkovModel", sequences: Sequences, path: Tensor) -> None:
    if len(path) != sequences.n_steps:
        raise DataError(
            f"{len(path)} states came for {sequences.n_steps} steps; one is needed for each."
        )
    n_states = len(model.log_start)
    for at in ((path < 0) | (path >= n_states)).nonzero()[:1, 0].tolist():
        row, step = place_in(sequences, at)
        raise DataError(
            f"sequence {row}, step {step}: state {int(path[at])} is not one of 0 to {n_states - 1}."
        )
    is_first = torch.zeros(len(path), dtype=torch.bool)
    is_first[torch.from_numpy(sequences.offsets[:-1])] = True
    can_be = torch.where(is_first, model.can_start[path], model.can_move[path.roll(1), path])
    for at in (~can_be).nonzero()[:1, 0].tolist():
        row, step = place_in(sequences, at)
        how = (
            "no path may start there" if is_first[at] else f"it may not follow {int(path[at - 1])}"
        )
        raise DataError(
            f"sequence {row}, step {step}: state {int(path[at])} is forbidden: {how}; "
            "take another topology, or mend the path."
        )
