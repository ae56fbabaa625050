"""Where hidden Markov models start: which moves there are, and first guesses of the path."""

from typing import Literal

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from seqarena.batch import Sequences


def allowed_moves(
    n_states: int, topology: Literal["ergodic", "left_to_right"]
) -> tuple[Bool[Tensor, "n_states"], Bool[Tensor, "n_states n_states"]]:
    """Return which states a path may start in, and which may follow which (row = from)."""
    every = torch.ones(n_states, n_states, dtype=torch.bool)
    if topology == "ergodic":
        return every[0], every
    return torch.arange(n_states) == 0, every.triu() & every.tril(1)


def equal_parts(train: Sequences, n_states: int) -> Int[Tensor, "steps"]:
    """Return the state of each step when every sequence is cut into `n_states` equal parts."""
    lengths = np.repeat(train.lengths, train.lengths)
    time = np.arange(train.n_steps) - np.repeat(train.offsets[:-1], train.lengths)
    return torch.from_numpy(time * n_states // lengths)


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
