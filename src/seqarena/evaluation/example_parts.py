"""What each example adds to the sums that a metric is computed from, out of `predictions.arrow`."""

from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa
from jaxtyping import Float, Int

from seqarena.errors import DataError
from seqarena.metrics.pronunciation import pronunciation_edits
from seqarena.metrics.ranking import Ranks
from seqarena.metrics.rouge import summary_shares
from seqarena.schema import DataSchema

Parts = Float[np.ndarray, "examples parts"]
_OfTable = Callable[[pa.Table], Parts]

_N_BINS = 15


def nats(predictions: pa.Table) -> Parts:
    """Return -log p [nats] and the scored steps of each example."""
    return _columns(-_array(predictions, "log_prob"), _array(predictions, "n_scored"))


def nats_of_sequences(predictions: pa.Table) -> Parts:
    """Return nats per step of each sequence that has scored steps, and whether it has any."""
    surprise, n_scored = nats(predictions).T
    has_steps = n_scored > 0
    own = np.divide(surprise, n_scored, out=np.zeros_like(surprise), where=has_steps)
    return _columns(own, has_steps)


def nats_of_labels(predictions: pa.Table) -> Parts:
    """Return -log p of each right label [nats], and 1."""
    log_prob, labels = _labelled(predictions)
    own = np.take_along_axis(log_prob, labels[:, None], axis=1)[:, 0]
    return _mean(-own)


def brier(predictions: pa.Table) -> Parts:
    """Return the squared distance of probabilities from the truth, and 1."""
    log_prob, labels = _labelled(predictions)
    truth = np.eye(log_prob.shape[1])[labels]
    return _mean(((_probs(log_prob) - truth) ** 2).sum(axis=1))


def calibration(predictions: pa.Table) -> Parts:
    """Return confidence less accuracy in the bin of each example, 0 in the others, and 1."""
    log_prob, labels = _labelled(predictions)
    probs = _probs(log_prob)
    confidence = probs.max(axis=1)
    # As torchmetrics bins: a confidence of exactly 1 has a bin of its own.
    places = np.digitize(confidence, np.linspace(0, 1, _N_BINS + 1, dtype=np.float32)) - 1
    own = np.zeros((len(labels), _N_BINS + 1))
    own[np.arange(len(labels)), places] = confidence - (probs.argmax(axis=1) == labels)
    return np.column_stack([own, np.ones(len(labels))])


def right_labels(predictions: pa.Table) -> Parts:
    """Return whether each label is right, and 1."""
    return _mean(_array(predictions, "predicted") == _array(predictions, "label"))


def label_counts(schema: DataSchema) -> _OfTable:
    """Return, of each example, right prediction, prediction and truth, one column per label."""
    n_labels = schema.n_classes or 0

    def count(predictions: pa.Table) -> Parts:
        gold, predicted = _array(predictions, "label"), _array(predictions, "predicted")
        rows = np.arange(len(gold))
        return _label_counts(rows, gold, predicted, len(gold), n_labels)

    return count


def tag_counts(schema: DataSchema) -> _OfTable:
    """Return, of each sequence, its right tags, predicted and true ones, one column per tag."""
    n_tags = schema.n_tags or 0

    def count(predictions: pa.Table) -> Parts:
        gold, predicted = (
            np.concatenate(predictions[name].to_numpy(zero_copy_only=False))
            for name in ("tags", "predicted")
        )
        n_rows = predictions.num_rows
        rows = np.repeat(np.arange(n_rows), _array(predictions, "n_scored"))
        return _label_counts(rows, gold, predicted, n_rows, n_tags)

    return count


def right_tags(predictions: pa.Table) -> Parts:
    """Return the right tags and the scored steps of each sequence."""
    return _columns(_array(predictions, "n_correct"), _array(predictions, "n_scored"))


def right_sequences(predictions: pa.Table) -> Parts:
    """Return whether every tag of a sequence is right, and 1."""
    return _mean(_array(predictions, "n_correct") == _array(predictions, "n_scored"))


def exact(predictions: pa.Table) -> Parts:
    """Return whether each output is right to the last symbol, and 1."""
    return _mean(_array(predictions, "exact"))


def edits(predictions: pa.Table) -> Parts:
    """Return the edits from each output to its gold, and the gold symbols."""
    return _columns(_array(predictions, "edits"), _array(predictions, "n_gold"))


def phoneme_edits(predictions: pa.Table) -> Parts:
    """Return the edits to the nearest pronunciation of each word, and its phonemes."""
    return pronunciation_edits(*_texts(predictions)).astype(np.float64)


def wrong_words(predictions: pa.Table) -> Parts:
    """Return whether each word is pronounced in none of its ways, and 1."""
    return _mean(phoneme_edits(predictions)[:, 0] > 0)


def of_texts(count: Callable[[Sequence[str], Sequence[Sequence[str]]], Parts]) -> _OfTable:
    """Return what `count` finds in the texts of each example and their references."""
    return lambda predictions: count(*_texts(predictions))


def rouge(kind: int) -> _OfTable:
    """Return F1 of each summary [percent], and 1; `kind` is the column of `summary_shares`."""
    return lambda predictions: _mean(100.0 * summary_shares(*_texts(predictions))[:, kind])


def links(reading: str = "") -> _OfTable:
    """Return correct, predicted and gold links of each example."""

    def count(predictions: pa.Table) -> Parts:
        names = (f"n_correct{reading}", f"n_predicted{reading}", "n_gold")
        missing = [name for name in names if name not in predictions.column_names]
        if missing:
            raise DataError(
                f"the predictions lack {' and '.join(missing)}: links of this family have no "
                "second reading; choose alignment_f1."
            )
        return _columns(*(_array(predictions, name) for name in names))

    return count


def hits(cutoff: int) -> _OfTable:
    """Return how probably each right item is among the first `cutoff` (HR@k), and 1."""
    return lambda predictions: _mean(_ranks(predictions).hits(cutoff))


def gains(cutoff: int) -> _OfTable:
    """Return what the place of each right item is worth among the first `cutoff`, and 1."""
    return lambda predictions: _mean(_ranks(predictions).gains(cutoff))


def reciprocal(predictions: pa.Table) -> Parts:
    """Return 1 / rank of each right item (of which MRR is the mean), and 1."""
    return _mean(_ranks(predictions).reciprocal())


def _ranks(predictions: pa.Table) -> Ranks:
    return Ranks(*(_array(predictions, each) for each in ("n_better", "n_ties", "n_candidates")))


def _label_counts(
    rows: Int[np.ndarray, "steps"],
    gold: Int[np.ndarray, "steps"],
    predicted: Int[np.ndarray, "steps"],
    n_rows: int,
    n_labels: int,
) -> Parts:
    counts = np.zeros((n_rows, 3 * n_labels))
    is_right = gold == predicted
    np.add.at(counts, (rows[is_right], gold[is_right]), 1)
    np.add.at(counts, (rows, n_labels + predicted), 1)
    np.add.at(counts, (rows, 2 * n_labels + gold), 1)
    return counts


def _labelled(
    predictions: pa.Table,
) -> tuple[Float[np.ndarray, "examples labels"], Int[np.ndarray, "examples"]]:
    log_prob = np.stack(predictions["class_log_prob"].to_numpy(zero_copy_only=False))
    return log_prob.astype(np.float64), _array(predictions, "label")


def _probs(log_prob: Float[np.ndarray, "examples labels"]) -> Float[np.ndarray, "examples labels"]:
    probs = np.exp(log_prob)
    shares: np.ndarray = probs / probs.sum(axis=1, keepdims=True)
    return shares


def _texts(predictions: pa.Table) -> tuple[list[str], list[list[str]]]:
    return predictions["hypothesis"].to_pylist(), predictions["references"].to_pylist()


def _mean(values: np.ndarray) -> Parts:
    """Return the values, and 1 for each, so that a ratio of sums is their mean."""
    return _columns(values, np.ones(len(values)))


def _columns(*columns: np.ndarray) -> Parts:
    return np.column_stack(columns).astype(np.float64)


def _array(predictions: pa.Table, column: str) -> np.ndarray:
    array: np.ndarray = predictions[column].to_numpy(zero_copy_only=False)
    return array
