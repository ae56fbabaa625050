"""Density of steps: each is predicted from the steps before it."""

from abc import ABC, abstractmethod

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional

from seqarena.attention.maps import NativeMap
from seqarena.batch import Batch
from seqarena.networks.attentive_recurrent import AttentiveRecurrent
from seqarena.networks.inputs import FrameInput, TokenInput
from seqarena.networks.recurrent import Recurrent
from seqarena.networks.transformer import TransformerEncoder

CausalEncoder = Recurrent | AttentiveRecurrent | TransformerEncoder
"""What reads without looking ahead, one step after the other where it has to."""


class CausalModel(nn.Module, ABC):
    """log p(x_t | x_1, ..., x_{t-1}) from a causal encoder's state after x_{t-1}.

    Before the first step there is nothing to encode; a learned vector stands for that state. It
    is no step of the input, so a map of attention has the input's steps for columns.
    """

    inputs: TokenInput | FrameInput

    def __init__(self, inputs: TokenInput | FrameInput, encoder: CausalEncoder) -> None:
        super().__init__()
        self.inputs = inputs
        self.encoder = encoder
        self.start = nn.Parameter(torch.zeros(encoder.out_dim))

    @abstractmethod
    def values_of(self, batch: Batch) -> Tensor:
        """Return the steps of a batch, (batch, time) symbols or (batch, time, dim) frames.

        Raises:
            DataError: the batch holds the others.
        """

    @abstractmethod
    def encoded(
        self, values: Tensor, mask: Bool[Tensor, "batch time"]
    ) -> Float[Tensor, "batch time dim"]:
        """Return the encoder's output after each of the steps that it reads."""

    @abstractmethod
    def predict(self, outputs: Float[Tensor, "*lead dim"]) -> Float[Tensor, "*lead logits"]:
        """Return the logits of the step after each of the encoder's outputs."""

    @abstractmethod
    def log_prob_of(
        self, logits: Float[Tensor, "batch time logits"], batch: Batch, smoothing: float = 0.0
    ) -> Float[Tensor, "batch time"]:
        """Return the log-probability of each step of a batch by its logits [nats]."""

    @property
    @abstractmethod
    def n_output_weights(self) -> int:
        """Numbers in the matrix that makes logits of an encoder's output."""

    def logits(self, batch: Batch) -> Float[Tensor, "batch time logits"]:
        """Return the logits by which each step of a batch is predicted."""
        # The last step predicts nothing here; a single one is read for the sake of shapes.
        read = slice(0, max(batch.mask.shape[1] - 1, 1))
        outputs = self.encoded(self.values_of(batch)[:, read], batch.mask[:, read])
        return self.written(outputs, self.start.expand(len(batch), -1), batch.mask.shape[1])

    def written(
        self,
        outputs: Float[Tensor, "batch read dim"],
        before: Float[Tensor, "batch dim"],
        n_steps: int,
    ) -> Float[Tensor, "batch time logits"]:
        """Return the logits of `n_steps` steps, each from the encoder's output one step before."""
        # A cut that takes all would still be copied on the way back.
        kept = outputs if outputs.shape[1] == n_steps - 1 else outputs[:, : n_steps - 1]
        return self.predict(torch.cat([before[:, None], kept], dim=1))

    def native_maps(self, batch: Batch) -> list[NativeMap]:
        """Return the attention of each layer: row t predicts x_t, column j is x_j, j < t."""
        layers = self.encoder.with_weights(self.inputs(batch), batch.mask)[1]
        after_first = batch.mask & (torch.arange(batch.mask.shape[1], device=batch.mask.device) > 0)
        return [
            NativeMap(
                name=self._map_name(layer),
                kind="weights",
                # The state that predicts x_t is that of step t - 1; nothing precedes x_1.
                values=_shift_rows(weights).where(after_first[:, None, :, None], 0.0),
                row_mask=after_first,
                column_mask=batch.mask,
            )
            for layer, weights in enumerate(layers)
        ]

    def forward_flops(self, batch: Batch) -> float:
        """Estimate the floating-point operations of `logits`, padding included."""
        size, time = batch.mask.shape
        n_read = max(time - 1, 1)
        read = self.inputs.flops(size, n_read) + self.encoder.flops(size, n_read)
        return read + 2.0 * size * time * self.n_output_weights

    def _map_name(self, layer: int) -> str:
        is_single = isinstance(self.encoder, AttentiveRecurrent)
        return "decoder.self" if is_single else f"decoder.{layer}.self"


def _shift_rows(
    weights: Float[Tensor, "batch head time time"],
) -> Float[Tensor, "batch head time time"]:
    return functional.pad(weights[:, :, :-1], (0, 0, 1, 0))
