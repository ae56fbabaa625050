"""What a chart shows, before anybody draws it."""

from dataclasses import dataclass
from typing import Literal

AxisName = Literal["x", "y"]
Number = float | int


@dataclass(frozen=True)
class Look:
    """How a series is told from others."""

    colour: int
    """Place in the palette."""
    marker: int
    """Place among the markers."""


@dataclass(frozen=True)
class Axis:
    """One of the two axes."""

    label: str
    is_log: bool = False
    categories: tuple[str, ...] = ()
    """Names instead of numbers: a position is the place of a name, from the left or the top."""
    ends: tuple[Number, Number] | None = None
    """Where it begins and ends; None: where the data do."""
    marked: tuple[Number, Number] | None = None
    """Between which values it has marks; None: all along."""


@dataclass(frozen=True)
class Point:
    """One value, with its range if it has one."""

    x: Number
    y: Number
    tip: str
    """What is told of it when a reader asks."""
    x_range: tuple[Number, Number] | None = None
    y_range: tuple[Number, Number] | None = None
    is_open: bool = False
    """Drawn hollow, where a chart tells two kinds apart."""
    null_range: tuple[Number, Number] | None = None
    """Along y, where it would lie by chance alone: a broad, faint bar behind it."""


@dataclass(frozen=True)
class Trace:
    """One line, such as the course of one fit."""

    xs: tuple[Number, ...]
    ys: tuple[Number, ...]
    tip: str


@dataclass(frozen=True)
class Series:
    """All that belongs to one experiment; a legend switches it on and off as a whole."""

    key: str
    """Its name, the same in every chart of a task."""
    label: str
    family: str
    look: Look
    points: tuple[Point, ...] = ()
    traces: tuple[Trace, ...] = ()
    ticks: tuple[tuple[Number, Number], ...] = ()
    """Further values without a text of their own, such as those of single seeds."""
    is_joined: bool = False
    """Whether a line joins the points."""


@dataclass(frozen=True)
class ReferenceLine:
    """A value to compare with."""

    label: str
    value: Number
    axis: AxisName
    is_bound: bool = False
    """No model can be better: it is always in view. Others are told at the edge if they are far."""


@dataclass(frozen=True)
class Chart:
    """One chart."""

    name: str
    """Part of a file name: letters, digits, hyphens."""
    title: str
    x: Axis
    y: Axis
    series: tuple[Series, ...]
    references: tuple[ReferenceLine, ...] = ()
    front: tuple[tuple[Number, Number], ...] = ()
    """Corners of a staircase: what nothing else beats in both."""
    has_diagonal: bool = False
    """Whether a line shows where x and y are equal."""
    about: str = ""
    """What is to be seen, in a sentence or two."""
