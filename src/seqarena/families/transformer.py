"""Settings of the Transformer."""

from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from seqarena.attention.positions import PositionKind
from seqarena.families.copying import copy_obstacle
from seqarena.families.heads import HeadCount
from seqarena.families.pooled import ClassifierPooling, pooling_obstacle, pools_by_attention
from seqarena.families.stem import stem_obstacle
from seqarena.families.tag_choice import DEFAULT_DECODING, TagDecoding, tagging_obstacle
from seqarena.families.transduction_head import (
    DEFAULT_CTC_WEIGHT,
    CtcWeight,
    HeadOfTransducer,
    OptimiserOfTransducer,
    transduction_obstacle,
)
from seqarena.families.tying import tying_obstacle
from seqarena.fitting.protocols import OptimiserConfig
from seqarena.networks.decoding import DecodingConfig
from seqarena.networks.region_input import StemKind
from seqarena.networks.tag_heads import TagHeadKind
from seqarena.schema import TaskKind

Preset = Literal["tiny", "small", "base"]


class Size(NamedTuple):
    """Width and depth that a preset stands for."""

    model_dim: int
    n_layers: int
    n_heads: int


SIZES: dict[Preset, Size] = {
    "tiny": Size(model_dim=128, n_layers=4, n_heads=4),
    "small": Size(model_dim=384, n_layers=6, n_heads=6),
    "base": Size(model_dim=768, n_layers=12, n_heads=12),
}


class TransformerConfig(BaseModel):
    """A pre-norm Transformer: causal for densities, encoder for labels, both for transduction."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True
    )

    kind: Literal["transformer"]
    """Transformer."""
    preset: Preset | None = None
    """Sets `model_dim`, `n_layers` and `n_heads`: `tiny` 128, 4, 4; `small` 384, 6, 6; `base` 768,
    12, 12. None: they are what they say."""
    model_dim: int = Field(default=64, ge=1)
    """Width of every step."""
    n_layers: int = Field(default=2, ge=1)
    """Blocks on top of each other (in encoder and decoder each)."""
    n_heads: HeadCount = Field(default=4, ge=1, validate_default=True)
    """Attention heads per block; divides `model_dim`."""
    n_key_value_heads: int | None = Field(default=None, ge=1)
    """Heads of keys and values, each shared by as many heads of queries as there are for it;
    divides `n_heads`. 1: multi-query attention; None: as many as `n_heads`."""
    self_attention: Literal["softmax", "linear"] = "softmax"
    """How steps of one sequence look at each other: `linear` takes time linear in their number."""
    window: int | None = Field(default=None, ge=1)
    """Steps that self-attention sees beside a step itself, on each side that it sees [steps]; None:
    all. With `softmax` only."""
    dropout: float = Field(default=0.0, ge=0, lt=1)
    """Probability with which a number that leaves a half block is set to zero in training."""
    feedforward_ratio: int = Field(default=4, ge=1)
    """Width of the feed-forward layer over `model_dim`."""
    positions: PositionKind = "learned"
    """`learned` knows the places up to the longest sequence; `sinusoidal` any. `rotary` and `alibi`
    tell self-attention distances, of any length, and need `softmax`."""
    tie_weights: bool = False
    """Whether the embedding of a language model is its output matrix too (Press & Wolf 2017)."""
    pooling: ClassifierPooling = "mean"
    """How a classifier makes one vector of a sequence: a rule (`mean`, `last`, `max`), or any
    attention mechanism, whose weights become a map (`softmax`, `multi_head`, ...)."""
    stem: StemKind = "none"
    """`conv`: a classifier of the regions of a picture sees them through a small convolutional
    network; `none`: each region by itself."""
    copies: bool = False
    """Whether a decoder can also write a symbol by pointing at it in the input (See et al. 2017):
    for transductions whose input and target have symbols in common."""
    transduction_head: HeadOfTransducer = Field(default="attention", validate_default=True)
    """What writes the symbols of a transduction. `attention`: a decoder, symbol by symbol; `ctc`:
    the encoder, at most one for each frame (Graves et al. 2006); `ctc_attention`: both, on one
    encoder (Watanabe et al. 2017)."""
    ctc_weight: CtcWeight = Field(default=DEFAULT_CTC_WEIGHT, gt=0, lt=1)
    """Share of CTC in the log-probability of `ctc_attention`, in training and in decoding; the rest
    is the decoder's."""
    decoding: DecodingConfig = DecodingConfig()
    """How a transducer writes its outputs."""
    tag_head: TagHeadKind = "softmax"
    """What makes the tags of a tagger: `softmax`, each step by itself, or `crf`, a linear-chain
    conditional random field over all of them (Lafferty et al. 2001)."""
    tag_decoding: TagDecoding = DEFAULT_DECODING
    """How a tagger chooses: the most probable tag of each step (`posterior`), which makes as many
    right as can be expected; or the most probable tags of the whole sequence (`viterbi`)."""
    optimiser: OptimiserOfTransducer = OptimiserConfig()
    """How it descends."""

    @model_validator(mode="before")
    @classmethod
    def _fill_in(cls, raw: Any) -> Any:
        """Write a preset's numbers where nothing stands, before other fields look at them."""
        preset = raw.get("preset") if isinstance(raw, dict) else None
        return {**SIZES[preset]._asdict(), **raw} if preset in SIZES else raw

    @model_validator(mode="after")
    def _agree_with_preset(self) -> "TransformerConfig":
        if self.preset is None:
            return self
        size = SIZES[self.preset]._asdict()
        given = {key: getattr(self, key) for key in size}
        if given != size:
            others = {key: value for key, value in given.items() if value != size[key]}
            raise ValueError(
                f"preset {self.preset!r} means {_told(size)}, but beside it stands "
                f"{_told(others)}; drop the preset, or what contradicts it."
            )
        return self

    @field_validator("n_key_value_heads")
    @classmethod
    def _share_evenly(cls, n_key_value_heads: int | None, info: Any) -> int | None:
        n_heads = info.data.get("n_heads")
        if n_key_value_heads is not None and n_heads is not None and n_heads % n_key_value_heads:
            raise ValueError(
                f"{n_key_value_heads} heads of keys and values cannot be shared evenly by "
                f"{n_heads} heads of queries; choose a divisor of {n_heads}."
            )
        return n_key_value_heads

    @field_validator("window")
    @classmethod
    def _need_softmax(cls, window: int | None, info: Any) -> int | None:
        if window is not None and info.data.get("self_attention") == "linear":
            raise ValueError(
                f"linear self-attention keeps one sum over all steps and cannot forget those "
                f"beyond {window}; set `self_attention: softmax`, or drop the window."
            )
        return window

    @field_validator("positions")
    @classmethod
    def _fit_the_heads(cls, positions: PositionKind, info: Any) -> PositionKind:
        if positions in ("rotary", "alibi") and info.data.get("self_attention") == "linear":
            raise ValueError(
                f"{positions!r} positions change the scores of a softmax, and linear "
                "self-attention has none; use 'learned' or 'sinusoidal'."
            )
        model_dim, n_heads = info.data.get("model_dim"), info.data.get("n_heads")
        if positions == "rotary" and model_dim and n_heads and model_dim // n_heads % 2:
            raise ValueError(
                f"rotary positions turn pairs of numbers, and a head has {model_dim // n_heads} "
                f"(model_dim {model_dim} over {n_heads} heads); choose numbers that make it even."
            )
        return positions

    def cannot(self, task_kind: TaskKind, input_kind: Literal["tokens", "frames"]) -> str | None:
        """Return why the family cannot do such a task, or None."""
        return (
            tying_obstacle(self.tie_weights, task_kind, input_kind)
            or tagging_obstacle(self.tag_head, self.tag_decoding, self.optimiser, task_kind)
            or transduction_obstacle(self.transduction_head, task_kind, input_kind)
            or copy_obstacle(self.copies, task_kind, input_kind)
            or stem_obstacle(self.stem, task_kind, input_kind)
            or pooling_obstacle(self.pooling, task_kind)
        )

    @property
    def mechanism(self) -> str:
        """The word for its attention in tables and tags."""
        inside = "self_attention" if self.self_attention == "softmax" else "linear_attention"
        return f"{inside} + {self.pooling}" if pools_by_attention(self.pooling) else inside


def _told(numbers: dict[str, int]) -> str:
    return ", ".join(f"{key}: {number}" for key, number in numbers.items())
