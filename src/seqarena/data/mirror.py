"""Published files, handed out only after they were compared with what was published."""

from pathlib import Path

from seqarena.data.published.catalogue import PUBLISHED
from seqarena.data.published.checksums import checked_content, refuse_another
from seqarena.data.published.places import VARIABLE, located, mirror_folder, places
from seqarena.data.published.record import Checked, Published, PublishedFile
from seqarena.errors import DataError

__all__ = [
    "VARIABLE",
    "mirrored_file",
    "mirrored_gzip",
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


def mirrored_file(folder: str, name: str, sha256: str, official: str) -> Path:
    """Return a file of the mirror that no record declares, after comparing it.

    Args:
        folder: the data set's folder in the mirror.
        name: the file in it.
        sha256: what the file must be.
        official: where it can be had, for the error.

    Raises:
        DataError: the variable is not set, or the file is missing or another one.
    """
    path = _path(folder, name, official)
    refuse_another(path, _file(name, sha256, "bytes"))
    return path


def mirrored_gzip(folder: str, name: str, sha256: str, official: str) -> bytes:
    """Return what a gzip file of the mirror that no record declares holds, after comparing that.

    Args:
        folder: the data set's folder in the mirror.
        name: the file in it.
        sha256: what its content must be.
        official: where it can be had, for the error.

    Raises:
        DataError: as `mirrored_file`, or it is not a whole gzip file.
    """
    return checked_content(_path(folder, name, official), _file(name, sha256, "content"))


def _file(name: str, sha256: str, checked: Checked) -> PublishedFile:
    return PublishedFile(name, sha256, 0, checked)


def _path(folder: str, name: str, official: str) -> Path:
    mirror = mirror_folder()
    fetched = [places(each, name)[-1] for each in PUBLISHED if each.folder == folder]
    mirrored = [mirror / folder / name] if mirror else []
    for path in (*mirrored, *fetched):
        if path.is_file():
            return path
    if not mirrored:
        raise DataError(
            f"{VARIABLE}: not set; name the folder that holds {folder}/{name} (from {official})."
        )
    raise DataError(f"{mirrored[0]}: not found; put the file there (from {official}).")
