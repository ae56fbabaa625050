"""Files that a journal tells of: named as seen from its folder, with their digests."""

import hashlib
import math
from pathlib import Path

from seqarena.errors import DataError
from seqarena.tracking.events import Cell


def relative_to_journal(journal: Path, path: Path) -> str:
    """Return the path as seen from the journal's folder, which may move as a whole.

    Raises:
        DataError: the file is not below that folder.
    """
    folder = journal.resolve().parent
    if not path.resolve().is_relative_to(folder):
        raise DataError(f"{path}: is not below {folder}, so it could not move with its journal.")
    return path.resolve().relative_to(folder).as_posix()


def digest_of(path: Path) -> tuple[str, int]:
    """Return the SHA-256 of a file, and its size [bytes]."""
    content = path.read_bytes()
    return hashlib.sha256(content).hexdigest(), len(content)


def table_cell(journal: Path, cell: object) -> Cell:
    """Return a cell of a table as JSON holds it; a number that is not finite becomes none.

    Raises:
        DataError: it is no text, number or path, or a path to a file elsewhere.
    """
    if isinstance(cell, Path):
        digest, _ = digest_of(cell)
        return {"image": relative_to_journal(journal, cell), "sha256": digest}
    if isinstance(cell, float) and not math.isfinite(cell):
        return None
    if cell is None or isinstance(cell, str | int | float):
        return cell
    raise DataError(f"{journal}: {cell!r} is no table cell; give a text, a number or a Path.")
