"""Single precision for what is read by people, whatever training uses."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

import torch
from torch import Tensor

F = TypeVar("F", bound=Callable[..., Any])


def in_full_precision(explicit: F) -> F:
    """Run a module's method of tensors outside autocast, on inputs of at least float32.

    A weight in bfloat16 has 8 bits: the entropy of a row, or the sum over it, would be off in the
    third digit. Where no autocast is on, nothing changes.
    """

    @wraps(explicit)
    def wide(module: object, *tensors: Any) -> Any:
        device = next(each.device for each in tensors if isinstance(each, Tensor))
        if not torch.is_autocast_enabled(device.type):
            return explicit(module, *tensors)
        with torch.autocast(device.type, enabled=False):
            return explicit(module, *map(_widened, tensors))

    return cast(F, wide)


def widened(tensor: Tensor) -> Tensor:
    """Return half-precision numbers as float32, and every other tensor as it is."""
    return tensor.float() if tensor.dtype in (torch.bfloat16, torch.float16) else tensor


def _widened(given: Any) -> Any:
    return widened(given) if isinstance(given, Tensor) else given
