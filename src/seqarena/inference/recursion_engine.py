"""Which engine runs the scaled recursions: torch, or loops that Numba compiles."""

from collections.abc import Callable

from torch import Tensor

from seqarena.inference import compiled_recursion, scaled_recursion
from seqarena.inference.packing import Packing

ForwardPass = Callable[[Tensor, Tensor, Tensor, Tensor | None, Packing], tuple[Tensor, Tensor]]
BackwardPass = Callable[
    [Tensor, Tensor, Tensor | None, Packing, tuple[Tensor, Tensor], Tensor | None],
    tuple[Tensor, Tensor | None],
]

# Measured on one processor, loops against torch. Up to so many states loops are faster whatever the
# sequences (1.2 to 4 times where there are thousands, 10 to 100 where there are few) ...
_COMPILED_STATES = 24
# ... and with more states up to so many products in an average step of all sequences, from where on
# torch's matrix product makes up for what it costs to start it.
_COMPILED_PRODUCTS = 2**17


def passes_for(packing: Packing, n_states: int) -> tuple[ForwardPass, BackwardPass]:
    """Return the forward and the backward pass, chosen by shape and device alone.

    So the same data always gives the same bits.
    """
    if _is_for_compiled_loops(packing, n_states):
        return compiled_recursion.forward_pass, compiled_recursion.backward_pass
    return scaled_recursion.forward_pass, scaled_recursion.backward_pass


def _is_for_compiled_loops(packing: Packing, n_states: int) -> bool:
    products = len(packing.position) * n_states**2
    is_faster = n_states <= _COMPILED_STATES or products <= _COMPILED_PRODUCTS * len(
        packing.n_alive
    )
    return packing.position.device.type == "cpu" and is_faster
