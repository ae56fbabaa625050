"""Settings from outside, parsed once and strictly: every mistake at once, with its remedy."""

import difflib
import re
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from seqarena.errors import ConfigError

T = TypeVar("T")

_KINDS_OF_VALUE = {
    "tuple_type": "a list in square brackets",
    "list_type": "a list in square brackets",
    "model_type": "a mapping of keys to values",
    "dict_type": "a mapping of keys to values",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "string_type": "text (in quotes, where it looks like something else)",
    "bool_type": "true or false",
}
"""What pydantic calls a value of another kind, in the words of a YAML file."""


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a YAML 1.2 mapping.

    Raises:
        ConfigError: the file is missing, is not YAML, holds a key twice, or is not a mapping.
    """
    try:
        content = YAML(typ="safe").load(path)
    except FileNotFoundError:
        raise ConfigError([f"{path}: not found; run from the folder that holds it."]) from None
    except YAMLError as error:
        raise ConfigError([f"{path}: not valid YAML: {error}"]) from None
    if not isinstance(content, dict):
        raise ConfigError([f"{path}: expected a mapping of keys to values, got {content!r}."])
    return content


def parse(kind: type[T] | Any, raw: object, at: str) -> T:
    """Turn `raw` into a `kind` (a pydantic model or a union of them); `at` is its dotted key.

    Raises:
        ConfigError: with one line for each mistake.
    """
    try:
        return TypeAdapter[T](kind).validate_python(raw)
    except ValidationError as error:
        lines = [_line(detail, kind, at) for detail in error.errors()]
        raise ConfigError(list(dict.fromkeys(lines))) from None


def nearest(name: str, valid: list[str]) -> str:
    """Return `did you mean 'x'?`, or the valid names when none is near."""
    close = difflib.get_close_matches(name, valid, n=1, cutoff=0.6)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"expected one of {', '.join(repr(option) for option in sorted(valid))}."


def _line(detail: ErrorDetails, kind: Any, at: str) -> str:
    path, model = _walk(kind, detail["loc"])
    key = ".".join([at, *path])
    given = detail["input"]
    match detail["type"]:
        case kind_of_value if kind_of_value in _KINDS_OF_VALUE:
            return f"{key}: got {given!r}; expected {_KINDS_OF_VALUE[kind_of_value]}."
        case "too_long" | "too_short":
            most, least = detail["ctx"].get("max_length"), detail["ctx"].get("min_length")
            bound = f"at least {least}" if most is None else f"at most {most}"
            return f"{key}: got {given!r}; expected {bound} entries."
        case "missing" if isinstance(detail["loc"][-1], int):
            return f"{key}: got {list(given)!r}; expected more entries."
        case "extra_forbidden":
            return f"{key}: unknown; {nearest(path[-1], list(model.model_fields) if model else [])}"
        case "missing":
            return f"{key}: missing; it has no default."
        case "union_tag_invalid":
            tag = str(detail["ctx"]["tag"])
            tags = re.findall(r"'([^']+)'", detail["ctx"]["expected_tags"])
            return f"{key}.kind: {tag!r} is not a kind; {nearest(tag, tags)}"
        case "union_tag_not_found":
            return f"{key}.kind: missing; every entry names its kind."
        case "literal_error":
            return f"{key}: {given!r} is not allowed; expected {detail['ctx']['expected']}."
        case "value_error":
            return f"{key}: {detail['msg'].removeprefix('Value error, ')}"
        case _:
            return f"{key}: got {given!r}; {detail['msg'][:1].lower()}{detail['msg'][1:]}."


def _walk(kind: Any, loc: tuple[int | str, ...]) -> tuple[list[str], type[BaseModel] | None]:
    """Drop pydantic's union tags from `loc`; return the keys as written, and their last model."""
    path: list[str] = []
    model: type[BaseModel] | None = None
    models = _models(kind)
    for part in loc:
        chosen = [m for m in models if part in _kinds_of(m)] if len(models) > 1 else []
        if chosen:
            models = chosen
            model = chosen[0]
            continue
        if path and not models:  # a choice among plain values, or a place inside a list
            continue
        path.append(str(part))
        model = models[0] if len(models) == 1 else model
        field = model.model_fields.get(str(part)) if model and models else None
        models = _models(field.annotation) if field else []
    return path, model


def _models(kind: Any) -> list[type[BaseModel]]:
    """Return the pydantic models inside a type, a union, or an annotated union."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return [kind]
    return [model for part in getattr(kind, "__args__", ()) for model in _models(part)]


def _kinds_of(model: type[BaseModel]) -> tuple[str, ...]:
    field = model.model_fields.get("kind")
    return tuple(getattr(field.annotation, "__args__", ())) if field else ()
