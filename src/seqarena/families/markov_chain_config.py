"""Settings of a Markov chain."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from seqarena.schema import TaskKind, fitted_as


class MarkovChainConfig(BaseModel):
    """A Markov chain: each symbol depends on the `order` symbols before it."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True
    )

    kind: Literal["markov_chain"]
    """Names this family."""
    order: int = Field(default=1, ge=0, le=7)
    """Symbols of context; 0: each symbol by itself, as often as it was seen (of items: their
    popularity; with additive smoothing a classifier of that kind is multinomial naive Bayes). What
    n-gram tools call order n has n - 1 of them."""
    smoothing: Literal["maximum_likelihood", "additive", "witten_bell", "kneser_ney"] = (
        "witten_bell"
    )
    """"maximum_likelihood": shares of the counts; what was not seen is impossible. "additive": a
    pseudo-count for every symbol after every context. "witten_bell" and "kneser_ney" (interpolated,
    modified) mix each context with the next shorter one, which makes orders above 1 usable."""
    pseudo_count: float = Field(default=0.1, ge=0)
    """Count added to every symbol after every context, with additive smoothing; 0 adds nothing."""
    min_count: int = Field(default=1, ge=1)
    """N-grams of three symbols and more that were seen fewer times are left out of the tables, and
    their share goes to the shorter context; 1 keeps all. Only where contexts are mixed."""
    n_codes: int = Field(default=32, ge=2)
    """Symbols of the k-means codebook; read only where the task's input is frames."""

    @model_validator(mode="after")
    def _only_mixed_contexts_are_pruned(self) -> "MarkovChainConfig":
        if self.min_count > 1 and self.smoothing not in ("witten_bell", "kneser_ney"):
            raise ValueError(
                f"min_count {self.min_count} needs a shorter context to fall back on, which "
                f"smoothing {self.smoothing!r} does not have; take witten_bell or kneser_ney."
            )
        return self

    @property
    def mechanism(self) -> str:
        """Attention mechanism: "none"."""
        return "none"

    def cannot(self, task_kind: TaskKind, input_kind: Literal["tokens", "frames"]) -> str | None:
        """Say why this configuration cannot do such a task, or return None."""
        if task_kind == "alignment":
            return "a Markov chain gives probabilities of sequences; it links none"
        if task_kind == "tagging":
            return "a Markov chain gives probabilities of sequences; it tags no steps"
        if task_kind == "transduction":
            return "a Markov chain gives probabilities of sequences; it writes none"
        if fitted_as(task_kind) == "density" and input_kind == "frames":
            return "a Markov chain sees frames as codes, whose probability is no density of frames"
        return None
