"""Predictions by chance of every kind of task, and experiments as `evaluate` leaves them."""

from pathlib import Path

import numpy as np
import pyarrow as pa

from seqarena.evaluation.predictions import metrics_of, write_predictions
from seqarena.evaluation.protocol import Protocol, write_protocol
from seqarena.evaluation.stamp import Stamp
from seqarena.evaluation.summary import summarise_seeds, write_metrics
from seqarena.metrics.metric import headline_metric
from seqarena.schema import DataSchema

WORDS = "a the man dog house sees likes big small green old runs to in on".split()

DENSITY = DataSchema("density", n_symbols=4, symbol_unit="word")
CHARACTERS = DataSchema("density", n_symbols=4, symbol_unit="character")
FRAMES = DataSchema("density", dim=2)
LABELS = DataSchema("classification", n_symbols=4, n_classes=4)
TAGS = DataSchema("tagging", n_symbols=4, n_tags=3)
DATES = DataSchema("transduction", n_target_symbols=5, target_end=4)
SPOKEN = DataSchema("transduction", n_target_symbols=5, target_end=4, target_unit="word")
LINKS = DataSchema("alignment", n_symbols=4, n_target_symbols=5, target_end=4)
ITEMS = DataSchema("recommendation", n_symbols=40)
TRANSLATIONS = DataSchema("transduction", target_end=4, judged_as="translation")
SUMMARIES = DataSchema("transduction", target_end=4, judged_as="summary")
PRONUNCIATIONS = DataSchema(
    "transduction", target_end=4, target_unit="phoneme", judged_as="pronunciation"
)

KINDS = {
    "words": DENSITY,
    "characters": CHARACTERS,
    "frames": FRAMES,
    "classification": LABELS,
    "tagging": TAGS,
    "characters written": DATES,
    "words written": SPOKEN,
    "alignment": LINKS,
    "recommendation": ITEMS,
    "translation": TRANSLATIONS,
    "summary": SUMMARIES,
    "pronunciation": PRONUNCIATIONS,
}


def predictions_of(schema: DataSchema, rng: np.random.Generator, n: int = 40) -> pa.Table:
    """Scores of a model that knows little."""
    columns = {"row": list(range(n)), "id": [f"example {row}" for row in range(n)]}
    n_scored = rng.integers(1, 9, n)
    columns["n_scored"] = n_scored.tolist()
    columns["log_prob"] = (-rng.random(n) * n_scored).tolist()
    return pa.table({**columns, **_OF_KIND[schema.task_kind](schema, rng, n, n_scored)})


def _density(schema, rng, n, n_scored):
    return {}


def _classification(schema, rng, n, n_scored):
    probs = rng.dirichlet(np.ones(schema.n_classes), n)
    return {
        "label": rng.integers(schema.n_classes, size=n).tolist(),
        "predicted": probs.argmax(axis=1).tolist(),
        "class_log_prob": np.log(probs).tolist(),
    }


def _tagging(schema, rng, n, n_scored):
    tags = [rng.integers(schema.n_tags, size=size) for size in n_scored]
    said = [np.where(rng.random(len(own)) < 0.7, own, 0) for own in tags]
    right = [int((a == b).sum()) for a, b in zip(tags, said, strict=True)]
    return {
        "tags": [own.tolist() for own in tags],
        "predicted": [own.tolist() for own in said],
        "n_correct": right,
    }


def _transduction(schema, rng, n, n_scored):
    if schema.judged_as != "symbols":
        return _texts(schema, rng, n)
    edits = rng.integers(0, 4, n)
    n_gold = n_scored.tolist()
    return {"exact": (edits == 0).tolist(), "edits": edits.tolist(), "n_gold": n_gold}


def _texts(schema, rng, n):
    n_references = 1 if schema.judged_as == "translation" else 2
    gold = [[_text(rng) for _ in range(n_references)] for _ in range(n)]
    said = [
        " ".join(word if rng.random() < 0.7 else rng.choice(WORDS) for word in own[0].split())
        for own in gold
    ]
    return {"hypothesis": said, "references": gold}


def _text(rng):
    return " ".join(rng.choice(WORDS, size=rng.integers(4, 12)))


def _alignment(schema, rng, n, n_scored):
    gold, predicted = rng.integers(1, 9, n), rng.integers(0, 9, n)
    correct = (np.minimum(gold, predicted) * rng.random(n)).astype(int)
    counts = {"n_gold": gold, "n_predicted": predicted, "n_correct": correct}
    shifted = {"n_predicted_shifted": predicted, "n_correct_shifted": correct // 2}
    return {name: values.tolist() for name, values in {**counts, **shifted}.items()}


def _recommendation(schema, rng, n, n_scored):
    return {
        "n_scored": [1] * n,
        "n_better": rng.integers(0, 30, n).tolist(),
        "n_ties": rng.integers(0, 3, n).tolist(),
        "n_candidates": [40] * n,
    }


_OF_KIND = {
    "density": _density,
    "classification": _classification,
    "tagging": _tagging,
    "transduction": _transduction,
    "alignment": _alignment,
    "recommendation": _recommendation,
}

STAMP = Stamp({"task": "lagged", "test split": "0" * 16})


def bits(rng: np.random.Generator, mean: float, n: int = 200, length: int = 20) -> pa.Table:
    """Sequences that cost `mean` bits per step, more or less."""
    own = mean * length * np.log(2) * (1 + 0.05 * rng.standard_normal(n))
    return pa.table(
        {
            "row": list(range(n)),
            "id": [f"example {row}" for row in range(n)],
            "n_scored": [length] * n,
            "log_prob": (-own).tolist(),
        }
    )


def leave(
    folder: Path,
    name: str,
    tables: list[pa.Table],
    schema: DataSchema = CHARACTERS,
    stamp: Stamp = STAMP,
    task: str = "lagged",
) -> None:
    """Write what `evaluate` writes of an experiment: metrics.json, predictions, protocols."""
    metrics = {seed: metrics_of(table, schema) for seed, table in enumerate(tables)}
    summary = summarise_seeds({"task": task}, headline_metric(schema), metrics)
    write_metrics(folder / name / "metrics.json", {**summary, "protocol": stamp.as_dict()})
    for seed, table in enumerate(tables):
        out = folder / name / "evaluation" / f"seed-{seed}"
        write_predictions(out, table)
        write_protocol(out, Protocol(name, task, seed, stamp, schema))
