"""Settings of the Transformer."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from seqarena.attention.positions import PositionKind
from seqarena.families.heads import HeadCount
from seqarena.fitting.protocols import OptimiserConfig
from seqarena.schema import TaskKind


class TransformerConfig(BaseModel):
    """A pre-norm Transformer: causal for densities, encoder for labels, both for transduction."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True
    )

    kind: Literal["transformer"]
    """Transformer."""
    model_dim: int = Field(default=64, ge=1)
    """Width of every step."""
    n_layers: int = Field(default=2, ge=1)
    """Blocks on top of each other (in encoder and decoder each)."""
    n_heads: HeadCount = Field(default=4, ge=1, validate_default=True)
    """Attention heads per block; divides `model_dim`."""
    dropout: float = Field(default=0.0, ge=0, lt=1)
    """Probability with which a number that leaves a half block is set to zero in training."""
    feedforward_ratio: int = Field(default=4, ge=1)
    """Width of the feed-forward layer over `model_dim`."""
    positions: PositionKind = "learned"
    """`learned` knows the places up to the longest sequence; `sinusoidal` any."""
    optimiser: OptimiserConfig = OptimiserConfig()
    """How it descends."""

    def cannot(self, task_kind: TaskKind, input_kind: Literal["tokens", "frames"]) -> str | None:
        """Return why the family cannot do such a task, or None."""
        if task_kind == "density" and input_kind == "frames":
            return "a transformer density predicts tokens, and the task has frames"
        return None

    @property
    def mechanism(self) -> str:
        """The word for its attention in tables and tags."""
        return "self_attention"
