"""Density of frames of zeros and ones: each is predicted from the frames before it."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional

from seqarena.batch import Batch
from seqarena.errors import DataError
from seqarena.networks.causal_model import CausalEncoder, CausalModel
from seqarena.networks.inputs import FrameInput


class BinaryFrameModel(CausalModel):
    """log p(x_t | x_1, ..., x_{t-1}) of frames: their numbers are independent given those before.

    It is the sum over dimensions of x log p + (1 - x) log(1 - p), every p from one state.
    """

    inputs: FrameInput

    def __init__(self, inputs: FrameInput, encoder: CausalEncoder, dim: int) -> None:
        super().__init__(inputs, encoder)
        self.output = nn.Linear(encoder.out_dim, dim)

    def values_of(self, batch: Batch) -> Float[Tensor, "batch time dim"]:
        """Return the frames of a batch.

        Raises:
            DataError: it holds tokens.
        """
        if batch.features is None:
            raise DataError("the model reads frames, but the batch holds tokens.")
        return batch.features.to(self.start)

    def encoded(
        self, values: Float[Tensor, "batch time dim"], mask: Bool[Tensor, "batch time"]
    ) -> Float[Tensor, "batch time out_dim"]:
        """Return the encoder's output after each frame."""
        outputs: Tensor = self.encoder(self.inputs.vectors(values), mask)
        return outputs

    def predict(self, outputs: Float[Tensor, "*lead out_dim"]) -> Float[Tensor, "*lead dim"]:
        """Return log p / (1 - p) of each number of the frame after each of the outputs."""
        logits: Tensor = self.output(outputs)
        return logits

    def log_prob_of(
        self, logits: Float[Tensor, "batch time dim"], batch: Batch, smoothing: float = 0.0
    ) -> Float[Tensor, "batch time"]:
        """Return the log-probability of each frame: `frame_log_prob`."""
        return frame_log_prob(logits, self.values_of(batch), smoothing)

    def step_log_prob(self, batch: Batch, smoothing: float = 0.0) -> Float[Tensor, "batch time"]:
        """Return log p(x_t | x_1, ..., x_{t-1}) in nats; 0 on padding."""
        return self.log_prob_of(self.logits(batch), batch, smoothing).where(batch.mask, 0.0)

    @property
    def n_output_weights(self) -> int:
        """Width times dimensions."""
        return self.output.weight.numel()


def frame_log_prob(
    logits: Float[Tensor, "*lead dim"], frames: Float[Tensor, "*lead dim"], smoothing: float = 0.0
) -> Float[Tensor, "*lead"]:
    """Return the log-probability of frames of zeros and ones, summed over dimensions [nats].

    With smoothing: (1 - smoothing) of that, and smoothing times the mean of the log-probabilities
    of 0 and 1, as `token_log_prob` does over symbols.
    """
    wanted = torch.lerp(frames, torch.full_like(frames, 0.5), smoothing) if smoothing else frames
    nats = functional.binary_cross_entropy_with_logits(logits, wanted, reduction="none")
    return -nats.sum(dim=-1)
