"""What is known of an optimiser step when it has been done, over all processes."""

import torch
from torch import Tensor

from seqarena.fitting.processes import n_processes, sum_over_processes

StepNumbers = tuple[Tensor, Tensor | int, Tensor | float]
"""Loss, weight and elapsed seconds of a step; still on the accelerator, where there is one."""


def step_numbers(total: Tensor, weight: int, elapsed: float) -> StepNumbers:
    """Return loss, weight and elapsed time summed over all processes, in one exchange."""
    if n_processes() == 1:
        return total.detach(), weight, elapsed
    mine = torch.tensor([0.0, weight, elapsed], dtype=torch.float64, device=total.device)
    mine[0] = total.detach()
    summed = sum_over_processes(mine)
    return summed[0], summed[1], summed[2]
