"""Where hidden Markov models start: first guesses of the hidden path."""

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from seqarena.batch import Sequences


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
