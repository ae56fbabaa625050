"""The file of per-example scores, and the numbers that follow from it."""

from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import ipc

from seqarena.errors import ArtifactError, DataError
from seqarena.evaluation.texts import text_metrics
from seqarena.metrics.alignment import LinkCounts
from seqarena.metrics.classification import classification_scores
from seqarena.metrics.density import bits_standard_error, density_score, mean_nats_per_step
from seqarena.metrics.ranking import Ranks, ranking_scores
from seqarena.metrics.tagging import tag_scores
from seqarena.metrics.transduction import EditCounts
from seqarena.schema import DataSchema

PREDICTIONS_FILE = "predictions.arrow"

Metrics = dict[str, float | int]
"""Every number about some predictions, by name; counts are integers."""


def write_predictions(folder: Path, predictions: pa.Table) -> Path:
    """Write the table into `folder` as Arrow IPC, and return the file."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / PREDICTIONS_FILE
    with ipc.new_file(path, predictions.schema) as writer:
        writer.write_table(predictions)
    return path


def read_predictions(folder: Path) -> pa.Table:
    """Read what `write_predictions` wrote.

    Raises:
        ArtifactError: the file is missing, or is not whole.
    """
    path = folder / PREDICTIONS_FILE
    try:
        with ipc.open_file(path) as reader:
            return reader.read_all()
    except (FileNotFoundError, pa.ArrowInvalid) as error:
        raise ArtifactError(
            f"{path}: cannot be read as Arrow ({error}); evaluate the experiment again."
        ) from None


def metrics_of(predictions: pa.Table, schema: DataSchema) -> Metrics:
    """Return every metric of the predictions, computed from the table alone.

    `bits_per_*` and `nats_per_*` are infinite when the model called something impossible that
    happened. Of densities of tokens, `perplexity` is the exponential of the nats.

    Raises:
        DataError: the table holds no example.
    """
    if predictions.num_rows == 0:
        raise DataError("the predictions hold no example, so there is nothing to measure.")
    match schema.task_kind:
        case "density":
            of_frames = schema.input_kind == "frames"
            nats = _nats(predictions) if of_frames else _nats_and_perplexity(predictions)
            found = {**nats, **_likelihood(predictions, "step")}
            return {**found, "n_examples": predictions.num_rows}
        case "classification":
            return _classification(predictions)
        case "tagging":
            return _tagging(predictions)
        case "transduction":
            return _transduction(predictions, schema)
        case "alignment":
            return _alignment(predictions)
        case "recommendation":
            return _recommendation(predictions)


def _likelihood(predictions: pa.Table, step: str) -> Metrics:
    log_prob, n_scored = _array(predictions, "log_prob"), _array(predictions, "n_scored")
    error = bits_standard_error(log_prob, n_scored)
    found = {f"bits_per_{step}": density_score(log_prob, n_scored).bits_per_step}
    if error is not None:
        found[f"bits_per_{step}_standard_error"] = error
    return {**found, "n_scored": int(n_scored.sum())}


def _nats(predictions: pa.Table) -> Metrics:
    """Return the likelihood of frames as it is published: pooled, and as a mean over sequences."""
    log_prob, n_scored = _array(predictions, "log_prob"), _array(predictions, "n_scored")
    error = bits_standard_error(log_prob, n_scored)
    found = {"nats_per_step": density_score(log_prob, n_scored).nats_per_step}
    if error is not None:
        found["nats_per_step_standard_error"] = error * float(np.log(2.0))
    return {**found, "nats_per_step_of_sequences": mean_nats_per_step(log_prob, n_scored)}


def _nats_and_perplexity(predictions: pa.Table) -> Metrics:
    """Return the likelihood of symbols in nats, and as perplexity, as words are published."""
    score = density_score(_array(predictions, "log_prob"), _array(predictions, "n_scored"))
    return {"nats_per_step": score.nats_per_step, "perplexity": score.perplexity}


def _classification(predictions: pa.Table) -> Metrics:
    class_log_prob = np.stack(predictions["class_log_prob"].to_numpy(zero_copy_only=False))
    scores = classification_scores(_array(predictions, "label"), class_log_prob)
    return {
        "accuracy": scores.accuracy,
        "bits_per_example": scores.bits_per_example,
        "brier": scores.brier,
        "macro_f1": scores.macro_f1,
        "expected_calibration_error": scores.expected_calibration_error,
        "n_examples": scores.n_examples,
    }


def _tagging(predictions: pa.Table) -> Metrics:
    n_scored = _array(predictions, "n_scored")
    gold, predicted = (_joined(predictions, name) for name in ("tags", "predicted"))
    scores = tag_scores(gold, predicted, n_scored)
    is_exact = _array(predictions, "n_correct") == n_scored
    found: Metrics = {"tag_accuracy": scores.accuracy}
    if scores.standard_error is not None:
        found["tag_accuracy_standard_error"] = scores.standard_error
    return {
        **found,
        "macro_f1": scores.macro_f1,
        **_likelihood(predictions, "tag"),
        "exact_match": float(is_exact.mean()),
        "n_examples": predictions.num_rows,
    }


def _transduction(predictions: pa.Table, schema: DataSchema) -> Metrics:
    if schema.judged_as != "symbols":
        return {
            **text_metrics(predictions, schema.judged_as),
            **_likelihood(predictions, "target_symbol"),
            "n_examples": predictions.num_rows,
        }
    sums = [int(_array(predictions, name).sum()) for name in ("exact", "edits", "n_gold")]
    counts = EditCounts(predictions.num_rows, *sums)
    return {
        "exact_match": counts.exact_match,
        f"{schema.target_unit}_error_rate": counts.error_rate,
        **_likelihood(predictions, "target_symbol"),
        "n_examples": counts.n_examples,
    }


def _alignment(predictions: pa.Table) -> Metrics:
    counts = _link_counts(predictions, "")
    found: Metrics = {
        "alignment_f1": counts.f1,
        "alignment_precision": counts.precision,
        "alignment_recall": counts.recall,
        "alignment_error_rate": counts.error_rate,
    }
    if "n_correct_shifted" in predictions.column_names:
        found["alignment_f1_shifted"] = _link_counts(predictions, "_shifted").f1
    return {**found, "n_examples": predictions.num_rows}


def _recommendation(predictions: pa.Table) -> Metrics:
    ranks = Ranks(*[_array(predictions, name) for name in ("n_better", "n_ties", "n_candidates")])
    return {
        **ranking_scores(ranks),
        **_likelihood(predictions, "item"),
        "candidates_per_user": float(ranks.n_candidates.mean()),
        "n_examples": predictions.num_rows,
    }


def _link_counts(predictions: pa.Table, reading: str) -> LinkCounts:
    names = (f"n_correct{reading}", f"n_predicted{reading}", "n_gold")
    return LinkCounts(*[int(_array(predictions, name).sum()) for name in names])


def _joined(predictions: pa.Table, column: str) -> np.ndarray:
    """Return the lists of a column one after the other."""
    return np.concatenate(predictions[column].to_numpy(zero_copy_only=False))


def _array(predictions: pa.Table, column: str) -> np.ndarray:
    array: np.ndarray = predictions[column].to_numpy(zero_copy_only=False)
    return array
