"""What is known of a part of an optimiser step when it has been done, over all processes."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from seqarena.fitting.processes import n_processes, sum_in_background


@dataclass(frozen=True)
class StepNumbers:
    """Loss, weight and elapsed seconds; still on the accelerator, where there is one."""

    _values: Tensor | tuple[Tensor, int, float]
    """One process keeps them as they are: making a tensor of them takes longer than adding."""
    _exchange: Any | None
    """The sum over the processes that is under way; None: there is nothing to wait for."""

    @property
    def weight(self) -> float:
        """What the summed losses are to be divided by."""
        return float(self._summed()[1])

    def read(self) -> tuple[float, float, float]:
        """Return loss, weight and elapsed time as numbers."""
        values = self._summed()
        total, weight, elapsed = values.tolist() if isinstance(values, Tensor) else values
        return float(total), float(weight), float(elapsed)

    def _summed(self) -> Tensor | tuple[Tensor, int, float]:
        if self._exchange is not None:
            self._exchange.wait()
        return self._values


def step_numbers(total: Tensor, weight: int, elapsed: float) -> StepNumbers:
    """Begin to sum loss, weight and elapsed time over all processes, in one exchange.

    It goes on in the background: gradients need not wait for it, only the optimiser.
    """
    if n_processes() == 1:
        return StepNumbers((total.detach(), weight, elapsed), None)
    # Apple's GPUs have no 64 bits.
    dtype = torch.float32 if total.device.type == "mps" else torch.float64
    mine = torch.tensor([0.0, weight, elapsed], dtype=dtype, device=total.device)
    mine[0] = total.detach()
    return StepNumbers(mine, sum_in_background(mine))
