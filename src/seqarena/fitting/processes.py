"""One process among several: who it is, and sums over all of them.

Everything here is right, and free, when there is only one.
"""

import math
import os
from typing import Any

import torch
import torch.distributed
from torch import Tensor

# In this order: torchrun and MPI launchers, Lightning's own launcher, SLURM.
_RANK_VARIABLES = ("RANK", "LOCAL_RANK", "SLURM_PROCID")


def n_processes() -> int:
    """Return how many processes fit together; 1 before the first fit has joined them."""
    return torch.distributed.get_world_size() if _is_joined() else 1


def rank() -> int:
    """Return the number of this process, from 0; right also before the first fit."""
    if _is_joined():
        return torch.distributed.get_rank()
    return int(next((os.environ[name] for name in _RANK_VARIABLES if name in os.environ), 0))


def is_main_process() -> bool:
    """Return whether this is the process that writes files and speaks."""
    return rank() == 0


def barrier() -> None:
    """Wait until every process has come here."""
    if _is_joined():
        torch.distributed.barrier()


def sum_over_processes(tensor: Tensor) -> Tensor:
    """Return the sum of everybody's `tensor`, the same bits on every process."""
    if n_processes() == 1:
        return tensor
    total = tensor.detach().clone()
    torch.distributed.all_reduce(total)
    return total


def sum_in_background(tensor: Tensor) -> Any:
    """Begin to overwrite everybody's `tensor` with the sum; return what can be waited for."""
    return torch.distributed.all_reduce(tensor, async_op=True)


def sum_numbers(*numbers: float | int) -> list[float]:
    """Return each number summed over the processes, in one exchange."""
    if n_processes() == 1:
        return [float(number) for number in numbers]
    backend = torch.distributed.get_backend()
    device = "cuda" if backend == "nccl" else "cpu"
    total = sum_over_processes(torch.tensor(numbers, dtype=torch.float64, device=device))
    return [float(number) for number in total]


def sum_tensors(tensors: list[Tensor]) -> list[Tensor]:
    """Return each tensor summed over the processes, in one exchange, in 64 bits.

    Everybody's must be of the same shapes; everybody gets the same bits.
    """
    if n_processes() == 1:
        return tensors
    flat = torch.cat([tensor.detach().double().reshape(-1) for tensor in tensors])
    torch.distributed.all_reduce(flat)
    parts = torch.split(flat, [tensor.numel() for tensor in tensors])
    return [
        part.reshape(like.shape).to(like.dtype) for part, like in zip(parts, tensors, strict=True)
    ]


def lists_of_all(tensors: list[Tensor]) -> list[list[Tensor]]:
    """Return everybody's `tensors`, in the order of the processes, bit for bit.

    They may differ between processes in the length of their first axis (sparse counts do).
    """
    if n_processes() == 1:
        return [tensors]
    lengths = torch.tensor(
        [len(tensor) if tensor.dim() else 1 for tensor in tensors], device=tensors[0].device
    )
    everybodys = [torch.empty_like(lengths) for _ in range(n_processes())]
    torch.distributed.all_gather(everybodys, lengths)
    mine = torch.cat([_bits(tensor) for tensor in tensors])
    widths = [math.prod(tensor.shape[1:]) for tensor in tensors]
    sizes = [
        [n * width for n, width in zip(row.tolist(), widths, strict=True)] for row in everybodys
    ]
    padded = mine.new_zeros(max(map(sum, sizes)))
    padded[: len(mine)] = mine
    received = [torch.empty_like(padded) for _ in sizes]
    torch.distributed.all_gather(received, padded)
    return [
        [
            _from_bits(part, like)
            for part, like in zip(torch.split(flat[: sum(size)], size), tensors, strict=True)
        ]
        for flat, size in zip(received, sizes, strict=True)
    ]


def _bits(tensor: Tensor) -> Tensor:
    wide = tensor.double() if tensor.is_floating_point() else tensor.long()
    return wide.reshape(-1).view(torch.int64)


def _from_bits(flat: Tensor, like: Tensor) -> Tensor:
    wide = flat.view(torch.float64) if like.is_floating_point() else flat
    return wide.reshape((-1, *like.shape[1:]) if like.dim() else ()).to(like.dtype)


def copy_from_main(tensors: list[Tensor]) -> None:
    """Overwrite every process's `tensors` with those of the main process."""
    if n_processes() > 1:
        for tensor in tensors:
            torch.distributed.broadcast(tensor, src=0)


def whole(tensor: Tensor) -> Tensor:
    """Return all of a tensor that may be split over processes; every process must ask."""
    gather = getattr(tensor, "full_tensor", None)
    return tensor if gather is None else gather()


def _is_joined() -> bool:
    return torch.distributed.is_available() and torch.distributed.is_initialized()
