"""A Markov chain of any order as one of order 1, whose states are the contexts."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from seqarena.errors import ConfigError, DataError
from seqarena.inference.stationary import (
    MixingBounds,
    Transition,
    entropy_rate,
    hitting_times,
    mixing_bounds,
    mixing_time,
    period,
    stationary_distribution,
)

MOST_CONTEXTS = 1024
"""Contexts of a chain that can be analysed: solving takes their cube."""


@dataclass(frozen=True)
class ContextChain:
    """From context to context: what the chain does far from any start.

    Every method raises a DataError where several classes of contexts are closed, because the answer
    then depends on the start; only chains without smoothing have such.
    """

    contexts: Int[np.ndarray, "contexts order"]
    """The symbols of each context, the oldest first; all of them, whether seen or not."""
    transition: Transition
    """Row = context before the step, column = context after it."""

    def stationary_distribution(self) -> Float[np.ndarray, "contexts"]:
        """Return the share of time that is spent in each context: `inference.stationary`."""
        return stationary_distribution(self.transition)

    def symbol_distribution(self) -> Float[np.ndarray, "symbols"]:
        """Return the share of each symbol in an endless sequence."""
        return np.bincount(self.contexts[:, -1], self.stationary_distribution())

    def entropy_rate(self) -> float:
        """Return what a symbol of an endless sequence costs a reader who knows p [nats]."""
        return entropy_rate(self.transition)

    def period(self) -> int:
        """Return the period; 1 for a chain that forgets its phase."""
        return period(self.transition)

    def mixing_time(self, distance: float = 0.25) -> int:
        """Return after how many steps the start is forgotten, to a total-variation distance.

        Raises:
            DataError: the chain is periodic, and never forgets.
        """
        return mixing_time(self.transition, distance)

    def mixing_bounds(self, distance: float = 0.25) -> MixingBounds:
        """Return what the second eigenvalue says about the mixing time."""
        return mixing_bounds(self.transition, distance)

    def hitting_times(self, symbol: int) -> Float[np.ndarray, "contexts"]:
        """Return from each context the expected steps until `symbol` is the newest; 0 where it is.

        Infinite where the symbol may never come.

        Raises:
            DataError: the symbol is outside the alphabet.
        """
        if not 0 <= symbol <= self.contexts.max():
            raise DataError(
                f"symbol {symbol} is outside the alphabet (0 to {self.contexts.max()})."
            )
        return hitting_times(self.transition, self.contexts[:, -1] == symbol)


def every_context(n_symbols: int, order: int) -> Int[np.ndarray, "contexts order"]:
    """Return all contexts in the order of the numbers whose digits they are, the oldest first.

    Raises:
        ConfigError: there are more than `MOST_CONTEXTS`, or contexts are empty.
    """
    if order == 0:
        raise ConfigError(["order: 0: symbols without context are no chain; set it to 1 at least."])
    if n_symbols**order > MOST_CONTEXTS:
        raise ConfigError(
            [
                f"order: {order} over {n_symbols} symbols makes {n_symbols**order} contexts; a "
                f"stationary analysis takes at most {MOST_CONTEXTS}: lower the order."
            ]
        )
    digits = np.indices((n_symbols,) * order)
    return digits.reshape(order, -1).T


def context_chain(
    contexts: Int[np.ndarray, "contexts order"], probability: Float[np.ndarray, "contexts symbols"]
) -> ContextChain:
    """Return the chain over `every_context` in which a symbol enters on the right.

    Args:
        contexts: as `every_context` gave them.
        probability: p(symbol | context), one row for each context.
    """
    n, n_symbols = probability.shape
    rows = np.arange(n)
    transition = np.zeros((n, n))
    for symbol in range(n_symbols):
        # Dropping the oldest digit and appending a new one.
        transition[rows, rows % (n // n_symbols) * n_symbols + symbol] = probability[:, symbol]
    return ContextChain(contexts, transition)
