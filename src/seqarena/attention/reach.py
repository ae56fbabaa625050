"""Which steps of its own sequence a step may look at."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Int
from torch import Tensor


def distances(
    queries: range, n_keys: int, device: torch.device
) -> Int[Tensor, "query_time key_time"]:
    """Return i - j for the places i of some queries and the places j of the first keys [steps]."""
    places = torch.arange(queries.start, queries.stop, device=device, dtype=torch.int32)
    return places[:, None] - torch.arange(n_keys, device=device, dtype=torch.int32)


@dataclass(frozen=True)
class Reach:
    """How far a step sees: backwards only, or to both sides; without end, or some steps."""

    is_causal: bool
    """Whether step i sees j <= i only."""
    window: int | None = None
    """Steps that it sees beside itself, on each side that it sees at all; None: all of them."""

    def allows(
        self, distance: Int[Tensor, "query_time key_time"]
    ) -> Bool[Tensor, "query_time key_time"]:
        """Return where a step i may see a step j, of their distances i - j."""
        if self.window is None:
            return distance >= 0 if self.is_causal else torch.ones_like(distance, dtype=torch.bool)
        near = distance <= self.window
        return near & (distance >= (0 if self.is_causal else -self.window))
