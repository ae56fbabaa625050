"""Settings of an attention mechanism alone, over elements that do not know each other."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from seqarena.attention.choice import PoolingMechanism
from seqarena.families.heads import HeadCount
from seqarena.families.stem import stem_obstacle
from seqarena.families.tag_choice import DEFAULT_DECODING, TagDecoding, tagging_obstacle
from seqarena.fitting.protocols import OptimiserConfig
from seqarena.networks.region_input import StemKind
from seqarena.networks.tag_heads import TagHeadKind
from seqarena.schema import TaskKind


class AttentionConfig(BaseModel):
    """A classifier or tagger of elements (regions, frames, tokens), each embedded by itself."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True
    )

    kind: Literal["attention"]
    """Attention alone."""
    attention: PoolingMechanism
    """The mechanism that makes one vector of the elements; of a tagger, that by which they look at
    each other: `self_attention`."""
    model_dim: int = Field(default=64, ge=1)
    """Width of every element."""
    n_heads: HeadCount = Field(default=4, ge=1, validate_default=True)
    """Heads of `multi_head` and `self_attention`; divides `model_dim`."""
    stem: StemKind = "none"
    """`conv`: a classifier of the regions of a picture sees them through a small convolutional
    network; `none`: each region by itself."""
    dropout: float = Field(default=0.0, ge=0, lt=1)
    """Probability with which a number that leaves a layer is set to zero in training."""
    tag_head: TagHeadKind = "softmax"
    """What makes the tags of a tagger: `softmax`, each step by itself, or `crf`, a linear-chain
    conditional random field over all of them (Lafferty et al. 2001)."""
    tag_decoding: TagDecoding = DEFAULT_DECODING
    """How a tagger chooses: the most probable tag of each step (`posterior`), which makes as many
    right as can be expected; or the most probable tags of the whole sequence (`viterbi`)."""
    optimiser: OptimiserConfig = OptimiserConfig()
    """How it descends."""

    def cannot(self, task_kind: TaskKind, input_kind: Literal["tokens", "frames"]) -> str | None:
        """Return why the family cannot do such a task, or None."""
        if task_kind == "tagging" and self.attention != "self_attention":
            return (
                f"attention {self.attention!r} makes one vector of a sequence, and a tagger needs "
                "one for each step; set it to 'self_attention'"
            )
        if task_kind not in ("classification", "tagging"):
            return (
                f"attention alone classifies and tags; it has no order in which to do {task_kind}"
            )
        reason = tagging_obstacle(self.tag_head, self.tag_decoding, self.optimiser, task_kind)
        return reason or stem_obstacle(self.stem, task_kind, input_kind)

    @property
    def mechanism(self) -> str:
        """The word for its attention in tables and tags."""
        return self.attention
