"""Who may look at a model while it is fitted, and when."""

from typing import Protocol, runtime_checkable

from torch import nn

N_MOMENTS = 8
"""At most: pictures of them fit under one slider."""


@runtime_checkable
class Observer(Protocol):
    """Whatever wants to see a model on its way."""

    def observe(self, model: nn.Module, n_epochs: int) -> None:
        """Look at a copy of the model as it is after `n_epochs` epochs, on the CPU.

        Only the main process is asked. A fit that was killed asks again about the epochs that it
        does again, with the same parameters.
        """
        ...


def moments(max_epochs: int) -> frozenset[int]:
    """Return after how many epochs to look: at equal ratios from the first to the last.

    There is room for one more, the end of a fit that stops early.

    Examples:
        >>> sorted(moments(20))
        [1, 2, 4, 6, 8, 13, 20]
    """
    n_ratios = N_MOMENTS - 1
    return frozenset(round(max_epochs ** (index / n_ratios)) for index in range(N_MOMENTS))
