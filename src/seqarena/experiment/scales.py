"""Which tasks of a suite differ in their size alone: the steps of a scaling curve."""

import json
from collections.abc import Mapping
from typing import Any

from seqarena.data.manifest import Manifest
from seqarena.data.splits import Split
from seqarena.experiment.suite import Suite
from seqarena.reporting.details import Scale, ScalingPoint
from seqarena.tasks.config import TaskConfig

_SIZES = {
    "training-size": ("training sequences", ("n_train",)),
    "sequence-length": ("length of a sequence [steps]", ("length", "lengths", "window")),
}
"""By the name of a scale: what its size is called, and which settings of a source set it."""


def scales_of(suite: Suite, manifests: Mapping[str, Manifest]) -> tuple[Scale, ...]:
    """Return every scale of two sizes at least.

    Tasks belong to one where all of their settings but the size are the same; what a fit may cost
    belongs to the settings. The size is read from the prepared data.
    """
    found: list[Scale] = []
    for name, (size, settings) in _SIZES.items():
        groups: dict[str, list[str]] = {}
        for task, config in suite.tasks.items():
            groups.setdefault(_rest(config, settings), []).append(task)
        for tasks in groups.values():
            points = sorted(
                (ScalingPoint(task, _size(name, manifests[task])) for task in tasks),
                key=lambda point: point.size,
            )
            if len({point.size for point in points}) > 1:
                stem = f"scaling-{name}" if not found else f"scaling-{name}-{len(found) + 1}"
                same = len({_test_hash(manifests[task]) for task in tasks}) == 1
                found.append(Scale(stem, size, tuple(points), same))
    return tuple(found)


def _rest(config: TaskConfig, settings: tuple[str, ...]) -> str:
    """Return all settings of a task but some of its source's."""
    whole = config.model_dump(mode="json")
    whole["source"] = _without(whole["source"], settings)
    return json.dumps(whole, sort_keys=True)


def _without(record: Any, settings: tuple[str, ...]) -> Any:
    if not isinstance(record, dict):
        return record
    return {key: _without(value, settings) for key, value in record.items() if key not in settings}


def _size(name: str, manifest: Manifest) -> float:
    if name == "training-size":
        return float(manifest.splits[Split.TRAIN.value].n_sequences)
    return float(manifest.schema.max_length)


def _test_hash(manifest: Manifest) -> str:
    return manifest.splits[Split.TEST.value].content_sha256
