"""What the rows and columns of a map stand for, and how a picture names them."""

from dataclasses import dataclass, replace

import numpy as np

from seqarena.attribution.capture import ProbeMap
from seqarena.attribution.probes import Probe, Spans

MAX_SHOWN = 64
"""Rows and columns of a map that a picture shows; the file holds them all."""

_NOUNS = {
    "posterior": "state",
    "responsibility": "component",
    "count_context": "symbols of context",
}


@dataclass(frozen=True)
class Axis:
    """One side of a picture."""

    title: str
    labels: tuple[str, ...]
    n_all: int
    """Entries before the cut to `MAX_SHOWN`."""


@dataclass(frozen=True)
class Panels:
    """A map, ready to be drawn: one matrix per panel, all with the same axes."""

    values: np.ndarray
    """(panel, down, across)."""
    titles: tuple[str, ...]
    """Above each panel; empty when one says it all."""
    down: Axis
    across: Axis
    gold: Spans = ()
    """For each entry of `down`, the entries of `across` that it comes from; none: unknown."""
    links: Spans = ()
    """Entries of `across` and of `down` that belong together; none: unknown."""


def primary_map(maps: tuple[ProbeMap, ...]) -> ProbeMap:
    """Return the most telling map of a model that has any.

    Decoder to input comes first, then pooling, then self-attention, then states,
    components or contexts; of several such maps, the one of the last layer.
    """
    best = min(map(_rank, maps))
    return [one for one in maps if _rank(one) == best][-1]


def _rank(one: ProbeMap) -> int:
    if "cross" in one.name:
        return 0
    if one.name == "pooling":
        return 1
    return 2 if one.kind == "weights" else 3


def panels_of(probe: Probe, one: ProbeMap) -> Panels:
    """Lay a map out so that the input always runs from left to right.

    A map with one row per head (pooling) becomes one panel with a row per head. Posteriors,
    responsibilities and count contexts are turned, so that time runs as in every other picture.
    """
    n_heads, n_rows, n_columns = one.values.shape
    if one.kind != "weights" and "cross" not in one.name:
        # A context may have no symbol at all; states and components are counted from 1.
        first = 0 if one.kind == "count_context" else 1
        down = Axis(_NOUNS[one.kind], _numbers(n_columns, first), n_columns)
        panels = Panels(one.values.swapaxes(1, 2), (), down, _steps_axis(probe, n_rows))
    elif n_rows == 1:
        down = Axis("head", _numbers(n_heads), n_heads)
        panels = Panels(one.values[:, 0][None], (), down, _steps_axis(probe, n_columns))
    else:
        titles = tuple(f"head {head + 1}" for head in range(n_heads)) if n_heads > 1 else ()
        is_cross = "cross" in one.name
        gold, links = (probe.gold or (), probe.links or ()) if is_cross else ((), ())
        columns = _steps_axis(probe, n_columns)
        # Spans tell it more clearly, where a task has both.
        links = () if gold else links
        panels = Panels(one.values, titles, _looking_axis(probe, one), columns, gold, links)
    return _cut(panels)


def _looking_axis(probe: Probe, one: ProbeMap) -> Axis:
    """Name the rows: what is written, what is predicted, or the step that looks."""
    n = one.values.shape[1]
    if one.name.startswith("target"):
        return Axis("target word", _texts(probe.outputs, one.first_row, n), n)
    if one.name.startswith("decoder"):
        texts = probe.steps if probe.outputs is None else probe.outputs
        noun = "symbol predicted" if probe.outputs is None else "output written"
        return Axis(noun, _texts(texts, one.first_row, n), n)
    return replace(_steps_axis(probe, n, one.first_row), title="looking from")


def _steps_axis(probe: Probe, n: int, first: int = 0) -> Axis:
    noun = "input frame" if probe.steps is None else "input symbol"
    return Axis(noun, _texts(probe.steps, first, n), n)


def _texts(texts: tuple[str, ...] | None, first: int, n: int) -> tuple[str, ...]:
    """Use the texts where there are some, and step numbers where there are none."""
    if texts is None:
        return tuple(str(first + number + 1) for number in range(n))
    return texts[first : first + n]


def _numbers(n: int, first: int = 1) -> tuple[str, ...]:
    return tuple(str(first + number) for number in range(n))


def _cut(panels: Panels) -> Panels:
    return Panels(
        panels.values[:, :MAX_SHOWN, :MAX_SHOWN],
        panels.titles,
        _shortened(panels.down),
        _shortened(panels.across),
        panels.gold[:MAX_SHOWN],
        panels.links,
    )


def _shortened(axis: Axis) -> Axis:
    if axis.n_all <= MAX_SHOWN:
        return axis
    title = f"{axis.title} (first {MAX_SHOWN} of {axis.n_all})"
    return Axis(title, axis.labels[:MAX_SHOWN], axis.n_all)
