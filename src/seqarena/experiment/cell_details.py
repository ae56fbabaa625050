"""What the report draws of an experiment, read from its journals and its per-example scores."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from seqarena.evaluation.parts_of_test import ExampleGroup, groups_of_test
from seqarena.evaluation.predictions import read_predictions
from seqarena.experiment.scored import Measure
from seqarena.metrics.reliability import reliability_bins
from seqarena.reporting.details import Curve, Details, Reliability, SliceScore
from seqarena.seeds import numpy_generator
from seqarena.significance.calibration import calibration_band
from seqarena.tracking.courses import course_of

_MOST_POINTS = 100
_VALID_LOSS = "valid/loss"
_LOSSES = "losses are "


def details_of(folder: Path, seeds: Sequence[int], measure: Measure) -> Details:
    """Read the curves of every seed, and what its per-example scores say.

    Args:
        folder: of the experiment, below `runs`.
        seeds: those that finished, one at least.
        measure: by what its examples are judged.

    Raises:
        ArtifactError: a file is missing or altered.
    """
    predictions = [read_predictions(folder / "evaluation" / f"seed-{seed}") for seed in seeds]
    fits = [folder / "fit" / f"seed-{seed}" for seed in seeds]
    curves = [_curve(fit / "journal.jsonl", seed) for fit, seed in zip(fits, seeds, strict=True)]
    return Details(
        loss=_loss(fits[0] / "report.json"),
        curves=tuple(curve for curve in curves if curve.losses),
        reliability=_reliability(predictions[0], seeds[0]),
        slices=_slices(
            [groups_of_test(each, measure.metric, measure.schema) for each in predictions]
        ),
    )


def _curve(journal: Path, seed: int) -> Curve:
    """Return the validation losses, thinned where there are very many."""
    course = course_of(journal, _VALID_LOSS)
    n = len(course.steps)
    chosen = np.unique(np.linspace(0, n - 1, min(n, _MOST_POINTS)).round().astype(int))
    return Curve(
        seed,
        epochs=tuple(course.steps[at] + 1 for at in chosen),
        seconds=tuple(course.seconds[at] for at in chosen),
        losses=tuple(course.values[at] for at in chosen),
    )


def _loss(report: Path) -> str:
    """Return what the losses of a fit are, as its report says where they are not the task's own."""
    notes = json.loads(report.read_text(encoding="utf-8")).get("notes", [])
    told = [note for note in notes if note.startswith(_LOSSES)]
    return told[0].removeprefix(_LOSSES) if told else ""


def _reliability(predictions: pa.Table, seed: int) -> Reliability | None:
    if "class_log_prob" not in predictions.column_names:
        return None
    log_prob = np.stack(predictions["class_log_prob"].to_numpy(zero_copy_only=False))
    confidence = np.exp(log_prob.astype(np.float64).max(axis=1)).clip(0.0, 1.0)
    is_right = predictions["label"].to_numpy() == predictions["predicted"].to_numpy()
    bins = reliability_bins(confidence, is_right, numpy_generator(seed, "reliability"))
    return Reliability(seed, bins, calibration_band(confidence, is_right, seed=seed))


def _slices(seeds: Sequence[tuple[ExampleGroup, ...]]) -> tuple[SliceScore, ...]:
    """Set the seeds side by side: their groups are the same, for they follow from the examples."""
    return tuple(
        SliceScore(
            by=groups[0].by,
            label=groups[0].label,
            low=groups[0].low,
            high=groups[0].high,
            n_examples=groups[0].n_examples,
            values=tuple(group.value for group in groups),
        )
        for groups in zip(*seeds, strict=True)
    )
