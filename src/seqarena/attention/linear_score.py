"""Linear scores: a content term linear in the key, a location term linear in the query."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from seqarena.attention.mechanism import Score


class LinearScore(Score):
    """Score e_ij = w·k_j + (W q_i)_j, with w over the key's dimensions and one row of W per place.

    The obvious linear score of a pair, e_ij = w·k_j + u·q_i, has a query term that is the same for
    every key j, and the softmax over j cancels it: all queries would look at the same places. The
    only way for a query to choose, while the score stays linear in it, is to score *places*: the
    location term (W q_i)_j of Luong, Pham & Manning (2015), eq. 8. Without a query (pooling) the
    score is e_j = w·k_j.

    Places at or beyond `max_key_time` have no row in W and are scored by content alone.
    """

    def __init__(self, query_dim: int, key_dim: int, max_key_time: int) -> None:
        super().__init__()
        self.content = nn.Linear(key_dim, 1, bias=False)
        self.location = nn.Linear(query_dim, max_key_time, bias=False) if query_dim else None

    def forward(
        self,
        query: Float[Tensor, "batch query_time query_dim"],
        key: Float[Tensor, "batch key_time key_dim"],
    ) -> Float[Tensor, "batch query_time key_time"]:
        """Return e_ij."""
        content: Tensor = self.content(key).mT
        if self.location is None:
            return content.expand(-1, query.shape[1], -1)
        rows = self.location.weight[: key.shape[1]]
        places = torch.nn.functional.linear(query, rows)
        return content + nn.functional.pad(places, (0, key.shape[1] - rows.shape[0]))

    def flops(self, batch: int, query_time: int, key_time: int) -> float:
        """Estimate the floating-point operations of `forward`."""
        per_key = 2.0 * batch * key_time
        query_dim = 0 if self.location is None else self.location.in_features
        return per_key * (self.content.in_features + query_time * query_dim)
