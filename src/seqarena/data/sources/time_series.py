"""Published time series in their official split: name the class of each series."""

from dataclasses import replace
from importlib.metadata import version
from typing import Literal

import numpy as np
from pydantic import Field

from seqarena.data.checks import refuse_empty
from seqarena.data.manifest import Provenance
from seqarena.data.part import Part, three_parts
from seqarena.data.published.record import Published
from seqarena.data.sources.published_series import (
    HALVES,
    Series,
    SeriesName,
    file_of,
    published_as,
    read_half,
)
from seqarena.data.sources.source_config import SourceConfig
from seqarena.data.sources.source_data import SourceData
from seqarena.data.stratify import stratified_share
from seqarena.schema import DataSchema
from seqarena.seeds import numpy_generator
from seqarena.sequences import Sequences, sequences_of


class TimeSeriesConfig(SourceConfig):
    """One published data set (`seqarena data show ucr_uea` and `natops`)."""

    input_kind = "frames"
    kind: Literal["time_series"]
    name: SeriesName
    """Which data set."""
    valid_share: float = Field(default=0.2, gt=0, lt=1)
    """Share of each class of the official training half that validates (at least one series)."""
    valid_in_train: bool = False
    """Whether what validates trains too, so that training is the whole official half, as published
    results have it. A family that chooses by validation then chooses by what it was fitted to: only
    one that chooses nothing is served by this."""
    split_seed: int = Field(default=0, ge=0)
    """Seed of the choice of what validates."""

    @property
    def needs(self) -> tuple[Published, ...]:
        """Published data sets that these settings read."""
        return (published_as(self.name),)

    def read(self) -> SourceData:
        """Make the three parts."""
        return read_time_series(self)


def read_time_series(config: TimeSeriesConfig) -> SourceData:
    """Read both halves.

    Raises:
        DataError: a file is not there, or not the published one.
    """
    halves = {half: read_half(config.name, half) for half in HALVES}
    class_names = tuple(sorted(set(halves["TRAIN"][1])))
    official, test = (_sequences(half, *halves[half], class_names) for half in HALVES)
    return SourceData(
        schema=DataSchema(
            "classification", dim=int(official.values.shape[1]), n_classes=len(class_names)
        ),
        parts=three_parts(*_carve(official, config), Part(test)),
        provenance=_provenance(config.name),
        protocol={
            "split": "the official test; "
            + (
                "training is the whole official half, and what validates is in it too: nothing may "
                "be chosen by it"
                if config.valid_in_train
                else "validation is carved out of the official training half, the same share of "
                "every class"
            ),
            "valid_share": config.valid_share,
            "valid_in_train": config.valid_in_train,
            "split_seed": config.split_seed,
            "scored": "the label of each series",
        },
        class_names=class_names,
    )


def _provenance(name: SeriesName) -> Provenance:
    published = published_as(name)
    files = published.provenance(
        f"{name}, UCR/UEA archive ({published.official[0]})",
        *(file_of(name, half) for half in HALVES),
    )
    return replace(files, versions={**files.versions, "aeon": version("aeon")})


def _sequences(
    half: str, series: Series, labels: list[str], class_names: tuple[str, ...]
) -> Sequences:
    refuse_empty(list(series), f"{half} half,")
    # A class that is not in training gets a label of its own, which the checks then refuse.
    names = [*class_names, *sorted(set(labels) - set(class_names))]
    return sequences_of(
        list(series),
        labels=[names.index(label) for label in labels],
        ids=tuple(f"{half.lower()}-{row}" for row in range(len(series))),
    )


def _carve(official: Sequences, config: TimeSeriesConfig) -> tuple[Part, Part]:
    rows = np.arange(len(official))
    labels = np.zeros(len(official), dtype=np.int64) if official.labels is None else official.labels
    generator = numpy_generator(config.split_seed, config.kind, config.name)
    valid = stratified_share(labels, rows, config.valid_share, generator)
    train = rows if config.valid_in_train else np.setdiff1d(rows, valid)
    return Part(official.select(train)), Part(official.select(valid))
