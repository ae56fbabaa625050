"""What a model was asked, as what the page shows."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from jaxtyping import Bool

from seqarena.attribution.capture import Capture, ProbeMap
from seqarena.attribution.influence.influence_map import InfluenceMap
from seqarena.attribution.influence_shape import narrowed, widened
from seqarena.attribution.probes import Probe
from seqarena.attribution.viewer.viewed import (
    Viewed,
    ViewedAxis,
    ViewedExample,
    ViewedMap,
    ViewedTable,
)

_NOUNS = {
    "posterior": ("state", 1),
    "responsibility": ("component", 1),
    "count_context": ("symbols of context", 0),
}
"""What the columns of a map stand for that are no steps, and the number of the first."""
_LAYERED = re.compile(r"^(?P<before>[^.]+)\.(?P<layer>\d+)\.(?P<after>.+)$")


def viewed_of(
    capture: Capture,
    title: str,
    facts: Mapping[str, str] | None = None,
    tables: tuple[ViewedTable, ...] = (),
    run: str = "",
) -> Viewed:
    """Lay out the probes, the native maps and the influence of one run."""
    influence = capture.influence or (None,) * len(capture.probes)
    examples = tuple(
        _example(probe, maps, one, run)
        for probe, maps, one in zip(capture.probes, capture.maps, influence, strict=True)
    )
    for name, further in capture.further.items():
        examples = tuple(map(partial(_with_further, name, run), capture.probes, examples, further))
    return Viewed(title, examples, facts or {}, tables)


def _with_further(
    name: str, run: str, probe: Probe, example: ViewedExample, one: InfluenceMap | None
) -> ViewedExample:
    """Add another map; gradients, and the effects in the true process, are kinds of their own."""
    if one is None:
        return example
    shown = _influence(one, probe, _Axes.of(probe), run)
    if one.version == "gradient":
        shown = [replace(each, name="gradient × input", kind="gradient") for each in shown]
    if name == "oracle":
        shown = [
            replace(each, name=name, kind="oracle", run="") for each in shown if not each.signed
        ]
    return replace(example, maps=(*example.maps, *shown))


def beside(viewed: Viewed, other: Viewed, title: str) -> Viewed:
    """Join two runs on the same examples: each shows the maps of both.

    Examples that only one of them has keep its maps alone.
    """
    theirs = {example.id: example for example in other.examples}
    joined = []
    for mine in viewed.examples:
        also = theirs.pop(mine.id, None)
        joined.append(mine if also is None else replace(mine, maps=mine.maps + also.maps))
    facts = {**other.facts, **viewed.facts}
    return Viewed(title, (*joined, *theirs.values()), facts, viewed.tables + other.tables)


@dataclass(frozen=True)
class _Axes:
    """The two axes on which most maps of a probe are made."""

    inputs: ViewedAxis
    outputs: ViewedAxis | None

    @classmethod
    def of(cls, probe: Probe) -> "_Axes":
        noun = "input frame" if probe.steps is None else "input symbol"
        if probe.grid is not None:
            noun = "region"
        outputs = None
        if probe.outputs is not None:
            outputs = ViewedAxis("output", len(probe.outputs), probe.outputs, side="output")
        return cls(ViewedAxis(noun, probe.n_steps, probe.steps, side="input"), outputs)

    def predicted(self) -> ViewedAxis:
        """Outputs of a density or a tagger: one for each step of the input."""
        return ViewedAxis("symbol predicted", self.inputs.n, self.inputs.texts, side="output")


def _example(
    probe: Probe, maps: tuple[ProbeMap, ...], influence: InfluenceMap | None, run: str
) -> ViewedExample:
    axes = _Axes.of(probe)
    shown = [each for one in maps for each in (_native(one, axes, run), *_affinity(one, axes, run))]
    if influence is not None:
        shown += _influence(influence, probe, axes, run)
    return ViewedExample(
        probe.id,
        axes.inputs,
        axes.outputs,
        probe.label,
        probe.gold or (),
        probe.links or (),
        probe.shown,
        probe.grid,
        tuple(shown),
        probe.spectrum_axis,
    )


def _native(one: ProbeMap, axes: _Axes, run: str) -> ViewedMap:
    layered = _LAYERED.match(one.name)
    shown = ViewedMap(
        f"{layered['before']}.{layered['after']}" if layered else one.name,
        one.kind,
        one.values,
        _looking(one, axes),
        axes.inputs,
        layer=int(layered["layer"]) + 1 if layered else None,
        first_row=one.first_row,
        run=run,
        limit=None if one.kind == "weights" else 1.0,
        valid=_seen(one),
        mean_of=one.mean_of,
        rest=one.rest,
    )
    return _turned(shown, one)


def _affinity(one: ProbeMap, axes: _Axes, run: str) -> list[ViewedMap]:
    """Derive from the states of steps how probably two of them share one, as shares of a row."""
    if one.kind != "posterior" or "cross" in one.name or one.values.shape[1] != axes.inputs.n:
        return []
    shared = one.values @ one.values.swapaxes(1, 2)
    totals = shared.sum(axis=2, keepdims=True)
    values = np.divide(shared, totals, out=np.zeros_like(shared), where=totals > 0)
    return [ViewedMap(one.name, "affinity", values, axes.inputs, axes.inputs, run=run)]


def _turned(shown: ViewedMap, one: ProbeMap) -> ViewedMap:
    """Lay the map out so that the input runs from left to right, and heads stand to be compared."""
    n_heads, _, n_columns = one.values.shape
    if one.name == "pooling":
        rows = ViewedAxis("head" if n_heads > 1 else "whole input", n_heads)
        rest = None if one.rest is None else one.rest.T
        values = one.values.swapaxes(0, 1)
        return replace(shown, values=values, rows=rows, first_row=0, rest=rest)
    if one.kind in _NOUNS and "cross" not in one.name:
        noun, first = _NOUNS[one.kind]
        rows = ViewedAxis(noun, n_columns, first_number=first)
        values = one.values.swapaxes(1, 2)
        return replace(shown, values=values, rows=rows, first_row=0, rest=None)
    return shown


def _looking(one: ProbeMap, axes: _Axes) -> ViewedAxis:
    """Name the rows: what is written, what is predicted, or the step that looks."""
    if one.name.startswith("target") or (one.name.startswith("decoder") and axes.outputs):
        return axes.outputs or axes.predicted()
    return axes.predicted() if one.name.startswith("decoder") else axes.inputs


def _seen(one: ProbeMap) -> Bool[np.ndarray, "row column"] | None:
    """Say what a decoder's self-attention may look at: what comes before the row's symbol."""
    if not (one.name.startswith("decoder") and one.name.endswith("self")):
        return None
    n_rows, n_columns = one.values.shape[1:]
    before = np.tri(n_rows, n_columns, k=one.first_row - 1, dtype=bool)
    return None if one.values[:, ~before].any() else before


def _influence(one: InfluenceMap, probe: Probe, axes: _Axes, run: str) -> list[ViewedMap]:
    """Lay influence out; of a density whose beginning alone was asked about, that beginning."""
    one = _asked(one)
    n_rows, n_columns = one.change.shape
    if axes.outputs is not None:
        rows = axes.outputs
    elif n_rows == 1 and probe.label is not None:
        rows = ViewedAxis("label", 1, (probe.label,), side="output")
    else:
        rows = _first(axes.predicted(), n_rows)
    columns = _first(axes.inputs, n_columns)
    name = "influence" if one.version == "replaced" else f"influence ({one.version})"

    def shown(values: np.ndarray, *, signed: bool) -> ViewedMap:
        return ViewedMap(
            name,
            "change" if signed else "effect",
            values[None],
            rows,
            columns,
            run=run,
            signed=signed,
            unit=one.unit if signed else "bits",
            valid=one.valid,
            whole=None if signed else one.whole,
        )

    maps = [] if one.effect is None else [shown(one.effect, signed=False)]
    return [*maps, shown(one.change, signed=True)]


def _asked(one: InfluenceMap) -> InfluenceMap:
    """Return as many outputs as steps, up to the last that was asked about."""
    n_outputs, n_steps = one.change.shape
    n = max(narrowed(one).change.shape)
    return widened(narrowed(one), n, n) if n_outputs == n_steps > n else one


def _first(axis: ViewedAxis, n: int) -> ViewedAxis:
    """Return the first `n` entries of an axis."""
    return replace(axis, n=n, texts=None if axis.texts is None else axis.texts[:n])
