"""A Markov chain that mostly repeats what stood some steps ago: its entropy rate is exact."""

from functools import partial
from typing import Any, Literal

import numpy as np
from jaxtyping import Float, Int
from pydantic import Field, field_validator, model_validator

from seqarena.data.manifest import BestPossible, Provenance
from seqarena.data.sources.entropy import markov_entropy_rate
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
from seqarena.errors import DataError
from seqarena.logspace import NATS_PER_BIT
from seqarena.schema import DataSchema
from seqarena.seeds import numpy_generator

_MAX_CONTEXTS = 100_000
_MAX_ITERATIONS = 10_000

Kernel = Float[np.ndarray, "symbols symbols symbols"]
"""p(x_t | x_{t-lag}, x_{t-1}), in that order: far, near, next."""


class LaggedMarkovSourceConfig(SourceConfig):
    """Copy the symbol `lag` steps ago, or draw from a fixed row that the last symbol chooses."""

    input_kind = "tokens"
    kind: Literal["lagged_markov_source"]
    n_symbols: int = Field(default=8, ge=2, le=256)
    """Symbols of the alphabet."""
    draw: DrawConfig = Field(default_factory=DrawConfig)
    """How much is drawn, and what of it is scored."""
    lag: int = Field(default=3, ge=2, validate_default=True)
    """How far back the copied symbol stands; the order of the chain [steps]."""
    copy_probability: float = Field(default=0.6, ge=0, lt=1)
    """Probability of a copy."""
    concentration: float = Field(default=0.5, gt=0)
    """Of the Dirichlet distribution of each row: small makes the next symbol nearly certain."""

    @field_validator("lag")
    @classmethod
    def _know_the_context(cls, lag: int, info: Any) -> int:
        scored_from = info.data["draw"].scored_from if "draw" in info.data else lag
        if lag > scored_from:
            raise ValueError(
                f"got {lag}; should be at most draw.scored_from ({scored_from}), or the floor is "
                "not exact."
            )
        return lag

    @model_validator(mode="after")
    def _can_be_listed(self) -> "LaggedMarkovSourceConfig":
        if self.n_symbols**self.lag > _MAX_CONTEXTS:
            raise ValueError(
                f"n_symbols ** lag is {self.n_symbols**self.lag} contexts, at most {_MAX_CONTEXTS} "
                "can be listed; lower one of them."
            )
        return self

    @property
    def known_process(self) -> KnownProcess:
        """The chain, begun with a context from the stationary distribution."""
        kernel = lagged_markov_kernel(self)
        contexts = context_distribution(kernel, self.lag)
        predict = partial(all_next_probs, kernel, contexts, self.lag)
        return KnownProcess("density", self.n_symbols, predict)

    def read(self) -> SourceData:
        """Make the three parts."""
        return draw_lagged_markov(self)


def draw_lagged_markov(config: LaggedMarkovSourceConfig) -> SourceData:
    """Draw the three parts, and work out the floor in closed form."""
    kernel = lagged_markov_kernel(config)
    contexts = context_distribution(kernel, config.lag)
    length = config.draw.length
    parts = sampled_parts(
        config.draw,
        config.kind,
        lambda n, generator: sample(kernel, contexts, n, length, generator),
    )
    on_test = score_on_test(parts, lambda tokens: next_probs(kernel, tokens, config.lag))
    rate = entropy_rate(kernel, contexts) / NATS_PER_BIT
    return SourceData(
        schema=DataSchema("density", n_symbols=config.n_symbols),
        parts=parts,
        provenance=Provenance(
            description="synthetic: a Markov chain of higher order that copies, recorded seed",
            licence="none needed",
            citation="T. M. Cover, J. A. Thomas (2006). Elements of Information Theory, 4.2.",
        ),
        protocol=draw_protocol(config.draw, "the stationary distribution of its contexts"),
        symbols=tuple(str(symbol) for symbol in range(config.n_symbols)),
        best_possible=BestPossible(
            value=rate,
            unit="bits",
            standard_error=0.0,
            lower=rate,
            upper=rate,
            how="entropy rate in closed form: the mean of H(next | context) over the stationary "
            f"distribution of the {config.n_symbols**config.lag} contexts; exact for every scored "
            "step, because each has its whole context",
            on_test=on_test,
        ),
    )


def lagged_markov_kernel(config: LaggedMarkovSourceConfig) -> Kernel:
    """Return the true conditional distribution of the next symbol."""
    generator = numpy_generator(config.draw.seed, config.kind, "parameters")
    v = config.n_symbols
    rows = generator.dirichlet(np.full(v, config.concentration), size=v)
    copied = config.copy_probability * np.eye(v)[:, None, :]
    return copied + (1 - config.copy_probability) * rows[None, :, :]


def context_distribution(kernel: Kernel, lag: int) -> Float[np.ndarray, "symbols middle symbols"]:
    """Return the stationary probability of `lag` symbols in a row, oldest first.

    The middle ones share an axis. Power iteration, until no probability moves by more than 1e-15.

    Raises:
        DataError: the iteration does not come to rest, as in a chain that is nearly periodic.
    """
    v = len(kernel)
    probs: np.ndarray = np.full((v, v ** (lag - 2), v), 1.0 / v**lag)
    for _ in range(_MAX_ITERATIONS):
        # The oldest symbol is forgotten, and the next one joins.
        moved = np.einsum("amc,acx->mcx", probs, kernel).reshape(probs.shape)
        if np.abs(moved - probs).max() < 1e-15:
            probs = moved / moved.sum()
            return probs
        probs = moved
    raise DataError(
        f"lagged_markov_source: no stationary distribution after {_MAX_ITERATIONS} iterations; "
        "lower copy_probability or raise concentration."
    )


def entropy_rate(kernel: Kernel, contexts: Float[np.ndarray, "symbols middle symbols"]) -> float:
    """Return the entropy rate [nats per step]."""
    v = len(kernel)
    return markov_entropy_rate(contexts.sum(axis=1).ravel(), kernel.reshape(v * v, v))


def next_probs(
    kernel: Kernel, tokens: Int[np.ndarray, "sequences time"], lag: int
) -> Float[np.ndarray, "sequences time symbols"]:
    """Return p(x_t | x_1..t-1) of each step; NaN for the first `lag`, which lack their context."""
    predicted = np.full((*tokens.shape, len(kernel)), np.nan)
    predicted[:, lag:] = kernel[tokens[:, :-lag], tokens[:, lag - 1 : -1]]
    return predicted


def all_next_probs(
    kernel: Kernel,
    contexts: Float[np.ndarray, "symbols middle symbols"],
    lag: int,
    tokens: Int[np.ndarray, "sequences time"],
) -> Float[np.ndarray, "sequences time symbols"]:
    """Return p(x_t | x_1..t-1) of each step, the first `lag` by the distribution of contexts.

    A row is zero where what stands before it has no probability.
    """
    predicted = np.empty((*tokens.shape, len(kernel)))
    joint = contexts.reshape((len(kernel),) * lag)
    for step in range(min(lag, tokens.shape[1])):
        # What begins so, and how it goes on; whatever comes after that is summed over.
        ahead = joint.sum(axis=tuple(range(step + 1, lag)))[tuple(tokens[:, :step].T)]
        weights = np.broadcast_to(ahead, (len(tokens), len(kernel)))
        total = weights.sum(axis=1, keepdims=True)
        shares = np.divide(weights, total, where=total > 0, out=np.zeros(weights.shape))
        predicted[:, step] = shares
    if tokens.shape[1] > lag:
        predicted[:, lag:] = next_probs(kernel, tokens, lag)[:, lag:]
    return predicted


def sample(
    kernel: Kernel,
    contexts: Float[np.ndarray, "symbols middle symbols"],
    n: int,
    length: int,
    generator: np.random.Generator,
) -> Int[np.ndarray, "n length"]:
    """Draw `n` sequences, each begun with a context from the stationary distribution.

    `length` is at least the lag.
    """
    v = len(kernel)
    lag = round(np.log(contexts.size) / np.log(v))
    first = generator.choice(contexts.size, size=n, p=contexts.ravel())
    tokens = np.empty((n, length), dtype=np.int64)
    tokens[:, :lag] = np.stack(np.unravel_index(first, (v,) * lag), axis=1)
    for step in range(lag, length):
        tokens[:, step] = draw_from(kernel[tokens[:, step - lag], tokens[:, step - 1]], generator)
    return tokens
