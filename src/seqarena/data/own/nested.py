"""Fields of fields: `review.text` is the field `text` of the field `review`."""

from collections.abc import Mapping, Sequence

from seqarena.data.own.table import Cell


def with_inner(columns: Mapping[str, Sequence[Cell]]) -> dict[str, Sequence[Cell]]:
    """Return the columns, and after each that holds objects a column for each of their fields.

    A cell is None where a row has no such object, or the object no such field. A column whose own
    name is `review.text` comes before the field of that name.
    """
    found: dict[str, Sequence[Cell]] = {}
    for name, cells in columns.items():
        found[name] = cells
        fields = dict.fromkeys(key for cell in cells if isinstance(cell, dict) for key in cell)
        inner = {
            f"{name}.{field}": [
                cell.get(field) if isinstance(cell, dict) else None for cell in cells
            ]
            for field in fields
        }
        for path, values in with_inner(inner).items():
            found.setdefault(path, values)
    return found | dict(columns)
