"""Several steps at a time: what Lightning does around a batch takes as long as a small step."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from itertools import islice
from typing import Any, Protocol, runtime_checkable

import torch

from seqarena.fitting.loader import Share

SHARES_PER_ROUND = 10
"""What is left of Lightning's time per step is a tenth."""


@dataclass
class Present:
    """What is under work; no attributes of a module, because setting those takes torch longer."""

    share: Share | None = None
    """For an error that must name it."""
    is_last: bool = False
    """Whether it is the last share of an epoch."""


@runtime_checkable
class Shares(Protocol):
    """A loader of shares that knows how many there are."""

    def __len__(self) -> int:
        """Return the number of shares."""
        ...

    def __iter__(self) -> Iterator[Share]:
        """Yield the shares in order."""
        ...


class Rounds:
    """The shares of a loader, in rounds: each is what Lightning takes for one batch.

    Keras calls it `steps_per_execution`. A round draws its shares while it is worked on, so that no
    more than one of them is in memory.
    """

    def __init__(self, loader: Shares) -> None:
        self._loader = loader

    def __len__(self) -> int:
        return -(-len(self._loader) // SHARES_PER_ROUND)

    def __iter__(self) -> Iterator[Iterator[Share]]:
        shares = iter(self._loader)
        for _ in range(len(self)):
            yield islice(shares, SHARES_PER_ROUND)


def outside_autocast(device_type: str) -> AbstractContextManager[Any]:
    """Leave the 16 bits of a round for a gradient and a step, as torch advises.

    Lightning enters them once a round, and keeps no copies of parameters, which a step makes old.
    """
    if torch.is_autocast_enabled(device_type):
        return torch.autocast(device_type, enabled=False)
    return nullcontext()
