"""The losses of an evaluation: sums that add over batches and over processes."""

import torch
from torch import Tensor

from seqarena.fitting.processes import sum_numbers


class SplitLosses:
    """Loss and weight of every split, as far as this process has added them."""

    def __init__(self, splits: list[str]) -> None:
        self._sums = {split: torch.zeros(2, dtype=torch.float64) for split in splits}

    def add(self, split: str, total: Tensor, weight: Tensor | int) -> None:
        """Add the loss of a batch, and what it is to be divided by."""
        pair = torch.stack([total.detach(), torch.as_tensor(weight, device=total.device)])
        self._sums[split] = self._sums[split] + pair.cpu().double()

    def over_processes(self) -> dict[str, float]:
        """Return loss over weight of each split, of all processes together."""
        totals = sum_numbers(*(float(number) for sums in self._sums.values() for number in sums))
        pairs = zip(totals[::2], totals[1::2], strict=True)
        return {
            split: total / max(weight, 1.0)
            for split, (total, weight) in zip(self._sums, pairs, strict=True)
        }
