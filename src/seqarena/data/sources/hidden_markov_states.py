"""Symbols from a known hidden Markov model, each tagged with the state that emitted it."""

from functools import partial
from typing import Literal

import numpy as np
from jaxtyping import Int
from pydantic import Field

from seqarena.data.manifest import BestPossible, Provenance
from seqarena.data.part import Part, three_parts
from seqarena.data.sources.entropy import HiddenMarkov
from seqarena.data.sources.hidden_markov import random_model, sample_with_states
from seqarena.data.sources.known_process import KnownProcess
from seqarena.data.sources.source_config import SourceConfig
from seqarena.data.sources.source_data import SourceData
from seqarena.data.sources.state_posteriors import state_posteriors
from seqarena.data.splits import Split
from seqarena.schema import DataSchema
from seqarena.seeds import numpy_generator
from seqarena.sequences import sequences_of

Drawn = tuple[Int[np.ndarray, "sequences time"], Int[np.ndarray, "sequences time"]]
"""Symbols and states."""


class HiddenMarkovStatesConfig(SourceConfig):
    """A random model, fixed by its seed: sticky states, emissions that overlap."""

    input_kind = "tokens"
    kind: Literal["hidden_markov_states"]
    n_states: int = Field(default=4, ge=2, le=64)
    """Hidden states: the tags."""
    n_symbols: int = Field(default=8, ge=2, le=256)
    """Symbols of the alphabet."""
    persistence: float = Field(default=0.8, ge=0, lt=1)
    """Probability to stay in a state, before the random rest of its row is added. The higher, the
    more the neighbours of a symbol tell of its state."""
    concentration: float = Field(default=0.5, gt=0)
    """Of the Dirichlet prior of each state's emissions: small is nearly one symbol a state."""
    length: int = Field(default=32, ge=1)
    """Symbols of each sequence [steps]."""
    n_train: int = Field(default=1_000, ge=1)
    """Training sequences."""
    n_valid: int = Field(default=200, ge=1)
    """Validation sequences."""
    n_test: int = Field(default=500, ge=1)
    """Test sequences."""
    seed: int = Field(default=0, ge=0)
    """Seed of the model's parameters and of the sequences."""

    @property
    def known_process(self) -> KnownProcess:
        """The posterior of each state given the whole sequence."""
        predict = partial(state_posteriors, known_model(self))
        return KnownProcess("tagging", self.n_symbols, predict)

    def read(self) -> SourceData:
        """Make the three parts."""
        return draw_hidden_markov_states(self)


def draw_hidden_markov_states(config: HiddenMarkovStatesConfig) -> SourceData:
    """Draw the three parts; what can be known of the test states is computed exactly."""
    model = known_model(config)
    sizes = (config.n_train, config.n_valid, config.n_test)
    drawn = [_draw(model, config, *each) for each in zip(Split, sizes, strict=True)]
    return SourceData(
        schema=DataSchema("tagging", n_symbols=config.n_symbols, n_tags=config.n_states),
        parts=three_parts(*(_part(*each) for each in drawn)),
        provenance=Provenance(
            description="synthetic: symbols of a hidden Markov model with random, recorded seed, "
            "tagged with its states",
            licence="none needed",
            citation="L. R. Rabiner (1989). A tutorial on hidden Markov models. Proc. IEEE 77(2).",
        ),
        protocol={
            "split": "independent draws, one random generator per split",
            "seed": config.seed,
            "start": "every sequence starts afresh from the stationary distribution of the states",
            "scored": "every step, given the whole sequence",
        },
        symbols=tuple(str(symbol) for symbol in range(config.n_symbols)),
        tag_names=tuple(f"state {state}" for state in range(config.n_states)),
        best_possible=best_accuracy(model, *drawn[-1]),
    )


def known_model(config: HiddenMarkovStatesConfig) -> HiddenMarkov:
    """Return the true model."""
    generator = numpy_generator(config.seed, config.kind, "parameters")
    sizes = (config.n_states, config.n_symbols)
    return random_model(*sizes, config.persistence, config.concentration, generator)


def best_accuracy(
    model: HiddenMarkov,
    tokens: Int[np.ndarray, "sequences time"],
    states: Int[np.ndarray, "sequences time"],
) -> BestPossible:
    """Return the accuracy of choosing each step's most probable state, under the true model.

    Its expectation given the symbols is the mean of the largest posterior, which no rule exceeds;
    on the states that were really drawn it is luckier or less so.
    """
    posteriors = state_posteriors(model, tokens)
    expected = float(posteriors.max(axis=2).mean())
    return BestPossible(
        value=expected,
        unit="share of steps",
        standard_error=0.0,
        lower=expected,
        upper=expected,
        how="mean over all test steps of the largest p(state | whole sequence) under the true "
        "model (forward-backward): the expected accuracy of the best rule on these very symbols",
        on_test=float((posteriors.argmax(axis=2) == states).mean()),
    )


def _draw(model: HiddenMarkov, config: HiddenMarkovStatesConfig, split: Split, n: int) -> Drawn:
    generator = numpy_generator(config.seed, config.kind, split.value)
    return sample_with_states(model, n, config.length, generator)


def _part(tokens: Int[np.ndarray, "n time"], states: Int[np.ndarray, "n time"]) -> Part:
    return Part(sequences_of(list(tokens), tags=list(states)))
