"""Published time series of the UCR and UEA archives: which there are, and what their files hold."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import Float

from seqarena.data.mirror import mirrored_file
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
UNIVARIATE = (
    "H. A. Dau, A. Bagnall, K. Kamgar et al. (2019). The UCR time series archive. IEEE/CAA Journal "
    "of Automatica Sinica 6(6), 1293-1305."
)
MULTIVARIATE = (
    "A. Bagnall, H. A. Dau, J. Lines et al. (2018). The UEA multivariate time series "
    "classification archive, 2018. arXiv:1811.00075."
)
LICENCE = "unclear: free for research, cite the archive"

Series = list[Float[np.ndarray, "_ dim"]]


@dataclass(frozen=True)
class PublishedSeries:
    """Where the two halves of a data set lie, and what they must be."""

    folder: str
    """In the mirror."""
    stem: str
    """Of both files, before `_TRAIN.ts` and `_TEST.ts`."""
    sha256: tuple[str, str]
    """Of the training and the test file."""
    citation: str
    official: str


def _of_the_archive(name: str, train: str, test: str, citation: str) -> PublishedSeries:
    official = f"https://www.timeseriesclassification.com/description.php?Dataset={name}"
    return PublishedSeries("tsc_ucr_uea", f"{name}/{name}", (train, test), citation, official)


PUBLISHED: dict[SeriesName, PublishedSeries] = {
    "GunPoint": _of_the_archive(
        "GunPoint",
        "f842401779fd9800d247d8b33121a1a4643710a19b24917dbdd9a060ca8630d5",
        "79332750788a6227b325b96bd0d70130c8eb707b9731f8d7dec62b7a7d36017e",
        UNIVARIATE,
    ),
    "ArrowHead": _of_the_archive(
        "ArrowHead",
        "a83c470aaf611a5f5284377cce27a5fc9f6292bc3d110257b0fd4905ced5ee72",
        "5417dab42626d41df5e435bb22458c2df40dfad4bcd3b59559bbe72e20e84904",
        UNIVARIATE,
    ),
    "ItalyPowerDemand": _of_the_archive(
        "ItalyPowerDemand",
        "341269cb7e6cef96846b30e774580beec79addb93848ba360145219115a74b7c",
        "26122451f87dd0387ef90b18bc8a86c041371b8a1c068004922b939971247144",
        UNIVARIATE,
    ),
    "ACSF1": _of_the_archive(
        "ACSF1",
        "0646b90dc4843e02baed6b2ba345c5601a4991b6796565489cef1b2d92a7537b",
        "93e8aaeb44a10af181d24a156e60da7021193cd990ca28f263fccf3b905bfebf",
        UNIVARIATE,
    ),
    "BasicMotions": _of_the_archive(
        "BasicMotions",
        "8dc43cc6306cb679c888c01e26f91772ac4441a916da43bac8b79734a538b9d6",
        "79213102bc6fca1a398ad98ce1185dff0208fa3d1465e687f48288946b0ff8dc",
        MULTIVARIATE,
    ),
    "JapaneseVowels": _of_the_archive(
        "JapaneseVowels",
        "68a430eabd919cc77f40b1f5f3bc0dcafacc1486bca9260785aeb7d262cc78cd",
        "b3d41d6a0ca3bcad3afb9ca7d4365382aa51341e2e58bae2a574babdda5b9462",
        MULTIVARIATE,
    ),
    "NATOPS": PublishedSeries(
        "action_natops",
        "NATOPS",
        (
            "3567f0aa297e89327215ee1147537e06f7bdc51f48ac8d2c39aaa34fb1eab1b7",
            "3a9a41a948c30d19db6b9e0ec44d946d42199c4f8724c2aa6e8b71b28612404e",
        ),
        MULTIVARIATE,
        "https://www.timeseriesclassification.com/description.php?Dataset=NATOPS",
    ),
}


def read_half(name: SeriesName, half: Literal["TRAIN", "TEST"]) -> tuple[Series, list[str]]:
    """Return one (time, dim) array per series, and the names of the labels.

    Raises:
        DataError: the file is not there, or not the published one.
    """
    published = PUBLISHED[name]
    digest = published.sha256[("TRAIN", "TEST").index(half)]
    return read_ts(
        mirrored_file(published.folder, f"{published.stem}_{half}.ts", digest, published.official)
    )


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
