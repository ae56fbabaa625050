"""Alignments of one example side by side: what each model links to what, and the gold links."""

from collections.abc import Sequence

from seqarena.attribution.axes import panels_of
from seqarena.attribution.canvas import Box, Canvas
from seqarena.attribution.capture import ProbeMap
from seqarena.attribution.glyphs import drawable
from seqarena.attribution.labels import (
    Ticks,
    label_across,
    label_down,
    room_below,
    room_beside,
    title_across,
    title_down,
)
from seqarena.attribution.pictures import COLOURS, outline_gold
from seqarena.attribution.probes import Probe
from seqarena.attribution.short_labels import shortened
from seqarena.attribution.store.cuts import mean_of_heads

WIDTH, HEIGHT = 900, 340
_TOP, _RIGHT, _GAP = 40.0, 12.0, 18.0
_MEANING = {"weights": "attention, mean of heads", "posterior": "p(link | both)"}


def draw_alignments(probe: Probe, maps: Sequence[tuple[str, ProbeMap]]) -> bytes:
    """Return a picture of maps from outputs to inputs as PNG, each under the name of its family.

    All are from 0 to 1, in the colours of their kind, heads averaged; gold links are outlined. An
    output that a map says nothing of has an empty row there.
    """
    canvas = Canvas(WIDTH, HEIGHT)
    panels = [panels_of(probe, mean_of_heads(one)) for _, one in maps]
    first = max(panels, key=lambda each: len(each.down.labels))
    ticks = Ticks.down(canvas, first.down, HEIGHT - _TOP - 60)
    left = room_beside(ticks)
    width = (WIDTH - left - _RIGHT - (len(maps) - 1) * _GAP) / len(maps)
    across = Ticks.across(canvas, first.across, width)
    height = HEIGHT - _TOP - room_below(across)
    ticks = Ticks.down(canvas, first.down, height)
    each_high = height / len(first.down.labels)
    for place, ((name, one), panel) in enumerate(zip(maps, panels, strict=True)):
        whole = Box(left + place * (width + _GAP), _TOP, width, height)
        box = Box(whole.left, whole.top, width, each_high * len(panel.down.labels))
        canvas.heat(panel.values[0], box, COLOURS[one.kind], 1.0)
        outline_gold(canvas, panel, box)
        canvas.outline(whole)
        title = f"{drawable(name)}: {_MEANING.get(one.kind, one.kind)}"
        (title,) = shortened((title,), width, lambda text: canvas.width(text, 9))
        canvas.text((whole.left, whole.top - 8), title, size=9, align="left")
        label_across(canvas, across, whole)
        if place == 0:
            label_down(canvas, ticks, whole)
    canvas.text((8, 12), f"example {drawable(probe.id)}", size=10, align="left")
    title_down(canvas, first.down.title, _TOP + height / 2, _TOP)
    title_across(canvas, first.across.title, across, whole, left + (WIDTH - left - _RIGHT) / 2)
    return canvas.png()
