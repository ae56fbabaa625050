"""What a served model takes and gives, as MLflow's signature says it."""

from typing import TYPE_CHECKING, Any

from seqarena.answering.own_input import FRAMES, TARGET, TEXT, TOKENS
from seqarena.answering.wanted import Wanted, usual_top_k
from seqarena.data.manifest import Manifest
from seqarena.retraining.serving.output_schema import outputs_of
from seqarena.schema import DataSchema, TaskKind

if TYPE_CHECKING:
    from mlflow.models import ModelSignature
    from mlflow.types.schema import ParamSpec, Schema

_HAS_TARGET: tuple[TaskKind, ...] = ("transduction", "alignment")
_LISTS_CHOICES: tuple[TaskKind, ...] = ("classification", "tagging", "recommendation", "density")


def signature_of(manifest: Manifest) -> "ModelSignature":
    """Return the signature of a model.

    Lists of numbers are of type Any: MLflow would check frame by frame, thirty times slower than we
    do (41 ms against 1.4 for 32 rows of 20 frames), and would not say which row and step is wrong.

    Args:
        manifest: of the task, which decides on every key that an answer can have.
    """
    # Heavy imports, here and below, which nobody pays for who only reads a model.
    from mlflow.models import ModelSignature
    from mlflow.types.schema import ParamSchema

    schema = manifest.schema
    return ModelSignature(inputs_of(schema), outputs_of(manifest), ParamSchema(params_of(schema)))


def inputs_of(schema: DataSchema) -> "Schema":
    """Return the fields of a row."""
    from mlflow.types.schema import ColSpec, DataType, Schema

    if schema.input_kind == "tokens":
        columns = [
            ColSpec(DataType.string, TEXT, required=False),
            ColSpec(_anything(), TOKENS, required=False),
        ]
    else:
        columns = [ColSpec(_anything(), FRAMES)]
    if schema.task_kind in _HAS_TARGET:
        columns.append(ColSpec(DataType.string, TARGET, required=schema.task_kind == "alignment"))
    return Schema([*columns])


def params_of(schema: DataSchema) -> list["ParamSpec"]:
    """Return the knobs of a question that have a meaning for the kind of task."""
    from mlflow.types.schema import DataType, ParamSpec

    usual, kind = Wanted(), schema.task_kind
    params = [ParamSpec("attention", DataType.boolean, usual.attention)]
    of_symbols = kind == "density" and schema.input_kind == "tokens"
    if kind in _LISTS_CHOICES and (kind != "density" or of_symbols):
        params.append(ParamSpec("top_k", DataType.long, usual_top_k(schema)))
    if kind == "transduction":
        params.append(ParamSpec("beam", DataType.long, usual.beam))
        params.append(ParamSpec("n_best", DataType.long, usual.n_best))
    if of_symbols:
        params.append(ParamSpec("n_steps", DataType.long, usual.n_steps))
        params.append(ParamSpec("temperature", DataType.double, usual.temperature))
        params.append(ParamSpec("seed", DataType.long, usual.seed))
    return params


def _anything() -> Any:
    from mlflow.types.schema import AnyType

    make: Any = AnyType  # whose constructor has no types
    return make()
