"""Settings of an attention mechanism alone, over elements that do not know each other."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from seqarena.attention.choice import PoolingMechanism
from seqarena.families.heads import HeadCount
from seqarena.families.stem import stem_obstacle
from seqarena.fitting.protocols import OptimiserConfig
from seqarena.networks.region_input import StemKind
from seqarena.schema import TaskKind


class AttentionConfig(BaseModel):
    """A classifier of independently embedded elements (regions of a picture, frames, tokens)."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True
    )

    kind: Literal["attention"]
    """Attention alone."""
    attention: PoolingMechanism
    """The mechanism that makes one vector of the elements."""
    model_dim: int = Field(default=64, ge=1)
    """Width of every element."""
    n_heads: HeadCount = Field(default=4, ge=1, validate_default=True)
    """Heads of `multi_head` and `self_attention`; divides `model_dim`."""
    stem: StemKind = "none"
    """`conv`: a classifier of the regions of a picture sees them through a small convolutional
    network; `none`: each region by itself."""
    dropout: float = Field(default=0.0, ge=0, lt=1)
    """Probability with which a number that leaves a layer is set to zero in training."""
    optimiser: OptimiserConfig = OptimiserConfig()
    """How it descends."""

    def cannot(self, task_kind: TaskKind, input_kind: Literal["tokens", "frames"]) -> str | None:
        """Return why the family cannot do such a task, or None."""
        if task_kind != "classification":
            return f"attention alone classifies; it has no order in which to do {task_kind}"
        return stem_obstacle(self.stem, task_kind, input_kind)

    @property
    def mechanism(self) -> str:
        """The word for its attention in tables and tags."""
        return self.attention
