"""Additive scores: one hidden layer that sees the query and the key."""

from jaxtyping import Float
from torch import Tensor, nn

from seqarena.attention.mechanism import Score


class AdditiveScore(Score):
    """Score e_ij = v · tanh(W q_i + U k_j + b).

    Bahdanau, Cho & Bengio (2015), appendix A.1.2. Without a query (pooling) it is
    e_j = v · tanh(U k_j + b): Yang et al. (2016), eqs. 5-6. Memory is
    batch · query_time · key_time · score_dim, the price of the non-linearity.
    """

    def __init__(self, query_dim: int, key_dim: int, score_dim: int) -> None:
        super().__init__()
        self.of_query = nn.Linear(query_dim, score_dim, bias=False) if query_dim else None
        self.of_key = nn.Linear(key_dim, score_dim)
        self.direction = nn.Linear(score_dim, 1, bias=False)

    def forward(
        self,
        query: Float[Tensor, "batch query_time query_dim"],
        key: Float[Tensor, "batch key_time key_dim"],
    ) -> Float[Tensor, "batch query_time key_time"]:
        """Return e_ij."""
        return self.compare(query, self.prepared(key))

    def prepared(
        self, key: Float[Tensor, "batch key_time key_dim"]
    ) -> Float[Tensor, "batch key_time score_dim"]:
        """Return U k_j + b."""
        of_key: Tensor = self.of_key(key)
        return of_key

    def compare(
        self,
        query: Float[Tensor, "batch query_time query_dim"],
        prepared: Float[Tensor, "batch key_time score_dim"],
    ) -> Float[Tensor, "batch query_time key_time"]:
        """Return e_ij from U k_j + b."""
        seen = prepared[:, None]
        if self.of_query is not None:
            seen = seen + self.of_query(query)[:, :, None]
        scores: Tensor = self.direction(seen.tanh()).squeeze(-1)
        return scores.expand(-1, query.shape[1], -1)

    def flops(self, batch: int, query_time: int, key_time: int) -> float:
        """Estimate the floating-point operations of `forward`; a tanh counts as one."""
        score_dim = self.of_key.out_features
        query_dim = 0 if self.of_query is None else self.of_query.in_features
        projections = key_time * self.of_key.in_features + query_time * query_dim
        pairs = key_time * (query_time if query_dim else 1)
        return batch * score_dim * (2.0 * projections + 4.0 * pairs)
