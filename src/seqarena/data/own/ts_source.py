"""A user's own time series in the `.ts` format of the UCR and UEA archives."""

from pathlib import Path
from typing import Literal

import numpy as np

from seqarena.data.own.assembly import own_source
from seqarena.data.own.example import Example
from seqarena.data.own.files_source import (
    LabelledFilesConfig,
    about_frames,
    own_provenance,
    split_own,
)
from seqarena.data.own.text import complaints, read_own_text
from seqarena.data.sources.source_data import SourceData
from seqarena.errors import DataError


class TsConfig(LabelledFilesConfig):
    """Time series of one or more channels, each with a class; of equal or of unequal length."""

    input_kind = "frames"
    kind: Literal["ts"]

    def mistakes_in_files(self) -> list[str]:
        """Return what is wrong with the text and its head; the series are not read."""
        return complaints(_refuse_unlabelled, self.own_paths)

    def read(self) -> SourceData:
        """Make the three parts."""
        files = {split: read_ts(path) for split, path in self.paths().items()}
        splits, protocol = split_own(self, files)
        provenance = own_provenance("time series", self.own_paths)
        return own_source(splits, about_frames("classification", provenance, protocol))


def read_ts(path: Path) -> list[Example]:
    """Return the series of a file, as aeon reads it: a step holds a number of each channel.

    Raises:
        DataError: the file is missing, is not text in UTF-8, is not in the format, has no class
            labels, or a number is missing or not finite; names file, and series and step.
    """
    _refuse_unlabelled(path)
    series, labels = _load(path)
    examples = []
    for number, (values, label) in enumerate(zip(series, labels, strict=True), start=1):
        steps = np.asarray(values, dtype=np.float32).T
        where = f"{path}, series {number}"
        if not len(steps):
            raise DataError(f"{where}: has no step; take it out.")
        for step, channel in np.argwhere(~np.isfinite(steps))[:1].tolist():
            raise DataError(
                f"{where}: channel {channel} of step {step} is "
                f"{'missing' if np.isnan(steps[step, channel]) else steps[step, channel]}; every "
                "number must be there and finite. Fill it, or take the series out."
            )
        examples.append(Example(where, f"{path.name}:{number}", steps, label=str(label)))
    if not examples:
        raise DataError(f"{path}: holds no series after `@data`; put some there.")
    return examples


def _refuse_unlabelled(path: Path) -> None:
    if "@classlabel true" not in " ".join(read_own_text(path).lower().split()):
        raise DataError(
            f"{path}: has no line `@classLabel true` with the names of its classes; a time series "
            "of a classification needs its class."
        )


def _load(path: Path) -> tuple[list[np.ndarray], list[str]]:
    # A heavy import, which no other source of a user's own needs.
    from aeon.datasets import load_from_ts_file

    try:
        series, labels = load_from_ts_file(str(path))
        return list(series), [str(label) for label in labels]
    # What aeon's reader raises on a file of another format: it says nothing about which.
    except (OSError, ValueError, LookupError, TypeError, AttributeError, NameError) as error:
        raise DataError(
            f"{path}: not a whole .ts file ({type(error).__name__}: {error}); each line after "
            "`@data` is a series: channels between colons, numbers between commas, its class last."
        ) from None
