"""Small models with given parameters, small data, and the plainest way to fit and to add up."""

import itertools
from dataclasses import replace
from functools import reduce
from operator import add
from pathlib import Path

import numpy as np
import torch

from seqarena.batch import Batch, Sequences, collate, collate_all, sequences_of
from seqarena.families.hidden_markov import HiddenMarkovConfig, HiddenMarkovModel
from seqarena.families.markov_chain import MarkovChain
from seqarena.families.markov_chain_config import MarkovChainConfig
from seqarena.fitting.protocols import FitSetting, HardwareConfig, TrainingConfig
from seqarena.schema import DataSchema


class Deaf:
    """A recorder that hears nothing."""

    def metric(self, name, value, step):
        pass


def setting(folder: Path, seed: int = 0, **training) -> FitSetting:
    return FitSetting(
        seed=seed,
        training=TrainingConfig(**training),
        hardware=HardwareConfig(accelerator="cpu", devices=1),
        scratch=folder,
        recorder=Deaf(),
    )


def tokens(*rows: list[int], **more) -> Sequences:
    return sequences_of([np.asarray(row, dtype=np.int64) for row in rows], **more)


def random_tokens(n, n_symbols=4, seed=0, longest=9, **more) -> Sequences:
    draw = np.random.default_rng(seed)
    return tokens(
        *[draw.integers(0, n_symbols, draw.integers(1, longest + 1)) for _ in range(n)], **more
    )


def random_frames(n, dim=2, seed=0, shortest=1, longest=9, **more) -> Sequences:
    """Two clusters with some memory, so that states and components have something to find."""
    draw = np.random.default_rng(seed)
    rows = []
    for _ in range(n):
        length = draw.integers(shortest, longest + 1)
        side = np.cumsum(draw.random(length) < 0.3) % 2
        rows.append(3.0 * side[:, None] + draw.normal(size=(length, dim)) * (1 + np.arange(dim)))
    return sequences_of(rows, **more)


def random_counts(n, dim=2, seed=0, shortest=1, longest=9, **more) -> Sequences:
    """Counts that are low or high for a while."""
    frames = random_frames(n, dim, seed, shortest, longest, **more)
    return replace(frames, features=np.floor(np.abs(frames.values)))


def random_rolls(n, dim=3, seed=0, shortest=1, longest=9, **more) -> Sequences:
    """Zeros and ones that are rare or frequent for a while."""
    frames = random_frames(n, dim, seed, shortest, longest, **more)
    return replace(frames, features=(frames.values > 1.5).astype(np.float32))


def every_sequence(n_symbols: int, length: int) -> Batch:
    return collate_all(tokens(*itertools.product(range(n_symbols), repeat=length)))


def in_batches(sequences: Sequences, size: int) -> list[Batch]:
    rows = np.arange(len(sequences))
    return [collate(sequences, rows[at : at + size]) for at in range(0, len(rows), size)]


def fit_plainly(model, sequences: Sequences, n_iterations: int = 1, size: int = 3) -> list[float]:
    """Run EM (or count) without a trainer; return the objective before each M-step."""
    objectives = []
    for _ in range(n_iterations):
        total = reduce(add, (model.expect(batch) for batch in in_batches(sequences, size)))
        objectives.append(float(total.log_likelihood) + model.log_prior())
        model.maximise(total)
    return objectives


def a_chain(order=1, n_symbols=3, **knobs) -> MarkovChain:
    return MarkovChain(MarkovChainConfig(kind="markov_chain", order=order, **knobs), n_symbols)


def an_hmm(n_states=2, n_symbols=None, dim=None, **knobs) -> HiddenMarkovModel:
    # Oracles and laws are exact: in 64 bits, unless a test asks for the default.
    knobs = {"precision": "float64", **knobs}
    config = HiddenMarkovConfig(kind="hidden_markov", n_states=n_states, **knobs)
    return HiddenMarkovModel(config, DataSchema("density", n_symbols=n_symbols, dim=dim))


def random_shares(*shape, seed=0, zeros=False) -> torch.Tensor:
    draw = torch.Generator().manual_seed(seed)
    weights = torch.rand(shape, generator=draw, dtype=torch.float64)
    if zeros:
        weights = weights * (torch.rand(shape, generator=draw) > 0.3)
        weights[..., 0] += 0.1
    return weights / weights.sum(dim=-1, keepdim=True)


def set_hmm(model: HiddenMarkovModel, start, transition, emission=None) -> HiddenMarkovModel:
    model.log_start.copy_(torch.as_tensor(start, dtype=torch.float64).log())
    model.log_transition.copy_(torch.as_tensor(transition, dtype=torch.float64).log())
    if emission is not None:
        model.emission.log_emission.copy_(torch.as_tensor(emission, dtype=torch.float64).log())
    model.fitted.fill_(True)
    return model


def random_hmm(n_states=3, n_symbols=4, seed=0, zeros=False, **knobs) -> HiddenMarkovModel:
    return set_hmm(
        an_hmm(n_states, n_symbols, **knobs),
        random_shares(n_states, seed=seed, zeros=zeros),
        random_shares(n_states, n_states, seed=seed + 1, zeros=zeros),
        random_shares(n_states, n_symbols, seed=seed + 2, zeros=zeros),
    )
