"""Settings of the hidden Markov family, and which of them go together."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from seqarena.families.hidden_markov_topology import Topology, topology_mistakes
from seqarena.families.statistics_fit import require_own_engine
from seqarena.families.tag_choice import DEFAULT_DECODING, TagDecoding, decoding_obstacle
from seqarena.fitting.protocols import StepwiseConfig
from seqarena.inference.gaussian_fit import Shape
from seqarena.schema import TaskKind


class HiddenMarkovConfig(BaseModel):
    """A hidden Markov model: which states there are, what they emit, who fits it."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True
    )

    kind: Literal["hidden_markov"]
    """Names this family."""
    n_states: int = Field(default=8, ge=1)
    """Hidden states; in a classifier, of each class. A tagger has one for each tag."""
    emission: Literal["auto", "categorical", "gaussian", "bernoulli", "poisson"] = "auto"
    """What a state emits. "auto": symbols where the input is tokens; where it is frames, Bernoulli
    if the task says that they are binary, Poisson if counts, and else Gaussian."""
    n_components: int = Field(default=1, ge=1)
    """Parts of the mixture that each state emits frames from; 1 is no mixture."""
    covariance: Shape = "diagonal"
    """Shape of each Gaussian: "spherical" (one variance), "diagonal" (one for each dimension),
    "tied" (one matrix that all share) or "full" (a matrix each)."""
    topology: Topology = "ergodic"
    """"ergodic": every state follows every state. "left_to_right": a path starts in the first
    state, and stays or moves on by at most `band_width`. "banded": it starts anywhere, and stays or
    moves by at most `band_width` either way. All other transitions are exactly zero."""
    band_width: int = Field(default=1, ge=1)
    """Longest move of a path that is left-to-right or banded [states]."""
    forbidden_moves: tuple[Annotated[tuple[int, int], Field(strict=False)], ...] = Field(
        default=(), strict=False
    )
    """Pairs [from, to] of states that are taken away from the topology; exactly zero for ever."""
    pseudo_count: float = Field(default=0.01, ge=0)
    """Added to every expected start, transition, symbol, mixture and 0-or-1 count (a Dirichlet or
    Beta prior of 1 + this), and that many average frames to each Poisson; 0 is maximum likelihood,
    which may call a new sequence impossible."""
    variance_floor: float = Field(default=0.01, gt=0, lt=1)
    """Smallest variance, as a share of each dimension's variance over all training frames."""
    precision: Literal["float32", "float64"] = "float32"
    """Arithmetic of the recursions in fitting; sums are always in 64 bits. "float32" rounds the
    statistics at about 1e-7, and does a sequence that it cannot follow again in 64 bits. A little
    data of one start, categorical or Gaussian (`inference.few_steps`), is done in 64 bits whatever
    this says."""
    n_restarts: int = Field(default=1, ge=1)
    """Starts that are fitted side by side; the one with the highest objective is kept."""
    engine: Literal["seqarena", "hmmlearn"] = "seqarena"
    """Who runs the EM iterations; start, objective and stored parameters are the same."""
    stepwise: StepwiseConfig | None = None
    """Stepwise (online) EM: parameters are set after every mini-batch. None: batch EM."""

    tag_decoding: TagDecoding = DEFAULT_DECODING
    """How a tagger chooses: the most probable tag of each step (`posterior`), which makes as many
    right as can be expected; or the most probable tags of the whole sequence (`viterbi`)."""

    @model_validator(mode="after")
    def _is_possible(self) -> "HiddenMarkovConfig":
        require_own_engine(self.stepwise, self.engine)
        mistakes = topology_mistakes(
            self.n_states, self.topology, self.band_width, self.forbidden_moves
        )
        obstacle = self.engine_obstacle(self.emission)
        if obstacle is not None:
            mistakes.append(f"engine: hmmlearn cannot do this: {obstacle}.")
        if mistakes:
            raise ValueError(" ".join(mistakes))
        return self

    @property
    def mechanism(self) -> str:
        """Attention mechanism: "none"."""
        return "none"

    def engine_obstacle(self, emission: str) -> str | None:
        """Say why hmmlearn cannot fit states that emit so, or return None."""
        if self.engine != "hmmlearn":
            return None
        if emission == "bernoulli":
            return "it has no Bernoulli emission; set engine: seqarena"
        if emission == "poisson" and self.n_components > 1:
            return "it has mixtures of Gaussians only; set n_components: 1, or engine: seqarena"
        if emission == "poisson" and self.pseudo_count > 0:
            return (
                "its Poisson M-step weighs the prior by the frames of all states together; "
                "set pseudo_count: 0, or engine: seqarena"
            )
        if self.covariance == "tied" and self.n_components > 1:
            return (
                "its mixtures tie the covariances of each state, and ours those of all states; "
                "set another covariance, or engine: seqarena"
            )
        if self.n_restarts > 1:
            return "it fits one start at a time; set n_restarts: 1, or engine: seqarena"
        return None

    def cannot(self, task_kind: TaskKind, input_kind: Literal["tokens", "frames"]) -> str | None:
        """Say why this configuration cannot do such a task, or return None."""
        if task_kind == "alignment":
            return "its states are no words of another sequence; family aligner has model: hmm"
        if task_kind == "transduction":
            return "a hidden Markov model gives probabilities of sequences; it writes none"
        if task_kind == "tagging" and (reason := self._tagging_obstacle()):
            return reason
        if reason := decoding_obstacle(self.tag_decoding, task_kind):
            return reason
        if self.emission == "categorical" and input_kind == "frames":
            return "emission: categorical needs tokens, and the input is frames; set emission: auto"
        if self.emission not in ("auto", "categorical") and input_kind == "tokens":
            return (
                f"emission: {self.emission} needs frames, and the input is tokens; "
                "set emission: auto"
            )
        if self.n_components > 1 and input_kind == "tokens":
            return "n_components: a mixture of symbols is again one distribution; set it to 1"
        return None

    def _tagging_obstacle(self) -> str | None:
        """Say which of the settings contradicts counting, or return None."""
        knobs = {
            "n_states": "there is a state for each tag",
            "topology": "which tags follow each other is counted",
            "forbidden_moves": "which tags follow each other is counted",
            "n_components": "the tags do not say which component a frame came from",
            "n_restarts": "counting has one result",
            "engine": "hmmlearn iterates EM, and tags are counted",
            "stepwise": "one pass of counting is exact",
        }
        fields = type(self).model_fields
        for knob, why in knobs.items():
            if getattr(self, knob) != fields[knob].default:
                return f"{knob}: a tagger's states are the tags, and {why}; leave it out"
        return None
