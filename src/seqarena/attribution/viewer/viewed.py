"""What the page shows: texts, maps and tables, whatever they were computed from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float, Int

from seqarena.attribution.probes import Spans
from seqarena.data.spectra import SpectrumAxis
from seqarena.wording import CONTESTED

ViewedKind = Literal[
    "weights",
    "posterior",
    "responsibility",
    "count_context",
    "affinity",
    "gradient",
    "effect",
    "change",
    "oracle",
    "score",
    "difference",
]
"""Each has its own colours, and no two are drawn over each other or subtracted. `effect` and
`change` are influence: how much a step moves what the model says, and what it adds to the gold
output's log-probability. `oracle` is the effect in the process that made the data, `score` how
far apart maps are, in columns that are no steps."""
Side = Literal["input", "output"]
TableRow = tuple[str | int | float, ...]
"""Texts and numbers; NaN: there is no number."""

WARNING = (
    f"Weights say what a mechanism mixed, not why the model decided. {CONTESTED} Weights are shown "
    "as mechanism and influence as effect; the two are never drawn over each other."
)


@dataclass(frozen=True)
class ViewedAxis:
    """What the rows or the columns of a map stand for."""

    noun: str
    """What one entry is: "input symbol", "state"."""
    n: int
    texts: tuple[str, ...] | None = None
    """Text of each entry; None: entries are numbered."""
    first_number: int = 1
    """Number of the first entry, where there are no texts."""
    side: Side | None = None
    """Whether these are the steps of the input or the outputs; None: neither."""


@dataclass(frozen=True)
class TopEntries:
    """The largest entries of each row of a map that is too large to be stored whole."""

    columns: Int[np.ndarray, "head row kept"]
    """Their columns; -1 where a row has fewer."""
    values: Float[np.ndarray, "head row kept"]
    rest: Float[np.ndarray, "head row"]
    """Sum of the entries of a row that are not kept."""
    n_columns: int


@dataclass(frozen=True)
class ViewedMap:
    """One map of one example: of one layer, with all its heads."""

    name: str
    """Which mechanism, without its layer: "decoder.cross", "states", "influence"."""
    kind: ViewedKind
    values: Float[np.ndarray, "head row column"] | TopEntries
    rows: ViewedAxis
    """Who looks. The map's first row stands for entry `first_row`."""
    columns: ViewedAxis
    """What is looked at."""
    layer: int | None = None
    first_row: int = 0
    run: str = ""
    """Whose map it is, where several runs are compared."""
    signed: bool = False
    unit: str = "share"
    limit: float | None = None
    """Value of the strongest colour; None: the largest value there is."""
    valid: Bool[np.ndarray, "row column"] | None = None
    """False where the model cannot look, or nothing was computed; None: True everywhere."""
    whole: Float[np.ndarray, "row"] | None = None
    """Effect on each row of replacing all columns at once [unit]; None: nobody asked."""
    mean_of: int = 1
    """Heads of which each of these is the mean; 1: they are the heads themselves."""
    rest: Float[np.ndarray, "head row"] | None = None
    """Sum of the entries of a row that were not kept and stand here as 0; None: all are kept."""


@dataclass(frozen=True)
class ViewedExample:
    """One example, and its maps."""

    id: str
    inputs: ViewedAxis
    outputs: ViewedAxis | None = None
    label: str | None = None
    gold: Spans = ()
    """For each output, the steps of the input that it comes from; (-1, -1): nowhere."""
    links: Spans = ()
    """Step of the input and output of each gold link."""
    frames: Float[np.ndarray, "time dim"] | None = None
    """The input, when it is frames or the regions of a picture; of sound its spectrogram."""
    grid: tuple[int, int] | None = None
    """Rows and columns, when the frames are regions of a picture, or of a film's pictures."""
    maps: tuple[ViewedMap, ...] = ()
    spectrum_axis: SpectrumAxis | None = None
    """Where the frames are a spectrogram: what its bands are, the last being the lowest."""


@dataclass(frozen=True)
class ViewedTable:
    """Numbers that stand below the maps."""

    title: str
    head: tuple[str, ...]
    rows: tuple[TableRow, ...]
    note: str = ""


@dataclass(frozen=True)
class Viewed:
    """All of one page."""

    title: str
    examples: tuple[ViewedExample, ...]
    facts: Mapping[str, str] = field(default_factory=dict)
    """Run, family, seed, hash of the data, ..."""
    tables: tuple[ViewedTable, ...] = ()
    warning: str = WARNING
