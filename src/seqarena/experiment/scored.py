"""An experiment's scores as a judge needs them: example by example, seed by seed, under a stamp.

Whatever is wrong with them is a reason in words that goes into the report, never a silent gap.
"""

import json
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from jaxtyping import Float

from seqarena.errors import ArtifactError, DataError
from seqarena.evaluation.example_statistics import Statistic, example_sums, statistic_of
from seqarena.evaluation.predictions import read_predictions
from seqarena.evaluation.stamp import Stamp
from seqarena.metrics.metric import Metric
from seqarena.schema import DataSchema

_TOLERANCE = 1e-5


@dataclass(frozen=True)
class Scored:
    """One experiment under one metric."""

    experiment: str
    n_asked: int
    """Seeds that params.yaml asks for."""
    stamp: Stamp | None = None
    """None: it left none."""
    seeds: tuple[int, ...] = ()
    """Those with scores of their examples, infinite ones among them."""
    scores: tuple[float, ...] = ()
    """The metric of each of these seeds."""
    ids: tuple[str, ...] = ()
    """Of the test examples."""
    sums: Float[np.ndarray, "seeds examples parts"] = field(
        default_factory=lambda: np.zeros((0, 0, 1))
    )
    """What each example adds to the sums that the metric is computed from."""
    troubles: tuple[str, ...] = ()
    """What is missing or wrong, a sentence each."""
    refused: str = ""
    """Why its numbers may stand beside no others, even though there are some."""

    @property
    def n_infinite(self) -> int:
        """Seeds that called something impossible that happened."""
        return sum(math.isinf(score) for score in self.scores)

    @property
    def is_finite(self) -> bool:
        """Whether there is a seed, and every one of them has a finite score."""
        return bool(self.scores) and all(map(math.isfinite, self.scores))


@dataclass(frozen=True)
class SeedScores:
    """One seed of an experiment under one metric."""

    seed: int
    score: float
    ids: tuple[str, ...]
    sums: Float[np.ndarray, "examples parts"]


@dataclass(frozen=True)
class Measure:
    """By what an experiment is judged."""

    metric: Metric
    schema: DataSchema

    @property
    def statistic(self) -> Statistic:
        """How the metric follows from examples."""
        return statistic_of(self.metric, self.schema)


def read_scored(name: str, seeds: tuple[int, ...], folder: Path, measure: Measure) -> Scored:
    """Read the predictions of every seed of an experiment, and hold them to its metrics.json.

    Nothing raises: an experiment that is missing, or of which something is wrong, says so in its
    `troubles`; one whose numbers cannot be trusted or placed is `refused`.

    Args:
        name: of the experiment.
        seeds: that are asked for.
        folder: `runs/<experiment>`.
        measure: the metric that decides.
    """
    try:
        summary = read_summary(folder)
    except ArtifactError as error:
        return Scored(name, len(seeds), troubles=(str(error),))
    try:
        stamp = Stamp.from_dict(summary.get("protocol"), str(folder / "metrics.json"))
        found, troubles = _read_seeds(seeds, summary, folder, measure)
    except ArtifactError as error:
        return Scored(name, len(seeds), refused=str(error))
    return joined(Scored(name, len(seeds), stamp, troubles=tuple(troubles)), found)


def _read_seeds(
    seeds: tuple[int, ...], summary: dict[str, Any], folder: Path, measure: Measure
) -> tuple[list[SeedScores], list[str]]:
    """Return the seeds that can be read, and what is wrong with the others.

    Raises:
        ArtifactError: predictions and metrics.json contradict each other.
    """
    found, troubles = [], []
    for seed in seeds:
        try:
            own = _read_seed(seed, summary, folder, measure)
        except (ArtifactError, DataError) as error:
            troubles.append(f"seed {seed}: {error}")
            continue
        _refuse_difference(own, summary["seeds"][str(seed)], folder, measure.metric)
        found.append(own)
    return found, troubles


def read_summary(folder: Path) -> dict[str, Any]:
    """Read the metrics.json of an experiment.

    Raises:
        ArtifactError: it is missing, or is no JSON.
    """
    path = folder / "metrics.json"
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ArtifactError(
            f"{path}: missing; params.yaml lists this experiment, so train and evaluate it first "
            "(`dvc repro`)."
        ) from None
    except ValueError as error:
        raise ArtifactError(
            f"{path}: is no JSON ({error}); evaluate the experiment again."
        ) from None
    return content


def why_no_score(seed: int, summary: dict[str, Any], folder: Path) -> str:
    """Say why metrics.json holds no score of a seed."""
    if message := summary.get("diverged", {}).get(str(seed)):
        return f"diverged: {message}"
    path = folder / "metrics.json"
    return f"{path}: holds no such seed; evaluate the experiment again (`dvc repro`)."


def seed_of(predictions: pa.Table, seed: int, measure: Measure) -> SeedScores:
    """Return what the examples of one seed add to its metric.

    Raises:
        DataError: the metric is not a number.
    """
    statistic = measure.statistic
    ids, sums = example_sums(predictions, statistic)
    score = statistic.total(sums)
    if math.isnan(score):
        raise DataError(
            f"{measure.metric.name} is not a number (NaN) on its {len(ids)} examples; look for "
            "examples without anything to score."
        )
    return SeedScores(seed, score, ids, sums)


def _read_seed(seed: int, summary: dict[str, Any], folder: Path, measure: Measure) -> SeedScores:
    if str(seed) not in summary["seeds"]:
        raise ArtifactError(why_no_score(seed, summary, folder))
    return seed_of(read_predictions(folder / "evaluation" / f"seed-{seed}"), seed, measure)


def _refuse_difference(
    found: SeedScores, told: dict[str, float | None], folder: Path, metric: Metric
) -> None:
    """Refuse predictions that do not give the number in metrics.json, where infinite is None."""
    value = told.get(metric.name)
    if value is None and math.isinf(found.score):
        return
    if value is None or not math.isclose(value, found.score, rel_tol=_TOLERANCE, abs_tol=1e-9):
        raise ArtifactError(
            f"{folder / 'metrics.json'}: says {metric.name} {value}, and the predictions beside it "
            f"give {found.score:.6f}; evaluate the experiment again."
        )


def joined(scored: Scored, found: list[SeedScores]) -> Scored:
    """Return the experiment with its seeds, which must have been asked about the same examples."""
    if not found:
        return scored
    first = found[0]
    same = [each for each in found if each.ids == first.ids and each.sums.shape == first.sums.shape]
    strange = [
        f"seed {each.seed}: {difference_of_examples(each.ids, first.ids)} of seed {first.seed}; "
        "evaluate the experiment again."
        for each in found
        if each not in same
    ]
    return Scored(
        scored.experiment,
        scored.n_asked,
        scored.stamp,
        seeds=tuple(each.seed for each in same),
        scores=tuple(each.score for each in same),
        ids=first.ids,
        sums=np.stack([each.sums for each in same]),
        troubles=(*scored.troubles, *strange),
    )


def difference_of_examples(one: tuple[str, ...], other: tuple[str, ...]) -> str:
    """Say how two sets of examples differ, to be followed by whose the second is."""
    lacking, extra = set(other) - set(one), set(one) - set(other)
    if not lacking and not extra:
        return f"its {len(one)} examples stand in another order than those"
    example = min(lacking or extra)
    return (
        f"its {len(one)} examples are not the {len(other)}: {len(lacking)} are missing and "
        f"{len(extra)} are others (such as {example!r}) than those"
    )
