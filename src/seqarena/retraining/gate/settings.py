"""The bounds of the gate, as `params.yaml` sets them under `retraining.NAME.gate`."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

_CONFIG = ConfigDict(frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True)

TestSet = Literal["old", "new", "both"]
"""The champion's test data, that of the new data version, or every example of either."""


class DataRules(BaseModel):
    """What new data must be, before anything is fitted to it."""

    model_config = _CONFIG

    same_test_policy: bool = True
    """Whether the rules by which data is split and guarded must be those of the champion."""
    new_labels: Literal["refuse", "allow"] = "refuse"
    """What to do with a label or tag that the champion never saw."""
    min_new_examples: int = Field(default=1, ge=0)
    """Examples that the champion never saw, in all splits together; 0: any number."""
    min_kept_share: float = Field(default=0.9, ge=0, le=1)
    """Share of the champion's examples that are still there. Fewer are taken for a truncated
    source; 0 suits a window of time that moves on."""
    max_duplicate_share: float = Field(default=0.2, ge=0, le=1)
    """Share of the new examples whose input was there before, or stands among them twice."""
    max_length_drift: float = Field(default=0.25, ge=0, le=1)
    """Largest Kolmogorov–Smirnov distance of the lengths of new examples from the champion's."""
    max_symbol_drift: float = Field(default=0.1, ge=0, le=1)
    """Largest Jensen–Shannon divergence of the symbols' shares [bits]; unknown ones are a symbol.
    """
    max_feature_drift: float = Field(default=0.25, ge=0, le=1)
    """Largest Kolmogorov–Smirnov distance over the dimensions of frames."""
    max_label_shift: float = Field(default=0.2, ge=0, le=1)
    """Largest total variation of the labels' (or tags') shares."""
    significance: float = Field(default=0.01, gt=0, lt=1)
    """A drift counts when it exceeds its bound and chance would make one as large (or larger) this
    rarely."""


class GateConfig(BaseModel):
    """What a challenger must be."""

    model_config = _CONFIG

    judged_on: TestSet = "both"
    """The test examples on which it must be better than the champion."""
    min_gain: float = 0.0
    """What the lower end of the interval of its gain must exceed, in the unit of the task's metric.
    0: it is better, and not by luck. Below 0: it may be that much worse, so that models stay fresh.
    """
    confidence: float = Field(default=0.95, gt=0.5, lt=1)
    """Of that interval."""
    max_slice_loss: float | None = Field(default=0.1, ge=0)
    """By how much any slice (a label, a third of the lengths, a test set, the task's own slices)
    may be worse than under the champion; None: any."""
    min_slice_examples: int = Field(default=20, ge=1)
    """A slice with fewer examples is shown, and not judged."""
    min_test_examples: int = Field(default=50, ge=1)
    """Test examples that both can be judged on."""
    max_calibration_loss: float | None = Field(default=0.05, ge=0)
    """By how much its expected calibration error may exceed the champion's (classification); None:
    by anything."""
    max_calibration_error: float | None = Field(default=None, gt=0, le=1)
    """The most that error may be; None: anything."""
    max_parameters: int | None = Field(default=None, ge=1)
    """Free parameters; None: any number."""
    max_training_flops: float | None = Field(default=None, gt=0)
    """Floating-point operations of its fit; None: any number."""
    max_fit_seconds: float | None = Field(default=None, gt=0)
    """Wall time of its fit [s]; None: any."""
    max_latency_ms: float | None = Field(default=None, gt=0)
    """Median time of an answer to one example on this machine [ms]; None: any."""
