"""Per-example scores of a fitted model, as Arrow tables: the one source of every number reported."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import pyarrow as pa
import torch
from jaxtyping import Int
from torch import Tensor, nn

from seqarena.batch import Batch, Sequences, collate
from seqarena.errors import DataError
from seqarena.families.family import ClassifierFamily, DensityFamily, TransducerFamily
from seqarena.metrics.classification import predicted_labels
from seqarena.metrics.transduction import edit_counts

Columns = dict[str, list[object]]


def score_density(model: DensityFamily, test: Sequences, batch_size: int) -> pa.Table:
    """Return `row, id, n_scored, log_prob` of every sequence [nats]."""

    def score(batch: Batch) -> Columns:
        return {
            "n_scored": batch.scored.sum(dim=1).tolist(),
            "log_prob": _nats(model.log_prob(batch)),
        }

    return _table(model, test, batch_size, score)


def score_classifier(model: ClassifierFamily, test: Sequences, batch_size: int) -> pa.Table:
    """Return `row, id, label, predicted, class_log_prob` of every sequence [nats]."""

    def score(batch: Batch) -> Columns:
        class_log_prob = model.class_log_prob(batch).double()
        _check_normalised(class_log_prob, batch)
        return {
            "label": _present(batch.labels).tolist(),
            "predicted": predicted_labels(class_log_prob.numpy()).tolist(),
            "class_log_prob": class_log_prob.tolist(),
        }

    return _table(model, test, batch_size, score)


def score_transducer(
    model: TransducerFamily, test: Sequences, batch_size: int, end: int, max_length: int
) -> pa.Table:
    """Return `row, id, n_scored, log_prob, generated, exact, edits, n_gold` of every sequence.

    `log_prob` [nats] and `n_scored` are of the gold target, its end symbol included; `generated` is
    the greedy output. Edits leave end symbols out.
    """

    def score(batch: Batch) -> Columns:
        target = batch.target
        if target is None or target.tokens is None:
            raise DataError("the test split holds no target, so nothing can be compared with it.")
        generation = model.generate(batch, max_length)
        written = _ragged(generation.tokens, generation.lengths)
        pairs = zip(written, _ragged(target.tokens, target.lengths), strict=True)
        counts = [edit_counts(output, gold, end) for output, gold in pairs]
        return {
            "n_scored": target.lengths.tolist(),
            "log_prob": _nats(model.log_prob(batch)),
            "generated": list(written),
            "exact": [bool(count.n_exact) for count in counts],
            "edits": [count.n_edits for count in counts],
            "n_gold": [count.n_gold for count in counts],
        }

    return _table(model, test, batch_size, score)


def length_buckets(sequences: Sequences, batch_size: int) -> list[Int[np.ndarray, "rows"]]:
    """Split the rows into batches of like lengths, so that little is padded."""
    order = np.argsort(sequences.lengths, kind="stable")
    return [order[start : start + batch_size] for start in range(0, len(order), batch_size)]


def _table(
    model: object, test: Sequences, batch_size: int, score: Callable[[Batch], Columns]
) -> pa.Table:
    """Score batch by batch, and lay the examples out in the order of the split."""
    columns: Columns = {}
    with _evaluating(model), torch.inference_mode():
        for rows in length_buckets(test, batch_size):
            found = {"row": rows.tolist(), **score(collate(test, rows))}
            for name, values in found.items():
                columns.setdefault(name, []).extend(values)
    ids = test.ids or tuple(str(row) for row in range(len(test)))
    columns = {"row": columns.pop("row"), "id": [ids[row] for row in _rows(columns, test)], **columns}
    table = pa.table(columns).sort_by("row")
    return table


@contextmanager
def _evaluating(model: object) -> Iterator[None]:
    """Put a module into evaluation mode, and back into what it was."""
    was_training = isinstance(model, nn.Module) and model.training
    if isinstance(model, nn.Module):
        model.eval()
    try:
        yield
    finally:
        if isinstance(model, nn.Module):
            model.train(was_training)
