"""What a journal refuses at once, because no tracking server could show it later."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from seqarena.errors import DataError

_NAME = re.compile(r"[\w.:\- ]+(/[\w.:\- ]+)*", re.ASCII)
_LONGEST_NAME = 250


def check_name(what: str, name: str) -> None:
    """Refuse now what MLflow would refuse for ever."""
    plain = _NAME.fullmatch(name) and not {".", ".."} & set(name.split("/"))
    if not plain or len(name) > _LONGEST_NAME:
        raise DataError(
            f"{what} name {name!r} cannot be kept: use at most {_LONGEST_NAME} letters, digits, "
            "spaces and _ . : - with single slashes between them."
        )


def check_columns(name: str, columns: Mapping[str, Sequence[object]]) -> None:
    """Refuse a table that the artifact view could not show."""
    lengths = {column: len(cells) for column, cells in columns.items()}
    if len(set(lengths.values())) > 1:
        raise DataError(f"table {name!r}: columns differ in length: {lengths}.")
    for column, cells in columns.items():
        n_pictures = sum(isinstance(cell, Path) for cell in cells)
        if n_pictures not in (0, len(cells)):
            raise DataError(
                f"table {name!r}: column {column!r} has {n_pictures} pictures in {len(cells)} "
                "rows; give a picture in every row or in none."
            )


def flatten(params: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Return nested settings as one level of dotted names and texts."""
    flat: dict[str, str] = {}
    for name, value in params.items():
        if isinstance(value, Mapping):
            flat.update(flatten(value, f"{prefix}{name}."))
        else:
            flat[f"{prefix}{name}"] = value if isinstance(value, str) else json.dumps(value)
    return flat
