"""Symbols from a hidden Markov model whose every parameter is known."""

from functools import partial
from typing import Literal

import numpy as np
from jaxtyping import Float, Int
from pydantic import Field

from seqarena.data.manifest import BestPossible, Provenance
from seqarena.data.sources.entropy import (
    HiddenMarkov,
    entropy,
    hidden_entropy_bracket,
    next_probs,
    stationary,
)
from seqarena.data.sources.known_process import KnownProcess
from seqarena.data.sources.source_config import SourceConfig
from seqarena.data.sources.source_data import SourceData
from seqarena.data.sources.synthetic import (
    DrawConfig,
    draw_from,
    draw_protocol,
    sampled_parts,
    score_on_test,
)
from seqarena.logspace import NATS_PER_BIT
from seqarena.schema import DataSchema
from seqarena.seeds import numpy_generator

_CHUNK = 2_000
_BRACKET_SEQUENCES = 300_000


class HiddenMarkovSourceConfig(SourceConfig):
    """A random model, fixed by its seed: sticky states, emissions that overlap."""

    input_kind = "tokens"
    kind: Literal["hidden_markov_source"]
    n_states: int = Field(default=4, ge=2, le=64)
    """Hidden states."""
    n_symbols: int = Field(default=8, ge=2, le=256)
    """Symbols of the alphabet."""
    persistence: float = Field(default=0.95, ge=0, lt=1)
    """Probability to stay in a state, before the random rest of its row is added."""
    concentration: float = Field(default=0.5, gt=0)
    """Of the Dirichlet prior of each state's emissions: small is nearly one symbol a state."""
    n_monte_carlo: int = Field(default=20_000, ge=100)
    """Further sequences, from which the floor is estimated."""
    draw: DrawConfig = Field(default_factory=DrawConfig)
    """How much is drawn, and what of it is scored."""

    @property
    def known_process(self) -> KnownProcess:
        """The model, whose predictions the forward recursion gives."""
        predict = partial(next_probs, hidden_markov_parameters(self))
        return KnownProcess("density", self.n_symbols, predict)

    def read(self) -> SourceData:
        """Make the three parts."""
        return draw_hidden_markov(self)


def draw_hidden_markov(config: HiddenMarkovSourceConfig) -> SourceData:
    """Draw the three parts, and estimate the floor on the very protocol that scores them."""
    model = hidden_markov_parameters(config)
    length = config.draw.length
    parts = sampled_parts(
        config.draw, config.kind, lambda n, generator: sample(model, n, length, generator)
    )
    return SourceData(
        schema=DataSchema("density", n_symbols=config.n_symbols),
        parts=parts,
        provenance=Provenance(
            description="synthetic: a hidden Markov model with random, recorded seed",
            licence="none needed",
            citation="L. R. Rabiner (1989). A tutorial on hidden Markov models. Proc. IEEE 77(2).",
        ),
        protocol=draw_protocol(config.draw, "the stationary distribution of the hidden states"),
        symbols=tuple(str(symbol) for symbol in range(config.n_symbols)),
        best_possible=_floor(
            model, config, score_on_test(parts, lambda tokens: next_probs(model, tokens))
        ),
    )


def hidden_markov_parameters(config: HiddenMarkovSourceConfig) -> HiddenMarkov:
    """Return the true model."""
    generator = numpy_generator(config.draw.seed, config.kind, "parameters")
    sizes = (config.n_states, config.n_symbols)
    return random_model(*sizes, config.persistence, config.concentration, generator)


def random_model(
    n_states: int,
    n_symbols: int,
    persistence: float,
    concentration: float,
    generator: np.random.Generator,
) -> HiddenMarkov:
    """Draw sticky states whose emissions overlap."""
    rest = generator.dirichlet(np.ones(n_states), size=n_states)
    transition = persistence * np.eye(n_states) + (1 - persistence) * rest
    emission = generator.dirichlet(np.full(n_symbols, concentration), size=n_states)
    return HiddenMarkov(stationary(transition), transition, emission)


def sample(
    model: HiddenMarkov, n: int, length: int, generator: np.random.Generator
) -> Int[np.ndarray, "n length"]:
    """Draw `n` sequences of `length` symbols."""
    return sample_with_states(model, n, length, generator)[0]


def sample_with_states(
    model: HiddenMarkov, n: int, length: int, generator: np.random.Generator
) -> tuple[Int[np.ndarray, "n length"], Int[np.ndarray, "n length"]]:
    """Draw `n` sequences of `length` symbols, and the states that emitted them."""
    tokens, states = np.empty((2, n, length), dtype=np.int64)
    state = draw_from(np.broadcast_to(model.start, (n, len(model.start))), generator)
    for step in range(length):
        states[:, step] = state
        tokens[:, step] = draw_from(model.emission[state], generator)
        state = draw_from(model.transition[state], generator)
    return tokens, states


def expected_step_entropies(
    model: HiddenMarkov, config: HiddenMarkovSourceConfig
) -> Float[np.ndarray, "monte_carlo"]:
    """Return the mean predictive entropy of the scored steps of many fresh sequences [nats].

    The entropy of p(x_t | x_1..t-1) rather than minus the log of the drawn symbol: the same mean
    with less variance (Rao & Blackwell).
    """
    generator = numpy_generator(config.draw.seed, config.kind, "floor")
    means = []
    for begin in range(0, config.n_monte_carlo, _CHUNK):
        n = min(_CHUNK, config.n_monte_carlo - begin)
        predicted = next_probs(model, sample(model, n, config.draw.length, generator))
        means.append(entropy(predicted[:, config.draw.scored_from :]).mean(axis=1))
    return np.concatenate(means)


def _floor(model: HiddenMarkov, config: HiddenMarkovSourceConfig, on_test: float) -> BestPossible:
    means = expected_step_entropies(model, config) / NATS_PER_BIT
    n = _bracket_steps(config)
    lower, upper = (bound / NATS_PER_BIT for bound in hidden_entropy_bracket(model, n))
    return BestPossible(
        value=float(means.mean()),
        unit="bits",
        standard_error=float(means.std(ddof=1) / np.sqrt(len(means))),
        lower=lower,
        upper=upper,
        how=f"mean of H(X_t | X_1..t-1) over the scored steps of {config.n_monte_carlo} fresh "
        "sequences (forward algorithm, Monte Carlo, the protocol of the test split); bracketed by "
        f"H(X_n | X_1..n-1, S_1) and H(X_n | X_1..n-1), exact for n = {n} (Cover & Thomas 4.5)",
        on_test=on_test,
    )


def _bracket_steps(config: HiddenMarkovSourceConfig) -> int:
    """Return how many steps the bracket lists: as many as can be, up to the first scored step.

    With more context than that step has, the upper bound would not hold for it.
    """
    n = 1
    while config.n_symbols ** (n + 1) <= _BRACKET_SEQUENCES and n < config.draw.scored_from + 1:
        n += 1
    return n
