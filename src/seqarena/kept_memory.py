"""Memory that a process keeps for its next step, where glibc would hand it back after each."""

import ctypes
import os
import sys

# `mallopt(3)`.
_M_TRIM_THRESHOLD = -1
_M_MMAP_MAX = -4
_NEVER = -1

_OWN_WISHES = ("MALLOC_MMAP_MAX_", "MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_")


def keep_memory() -> bool:
    """Let this process keep what it frees until it ends; return whether it will.

    glibc maps every large array anew and unmaps it when it is freed. A training step frees its
    logits and takes them again in the next, and the kernel clears each page of them: a third of the
    time and more where the output is wide (`benchmarks/kept_memory.py`). The price is a higher
    peak, by what lies free between arrays of changing sizes.

    Left alone: another allocator or another C library, and whatever the environment says of glibc's
    (`MALLOC_MMAP_MAX_`, `MALLOC_MMAP_THRESHOLD_`, `MALLOC_TRIM_THRESHOLD_`, `GLIBC_TUNABLES`).
    """
    if sys.platform != "linux" or _is_settled(os.environ.get("GLIBC_TUNABLES", "")):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    return bool(mallopt(_M_MMAP_MAX, 0) and mallopt(_M_TRIM_THRESHOLD, _NEVER))


def _is_settled(tunables: str) -> bool:
    return "glibc.malloc" in tunables or any(name in os.environ for name in _OWN_WISHES)
