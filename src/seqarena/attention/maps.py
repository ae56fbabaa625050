"""The record of where a model looked, whatever its family."""

from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

from jaxtyping import Bool, Float
from torch import Tensor

from seqarena.batch import Batch

MapKind = Literal["weights", "posterior", "responsibility", "count_context"]


@dataclass(frozen=True)
class NativeMap:
    """What a mechanism computed, one matrix per example and head. Kinds are never overlaid."""

    name: str
    """Where in the model: "pooling", "decoder.cross", "encoder.0.self", "states", "components",
    "contexts"."""
    kind: MapKind
    """`weights`: attention, each row sums to 1 over what it may attend. `posterior`: p(state | x).
    `responsibility`: p(component | frame). `count_context`: which part of a probability the counts
    of each context length contributed."""
    values: Float[Tensor, "batch head row column"]
    """Row = who looks (output step, query, or time step). Column = what is looked at (input step,
    region, state, component or context length). Zero where there is nothing."""
    row_mask: Bool[Tensor, "batch row"]
    column_mask: Bool[Tensor, "batch column"]


def weights_map(
    name: str,
    weights: Float[Tensor, "batch head row column"],
    row_mask: Bool[Tensor, "batch row"],
    column_mask: Bool[Tensor, "batch column"],
) -> NativeMap:
    """Return the weights of one mechanism as a map; rows of padding, which mean nothing, are 0."""
    values = weights.where(row_mask[:, None, :, None], 0.0)
    return NativeMap(name, "weights", values, row_mask, column_mask)


@runtime_checkable
class HasNativeMaps(Protocol):
    """A model that can say where it looked."""

    def native_maps(self, batch: Batch) -> list[NativeMap]:
        """Return the maps of a batch: eval mode, explicit path, float32."""
        ...
