"""JSON Lines: one object on each line."""

import json
from pathlib import Path
from typing import Any, NoReturn

from seqarena.data.own.nested import with_inner
from seqarena.data.own.table import Cell, Table
from seqarena.data.own.text import read_own_text
from seqarena.errors import DataError


def read_jsonl(path: Path, most_rows: int | None = None) -> Table:
    """Return the columns of a file: every key that an object has; None where one lacks it.

    A key of an object within an object is a column of its own: `outer.inner`.

    Empty lines are no rows. With `most_rows` no more rows than that are made sense of.

    Raises:
        DataError: as `read_own_text`; or a line is no JSON object, holds a key twice, or a number
            that is not finite.
    """
    numbers: list[int] = []
    objects: list[dict[str, Any]] = []
    text = read_own_text(path)
    if text.lstrip().startswith("["):
        raise DataError(
            f"{path}: is one JSON list; JSON Lines hold one object on each line. `jq -c '.[]'` "
            "turns one into the other."
        )
    # Not `splitlines`: a string may hold a character that it takes for the end of a line.
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            objects.append(_object(line, f"{path}, line {number}"))
            numbers.append(number)
            if len(objects) == most_rows:
                break
    names = dict.fromkeys(name for each in objects for name in each)
    columns: dict[str, list[Cell]] = {name: [each.get(name) for each in objects] for name in names}
    return Table(path, "line", numbers, with_inner(columns))


def _object(line: str, where: str) -> dict[str, Any]:
    try:
        value = json.loads(line, object_pairs_hook=_without_doubles, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise DataError(
            f"{where}: not JSON ({error}); each line holds one object, like "
            '{"text": "fine", "label": "good"}.'
        ) from None
    if not isinstance(value, dict):
        raise DataError(
            f"{where}: {line.strip()[:40]!r} is no object; each line holds one, like "
            '{"text": "fine", "label": "good"}.'
        )
    return value


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    whole = dict(pairs)
    if len(whole) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"key {twice!r} stands twice")
    return whole


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a finite number")
