"""The protocol stamp of an experiment: from its task, the manifest of its data, and its family."""

import json
from importlib.metadata import version
from typing import Any

from seqarena.data.manifest import Manifest
from seqarena.evaluation.stamp import Stamp, short_hash
from seqarena.evaluation.texts import signature_of
from seqarena.experiment.suite import Experiment
from seqarena.metrics.metric import Metric, headline_metric
from seqarena.tasks.config import RecommendationTaskConfig, TaskConfig

_CHECKPOINT = "the epoch with the lowest validation loss"
_LIBRARIES = {
    "bleu": "sacrebleu",
    "chrf": "sacrebleu",
    "rouge_1": "rouge-score",
    "rouge_2": "rouge-score",
    "rouge_l": "rouge-score",
}
"""What computes a metric, where a version of it could compute another."""


def stamp_of(experiment: Experiment, manifest: Manifest) -> Stamp:
    """Return the stamp of every number that the experiment is judged by."""
    return Stamp(rules_of(experiment.task, manifest), _choices(experiment))


def rules_of(task: TaskConfig, manifest: Manifest) -> dict[str, str]:
    """Return what must agree between the experiments of a task, by what it is about."""
    names = (
        manifest.symbols,
        manifest.target_symbols,
        manifest.class_names,
        manifest.tag_names,
        manifest.schema.as_dict(),
    )
    splits = {f"{name} split": each[:16] for name, each in manifest.content_hashes().items()}
    return {
        "task": manifest.task,
        **splits,
        "vocabulary": short_hash(names),
        "tokeniser": "none" if manifest.tokeniser is None else short_hash(manifest.tokeniser),
        "context and scoring": _text(manifest.protocol),
        "candidates": _candidates(task),
        "budget": _text(task.training.model_dump(mode="json", exclude_defaults=True)),
        "checkpoint": _CHECKPOINT,
        "metric": _signature(headline_metric(manifest.schema), manifest),
    }


def _candidates(task: TaskConfig) -> str:
    if not isinstance(task, RecommendationTaskConfig):
        return "none"
    left_out = "without those seen before" if task.exclude_seen else "those seen before too"
    return f"{task.candidates}, {left_out}"


def _signature(metric: Metric, manifest: Manifest) -> str:
    library = _LIBRARIES.get(metric.name)
    told = signature_of(manifest.schema) or (f"{library} {version(library)}" if library else "")
    return " ".join(filter(None, (metric.name, f"[{metric.unit}]", told)))


def _choices(experiment: Experiment) -> dict[str, str]:
    """Return how the family writes or tags, where it has a choice."""
    kind = experiment.task.kind
    wanted = {"transduction": "decoding", "tagging": "tag_decoding"}.get(kind)
    found = getattr(experiment.family, wanted, None) if wanted else None
    if found is None:
        return {}
    chosen = found if isinstance(found, str) else _text(found.model_dump(mode="json"))
    return {"decoding": chosen}


def _text(settings: dict[str, Any]) -> str:
    """Return settings in one line, sorted."""
    return json.dumps(settings, sort_keys=True, ensure_ascii=False, separators=(", ", ": "))
