"""One fitted model, judged on the test split of its task."""

from dataclasses import dataclass

import pyarrow as pa

from seqarena.batch import Sequences
from seqarena.data.candidates import Candidates
from seqarena.data.manifest import BestPossible
from seqarena.errors import DataError
from seqarena.evaluation.gold import Gold
from seqarena.evaluation.looking import looking_metrics, with_looking
from seqarena.evaluation.predictions import Metrics, metrics_of
from seqarena.evaluation.recommendation import score_recommender
from seqarena.evaluation.scoring import (
    score_aligner,
    score_classifier,
    score_density,
    score_tagger,
    score_transducer,
)
from seqarena.evaluation.slices import sliced_metrics, with_slices
from seqarena.evaluation.strata import with_strata
from seqarena.evaluation.texts import with_texts
from seqarena.families.family import (
    AlignerFamily,
    ClassifierFamily,
    DensityFamily,
    RecommenderFamily,
    TaggerFamily,
    TransducerFamily,
)
from seqarena.metrics.metric import headline_metric
from seqarena.schema import DataSchema

_STANDARD_ERRORS = 3.0


@dataclass(frozen=True)
class Evaluation:
    """Per-example scores of one model (one seed), and the numbers that follow from them."""

    predictions: pa.Table
    metrics: Metrics
    flags: tuple[str, ...]
    """What makes the numbers doubtful, in words; empty when nothing does."""


def evaluate_model(
    model: object,
    test: Sequences,
    schema: DataSchema,
    best_possible: BestPossible | None = None,
    batch_size: int = 64,
    gold: Gold | None = None,
) -> Evaluation:
    """Score `model` on every example of `test`, in evaluation mode and without gradients.

    Every number of `metrics` is computed from `predictions` alone.

    Raises:
        DataError: the model cannot do what the task asks, or the split lacks what it is judged by:
            labels, targets or links.
        ConvergenceError: the model answers with something that is not a probability.
    """
    gold = gold or Gold()
    predictions = with_texts(_score(model, test, schema, batch_size, gold), gold.writing)
    if schema.task_kind == "classification" and gold.links is not None:
        predictions = with_looking(predictions, model, test, gold.links, batch_size)
    metrics = {**metrics_of(predictions, schema), **looking_metrics(predictions)}
    if gold.slices is not None:
        predictions = with_slices(predictions, gold.slices)
        metrics |= sliced_metrics(predictions, schema)
    if gold.train is not None:
        predictions = with_strata(predictions, test, gold.train, schema)
    flags = (*_impossible(predictions, metrics), *_too_good(metrics, schema, best_possible))
    return Evaluation(predictions, metrics, flags)


def _score(
    model: object, test: Sequences, schema: DataSchema, batch_size: int, gold: Gold
) -> pa.Table:
    match schema.task_kind:
        case "density" if isinstance(model, DensityFamily):
            return score_density(model, test, batch_size)
        case "classification" if isinstance(model, ClassifierFamily):
            return score_classifier(model, test, batch_size)
        case "tagging" if isinstance(model, TaggerFamily):
            return score_tagger(model, test, batch_size)
        case "transduction" if isinstance(model, TransducerFamily):
            end = schema.target_end
            if end is None:
                raise DataError("schema.target_end: None; a transduction task needs an end symbol.")
            return score_transducer(model, test, batch_size, end, schema.max_target_length)
        case "alignment" if isinstance(model, AlignerFamily):
            return score_aligner(model, test, gold.links, batch_size)
        case "recommendation" if isinstance(model, RecommenderFamily):
            return score_recommender(model, test, gold.candidates or Candidates(), batch_size)
    raise DataError(
        f"{type(model).__name__} cannot do a {schema.task_kind} task; choose a family that can."
    )


def _impossible(predictions: pa.Table, metrics: Metrics) -> list[str]:
    """Flag examples that happened though the model had ruled them out."""
    infinite = [name for name, value in metrics.items() if value == float("inf")]
    if not infinite:
        return []
    return [
        f"{', '.join(infinite)}: infinite, because the model gives probability 0 to something that "
        f"stands in the test split ({predictions.num_rows} examples); smooth it."
    ]


def _too_good(metrics: Metrics, schema: DataSchema, best: BestPossible | None) -> list[str]:
    """Flag a score that theory forbids: something leaks, or probabilities do not sum to 1."""
    if best is None:
        return []
    metric = headline_metric(schema)
    sign = 1 if metric.higher_is_better else -1
    # What the true process scores on this very split may be luckier than its expectation.
    bound = max((best.value, best.on_test or best.value), key=lambda value: sign * value)
    gain = sign * (metrics[metric.name] - bound)
    error = metrics.get(f"{metric.name}_standard_error", 0.0)
    allowed = _STANDARD_ERRORS * (error**2 + best.standard_error**2) ** 0.5
    if gain <= allowed:
        return []
    return [
        f"{metric.name} {metrics[metric.name]:.4f} is better than the best possible {bound:.4f} by "
        f"{gain:.4f}, more than {_STANDARD_ERRORS:.0f} standard errors ({allowed:.4f}): "
        "look for leaked data or probabilities that do not sum to 1."
    ]
