"""Where the files of a published data set are: in the mirror, among the fetched ones, or nowhere.

A file is taken from the first of two places that has it:

1. the folder that SEQARENA_MIRROR names, below it the data set's folder;
2. `data/published/NAME` of the checkout, where `seqarena data fetch NAME` puts it.
"""

import os
from pathlib import Path
from typing import Literal

from seqarena.data.published.checkout import checkout
from seqarena.data.published.record import Published
from seqarena.errors import DataError

VARIABLE = "SEQARENA_MIRROR"
"""Environment variable with the folder of downloaded data sets."""

FETCHED = Path("data/published")
"""Folder of fetched data sets, from the top of the checkout. Git ignores what is in it, save DVC's
notes of what was fetched from where."""

Place = Literal["mirror", "fetched", "not here"]


def mirror_folder() -> Path | None:
    """Return the mirror; None where the variable is not set."""
    value = os.environ.get(VARIABLE)
    return Path(value) if value else None


def fetched_folder(published: Published) -> Path:
    """Return where the data set's fetched files are."""
    return checkout() / FETCHED / published.name


def places(published: Published, path: str) -> list[Path]:
    """Return where a file may be, in the order in which it is looked for."""
    mirror = mirror_folder()
    mirrored = [mirror / published.folder / path] if mirror else []
    return [*mirrored, fetched_folder(published) / path]


def find(published: Published, path: str) -> Path | None:
    """Return where a file is, unchecked; None: nowhere."""
    return next((each for each in places(published, path) if each.is_file()), None)


def located(published: Published, path: str) -> Path:
    """Return where a file is, unchecked.

    Raises:
        DataError: it is in neither place; says whose it is and how to get it.
    """
    found = find(published, path)
    if found is None:
        raise DataError(_missing(published, path))
    return found


def place_of(published: Published) -> Place:
    """Say where the data set is, as a whole; `fetched` if some of it comes from the mirror."""
    found = [find(published, file.path) for file in published.files]
    if None in found:
        return "not here"
    fetched = fetched_folder(published)
    return "fetched" if any(each.is_relative_to(fetched) for each in found if each) else "mirror"


def _missing(published: Published, path: str) -> str:
    mirror = mirror_folder()
    looked = f"{VARIABLE} is {mirror}" if mirror else f"{VARIABLE} is not set"
    get = (
        f"fetch it by `seqarena data fetch {published.name}`"
        if published.downloads
        else f"get it by hand (`seqarena data show {published.name}` says how)"
    )
    return (
        f"{published.name}: {path} is not here ({looked}; {fetched_folder(published)} lacks it). "
        f"Licence: {published.licence}. Official: {' ; '.join(published.official)}. Either {get}, "
        f"or set {VARIABLE} to the folder that holds {published.folder}/{path}."
    )
