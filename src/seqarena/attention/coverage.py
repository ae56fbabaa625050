"""Additive attention that remembers where it has looked."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from seqarena.attention.attend import Weights, masked_softmax
from seqarena.attention.mechanism import Mechanism


class CoverageAttention(Mechanism):
    """Context sum_j a_ij k_j under e_ij = v · tanh(W q_i + U k_j + w c_ij + b).

    c_ij = sum_{i' < i} a_i'j, the coverage, is how much the queries before have looked at key j:
    See, Liu & Manning (2017), eqs. 10-11, after Tu et al. (2016). It can keep a decoder from saying
    a thing twice, or from leaving one out. No loss is put on it: what it is good for is learned.

    Queries are a decoder's steps, in order, and each waits for those before it: time grows with
    their number even where all are known.
    """

    def __init__(self, query_dim: int, key_dim: int, score_dim: int) -> None:
        super().__init__()
        self.of_query = nn.Linear(query_dim, score_dim, bias=False)
        self.of_key = nn.Linear(key_dim, score_dim)
        self.of_coverage = nn.Linear(1, score_dim, bias=False)
        self.direction = nn.Linear(score_dim, 1, bias=False)
        self.context_dim = key_dim

    def prepared(self, key_value: Float[Tensor, "batch key_time key_dim"]) -> tuple[Tensor, Tensor]:
        """Return the keys, and U k_j + b."""
        return key_value, self.of_key(key_value)

    def look(
        self,
        query: Float[Tensor, "batch query_time query_dim"],
        prepared: tuple[Tensor, Tensor],
        attend_mask: Bool[Tensor, "batch #query_time key_time"],
    ) -> Float[Tensor, "batch query_time key_dim"]:
        """Return the context of each query, the first of which finds nothing covered."""
        return self._in_order(query, prepared, attend_mask)[0]

    def look_with_weights(
        self,
        query: Float[Tensor, "batch query_time query_dim"],
        prepared: tuple[Tensor, Tensor],
        attend_mask: Bool[Tensor, "batch #query_time key_time"],
    ) -> tuple[Float[Tensor, "batch query_time key_dim"], Weights]:
        """Return what `forward` does over keys that are prepared already."""
        context, weights = self._in_order(query, prepared, attend_mask)
        return context, weights[:, None]

    def look_again(
        self,
        query: Float[Tensor, "batch query_time query_dim"],
        prepared: tuple[Tensor, Tensor],
        attend_mask: Bool[Tensor, "batch #query_time key_time"],
        covered: Float[Tensor, "batch query_time key_time"],
    ) -> tuple[
        Float[Tensor, "batch query_time key_dim"], Float[Tensor, "batch query_time key_time"]
    ]:
        """Return the context of queries that do not know of each other, and the weights.

        Each of them comes with what it has covered so far, as the rows of a beam do.
        """
        key_value, of_key = prepared
        seen = of_key[:, None] + self.of_query(query)[:, :, None]
        seen = seen + self.of_coverage(covered[..., None])
        weights = masked_softmax(self.direction(seen.tanh()).squeeze(-1), attend_mask)
        keys = key_value[:, None]
        context, weights = self.averaged(weights[:, None], keys, attend_mask[:, None])
        return context[:, 0], weights[:, 0]

    def flops(self, batch: int, query_time: int, key_time: int) -> float:
        """Estimate the floating-point operations of `context`; a tanh counts as one."""
        score_dim, key_dim = self.of_key.out_features, self.context_dim
        projections = key_time * key_dim + query_time * self.of_query.in_features
        pairs = query_time * key_time
        return batch * (score_dim * (2.0 * projections + 7.0 * pairs) + 2.0 * pairs * key_dim)

    def _in_order(
        self, query: Tensor, prepared: tuple[Tensor, Tensor], attend_mask: Tensor
    ) -> tuple[Tensor, Tensor]:
        batch, query_time, _ = query.shape
        n_keys = prepared[0].shape[1]
        masks = torch.split(attend_mask.expand(-1, query_time, -1), 1, dim=1)
        covered, contexts, made = query.new_zeros(batch, 1, n_keys), [], []
        for step, mask in zip(torch.split(query, 1, dim=1), masks, strict=True):
            context, weights = self.look_again(step, prepared, mask, covered)
            covered = covered + weights
            contexts.append(context)
            made.append(weights)
        return torch.cat(contexts, dim=1), torch.cat(made, dim=1)
