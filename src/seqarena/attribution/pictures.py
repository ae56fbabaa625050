"""Pictures of maps: twice as wide as high, so that MLflow's image table shows them whole."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from seqarena.attribution.axes import MAX_SHOWN, Panels, panels_of, primary_map
from seqarena.attribution.canvas import FAINT, Box, Canvas, Pixels
from seqarena.attribution.capture import Capture, ProbeMap
from seqarena.attribution.films import draw_film
from seqarena.attribution.glyphs import drawable
from seqarena.attribution.labels import (
    Ticks,
    label_across,
    label_down,
    room_beside,
    title_across,
    title_down,
)
from seqarena.attribution.probes import Probe
from seqarena.attribution.regions import draw_regions
from seqarena.attribution.short_labels import shortened
from seqarena.data.spectra import SpectrumAxis

WIDTH, HEIGHT = 600, 300
MAX_HEADS = 4

COLOURS = {
    "weights": "Blues",
    "posterior": "Purples",
    "responsibility": "Greens",
    "count_context": "Reds",
}
_MEANING = {
    "weights": "attention weight",
    "posterior": "p(state | x)",
    "responsibility": "p(component | frame)",
    "count_context": "part of p(symbol)",
}
_MEANING_BY_NAME = {"target.cross": "p(link | both)", "decoder.cross": "share of its frames"}
_GOLD = "#d9480f"
_MANY = 400
"""Values of a map from which on a few large ones may be cut."""
_PLOT = Box(56, 34, 466, 202)
_GAP = 14.0
_BELOW_HEAD = 24
_ROW_BESIDE_STRIP = 34.0
"""Height of a map's row that stands above its input frames."""


def write_pictures(folder: Path, capture: Capture, *, all_maps: bool = True) -> list[Path]:
    """Draw `probe-<i>.png`, the most telling map of each probe, and return these files in order.

    With `all_maps`, every further map is drawn beside it as `probe-<i>.<map name>.png`. A model
    without maps has no pictures.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for index, (probe, maps) in enumerate(zip(capture.probes, capture.maps, strict=True)):
        if not maps:
            continue
        primary = primary_map(maps)
        paths.append(folder / f"probe-{index}.png")
        paths[-1].write_bytes(draw_map(probe, primary))
        for one in maps if all_maps else ():
            if one is not primary:
                (folder / f"probe-{index}.{one.name}.png").write_bytes(draw_map(probe, one))
    return paths


def draw_map(probe: Probe, one: ProbeMap) -> bytes:
    """Return a picture of one map as PNG.

    The strongest colour is 1 for all kinds but attention. For attention, and for a recogniser's
    shares of frames, it is the largest weight, or where a few weights would leave the rest pale,
    what all but one in 200 stay below: the colour bar says which. Where the steps are regions of a
    picture or a video, pooling weights lie over it. Gold alignments are outlined.
    """
    canvas = Canvas(WIDTH, HEIGHT)
    limit = _strongest(one)
    _head(canvas, probe, one)
    _colour_bar(canvas, one, limit)
    if one.values.size == 0:
        canvas.text(_PLOT.centre, "there was nothing to look at", size=11, colour=FAINT)
    elif probe.grid is not None and probe.frames is not None and one.values.shape[1] == 1:
        _draw_regions(canvas, probe.frames, probe.grid, probe, one, limit)
    else:
        _draw_panels(canvas, probe, one, limit)
    return canvas.png()


def _strongest(one: ProbeMap) -> float:
    """Return the value of the strongest colour. Early steps of a causal map have few to look at."""
    # A recogniser's row is shared out over a word's frames, as attention is over what it sees.
    if one.kind != "weights" and one.name != "decoder.cross":
        return 1.0
    shown = one.values[:, :MAX_SHOWN, :MAX_SHOWN]
    largest = max(float(shown.max(initial=0.0)), 1e-6)
    if shown.size < _MANY:
        return largest
    common = float(np.percentile(shown, 99.5))
    return common if 0 < common < largest / 2 else largest


def _head(canvas: Canvas, probe: Probe, one: ProbeMap) -> None:
    n_heads = one.values.shape[0]
    shown = "" if n_heads == 1 else f" · {n_heads} heads"
    if n_heads > MAX_HEADS and not (one.values.shape[1] == 1 and probe.grid is None):
        shown = f" · heads 1–{MAX_HEADS} of {n_heads}"
    head = one.name + shown
    canvas.text((8, 14), head, size=12, align="left")
    about = f"example {drawable(probe.id)}" if probe.label is None else f"label {probe.label}"
    room = _PLOT.right - 8 - canvas.width(head, 12) - _GAP
    (about,) = shortened((about,), room, lambda text: canvas.width(text, 10))
    canvas.text((_PLOT.right, 14), about, size=10, align="right", colour=FAINT)


def _colour_bar(canvas: Canvas, one: ProbeMap, limit: float) -> None:
    box = Box(_PLOT.right + 16, _PLOT.top, 10, _PLOT.height)
    canvas.heat(np.linspace(limit, 0, 64)[:, None], box, COLOURS[one.kind], limit)
    canvas.outline(box, width=0.5)
    for share in (0.0, 0.5, 1.0):
        at = (box.right + 3, box.bottom - share * box.height)
        more = "≥" if share == 1 and one.values.max(initial=0.0) > limit else ""
        canvas.text(at, f"{more}{share * limit:.2g}", size=8, align="left")
    meaning = _MEANING_BY_NAME.get(one.name) if one.kind == "posterior" else None
    meaning = meaning or _MEANING[one.kind]
    canvas.text((WIDTH - 9, box.centre[1]), meaning, size=9, turned=True)


def _draw_regions(
    canvas: Canvas,
    frames: np.ndarray,
    grid: tuple[int, int],
    probe: Probe,
    one: ProbeMap,
    limit: float,
) -> None:
    """Lay pooling weights over a picture, or over the frames of a video."""
    heads = one.values[:MAX_HEADS, 0].reshape(-1, one.values.shape[2] // (grid[0] * grid[1]), *grid)
    if heads.shape[1] == 1:
        draw_regions(canvas, _PLOT, frames, list(heads[:, 0]), COLOURS[one.kind], limit)
        return
    true_steps = np.array([step for step, _ in probe.links or ()], dtype=np.int64)
    draw_film(canvas, _PLOT, frames, list(heads), true_steps, (COLOURS[one.kind], _GOLD), limit)


def _draw_panels(canvas: Canvas, probe: Probe, one: ProbeMap, limit: float) -> None:
    panels = panels_of(probe, one)
    n_panels = min(len(panels.values), MAX_HEADS)
    strip = _strip_frames(probe, one, panels)
    height = _PLOT.height if strip is None else _height_beside_strip(panels.values.shape[1])
    down = Ticks.down(
        canvas, panels.down, _boxes(n_panels, replace(_PLOT, height=height))[0].height
    )
    left = max(_PLOT.left, room_beside(down))
    plot = Box(left, _PLOT.top, _PLOT.right - left, height)
    boxes = _boxes(n_panels, plot)
    across = Ticks.across(canvas, panels.across, boxes[0].width)
    for index, box in enumerate(boxes):
        canvas.heat(panels.values[index], box, COLOURS[one.kind], limit)
        outline_gold(canvas, panels, box)
        canvas.outline(box)
        if box.left == left:
            label_down(canvas, down, box)
        if strip is None and box.bottom == plot.bottom:
            label_across(canvas, across, box)
        if panels.titles:
            canvas.text((box.left, box.top - 6), panels.titles[index], size=8, align="left")
    lowest = boxes[-1]
    if strip is not None:
        top = lowest.bottom + _GAP
        lowest = Box(left, top, plot.width, _PLOT.bottom - top)
        _draw_strip(canvas, strip, lowest, probe.spectrum_axis)
        if probe.spectrum is not None and panels.values.shape[1] == 1:
            # What was heard where a model looks is what there is to see.
            canvas.veil(panels.values[0], lowest, COLOURS[one.kind], limit, most=0.5)
        label_across(canvas, across, lowest)
    title_down(canvas, panels.down.title, plot.centre[1], _BELOW_HEAD)
    title_across(canvas, panels.across.title, across, lowest, plot.centre[0])


def _strip_frames(probe: Probe, one: ProbeMap, panels: Panels) -> np.ndarray | None:
    """Return the input below the map, where its frames run along the same axis."""
    across = one.values.shape[2] if one.kind == "weights" else one.values.shape[1]
    if probe.shown is None or len(panels.values) > 1 or across != probe.n_steps:
        return None
    return probe.shown[: len(panels.across.labels)].T


def _height_beside_strip(n_rows: int) -> Pixels:
    """Leave at least a third of the picture to the frames."""
    return min(n_rows * _ROW_BESIDE_STRIP, _PLOT.height * 0.62)


def _draw_strip(canvas: Canvas, shown: np.ndarray, box: Box, heard: SpectrumAxis | None) -> None:
    canvas.grey(_contrasted(shown) if heard is None else shown, box)
    canvas.outline(box)
    if heard is not None:
        canvas.text((box.right, box.top - 5), heard.name, size=8, align="right", colour=FAINT)
    below, above = (f"1–{len(shown)}", "input") if heard is None else heard.ends
    canvas.text((box.left - 4, box.top + 2), above, size=8, align="right", rise="top")
    canvas.text((box.left - 4, box.bottom), below, 8, "right", "bottom", colour=FAINT)


def _contrasted(frames: np.ndarray) -> np.ndarray:
    """Cut the tenth of the values at either end, where one large dimension hides the others."""
    low, high = np.percentile(frames, [10, 90])
    return frames.clip(low, high) if low < high else frames


def _boxes(n: int, whole: Box) -> list[Box]:
    """Split a box into n panels: one, two side by side, or two rows of two."""
    n_across = 1 if n == 1 else 2
    n_down = -(-n // n_across)
    width = (whole.width - _GAP * (n_across - 1)) / n_across
    height = (whole.height - _GAP * (n_down - 1)) / n_down
    return [
        Box(
            whole.left + index % n_across * (width + _GAP),
            whole.top + index // n_across * (height + _GAP),
            width,
            height,
        )
        for index in range(n)
    ]


def outline_gold(canvas: Canvas, panels: Panels, box: Box) -> None:
    """Outline the gold spans, or the gold links, of a panel."""
    n_down, n_across = panels.values.shape[1:]
    width, height = box.width / n_across, box.height / n_down
    for row, (first, after) in enumerate(panels.gold):
        last = min(after, n_across)
        if 0 <= first < last:
            left, top = box.left + first * width, box.top + row * height
            canvas.outline(Box(left, top, (last - first) * width, height), _GOLD, 1.2)
    for across, down in panels.links:
        if across < n_across and down < n_down:
            left, top = box.left + across * width, box.top + down * height
            canvas.outline(Box(left, top, width, height), _GOLD, 1.2)
