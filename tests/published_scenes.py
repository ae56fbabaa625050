"""Small files in the place of published ones."""

from dataclasses import replace
from pathlib import Path

from seqarena.data.published.checksums import sha256_of
from seqarena.data.published.record import Published


def stand_in(published: Published, mirror: Path) -> Published:
    """The same data set, declared to be what lies in this mirror."""
    folder = mirror / published.folder
    files = tuple(
        replace(file, sha256=sha256_of(folder / file.path, file.checked))
        for file in published.files
        if (folder / file.path).is_file()
    )
    return replace(published, files=files)


def refusal(published: Published, path: str, variable: str) -> str:
    """What is said of a file that is neither in the mirror nor fetched."""
    return (
        f"{published.name}: {path} is not here ({variable}; data/published/{published.name} lacks "
        f"it). Licence: {published.licence}. Official: {' ; '.join(published.official)}. Either "
        f"fetch it by `seqarena data fetch {published.name}`, or set SEQARENA_MIRROR to the folder "
        f"that holds {published.folder}/{path}."
    )
