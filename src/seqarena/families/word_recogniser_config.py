"""Settings of the recogniser for connected words."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from seqarena.schema import TaskKind


class WordRecogniserConfig(BaseModel):
    """Word models of frames, how they follow each other, and how they are searched."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True
    )

    kind: Literal["word_recogniser"]
    """Names this family."""
    n_states: int = Field(default=8, ge=1)
    """States of each word, left to right; a word lasts at least so many frames."""
    silence_states: int = Field(default=3, ge=0)
    """States of the silence that may stand before, between and after words; 0: there is none."""
    n_components: int = Field(default=4, ge=1)
    """Diagonal Gaussians in the mixture of each state; they are grown by doubling."""
    variance_floor: float = Field(default=0.01, gt=0, lt=1)
    """Smallest variance, as a share of each dimension's variance over all training frames."""
    pseudo_count: float = Field(default=0.01, ge=0)
    """Added to the expected counts of staying, leaving, silence and no silence (a Dirichlet prior
    of 1 + this); 0 is maximum likelihood."""
    bigram_pseudo_count: float = Field(default=0.5, ge=0)
    """Added to the count of each word after each word; 0 forbids what training never said."""
    language_scale: float = Field(default=1.0, ge=0)
    """Exponent of the word-transition model in recognition; 0 ignores it."""
    insertion_penalty: float = 0.0
    """Taken from the log-probability of each word in recognition [nats]; above 0, fewer words."""

    @property
    def mechanism(self) -> str:
        """Attention mechanism: "none"."""
        return "none"

    def cannot(self, task_kind: TaskKind, input_kind: Literal["tokens", "frames"]) -> str | None:
        """Say why this configuration cannot do such a task, or return None."""
        if task_kind != "transduction":
            return "a word recogniser writes words, and this task asks for none"
        if input_kind == "tokens":
            return "a word recogniser hears frames, and this task's input is tokens"
        return None
