"""Greedy generation, one symbol at a time for the whole batch."""

from abc import ABC, abstractmethod
from typing import Generic, TypeVar

import torch
from jaxtyping import Float, Int
from torch import Tensor

S = TypeVar("S")


class Stepper(ABC, Generic[S]):
    """A decoder that advances by one symbol; `S` is all that it remembers."""

    @abstractmethod
    def advance(
        self, previous: Int[Tensor, "batch"], memory: S
    ) -> tuple[Float[Tensor, "batch symbols"], S]:
        """Return the logits of the next symbol, and the memory after `previous` was read."""


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
