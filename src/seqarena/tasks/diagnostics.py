"""Which diagnostics are computed; those that are on by default take little time."""

from pydantic import BaseModel, ConfigDict, Field


class DiagnosticsConfig(BaseModel):
    """What is asked of the probes beyond what their maps say at once."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True
    )

    rows: bool = False
    """Whether the table has the single rows of each map beside their means."""
    gradients: bool = True
    """Whether gradients of the gold outputs are asked for: of each weight, and of each head."""
    max_steps: int = Field(512, ge=1)
    """Longest probe that the model is asked about again, for gradients and under interventions:
    memory grows with the square of it."""
    n_intervened: int = Field(4, ge=0)
    """Probes on which weights are replaced and steps are erased; 0: none."""
    n_permutations: int = Field(2, ge=0)
    """Draws of permuted weights; 0: none."""
    ablation: bool = True
    """Whether each head is taken away in turn: one pass for each."""
    n_repeated: int = Field(4, ge=0)
    """Sequences of repeated random symbols on which the heads of a density are scored; 0: none."""
    flow: bool = False
    """Whether attention flow is compared with rollout, where a probe has at most 32 steps: one
    maximum flow for each pair of steps."""
    flips: bool = False
    """Whether a classifier's weights are erased until its decision changes: one pass of as many
    copies as steps for each probe and ranking."""
    adversarial_variation: float = Field(0.0, ge=0, le=1)
    """Total variation that adversarial weights may cost; 0: none are looked for. A hundred passes
    forth and back for each layer."""
    seed: int = 0
    """Of permutations, of random rankings and of repeated symbols."""
