"""Density of tokens: each step is predicted from the steps before it."""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from seqarena.attention.maps import NativeMap
from seqarena.batch import Batch
from seqarena.errors import DataError
from seqarena.networks.encoder import Encoder
from seqarena.networks.inputs import TokenInput


class LanguageModel(nn.Module):
    """log p(x_t | x_1, ..., x_{t-1}) from a causal encoder's state after x_{t-1}.

    Before the first symbol there is nothing to encode; a learned vector stands for that state. It
    is no symbol of the input, so a map of attention has the input's steps for columns.
    """

    def __init__(self, inputs: TokenInput, encoder: Encoder, n_symbols: int) -> None:
        super().__init__()
        self.inputs = inputs
        self.encoder = encoder
        self.start = nn.Parameter(torch.zeros(encoder.out_dim))
        self.output = nn.Linear(encoder.out_dim, n_symbols)

    def logits(self, batch: Batch) -> Float[Tensor, "batch time symbols"]:
        """Return the unnormalised log-probabilities of each step's symbol."""
        states = self.encoder(self.inputs(batch), batch.mask)
        before = torch.cat([self.start.expand(len(batch), 1, -1), states[:, :-1]], dim=1)
        logits: Tensor = self.output(before)
        return logits

    def step_log_prob(self, batch: Batch) -> Float[Tensor, "batch time"]:
        """Return log p(x_t | x_1, ..., x_{t-1}) in nats; 0 on padding."""
        if batch.tokens is None:
            raise DataError("the model reads tokens, but the batch holds frames.")
        return token_log_prob(self.logits(batch), batch.tokens).where(batch.mask, 0.0)

    def native_maps(self, batch: Batch) -> list[NativeMap]:
        """Return the self-attention of each layer: row t predicts x_t, column j is x_j, j < t."""
        layers = self.encoder.with_weights(self.inputs(batch), batch.mask)[1]
        after_first = batch.mask & (torch.arange(batch.mask.shape[1], device=batch.mask.device) > 0)
        return [
            NativeMap(
                name=f"decoder.{layer}.self",
                kind="weights",
                # The state that predicts x_t is that of step t - 1; nothing precedes x_1.
                values=_shift_rows(weights).where(after_first[:, None, :, None], 0.0),
                row_mask=after_first,
                column_mask=batch.mask,
            )
            for layer, weights in enumerate(layers)
        ]

    def forward_flops(self, batch: Batch) -> float:
        """Estimate the floating-point operations of `step_log_prob`, padding included."""
        size, time = batch.mask.shape
        output = 2.0 * size * time * self.output.weight.numel()
        return self.inputs.flops(size, time) + self.encoder.flops(size, time) + output


def token_log_prob(
    logits: Float[Tensor, "batch time symbols"], tokens: Tensor
) -> Float[Tensor, "batch time"]:
    """Return the log-probability of each token under the softmax of its logits [nats]."""
    return -functional.cross_entropy(logits.mT, tokens, reduction="none")


def _shift_rows(
    weights: Float[Tensor, "batch head time time"],
) -> Float[Tensor, "batch head time time"]:
    return functional.pad(weights[:, :, :-1], (0, 0, 1, 0))
