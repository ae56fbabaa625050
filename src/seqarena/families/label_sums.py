"""Sums of an emission whose state is known at every step."""

from typing import Any

import torch
from jaxtyping import Int
from torch import Tensor, nn

# Labels that are written out as shares at once.
_CHUNK = 8192


def sums_of_labels(emission: Any, values: Tensor, labels: Int[Tensor, "steps"], n: int) -> Any:
    """Return what `emission.sums` gives where each of n states has a step, or has it not.

    Args:
        emission: one of `families.emissions` that is no mixture.
        values: symbols or frames, at least one.
        labels: state of each step, 0 to n - 1.
        n: number of states.
    """
    chunks = zip(torch.split(values, _CHUNK), torch.split(labels, _CHUNK), strict=True)
    parts = [emission.sums(part, nn.functional.one_hot(own, n).double()) for part, own in chunks]
    return sum(parts[1:], start=parts[0])
