"""Settings of the statistical word aligners."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from seqarena.inference.alignment_symmetry import Symmetrisation
from seqarena.schema import TaskKind

AlignerModel = Literal["ibm_1", "ibm_2", "hmm"]


class AlignerConfig(BaseModel):
    """A word aligner: where a link may go, given the links before it."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True
    )

    kind: Literal["aligner"]
    """Names this family."""
    model: AlignerModel = "hmm"
    """"ibm_1": anywhere. "ibm_2": near the diagonal, by learned weights of each distance from it.
    "hmm": by learned weights of each distance from the link before."""
    symmetrisation: Symmetrisation = "none"
    """How the links of both directions become one set; "none" trains source to target alone."""
    ibm_1_passes: int = Field(default=5, ge=0)
    """Passes of IBM model 1 before model 2 or the HMM takes over its translation table; they count
    in the task's `max_em_epochs`, of which one is always left. 0 starts from uniform tables."""
    p_null: float = Field(default=0.1, gt=0, lt=1)
    """Probability that a target word comes from no source word; it is not learned."""
    max_jump: int = Field(default=20, ge=1)
    """Widest distance with a weight of its own [source words]; wider ones share the widest's."""
    pseudo_count: float = Field(default=1e-3, ge=0)
    """Added to the expected links of every two words of the alphabets and to those of every
    distance (a Dirichlet prior of 1 + this); 0 is maximum likelihood, in which rare source words
    collect what nothing else explains, and a new pair of words is impossible."""

    @property
    def mechanism(self) -> str:
        """Attention mechanism: "none"."""
        return "none"

    def plan(self, n_passes: int) -> list[tuple[AlignerModel, int]]:
        """Return the models that a fit of so many passes goes through, and the passes of each."""
        n_first = min(self.ibm_1_passes, n_passes - 1)
        if self.model == "ibm_1" or n_first == 0:
            return [(self.model, n_passes)]
        return [("ibm_1", n_first), (self.model, n_passes - n_first)]

    def cannot(self, task_kind: TaskKind, input_kind: Literal["tokens", "frames"]) -> str | None:
        """Say why this configuration cannot do such a task, or return None."""
        if task_kind != "alignment":
            return f"an aligner links the words of sentence pairs; it does no {task_kind}"
        if input_kind == "frames":
            return "an aligner links words, and this task's input is frames"
        return None
