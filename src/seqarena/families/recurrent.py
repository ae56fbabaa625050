"""Settings of the recurrent families: Elman RNN, LSTM, GRU."""

from typing import Any, Literal, assert_never

from pydantic import BaseModel, ConfigDict, Field, field_validator

from seqarena.attention.choice import OF_ONE_WIDTH, AttentionKind
from seqarena.families.copying import copy_obstacle
from seqarena.families.heads import HeadCount
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
from seqarena.networks.elman import Nonlinearity
from seqarena.networks.fused_layers import DEFAULT_FORGET_BIAS, RecurrentKind
from seqarena.networks.pooling import PoolingKind
from seqarena.networks.region_input import StemKind
from seqarena.networks.tag_heads import TagHeadKind
from seqarena.schema import FittedKind, TaskKind, fitted_as


class RecurrentConfig(BaseModel):
    """A recurrent network, with an attention mechanism or none."""

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
    nonlinearity: Nonlinearity = "tanh"
    """Of the Elman network: `tanh` keeps states bounded, `relu` lets them grow. The gates of LSTM
    and GRU have theirs by definition."""
    bidirectional: bool = False
    """Whether the input of a classifier, a tagger or a transducer is read from both ends,
    `model_dim` states each way. What is predicted is always read forward."""
    layer_norm: bool = False
    """Whether the vector that leaves each layer is normalised on its way to the next, or out."""
    weight_drop: float = Field(default=0.0, ge=0, lt=1)
    """Probability with which an entry of a hidden-to-hidden matrix is zero for a whole training
    batch (AWD-LSTM, Merity et al. 2018); 0: never."""
    forget_bias: float = DEFAULT_FORGET_BIAS
    """What the bias of an LSTM's forget gate starts from; the higher, the longer it remembers."""
    tie_weights: bool = False
    """Whether the embedding of a language model is its output matrix too (Press & Wolf 2017)."""
    stem: StemKind = "none"
    """`conv`: a classifier of the regions of a picture sees them through a small convolutional
    network; `none`: each region by itself."""
    attention: AttentionKind = "none"
    """What pools (classification), looks from the decoder into the input (transduction), from each
    state back at those before it (density), or at all others (tagging: `self_attention`)."""
    coverage: bool = False
    """Whether a decoder's additive attention also sees how much it has looked at each step of the
    input so far (Tu et al. 2016; See et al. 2017); with `weighted_sum_additive` only."""
    copies: bool = False
    """Whether a decoder can also write a symbol by pointing at it in the input (See et al. 2017):
    for transductions whose input and target have symbols in common. With any attention."""
    transduction_head: HeadOfTransducer = Field(default="attention", validate_default=True)
    """What writes the symbols of a transduction. `attention`: a decoder, symbol by symbol; `ctc`:
    the encoder, at most one for each frame (Graves et al. 2006); `ctc_attention`: both, on one
    encoder (Watanabe et al. 2017)."""
    ctc_weight: CtcWeight = Field(default=DEFAULT_CTC_WEIGHT, gt=0, lt=1)
    """Share of CTC in the log-probability of `ctc_attention`, in training and in decoding; the rest
    is the decoder's."""
    pooling: PoolingKind = "last"
    """How a classifier without attention makes one vector of a sequence."""
    n_heads: HeadCount = Field(default=4, ge=1, validate_default=True)
    """Heads of `multi_head` and `self_attention`; divides `model_dim`."""
    gradient_lags: int = Field(default=0, ge=0)
    """After the fit of a density or a classifier, the norm of a loss's gradient by the state so
    many steps before is recorded, for every lag up to this one (`gradient_norm/by_lag`, the lag in
    place of the step); 0: nothing is."""
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

    @field_validator("nonlinearity")
    @classmethod
    def _of_an_elman_network(cls, value: Nonlinearity, info: Any) -> Nonlinearity:
        kind = info.data.get("kind", "elman_rnn")
        if value != "tanh" and kind != "elman_rnn":
            raise ValueError(
                f"{value!r} belongs to 'elman_rnn'; the gates of {kind!r} need tanh and sigmoid. "
                "Leave it out."
            )
        return value

    @field_validator("forget_bias")
    @classmethod
    def _of_an_lstm(cls, value: float, info: Any) -> float:
        kind = info.data.get("kind", "lstm")
        if value != DEFAULT_FORGET_BIAS and kind != "lstm":
            raise ValueError(f"{kind!r} has no forget gate; only 'lstm' has one. Leave it out.")
        return value

    @field_validator("gradient_lags")
    @classmethod
    def _in_one_direction(cls, value: int, info: Any) -> int:
        if value and info.data.get("bidirectional"):
            raise ValueError(
                f"got {value}, but states that are read from both ends have no lag; set it to 0, "
                "or bidirectional to false."
            )
        return value

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
        fitted_kind = fitted_as(task_kind)
        return (
            tying_obstacle(self.tie_weights, task_kind, input_kind)
            or self._obstacle(fitted_kind)
            or tagging_obstacle(self.tag_head, self.tag_decoding, self.optimiser, task_kind)
            or transduction_obstacle(self.transduction_head, task_kind, input_kind)
            or copy_obstacle(self.copies, task_kind, input_kind)
            or self._copying_obstacle()
            or stem_obstacle(self.stem, task_kind, input_kind)
        )

    def _obstacle(self, task_kind: FittedKind) -> str | None:
        match task_kind:
            case "density":
                return self._coverage_obstacle(task_kind) or self._density_obstacle()
            case "classification":
                return self._coverage_obstacle(task_kind)
            case "tagging":
                return self._tagging_obstacle()
            case "transduction" | "alignment":
                return self._decoder_obstacle(task_kind)
            case _:
                assert_never(task_kind)

    def _coverage_obstacle(self, task_kind: TaskKind) -> str | None:
        if not self.coverage:
            return None
        return (
            f"coverage is where a decoder has looked, and {task_kind} has no decoder; "
            "set coverage to false"
        )

    def _density_obstacle(self) -> str | None:
        if self.bidirectional:
            return (
                "a density read from both ends would have seen what it predicts; "
                "set bidirectional to false"
            )
        if self.attention == "self_attention":
            return (
                "in a recurrent density it is the recurrence that looks back; "
                "use 'softmax' or 'multi_head', or the transformer"
            )
        return None

    def _decoder_obstacle(self, task_kind: TaskKind) -> str | None:
        if self.gradient_lags:
            return (
                "gradients by lag are measured along one recurrence, and this task has an encoder "
                f"and a decoder; set gradient_lags to 0 for {task_kind}"
            )
        if task_kind == "alignment" and self.attention in ("none", "self_attention"):
            return (
                "links are read from the attention of a decoder to the input; "
                "set attention to 'softmax', 'multi_head' or a weighted sum"
            )
        if self.attention == "self_attention":
            return (
                "self-attention does not look from a decoder into an input; "
                "use 'softmax' or 'multi_head', or the transformer"
            )
        if self.bidirectional and self.attention in OF_ONE_WIDTH:
            return (
                f"attention {self.attention!r} needs queries as wide as keys, and a state of the "
                f"decoder has {self.model_dim} numbers, one of an input read from both ends "
                f"{2 * self.model_dim}; set it to 'softmax_general', which learns a matrix between "
                "the two, or bidirectional to false"
            )
        return None

    def _copying_obstacle(self) -> str | None:
        if self.copies and self.attention == "none":
            return (
                "a decoder copies what it looks at, and attention is 'none'; set attention to "
                "'softmax' or another mechanism, or copies to false"
            )
        return None

    def _tagging_obstacle(self) -> str | None:
        if self.attention not in ("none", "self_attention"):
            return (
                f"attention {self.attention!r} makes one vector of a sequence, and a tagger needs "
                "one for each step; set it to 'self_attention' or 'none'"
            )
        if self.gradient_lags:
            return (
                "gradients by lag are measured of densities and classifiers; "
                "set gradient_lags to 0 for tagging"
            )
        return None

    @property
    def mechanism(self) -> str:
        """The word for its attention in tables and tags."""
        return self.attention
