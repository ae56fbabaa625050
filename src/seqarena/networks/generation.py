"""Greedy generation, one symbol at a time for the whole batch."""

from abc import ABC, abstractmethod
from typing import Generic, TypeVar

import torch
from jaxtyping import Float, Int
from torch import Tensor

S = TypeVar("S")


class Stepper(ABC, Generic[S]):
    """A decoder that advances by one symbol; `S` is all that it remembers.

    It advances rows: one for each example, or, in a beam, as many for each example, which stand
    next to each other.
    """

    @abstractmethod
    def advance(
        self, previous: Int[Tensor, "row"], memory: S
    ) -> tuple[Float[Tensor, "row symbols"], S]:
        """Return the logits of the next symbol, and the memory after `previous` was read."""

    @abstractmethod
    def select(self, memory: S, rows: Int[Tensor, "kept width"]) -> S:
        """Return the memory of some rows, those of one example side by side.

        Each line of `rows` holds old rows of one example, which may repeat; examples keep their
        order, and those without a line are dropped.
        """

    def log_prob_of(self, logits: Float[Tensor, "row symbols"]) -> Float[Tensor, "row symbols"]:
        """Return what each symbol adds to the score of an output [nats]; at most 0."""
        return logits.log_softmax(dim=-1)


def kept_examples(
    rows: Int[Tensor, "kept width"], n_rows: int, n_examples: int
) -> Int[Tensor, "kept"] | None:
    """Return which of the old examples the lines of `rows` belong to; None: all, so copy nothing.

    Args:
        rows: what `Stepper.select` is given.
        n_rows: old rows in all.
        n_examples: old examples, each of which had as many of the rows.
    """
    return None if len(rows) == n_examples else rows[:, 0] // (n_rows // n_examples)


def write_greedily(
    stepper: Stepper[S], memory: S, start: Int[Tensor, "batch"], end_symbol: int, max_length: int
) -> tuple[Int[Tensor, "batch target_time"], Int[Tensor, "batch"]]:
    """Take the likeliest symbol again and again, until every sequence has ended.

    Returns:
        The symbols, the end symbol included where it came and 0 after it; and how many each
        sequence has.
    """
    previous, symbols = start, []
    lengths = torch.zeros_like(start)
    is_open = torch.ones_like(start, dtype=torch.bool)
    for _ in range(max_length):
        logits, memory = stepper.advance(previous, memory)
        previous = logits.argmax(dim=-1).where(is_open, 0)
        symbols.append(previous)
        lengths = lengths + is_open
        is_open = is_open & (previous != end_symbol)
        if not bool(is_open.any()):
            break
    return torch.stack(symbols, dim=1), lengths
