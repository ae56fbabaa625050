"""The first layer: tokens or frames become vectors."""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from seqarena.batch import Batch
from seqarena.errors import DataError
from seqarena.networks.region_input import RegionInput
from seqarena.networks.symbol_lstm import Symbols
from seqarena.schema import DataSchema


class TokenInput(nn.Module):
    """One free vector per symbol, drawn with standard deviation `scale`, and read `gain` times it.

    A gain serves an embedding that is an output matrix too, and as such must start small: Vaswani
    et al. (2017), section 3.4.
    """

    def __init__(
        self, n_symbols: int, model_dim: int, scale: float = 1.0, gain: float = 1.0
    ) -> None:
        super().__init__()
        self.embedding = scaled_embedding(n_symbols, model_dim, scale)
        self.gain = gain
        self.out_dim = model_dim

    def forward(self, batch: Batch) -> Float[Tensor, "batch time out_dim"]:
        """Return the vectors of the batch's tokens."""
        if batch.tokens is None:
            raise DataError("the model reads tokens, but the batch holds frames.")
        return self.vectors(batch.tokens)

    def vectors(self, tokens: Int[Tensor, "batch time"]) -> Float[Tensor, "batch time out_dim"]:
        """Return the vectors of some symbols."""
        vectors: Tensor = self.embedding(tokens)
        return vectors if self.gain == 1.0 else self.gain * vectors

    def symbols(self, tokens: Int[Tensor, "batch time"]) -> Symbols:
        """Return some symbols beside the vectors of all: what a recurrence may read instead."""
        vectors = self.embedding.weight
        return Symbols(tokens, vectors if self.gain == 1.0 else self.gain * vectors)

    def flops(self, batch: int, time: int) -> float:
        """Return 0: looking up is no arithmetic."""
        del batch, time
        return 0.0


class FrameInput(nn.Module):
    """(x - mean) / deviation with the training data's moments, then W x + b where a width is asked.

    A recurrent network has its own W, and reads the standardised frames as they are.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, dim: int, model_dim: int | None) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(dim))
        self.register_buffer("deviation", torch.ones(dim))
        self.projection = None if model_dim is None else nn.Linear(dim, model_dim)
        self.out_dim = dim if model_dim is None else model_dim

    def standardise_by(self, frames: Float[Tensor, "frames dim"]) -> None:
        """Keep the moments of `frames`; a dimension that never varies is only centred."""
        deviation, mean = torch.std_mean(frames.double(), dim=0, correction=0)
        self.mean.copy_(mean)
        self.deviation.copy_(deviation.where(deviation > 1e-6 * mean.abs(), 1.0))

    def forward(self, batch: Batch) -> Float[Tensor, "batch time out_dim"]:
        """Return the vectors of the batch's frames."""
        if batch.features is None:
            raise DataError("the model reads frames, but the batch holds tokens.")
        return self.vectors(batch.features)

    def vectors(
        self, frames: Float[Tensor, "batch time dim"]
    ) -> Float[Tensor, "batch time out_dim"]:
        """Return the vectors of some frames."""
        standard = (frames.to(self.mean) - self.mean) / self.deviation
        return standard if self.projection is None else self.projection(standard)

    def flops(self, batch: int, time: int) -> float:
        """Estimate the floating-point operations of `forward`."""
        projected = 0 if self.projection is None else self.projection.weight.numel()
        return 2.0 * batch * time * (len(self.mean) + projected)


Inputs = TokenInput | FrameInput | RegionInput


def scaled_embedding(n_symbols: int, model_dim: int, scale: float) -> nn.Embedding:
    """Return an embedding drawn with standard deviation `scale`."""
    embedding = nn.Embedding(n_symbols, model_dim)
    nn.init.normal_(embedding.weight, std=scale)
    return embedding


def build_inputs(schema: DataSchema, model_dim: int, project: bool, scale: float = 1.0) -> Inputs:
    """Return the first layer for the data; `project` brings frames to `model_dim`."""
    if schema.n_symbols is not None:
        return TokenInput(schema.n_symbols, model_dim, scale)
    if schema.dim is None:
        raise DataError("the schema names neither symbols nor frames; one of them is needed.")
    return FrameInput(schema.dim, model_dim if project else None)
