"""How much is asked about the influence of single steps; the same for every family of a task."""

from pydantic import BaseModel, ConfigDict, Field

N_DRAWS = 8
EXACT_UP_TO = 16


class InfluenceConfig(BaseModel):
    """Each step of a probe is replaced, and the model asked again: a price worth a word.

    A probe of T steps costs T · `n_draws` inputs of T steps (T · symbols, where all are tried),
    and 64 with all steps replaced.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True
    )

    n_probes: int = Field(default=6, ge=0)
    """Probes, the first ones, of which influence is measured; 0: of none."""
    n_draws: int = Field(default=N_DRAWS, ge=1)
    """Symbols or frames of training that are put in the place of each step, one after the other."""
    exact_up_to: int = Field(default=EXACT_UP_TO, ge=0)
    """Largest alphabet of which every symbol is tried, weighted by its share of training."""
    seed: int = Field(default=0, ge=0)
    """Of the draws: they are the same for every family."""
    max_steps: int = Field(default=50_000, ge=1)
    """Steps of all inputs with a step replaced, or all, and of their targets; forgetting a step and
    Shapley values come on top. Beyond it a density is asked about the first steps of each probe
    alone, which is exact for them; any other about fewer probes."""
    n_shapley: int = Field(default=0, ge=0)
    """Outputs, the ones that single steps explain least, whose influence is shared out over the
    nearest 16 steps by Shapley values. 0: of none, as each takes thousands of inputs; the manifest
    says how many outputs single steps do not explain, and with them whether it is worth that."""
