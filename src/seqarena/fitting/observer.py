"""Who may look at a model while it is fitted, and when."""

from typing import Protocol, runtime_checkable

from torch import nn

N_MOMENTS = 8
"""At most, the start among them: pictures of them fit under one slider."""


@runtime_checkable
class Observer(Protocol):
    """Whatever wants to see a model on its way."""

    def observe(self, model: nn.Module, n_epochs: int) -> None:
        """Look at a copy of the model as it is after `n_epochs` epochs, 0 of them too, on the CPU.

        Only the main process is asked. A fit that was killed asks again about the epochs that it
        does again, with the same parameters.
        """
        ...


def moments(max_epochs: int) -> frozenset[int]:
    """Return after how many epochs to look: at the start, then at equal ratios up to the last.

    There is room for one more, the end of a fit that stops early.

    Examples:
        >>> sorted(moments(20))
        [0, 1, 2, 3, 4, 7, 12, 20]
    """
    n_ratios = N_MOMENTS - 2
    later = (round(max_epochs ** (index / n_ratios)) for index in range(n_ratios + 1))
    return frozenset({0, *later})
