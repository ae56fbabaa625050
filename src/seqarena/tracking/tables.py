"""Tables as MLflow's artifact view shows them: JSON, and two sizes of each picture in a cell.

The layout is that of `mlflow.log_table` with `mlflow.Image` cells. That function appends on every
call and draws random file names; here names follow from the content, so a replay changes nothing.
"""

import json
from pathlib import Path
from shutil import copyfile

from PIL import Image

from seqarena.tracking.events import Cell, TableWritten

LOGGED_ARTIFACTS_TAG = "mlflow.loggedArtifacts"
_SIDE = 512


def write_table(table: TableWritten, source: Path, target: Path) -> None:
    """Write the table's files below `target`, under the names that they have in the run.

    Args:
        table: The table.
        source: Folder of the journal, to which paths of pictures are relative.
        target: Folder that stands for the run's artifacts.
    """
    names = list(table.columns)
    rows = [
        [_write_cell(cell, table.name, source, target) for cell in row]
        for row in zip(*table.columns.values(), strict=True)
    ]
    file = target / _file_name(table.name)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"columns": names, "data": rows}))


def with_table(tag: str, name: str) -> str:
    """Return the tag that lists a run's tables, with one more if it is new."""
    listed = json.loads(tag)
    entry = {"path": _file_name(name), "type": "table"}
    return tag if entry in listed else json.dumps([*listed, entry])


def _file_name(name: str) -> str:
    return f"{name}.json"


def _write_cell(cell: Cell, table: str, source: Path, target: Path) -> object:
    """Return the cell as the table holds it; write a picture in both sizes."""
    if not isinstance(cell, dict):
        return cell
    stem = f"table_images/{table}/{cell['sha256'][:32]}"
    large, small = f"{stem}.png", f"{stem}.webp"
    if not (target / small).exists():
        (target / large).parent.mkdir(parents=True, exist_ok=True)
        copyfile(source / cell["image"], target / large)
        _write_small(target / large, target / small)
    return {"type": "image", "filepath": large, "compressed_filepath": small}


def _write_small(picture: Path, small: Path) -> None:
    """Write the copy that the table shows: the picture in the upper half of a transparent square.

    The artifact view centres a picture in a square as wide as the column, and cuts that at the
    height of a row, which is half of it.
    """
    with Image.open(picture) as opened:
        image = opened.convert("RGBA")
    scale = min(_SIDE / image.width, _SIDE / 2 / image.height)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    square = Image.new("RGBA", (_SIDE, _SIDE))
    square.paste(image.resize(size), ((_SIDE - size[0]) // 2, 0))
    square.save(small, lossless=True)
