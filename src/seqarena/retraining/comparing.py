"""Two tables of answers to the same examples: gains with their intervals, slice by slice."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from jaxtyping import Int

from seqarena.data.manifest import Manifest
from seqarena.evaluation.example_statistics import Statistic, example_sums, statistic_of
from seqarena.metrics.metric import Metric, headline_metric
from seqarena.retraining.gate.comparison import Gain, SliceScore
from seqarena.retraining.gate.settings import TestSet
from seqarena.retraining.shared_examples import SharedExamples
from seqarena.significance.estimate import Unknown
from seqarena.significance.examples import compare_examples
from seqarena.significance.statistics import ExampleStatistics

Rows = Int[np.ndarray, "_"]

_SETS: tuple[TestSet, ...] = ("old", "new", "both")
_MOST_LABELS = 50


@dataclass(frozen=True)
class Answers:
    """What a model answered, and the data version by which it numbers labels and symbols."""

    predictions: pa.Table
    manifest: Manifest

    @property
    def metric(self) -> Metric:
        """The headline of the task."""
        return headline_metric(self.manifest.schema)

    def score(self, rows: Rows) -> float:
        """Return that metric of some examples."""
        return self._statistic.of(self.predictions.take(pa.array(rows)))

    def sums(self, rows: Rows) -> ExampleStatistics:
        """Return what each of some examples adds to the metric."""
        ids, parts = example_sums(self.predictions.take(pa.array(rows)), self._statistic)
        higher = self.metric.higher_is_better
        return ExampleStatistics(parts[None], self._statistic.score, higher, ids)

    @property
    def _statistic(self) -> Statistic:
        return statistic_of(self.metric, self.manifest.schema)


def gains(
    challenger: Answers, champion: Answers, shared: SharedExamples, confidence: float
) -> dict[TestSet, Gain]:
    """Return the gain on every test set that has examples."""
    rows = {each: shared.rows(each) for each in _SETS}
    return {
        each: _gain(challenger, champion, own, confidence) for each, own in rows.items() if len(own)
    }


def slice_scores(
    challenger: Answers, champion: Answers, shared: SharedExamples
) -> list[SliceScore]:
    """Return both models' scores on labels, thirds of the lengths, test sets and own slices."""
    sign = 1 if challenger.metric.higher_is_better else -1
    return [
        SliceScore(
            name,
            len(rows),
            finite(ours := challenger.score(rows)),
            finite(theirs := champion.score(rows)),
            finite(_gap(sign, ours, theirs)),
        )
        for name, rows in _slices(challenger, shared)
        if len(rows)
    ]


def finite(value: float) -> float | None:
    """Return None for what JSON cannot hold."""
    return value if math.isfinite(value) else None


def _gain(challenger: Answers, champion: Answers, rows: Rows, confidence: float) -> Gain:
    found = compare_examples(
        challenger.sums(rows),
        champion.sums(rows),
        confidence=confidence,
        names=("challenger", "champion"),
    )
    ours, theirs = found.means
    interval = found.of_fits
    return Gain(
        metric=challenger.metric.label,
        unit=challenger.metric.unit,
        challenger=finite(ours),
        champion=finite(theirs),
        gain=None if found.value is None else finite(found.value),
        low=None if isinstance(interval, Unknown) else interval.low,
        high=None if isinstance(interval, Unknown) else interval.high,
        p_value=None if isinstance(interval, Unknown) else interval.p_value,
        n_examples=found.n_examples,
        why_unknown=interval.sentence if isinstance(interval, Unknown) else "",
    )


def _gap(sign: int, ours: float, theirs: float) -> float:
    """Return by how much ours is better; two impossible answers are as bad as each other."""
    return 0.0 if ours == theirs else sign * (ours - theirs)


def _slices(answers: Answers, shared: SharedExamples) -> Iterator[tuple[str, Rows]]:
    for test_set in ("old", "new"):
        yield f"test set {test_set}", shared.rows(test_set)
    yield from _by_label(answers)
    yield from _by_length(shared.lengths)
    name, table = answers.manifest.schema.slice_name, answers.predictions
    if name is not None and "slice" in table.column_names:
        values = table["slice"].to_numpy()
        for value in np.unique(values).tolist():
            yield f"{name} {value}", np.flatnonzero(values == value)


def _by_label(answers: Answers) -> Iterator[tuple[str, Rows]]:
    if answers.manifest.schema.task_kind != "classification":
        return
    labels = answers.predictions["label"].to_numpy()
    found = np.unique(labels).tolist()
    names = answers.manifest.class_names
    for label in found if len(found) <= _MOST_LABELS else ():
        name = names[label] if names is not None else str(label)
        yield f"label {name}", np.flatnonzero(labels == label)


def _by_length(lengths: Rows) -> Iterator[tuple[str, Rows]]:
    low, high = (int(each) for each in np.quantile(lengths, [1 / 3, 2 / 3]))
    if low == high:
        return
    yield f"length up to {low}", np.flatnonzero(lengths <= low)
    yield f"length {low + 1} to {high}", np.flatnonzero((lengths > low) & (lengths <= high))
    yield f"length above {high}", np.flatnonzero(lengths > high)
