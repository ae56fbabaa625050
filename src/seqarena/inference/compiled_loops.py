"""Loops over numbers as machine code, for one processor.

Numba compiles a loop at its first call for each precision, in half a second to two (measured), and
keeps the machine code beside the loop's file, or in the user's cache folder; from then on the first
call of a process takes about half a second, most of it the import of Numba. Where neither folder
may be written every process compiles anew.
"""

from collections.abc import Callable
from functools import cache
from typing import Any


@cache
def compiled(loop: Callable[..., None]) -> Callable[..., Any]:
    """Return the loop compiled; it holds no lock while it runs."""
    # Half a second, which whoever runs no such loop need not spend.
    import numba

    # No flag lets numbers be flushed to zero, or takes them to be finite.
    options = {"nogil": True, "error_model": "numpy", "fastmath": {"reassoc", "contract"}}
    try:
        machine_code: Callable[..., Any] = numba.njit(cache=True, **options)(loop)
    except RuntimeError:  # no folder to keep machine code in
        machine_code = numba.njit(**options)(loop)
    return machine_code
