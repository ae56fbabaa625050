"""Settings of the recurrent families: Elman RNN, LSTM, GRU."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from seqarena.attention.choice import AttentionKind
from seqarena.families.heads import HeadCount
from seqarena.fitting.protocols import OptimiserConfig
from seqarena.networks.decoding import DecodingConfig
from seqarena.networks.pooling import PoolingKind
from seqarena.networks.recurrent import RecurrentKind
from seqarena.schema import TaskKind


class RecurrentConfig(BaseModel):
    """A recurrent network; in a classifier or a transducer with an attention mechanism, or none."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True
    )

    kind: RecurrentKind
    """Which recurrence."""
    model_dim: int = Field(default=64, ge=1)
    """Width of states and embeddings."""
    n_layers: int = Field(default=1, ge=1)
    """Recurrent layers on top of each other (in encoder and decoder each)."""
    dropout: float = Field(default=0.0, ge=0, lt=1)
    """Probability with which a number that leaves a layer is set to zero in training."""
    attention: AttentionKind = "none"
    """What pools (classification), or looks from the decoder into the input (transduction)."""
    coverage: bool = False
    """Whether a decoder's additive attention also sees how much it has looked at each step of the
    input so far (Tu et al. 2016; See et al. 2017); with `weighted_sum_additive` only."""
    pooling: PoolingKind = "last"
    """How a classifier without attention makes one vector of a sequence."""
    n_heads: HeadCount = Field(default=4, ge=1, validate_default=True)
    """Heads of `multi_head` and `self_attention`; divides `model_dim`."""
    decoding: DecodingConfig = DecodingConfig()
    """How a transducer writes its outputs."""
    optimiser: OptimiserConfig = OptimiserConfig()
    """How it descends."""

    @field_validator("coverage")
    @classmethod
    def _need_additive_scores(cls, coverage: bool, info: Any) -> bool:
        attention = info.data.get("attention", "weighted_sum_additive")
        if coverage and attention != "weighted_sum_additive":
            raise ValueError(
                f"coverage is a part of additive scores, and attention is {attention!r}; set "
                "attention to 'weighted_sum_additive', or coverage to false."
            )
        return coverage

    def cannot(self, task_kind: TaskKind, input_kind: Literal["tokens", "frames"]) -> str | None:
        """Return why the family cannot do such a task, or None."""
        if task_kind in ("density", "classification") and self.coverage:
            return (
                f"coverage is where a decoder has looked, and {task_kind} has no decoder; "
                "set coverage to false"
            )
        if task_kind == "density" and input_kind == "frames":
            return "a recurrent density predicts tokens, and the task has frames"
        if task_kind == "density" and self.attention != "none":
            return (
                f"a recurrent density has no place for attention {self.attention!r}; "
                "set it to 'none', or use the transformer"
            )
        if task_kind == "transduction" and self.attention == "self_attention":
            return (
                "self-attention does not look from a decoder into an input; "
                "use 'softmax' or 'multi_head', or the transformer"
            )
        if task_kind == "alignment" and self.attention in ("none", "self_attention"):
            return (
                "links are read from the attention of a decoder to the input; "
                "set attention to 'softmax', 'multi_head' or a weighted sum"
            )
        return None

    @property
    def mechanism(self) -> str:
        """The word for its attention in tables and tags."""
        return self.attention
