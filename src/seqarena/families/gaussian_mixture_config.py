"""Settings of a mixture of Gaussians."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from seqarena.families.statistics_fit import require_own_engine
from seqarena.fitting.protocols import StepwiseConfig
from seqarena.inference.gaussian_fit import Shape
from seqarena.schema import TaskKind


class GaussianMixtureConfig(BaseModel):
    """A mixture of Gaussians over frames, in any order."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True
    )

    kind: Literal["gaussian_mixture"]
    """Names this family."""
    n_components: int = Field(default=4, ge=1)
    """Gaussians in the mixture; in a classifier, of each class."""
    covariance: Shape = "diagonal"
    """Shape of each Gaussian: "spherical" (one variance), "diagonal" (one for each dimension),
    "tied" (one matrix that all share) or "full" (a matrix each)."""
    start: Literal["k_means", "random"] = "k_means"
    """Where EM starts: at k-means++ clusters, or at random frames with the variance of all."""
    deltas: Literal[0, 1, 2] = 0
    """Slopes that are added to each frame over a window of 5: none, first, or first and second.
    Only a classifier may have them."""
    variance_floor: float = Field(default=0.01, gt=0, lt=1)
    """Smallest variance, as a share of each dimension's variance over all training frames."""
    precision: Literal["float32", "float64"] = "float32"
    """Arithmetic of the E-step; chunks are always added up in 64 bits. "float32" is about twice as
    fast, and parameters agree to about 1e-4. It gives way to 64 bits by itself where more than 2e-4
    nats of a frame's log-density could be lost (very narrow components), and for batches of fewer
    than 4096 frames, where it would save nothing."""
    engine: Literal["seqarena", "scikit-learn"] = "seqarena"
    """Who runs the EM iterations; start, objective and stored parameters are the same."""
    stepwise: StepwiseConfig | None = None
    """Stepwise (online) EM: parameters are set after every mini-batch. None: batch EM."""

    @model_validator(mode="after")
    def _stepwise_is_ours(self) -> "GaussianMixtureConfig":
        require_own_engine(self.stepwise, self.engine)
        return self

    @property
    def mechanism(self) -> str:
        """Attention mechanism: "none"."""
        return "none"

    def cannot(self, task_kind: TaskKind, input_kind: Literal["tokens", "frames"]) -> str | None:
        """Say why this configuration cannot do such a task, or return None."""
        if task_kind == "alignment":
            return "a Gaussian mixture gives densities of frames; it links no words"
        if task_kind == "tagging":
            return "a Gaussian mixture gives densities of frames; it tags no steps"
        if task_kind == "transduction":
            return "a Gaussian mixture gives densities of frames; it writes no output sequence"
        if input_kind == "tokens":
            return "a Gaussian mixture is a density of frames, and this task's input is tokens"
        if task_kind == "density" and self.deltas:
            return (
                "the density of frames together with their slopes is none of the frames, and "
                "comparable with nothing; set deltas: 0"
            )
        return None
