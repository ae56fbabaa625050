"""The frame of a chart: how large it is, where its axes lie, and what is written along them."""

from collections.abc import Iterable
from dataclasses import dataclass

from seqarena.charts.chart import Axis, Chart, Number, ReferenceLine
from seqarena.charts.markup import cut, element, text
from seqarena.charts.numbers import place
from seqarena.charts.scale import Scale, scale_of

WIDTH = 440.0
"""Of every chart [pixels]: what a phone can show without making it smaller."""
_HEIGHT = 290.0
_ROW = 24.0
_LETTER = 7.0
"""Width of a letter on the average [pixels]."""
_LONGEST = 22
_LINE = 14.0
_EDGE = 20.0
_BELOW = 42.0


@dataclass(frozen=True)
class Frame:
    """A chart's scales in its drawing of `WIDTH` by `height`."""

    chart: Chart
    x: Scale
    y: Scale
    height: float

    @classmethod
    def of(cls, chart: Chart) -> "Frame":
        """Lay a chart out."""
        upright = [each for each in chart.references if each.axis == "x"]
        above = 10.0 + _LINE * len(upright) if upright or not chart.references else 22.0
        height = above + _BELOW + _ROW * len(chart.y.categories)
        height = height if chart.y.categories else _HEIGHT
        names = chart.y.categories
        longest = max((min(len(name), _LONGEST) for name in names), default=0)
        left = 14.0 + _LETTER * longest if names else 58.0
        return cls(
            chart,
            _scale(chart, "x", left, WIDTH - _EDGE),
            _scale(chart, "y", height - _BELOW, above),
            height,
        )

    @property
    def top(self) -> float:
        """Upper end of the axes."""
        return float(min(self.y.start, self.y.stop))

    @property
    def bottom(self) -> float:
        """Lower end of the axes."""
        return float(max(self.y.start, self.y.stop))

    def back(self) -> str:
        """Return grid, frame and what is written along the axes."""
        return "".join((*self._along_y(), *self._along_x(), *self._diagonal()))

    def references(self) -> str:
        """Return the lines to compare with, each with its name."""
        across = [each for each in self.chart.references if each.axis == "y"]
        upright = [each for each in self.chart.references if each.axis == "x"]
        lines = [self._upright(each, line) for line, each in enumerate(upright)]
        return "".join((*lines, *self._across(across)))

    def _along_x(self) -> Iterable[str]:
        bottom, middle = self.bottom, (self.x.start + self.x.stop) / 2
        yield element(
            "path", class_="frame", d=f"M{place(self.x.start)} {place(bottom)}H{WIDTH - _EDGE:g}"
        )
        for value, words in _marks(self.chart.x, self.x):
            at = place(self.x.at(value))
            if not self.chart.x.categories:
                yield element("path", class_="grid", d=f"M{at} {place(self.top)}V{place(bottom)}")
            yield text(words, class_="soft", x=at, y=place(bottom + 16), text_anchor="middle")
        yield text(self.chart.x.label, x=place(middle), y=place(bottom + 34), text_anchor="middle")

    def _along_y(self) -> Iterable[str]:
        left, right = place(self.x.start), place(self.x.stop)
        for value, words in _marks(self.chart.y, self.y):
            at = self.y.at(value)
            yield element("path", class_="grid", d=f"M{left} {place(at)}H{right}")
            shown = {"x": place(self.x.start - 7), "y": place(at + 4), "text_anchor": "end"}
            is_name = bool(self.chart.y.categories)
            yield text(cut(words, _LONGEST), class_=None if is_name else "soft", **shown)
        if not self.chart.y.categories:
            middle = (self.y.start + self.y.stop) / 2
            turn = f"translate(13 {place(middle)}) rotate(-90)"
            yield text(self.chart.y.label, transform=turn, text_anchor="middle")

    def _diagonal(self) -> Iterable[str]:
        if self.chart.has_diagonal:
            low, high = max(self.x.low, self.y.low), min(self.x.high, self.y.high)
            ends = [f"{place(self.x.at(end))} {place(self.y.at(end))}" for end in (low, high)]
            yield element("path", class_="reference", d=f"M{ends[0]}L{ends[1]}")

    def _upright(self, each: ReferenceLine, line: int) -> str:
        y = self.top - 6 - _LINE * line
        style = _name_class(each)
        if not self.x.holds(each.value):
            is_left = each.value < self.x.low
            words = f"← {each.label}" if is_left else f"{each.label} →"
            at, anchor = (self.x.start, "start") if is_left else (self.x.stop, "end")
            return text(words, class_=style, x=place(at), y=place(y), text_anchor=anchor)
        at = self.x.at(each.value)
        anchor = "start" if at < (self.x.start + self.x.stop) / 2 else "end"
        stroke = element(
            "path",
            class_=_stroke_class(each),
            d=f"M{place(at)} {place(y - 9)}V{place(self.bottom)}",
        )
        shift = 4 if anchor == "start" else -4
        return stroke + text(
            each.label, class_=style, x=place(at + shift), y=place(y), text_anchor=anchor
        )

    def _across(self, lines: list[ReferenceLine]) -> Iterable[str]:
        """Draw the lines, then write the names: from the lowest upwards, none on another."""
        free = self.bottom + 2
        names = []
        for each in sorted(lines, key=lambda line: -self.y.at(line.value)):
            at = self.y.at(min(max(each.value, self.y.low), self.y.high))
            words = each.label
            if self.y.holds(each.value):
                path = f"M{place(self.x.start)} {place(at)}H{place(self.x.stop)}"
                yield element("path", class_=_stroke_class(each), d=path)
            else:
                words = f"{words} {'↑' if each.value > self.y.high else '↓'}"
            free = min(at - 4, free - _LINE)
            shown = {"x": place(self.x.stop - 2), "y": place(free), "text_anchor": "end"}
            names.append(text(words, class_=_name_class(each), **shown))
        yield from names


def _stroke_class(each: ReferenceLine) -> str:
    return "reference bound" if each.is_bound else "reference"


def _name_class(each: ReferenceLine) -> str:
    return "named bound" if each.is_bound else "named soft"


def _marks(axis: Axis, scale: Scale) -> tuple[tuple[float, str], ...]:
    if axis.categories:
        return tuple((float(index), name) for index, name in enumerate(axis.categories))
    low, high = axis.marked or (scale.low, scale.high)
    return tuple(mark for mark in scale.marks() if low <= mark[0] <= high)


def _scale(chart: Chart, name: str, start: float, stop: float) -> Scale:
    axis = chart.x if name == "x" else chart.y
    if axis.categories:
        ends = (-0.5, len(axis.categories) - 0.5)
        # The first name of the y axis stands at the top.
        return Scale(*ends, start, stop) if name == "x" else Scale(*ends, stop, start)
    if axis.ends is not None:
        return Scale(*axis.ends, start, stop, axis.is_log)
    return scale_of(_values(chart, name), start, stop, is_log=axis.is_log)


def _values(chart: Chart, name: str) -> Iterable[Number]:
    """Return all that must have room along an axis."""
    is_x = name == "x"
    for series in chart.series:
        for point in series.points:
            yield point.x if is_x else point.y
            yield from (point.x_range if is_x else point.y_range) or ()
            yield from (() if is_x else point.null_range or ())
        for trace in series.traces:
            yield from trace.xs if is_x else trace.ys
        yield from (tick[0 if is_x else 1] for tick in series.ticks)
    yield from (each.value for each in chart.references if each.axis == name and each.is_bound)
