"""Every metric as a function of sums over examples, so that each can be tested on examples.

A paired test or a bootstrap draws examples again and again. For that a metric has to be known as
parts, one row per example, and a score of their sums: then a draw costs a sum. Corpus metrics
(BLEU, F1, error rates) are no means of scores of examples, and are pooled as they are published.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from jaxtyping import Float

from seqarena.errors import DataError
from seqarena.evaluation import example_parts as parts
from seqarena.evaluation.example_parts import Parts
from seqarena.metrics import pooled
from seqarena.metrics.metric import Metric, judged_by
from seqarena.metrics.ranking import CUTOFFS
from seqarena.metrics.translation import bleu_counts, chrf_counts
from seqarena.parsing import nearest
from seqarena.schema import DataSchema
from seqarena.significance import scores
from seqarena.significance.statistics import Score


@dataclass(frozen=True)
class Statistic:
    """How a metric follows from examples."""

    parts: Callable[[pa.Table], Parts]
    """Numbers that add over examples, a row for each, in the order of the table."""
    score: Score
    """The metric, from their sums."""

    def of(self, predictions: pa.Table) -> float:
        """Return the metric of all examples of a table."""
        return self.total(self.parts(predictions))

    def total(self, parts: Parts) -> float:
        """Return the metric of all examples together, from what each adds."""
        return float(self.score(parts.sum(axis=0, keepdims=True))[0])


def statistic_of(metric: Metric, schema: DataSchema) -> Statistic:
    """Return how a metric of a task follows from its examples.

    Raises:
        DataError: the task is not judged by it.
    """
    known = [each.name for each in judged_by(schema)]
    if metric.name not in known:
        raise DataError(
            f"metric {metric.name!r} is none of this {schema.task_kind} task; "
            f"{nearest(metric.name, known)}"
        )
    name = metric.name
    if schema.judged_as == "pronunciation" and name.endswith("_error_rate"):
        return _of_pronunciations(name)
    if name == "macro_f1" or (name == "exact_match" and schema.task_kind == "tagging"):
        return _of_labels(name, schema)
    return _BY_NAME[name]


def example_sums(
    predictions: pa.Table, statistic: Statistic
) -> tuple[tuple[str, ...], Float[np.ndarray, "examples parts"]]:
    """Return what names each example, and what it adds to the sums.

    An example is named by its id, with its row where two have the same.
    """
    ids = tuple(map(str, predictions["id"].to_pylist()))
    if len(set(ids)) < len(ids):
        rows = predictions["row"].to_pylist()
        ids = tuple(f"{each}, row {row}" for each, row in zip(ids, rows, strict=True))
    return ids, statistic.parts(predictions)


def _of_pronunciations(name: str) -> Statistic:
    wrong = {"phoneme_error_rate": parts.phoneme_edits, "word_error_rate": parts.wrong_words}
    return Statistic(wrong[name], scores.ratio)


def _of_labels(name: str, schema: DataSchema) -> Statistic:
    """Return what is another thing of labels than of tags."""
    is_tags = schema.task_kind == "tagging"
    if name == "exact_match":
        return Statistic(parts.right_sequences, scores.ratio)
    count = parts.tag_counts(schema) if is_tags else parts.label_counts(schema)
    return Statistic(count, pooled.macro_f1)


_BY_NAME = {
    "nats_per_step": Statistic(parts.nats, scores.ratio),
    "nats_per_step_of_sequences": Statistic(parts.nats_of_sequences, scores.ratio),
    "perplexity": Statistic(parts.nats, scores.perplexity),
    "bits_per_step": Statistic(parts.nats, scores.bits),
    "bits_per_tag": Statistic(parts.nats, scores.bits),
    "bits_per_item": Statistic(parts.nats, scores.bits),
    "bits_per_target_symbol": Statistic(parts.nats, scores.bits),
    "bits_per_example": Statistic(parts.nats_of_labels, scores.bits),
    "accuracy": Statistic(parts.right_labels, scores.ratio),
    "brier": Statistic(parts.brier, scores.ratio),
    "expected_calibration_error": Statistic(parts.calibration, pooled.calibration_error),
    "tag_accuracy": Statistic(parts.right_tags, scores.ratio),
    "exact_match": Statistic(parts.exact, scores.ratio),
    "character_error_rate": Statistic(parts.edits, scores.ratio),
    "word_error_rate": Statistic(parts.edits, scores.ratio),
    "bleu": Statistic(parts.of_texts(bleu_counts), scores.bleu),
    "chrf": Statistic(parts.of_texts(chrf_counts), pooled.chrf),
    "rouge_1": Statistic(parts.rouge(0), scores.ratio),
    "rouge_2": Statistic(parts.rouge(1), scores.ratio),
    "rouge_l": Statistic(parts.rouge(2), scores.ratio),
    "alignment_f1": Statistic(parts.links(), scores.f1),
    "alignment_f1_shifted": Statistic(parts.links("_shifted"), scores.f1),
    "alignment_precision": Statistic(parts.links(), pooled.precision),
    "alignment_recall": Statistic(parts.links(), pooled.recall),
    "alignment_error_rate": Statistic(parts.links(), pooled.alignment_error_rate),
    **{f"hit_rate_at_{k}": Statistic(parts.hits(k), scores.ratio) for k in CUTOFFS},
    **{f"ndcg_at_{k}": Statistic(parts.gains(k), scores.ratio) for k in CUTOFFS},
    "mrr": Statistic(parts.reciprocal, scores.ratio),
}
