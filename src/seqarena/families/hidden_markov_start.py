"""Where hidden Markov models start: first guesses of the hidden path."""

from typing import TYPE_CHECKING

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from seqarena.batch import Sequences
from seqarena.families.categorical_emission import CategoricalEmission
from seqarena.families.emission_start import start_emission
from seqarena.families.frame_clusters import along_main_axis, cluster_frames
from seqarena.families.shares import log_shares
from seqarena.seeds import derive_seed, numpy_generator, torch_generator

if TYPE_CHECKING:
    from seqarena.families.hidden_markov import HiddenMarkovModel


def start(model: "HiddenMarkovModel", train: Sequences, seed: int, restart: int) -> None:
    """Set starting parameters: see `HiddenMarkovModel.initialise`."""
    values, n_states = torch.from_numpy(train.values), len(model.log_start)
    topology = model.config.topology
    seed = seed if restart == 0 else derive_seed(seed, "restart", restart)
    if topology == "left_to_right" and restart == 0:
        states = equal_parts(train, n_states)
    elif topology == "left_to_right":
        states = random_parts(train, n_states, numpy_generator(seed, "cuts"))
    elif isinstance(model.emission, CategoricalEmission):
        _start_at_random(model, model.emission, values, torch_generator(seed, "symbols"))
        return
    else:
        states = cluster_frames(train.values, n_states, seed, "n_states", is_rough=restart > 0)
        if topology == "banded":
            states = along_main_axis(states, train.values, n_states)
    _start_from(model, states, train.offsets)
    start_emission(model.emission, values, states, n_states, seed)


def _start_from(model: "HiddenMarkovModel", states: Tensor, offsets: np.ndarray) -> None:
    """Count as if the path were known; one extra count keeps all that is allowed alive."""
    starts, moves = count_path(states, offsets, len(model.log_start))
    starts, moves = (starts + 1.0) * model.can_start, (moves + 1.0) * model.can_move
    model.log_start.copy_(log_shares(starts[None], model.log_start[None])[0])
    model.log_transition.copy_(log_shares(moves, model.log_transition))


def _start_at_random(
    model: "HiddenMarkovModel",
    emission: CategoricalEmission,
    symbols: Tensor,
    generator: torch.Generator,
) -> None:
    shape = emission.log_emission.shape
    frequency = torch.bincount(symbols, minlength=shape[1]).double() + 1.0
    emission.log_emission.copy_(random_log_shares(frequency.expand(shape), generator))
    model.log_start.copy_(random_log_shares(model.can_start.double(), generator))
    model.log_transition.copy_(random_log_shares(model.can_move.double(), generator))


def equal_parts(train: Sequences, n_states: int) -> Int[Tensor, "steps"]:
    """Return the state of each step when every sequence is cut into `n_states` equal parts."""
    lengths = np.repeat(train.lengths, train.lengths)
    time = np.arange(train.n_steps) - np.repeat(train.offsets[:-1], train.lengths)
    return torch.from_numpy(time * n_states // lengths)


def random_parts(
    train: Sequences, n_states: int, generator: np.random.Generator
) -> Int[Tensor, "steps"]:
    """Return the state of each step when every sequence is cut at random places, in order."""
    cuts = np.sort(generator.random((len(train), n_states - 1)), axis=1)
    lengths = np.repeat(train.lengths, train.lengths)
    time = np.arange(train.n_steps) - np.repeat(train.offsets[:-1], train.lengths)
    passed = cuts[np.repeat(np.arange(len(train)), train.lengths)] <= (time / lengths)[:, None]
    return torch.from_numpy(passed.sum(axis=1))


def random_log_shares(weights: Tensor, generator: torch.Generator) -> Tensor:
    """Return the log of weights times exponential noise: Dirichlet(1), where they are even."""
    noise = torch.empty(weights.shape, dtype=torch.float64).exponential_(generator=generator)
    shares = weights.cpu() * noise
    return (shares / shares.sum(dim=-1, keepdim=True)).log()


def count_path(
    states: Int[Tensor, "steps"], offsets: Int[np.ndarray, "sequences_plus_1"], n_states: int
) -> tuple[Float[Tensor, "n_states"], Float[Tensor, "n_states n_states"]]:
    """Return how often known paths start in each state, and move from each (row) to each."""
    first = torch.from_numpy(offsets[:-1])
    later = torch.ones(len(states), dtype=torch.bool)
    later[first] = False
    into = later.nonzero()[:, 0]
    starts = torch.bincount(states[first], minlength=n_states)
    moves = torch.bincount(states[into - 1] * n_states + states[into], minlength=n_states**2)
    return starts.double(), moves.double().view(n_states, n_states)
