"""Random generators, one per purpose, derived from one seed.

A draw added for one purpose never shifts the draws of another.
"""

import hashlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch


def derive_seed(seed: int, *purpose: str | int) -> int:
    """Return a 63-bit seed that depends on `seed` and on every part of `purpose`."""
    text = "/".join(str(part) for part in (seed, *purpose))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little") >> 1


def torch_generator(seed: int, *purpose: str | int) -> "torch.Generator":
    """Return a CPU generator of torch for one purpose."""
    # Imported here: who draws with numpy alone need not wait for torch.
    import torch

    return torch.Generator().manual_seed(derive_seed(seed, *purpose))


def numpy_generator(seed: int, *purpose: str | int) -> np.random.Generator:
    """Return a generator of numpy for one purpose."""
    return np.random.default_rng(derive_seed(seed, *purpose))
