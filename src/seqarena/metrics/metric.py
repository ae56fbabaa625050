"""What is measured on a task, in which unit, and which way is better."""

from dataclasses import dataclass

from seqarena.schema import TargetUnit, TaskKind


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
WORD_ERROR_RATE = Metric(
    "word_error_rate", "word error rate", "edits per gold word", higher_is_better=False
)
BITS_PER_EXAMPLE = Metric("bits_per_example", "bits per label", "bits", higher_is_better=False)
MACRO_F1 = Metric("macro_f1", "macro F1", "share", higher_is_better=True)
BRIER = Metric("brier", "Brier score", "squared distance, 0 to 2", higher_is_better=False)
BITS_PER_TARGET_SYMBOL = Metric(
    "bits_per_target_symbol", "bits per target symbol", "bits", higher_is_better=False
)

_HEADLINE: dict[TaskKind, Metric] = {
    "density": BITS_PER_STEP,
    "classification": ACCURACY,
    "transduction": EXACT_MATCH,
}


def headline_metric(task_kind: TaskKind, target_unit: TargetUnit = "character") -> Metric:
    """Return the metric that orders the families of a task.

    Of transductions into characters whole outputs are counted, of those into words the words.
    """
    if task_kind == "transduction" and target_unit == "word":
        return WORD_ERROR_RATE
    return _HEADLINE[task_kind]


_FURTHER: dict[TaskKind, tuple[Metric, ...]] = {
    "density": (),
    "classification": (BITS_PER_EXAMPLE, MACRO_F1, BRIER),
    "transduction": (CHARACTER_ERROR_RATE, BITS_PER_TARGET_SYMBOL),
}


def further_metrics(
    task_kind: TaskKind, target_unit: TargetUnit = "character"
) -> tuple[Metric, ...]:
    """Return what else is measured on a task, the most telling first."""
    if task_kind == "transduction" and target_unit == "word":
        return (EXACT_MATCH, BITS_PER_TARGET_SYMBOL)
    return _FURTHER[task_kind]
