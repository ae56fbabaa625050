"""A weighted sum of the keys themselves, under any score."""

from jaxtyping import Bool, Float
from torch import Tensor

from seqarena.attention.attend import Weights, attend, masked_softmax
from seqarena.attention.dot_scores import ProductScore
from seqarena.attention.mechanism import Mechanism, Score
from seqarena.attention.softmax import fused_softmax_attention


class WeightedSum(Mechanism):
    """Context c_i = sum_j a_ij k_j with a_ij = softmax_j(e_ij), e from a score.

    Bahdanau, Cho & Bengio (2015), eqs. 5-6. The values are the keys: nothing is projected, so the
    weights alone decide what the context is.
    """

    def __init__(self, score: Score, key_dim: int) -> None:
        super().__init__()
        self.score = score
        self.context_dim = key_dim

    def prepared(self, key_value: Float[Tensor, "batch key_time key_dim"]) -> tuple[Tensor, Tensor]:
        """Return the keys, and what the score makes of them."""
        return key_value, self.score.prepared(key_value)

    def look(
        self,
        query: Float[Tensor, "batch query_time query_dim"],
        prepared: tuple[Tensor, Tensor],
        attend_mask: Bool[Tensor, "batch #query_time key_time"],
    ) -> Float[Tensor, "batch query_time key_dim"]:
        """Return `context` over keys that are prepared already."""
        self.refuse_intervention()
        key_value, for_score = prepared
        if not isinstance(self.score, ProductScore):
            return attend(self.score.compare(query, for_score), key_value, attend_mask)[0]
        keys = key_value[:, None]
        compared = self.score.compared(query)[:, None]
        return fused_softmax_attention(
            compared, keys, keys, attend_mask[:, None], scale=self.score.scale
        )[:, 0]

    def look_with_weights(
        self,
        query: Float[Tensor, "batch query_time query_dim"],
        prepared: tuple[Tensor, Tensor],
        attend_mask: Bool[Tensor, "batch #query_time key_time"],
    ) -> tuple[Float[Tensor, "batch query_time key_dim"], Weights]:
        """Return what `forward` does over keys that are prepared already."""
        key_value, for_score = prepared
        weights = masked_softmax(self.score.compare(query, for_score), attend_mask)
        keys, seen = key_value[:, None], attend_mask[:, None]
        context, weights = self.averaged(weights[:, None], keys, seen)
        return context[:, 0], weights

    def flops(self, batch: int, query_time: int, key_time: int) -> float:
        """Estimate the floating-point operations of `context`."""
        summed = 2.0 * batch * query_time * key_time * self.context_dim
        return self.score.flops(batch, query_time, key_time) + summed
