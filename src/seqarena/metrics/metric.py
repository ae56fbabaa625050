"""What is measured on a task, in which unit, and which way is better."""

from dataclasses import dataclass

from seqarena.schema import TaskKind


@dataclass(frozen=True)
class Metric:
    """One number about predictions on a split."""

    name: str
    """Key in metrics.json and in MLflow."""
    label: str
    """What a table's head calls it."""
    unit: str
    higher_is_better: bool


BITS_PER_STEP = Metric("bits_per_step", "bits per symbol", "bits", higher_is_better=False)
ACCURACY = Metric("accuracy", "accuracy", "share of examples", higher_is_better=True)
EXACT_MATCH = Metric("exact_match", "exact match", "share of examples", higher_is_better=True)
CHARACTER_ERROR_RATE = Metric(
    "character_error_rate",
    "character error rate",
    "edits per gold character",
    higher_is_better=False,
)

_HEADLINE: dict[TaskKind, Metric] = {
    "density": BITS_PER_STEP,
    "classification": ACCURACY,
    "transduction": EXACT_MATCH,
}


def headline_metric(task_kind: TaskKind) -> Metric:
    """Return the metric that orders the families of a task."""
    return _HEADLINE[task_kind]
