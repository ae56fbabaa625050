"""Per-example scores of a fitted model, as Arrow tables: the source of every number reported."""

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import torch
from jaxtyping import Float, Int
from torch import Tensor

from seqarena.batch import Batch, Sequences, collate
from seqarena.data.batching import plan_evaluation
from seqarena.data.links import Links
from seqarena.errors import ConvergenceError, DataError
from seqarena.evaluation.mode import evaluation_mode
from seqarena.families.family import (
    AlignerFamily,
    ClassifierFamily,
    DensityFamily,
    Generation,
    LinkPairs,
    ShiftedLinks,
    TaggerFamily,
    TransducerFamily,
)
from seqarena.metrics.alignment import link_counts
from seqarena.metrics.classification import predicted_labels
from seqarena.metrics.transduction import edit_counts

Columns = dict[str, list[Any]]

_NORMALISATION_TOLERANCE = 1e-3


def score_density(model: DensityFamily, test: Sequences, batch_size: int) -> pa.Table:
    """Return `row, id, n_scored, log_prob` of every sequence [nats].

    Raises:
        ConvergenceError: a log-probability is NaN or plus infinity.
    """

    def score(batch: Batch) -> Columns:
        return {
            "n_scored": batch.scored.sum(dim=1).tolist(),
            "log_prob": _checked(model.log_prob(batch), batch).tolist(),
        }

    return score_all(model, test, batch_size, score)


def score_classifier(model: ClassifierFamily, test: Sequences, batch_size: int) -> pa.Table:
    """Return `row, id, label, predicted, class_log_prob` of every sequence [nats].

    Raises:
        ConvergenceError: the probabilities of a sequence's labels do not sum to 1.
        DataError: the split holds no labels.
    """
    if test.labels is None:
        raise DataError("the test split holds no labels, so nothing can be compared with them.")
    labels = test.labels

    def score(batch: Batch) -> Columns:
        class_log_prob = normalised(model.class_log_prob(batch), batch, "label")
        return {
            "label": labels[batch.rows.numpy()].tolist(),
            "predicted": predicted_labels(class_log_prob.numpy()).tolist(),
            "class_log_prob": class_log_prob.tolist(),
        }

    return score_all(model, test, batch_size, score)


def score_tagger(model: TaggerFamily, test: Sequences, batch_size: int) -> pa.Table:
    """Return `row, id, n_scored, n_correct, log_prob, tags, predicted` of every sequence.

    `tags` and `predicted` are those of scored steps, and `log_prob` [nats] is of all these gold
    tags together; NaN or plus infinity is refused (`ConvergenceError`), and so is a split without
    tags (`DataError`).
    """

    def score(batch: Batch) -> Columns:
        if batch.tags is None:
            raise DataError("these sequences have no tags; a tagging task gives one for each step.")
        predicted = model.tag(batch)
        is_right = (predicted == batch.tags) & batch.scored
        return {
            "n_scored": batch.scored.sum(dim=1).tolist(),
            "n_correct": is_right.sum(dim=1).tolist(),
            "log_prob": _checked(model.log_prob(batch), batch).tolist(),
            "tags": _scored(batch.tags, batch),
            "predicted": _scored(predicted, batch),
        }

    return score_all(model, test, batch_size, score)


def score_transducer(
    model: TransducerFamily, test: Sequences, batch_size: int, end: int, max_length: int
) -> pa.Table:
    """Return `row, id, n_scored, log_prob, generated, exact, edits, n_gold` of every sequence.

    `log_prob` [nats] and `n_scored` are of the gold target, its end symbol included; `generated` is
    what the model's decoding settings make it write, at most `max_length` symbols. Edits leave end
    symbols out. A model that keeps several outputs gets `n_best`, best first, with their
    `n_best_log_prob` [nats] and `n_best_score`.

    Raises:
        ConvergenceError: a log-probability is NaN or plus infinity.
        DataError: the split holds no targets.
    """
    if test.target is None:
        raise DataError("the test split holds no targets, so nothing can be compared with them.")
    target = test.target

    def score(batch: Batch) -> Columns:
        generation = model.generate(batch, max_length)
        written = _ragged(generation.tokens, generation.lengths)
        gold = [target.sequence(row).tolist() for row in batch.rows.tolist()]
        counts = [edit_counts(*pair, end) for pair in zip(written, gold, strict=True)]
        return {
            "n_scored": [len(symbols) for symbols in gold],
            "log_prob": _checked(model.log_prob(batch), batch).tolist(),
            "generated": written,
            "exact": [bool(count.n_exact) for count in counts],
            "edits": [count.n_edits for count in counts],
            "n_gold": [count.n_gold for count in counts],
            **_several(generation),
        }

    return score_all(model, test, batch_size, score)


def score_aligner(
    model: AlignerFamily, test: Sequences, gold: Links | None, batch_size: int
) -> pa.Table:
    """Return `row, id, log_prob, links, gold, n_correct, n_predicted, n_gold` of every example.

    Links are (source step, target step), from 0. `log_prob` [nats] is what the model itself calls
    log p(target | source): with the end symbol for a transducer, without it for an aligner. A model
    whose links can be read one step later gets `links_shifted` and its counts too.

    Raises:
        ConvergenceError: a log-probability is NaN or plus infinity.
        DataError: the split holds no gold links.
    """
    if gold is None:
        raise DataError("the test split holds no gold links, so nothing can be compared with them.")

    def score(batch: Batch) -> Columns:
        wanted = [gold.sequence(row) for row in batch.rows.tolist()]
        columns = {
            "log_prob": _checked(model.log_prob(batch), batch).tolist(),
            "gold": [links.tolist() for links in wanted],
            "n_gold": [len(links) for links in wanted],
            **_compared(model.links(batch), wanted, ""),
        }
        if isinstance(model, ShiftedLinks):
            columns |= _compared(model.shifted_links(batch), wanted, "_shifted")
        return columns

    return score_all(model, test, batch_size, score)


def _several(generation: Generation) -> Columns:
    found = generation.n_best
    if found is None:
        return {}
    n_found = found.lengths.count_nonzero(dim=1).tolist()
    examples = zip(found.tokens, found.lengths, n_found, strict=True)
    return {
        "n_best": [_ragged(tokens[:n], lengths[:n]) for tokens, lengths, n in examples],
        "n_best_log_prob": _cut(found.log_prob, n_found),
        "n_best_score": _cut(found.scores, n_found),
    }


def _cut(numbers: Float[Tensor, "batch hypothesis"], lengths: list[int]) -> list[list[float]]:
    return [line[:n] for line, n in zip(numbers.tolist(), lengths, strict=True)]


def _compared(found: list[LinkPairs], wanted: list[LinkPairs], reading: str) -> Columns:
    counts = [link_counts(*pair) for pair in zip(found, wanted, strict=True)]
    return {
        f"links{reading}": [links.tolist() for links in found],
        f"n_correct{reading}": [count.n_correct for count in counts],
        f"n_predicted{reading}": [count.n_predicted for count in counts],
    }


def score_all(
    model: object, test: Sequences, batch_size: int, score: Callable[[Batch], Columns]
) -> pa.Table:
    """Score batch by batch, and lay the examples out in the order of the split."""
    columns: Columns = {"row": []}
    with evaluation_mode(model), torch.inference_mode():
        for rows in plan_evaluation(test.lengths, batch_size):
            for name, values in score(collate(test, rows)).items():
                columns.setdefault(name, []).extend(values)
            columns["row"].extend(rows.tolist())
    ids = test.ids or tuple(map(str, range(len(test))))
    named = {"row": columns.pop("row"), "id": [], **columns}
    named["id"] = [ids[row] for row in named["row"]]
    return pa.table(named).sort_by("row")


def _checked(log_prob: Float[Tensor, "batch"], batch: Batch) -> Float[Tensor, "batch"]:
    """Let minus infinity pass (impossible is an answer), and nothing else that is not finite."""
    wrong = torch.nonzero(log_prob.isnan() | log_prob.isposinf())
    if len(wrong):
        index = int(wrong[0])
        raise ConvergenceError(
            f"row {int(batch.rows[index])} of the test split has log-probability "
            f"{float(log_prob[index])}; expected a number below infinity. Fit the model again."
        )
    return log_prob.double()


def normalised(
    log_prob: Float[Tensor, "batch choices"], batch: Batch, choice: str
) -> Float[Tensor, "batch choices"]:
    """Refuse what is not a distribution over the labels, or whatever else there is to choose."""
    log_prob = log_prob.double()
    total = log_prob.logsumexp(dim=1).exp()
    wrong = torch.nonzero(~((total - 1).abs() <= _NORMALISATION_TOLERANCE))
    if len(wrong):
        index = int(wrong[0])
        raise ConvergenceError(
            f"the {choice} probabilities of row {int(batch.rows[index])} of the test split sum to "
            f"{float(total[index]):.4g}; expected 1. Normalise them over the {choice}s."
        )
    return log_prob


def _scored(tags: Int[Tensor, "batch time"], batch: Batch) -> list[list[int]]:
    """Return the tags of the scored steps of each sequence."""
    return [own[mask].tolist() for own, mask in zip(tags, batch.scored, strict=True)]


def _ragged(tokens: Int[Tensor, "batch time"], lengths: Int[Tensor, "batch"]) -> list[list[int]]:
    """Cut the padding off."""
    pairs = zip(tokens.tolist(), lengths.tolist(), strict=True)
    return [symbols[:length] for symbols, length in pairs]
