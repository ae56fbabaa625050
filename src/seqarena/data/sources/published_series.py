"""Published time series of the UCR and UEA archives: which there are, and what their files hold."""

from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import Float

from seqarena.data.published.checked_files import published_file
from seqarena.data.published.record import Published
from seqarena.data.published.time_series import NATOPS, UCR_UEA
from seqarena.errors import DataError

SeriesName = Literal[
    "GunPoint",
    "ArrowHead",
    "ItalyPowerDemand",
    "ACSF1",
    "BasicMotions",
    "JapaneseVowels",
    "NATOPS",
]

Half = Literal["TRAIN", "TEST"]
HALVES: tuple[Half, Half] = ("TRAIN", "TEST")
Series = list[Float[np.ndarray, "_ dim"]]


def published_as(name: SeriesName) -> Published:
    """Return the declaration that holds a series."""
    return NATOPS if name == "NATOPS" else UCR_UEA


def file_of(name: SeriesName, half: Half) -> str:
    """Return the file of a half, below the folder of its declaration."""
    return f"{name}_{half}.ts" if name == "NATOPS" else f"{name}/{name}_{half}.ts"


def read_half(name: SeriesName, half: Half) -> tuple[Series, list[str]]:
    """Return one (time, dim) array per series, and the names of the labels.

    Raises:
        DataError: the file is not there, or not the published one.
    """
    return read_ts(published_file(published_as(name), file_of(name, half)))


def read_ts(path: Path) -> tuple[Series, list[str]]:
    """Read a `.ts` file with labels, by aeon's reader.

    Raises:
        DataError: it is not one.
    """
    # Imported here: aeon and numba take over a second, and most sources need neither.
    from aeon.datasets import load_from_ts_file

    try:
        series, labels = load_from_ts_file(str(path))
    except (OSError, ValueError, IndexError) as error:
        raise _unreadable(path, str(error)) from None
    if len(series) == 0 or len(series) != len(labels):
        raise _unreadable(path, f"{len(series)} series and {len(labels)} labels came")
    return [np.asarray(each).T for each in series], [str(label) for label in labels]


def _unreadable(path: Path, why: str) -> DataError:
    return DataError(
        f"{path}: not a .ts file with labels ({why}); compare it with the archive's own."
    )
