"""Every key that an answer can have, as MLflow says it; read off the records of answers."""

import types
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any, get_args, get_origin, get_type_hints

from seqarena.answering.answers import (
    Attention,
    DensityAnswer,
    ItemAnswer,
    LabelAnswer,
    LinkAnswer,
    OutputAnswer,
    TagAnswer,
)
from seqarena.answering.own_input import has_unknown
from seqarena.data.manifest import Manifest
from seqarena.schema import TaskKind

if TYPE_CHECKING:
    from mlflow.types.schema import Schema

_ANSWERS: dict[TaskKind, type] = {
    "density": DensityAnswer,
    "classification": LabelAnswer,
    "tagging": TagAnswer,
    "transduction": OutputAnswer,
    "alignment": LinkAnswer,
    "recommendation": ItemAnswer,
}
_OF_SYMBOLS = ("next", "continuation", "continuation_log_prob")
"""What no answer about frames has."""
_UNKNOWN_STEPS = tuple[int, ...]


def outputs_of(manifest: Manifest) -> "Schema":
    """Return the keys of an answer: those that it always has, and those that it may have.

    A number that JSON cannot hold is null in an answer, which the schema of MLflow cannot say.
    """
    from mlflow.types.schema import ColSpec, Schema

    schema = manifest.schema
    hints = get_type_hints(_ANSWERS[schema.task_kind])
    if schema.input_kind == "frames":
        hints = {name: hint for name, hint in hints.items() if name not in _OF_SYMBOLS}
    if has_unknown(manifest):
        hints["unknown_steps"] = _UNKNOWN_STEPS | None
    hints["attention"] = Attention | None
    columns = []
    for name, hint in hints.items():
        inner, is_required = _without_none(hint)
        columns.append(ColSpec(_type_of(inner), name, required=is_required))
    return Schema([*columns])


def _without_none(hint: Any) -> tuple[Any, bool]:
    """Return a type without None, and whether None was no part of it."""
    if not isinstance(hint, types.UnionType):
        return hint, True
    (inner,) = (each for each in get_args(hint) if each is not type(None))
    return inner, False


def _type_of(hint: Any) -> Any:
    from mlflow.types.schema import Array, DataType, Object, Property

    plain = {
        str: DataType.string,
        float: DataType.double,
        bool: DataType.boolean,
        int: DataType.long,
    }
    if hint in plain:
        return plain[hint]
    if get_origin(hint) in (tuple, list):
        return Array(_type_of(get_args(hint)[0]))
    if not is_dataclass(hint):
        raise TypeError(f"an answer holds {hint!r}, which has no type in MLflow's schemas")
    hints = get_type_hints(hint)
    properties = []
    for field in fields(hint):
        inner, is_required = _without_none(hints[field.name])
        properties.append(Property(field.name, _type_of(inner), required=is_required))
    return Object(properties)
