"""Published files, handed out only after they were compared with what was published."""

from pathlib import Path

from seqarena.data.published.checksums import checked_content, refuse_another
from seqarena.data.published.places import VARIABLE, located
from seqarena.data.published.record import Published

__all__ = [
    "VARIABLE",
    "published_content",
    "published_file",
]


def published_file(published: Published, path: str) -> Path:
    """Return where a file of a data set is, after comparing it with what was published.

    Raises:
        DataError: it is missing or another one.
    """
    file, found = published.file(path), located(published, path)
    refuse_another(found, file)
    return found


def published_content(published: Published, path: str) -> bytes:
    """Return what a gzip file of a data set holds, after comparing that with what was published.

    The same content may have been compressed by another program, into other bytes.

    Raises:
        DataError: it is missing, another one, or not a whole gzip file.
    """
    return checked_content(located(published, path), published.file(path))
