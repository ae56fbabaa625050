"""A chart as SVG: in a page, where its style sheet colours it, or as a file that stands alone."""

from seqarena.charts.chart import Chart, Number, Point, Series, Trace
from seqarena.charts.frame import WIDTH, Frame
from seqarena.charts.markup import cut, element, text
from seqarena.charts.numbers import place, rounded
from seqarena.charts.palette import N_DASHES, colour_class, file_style, marker

_NAMESPACE = "http://www.w3.org/2000/svg"
_HEAD = 26.0
_LEGEND_ROW = 18.0
_LEGEND_LETTERS = 24
_LEGEND_COLUMNS = 2


def drawing(chart: Chart) -> str:
    """Return the chart as an element of a page.

    Each series is a group with `data-series` and `data-family`; what can be asked about has
    `data-tip`, and a line its values in `data-x` and `data-y`. Texts are escaped.
    """
    frame = Frame.of(chart)
    return element(
        "svg",
        _body(frame),
        class_="chart",
        viewBox=f"0 0 {WIDTH:g} {place(frame.height)}",
        role="img",
        tabindex="0",
        aria_label=f"{chart.title}. Arrow keys go through its values.",
    )


def standalone(chart: Chart) -> str:
    """Return the chart as a file of SVG: with title, legend and style sheet, on white."""
    frame = Frame.of(chart)
    legend = "" if chart.y.categories else _legend(chart)
    n_rows = -(-len(chart.series) // _LEGEND_COLUMNS) if legend else 0
    height = _HEAD + frame.height + n_rows * _LEGEND_ROW
    return (
        element(
            "svg",
            element("style", file_style()),
            element("rect", class_="ground", width=f"{WIDTH:g}", height=place(height)),
            text(cut(chart.title, 58), class_="title", x="12", y="19"),
            element("g", _body(frame), transform=f"translate(0 {_HEAD:g})"),
            element("g", legend, transform=f"translate(0 {place(_HEAD + frame.height + 8)})"),
            xmlns=_NAMESPACE,
            width=f"{WIDTH:g}",
            height=place(height),
            viewBox=f"0 0 {WIDTH:g} {place(height)}",
        )
        + "\n"
    )


def _body(frame: Frame) -> str:
    chart = frame.chart
    series = [_series(frame, each) for each in chart.series]
    return "".join((frame.back(), frame.references(), _front(frame), *series))


def _series(frame: Frame, series: Series) -> str:
    parts = [_null(frame, point) for point in series.points]
    parts += [_trace(frame, trace, series.look.marker) for trace in series.traces]
    parts += [_tick(frame, *tick) for tick in series.ticks]
    if series.is_joined and len(series.points) > 1:
        corners = _corners(frame, tuple((point.x, point.y) for point in series.points))
        parts.append(element("polyline", class_="join", points=corners))
    parts += [_spans(frame, point) for point in series.points]
    parts += [_mark(frame, series, point) for point in series.points]
    return element(
        "g",
        *parts,
        class_=f"series {colour_class(series.look.colour)}",
        data_series=series.key,
        data_family=series.family,
    )


def _mark(frame: Frame, series: Series, point: Point) -> str:
    return element(
        "path",
        class_="mark open" if point.is_open else "mark",
        d=marker(series.look.marker),
        transform=f"translate({place(frame.x.at(point.x))} {place(frame.y.at(point.y))})",
        data_tip=point.tip,
    )


def _spans(frame: Frame, point: Point) -> str:
    x, y = place(frame.x.at(point.x)), place(frame.y.at(point.y))
    lines = []
    if point.x_range is not None:
        low, high = (place(frame.x.at(end)) for end in point.x_range)
        lines.append(f"M{low} {y}H{high}")
    if point.y_range is not None:
        low, high = (place(frame.y.at(end)) for end in point.y_range)
        lines.append(f"M{x} {low}V{high}")
    return element("path", class_="span", d="".join(lines)) if lines else ""


def _null(frame: Frame, point: Point) -> str:
    if point.null_range is None:
        return ""
    low, high = (place(frame.y.at(end)) for end in point.null_range)
    return element("path", class_="null", d=f"M{place(frame.x.at(point.x))} {low}V{high}")


def _tick(frame: Frame, x: Number, y: Number) -> str:
    """Draw a short stroke across the axis of the values."""
    left, middle = frame.x.at(x), frame.y.at(y)
    if frame.chart.y.categories:
        return element("path", class_="tick", d=f"M{place(left)} {place(middle - 5)}v10")
    return element("path", class_="tick", d=f"M{place(left - 4)} {place(middle)}h8")


def _trace(frame: Frame, trace: Trace, place_of_look: int) -> str:
    return element(
        "polyline",
        class_=f"trace dash{place_of_look % N_DASHES}",
        points=_corners(frame, tuple(zip(trace.xs, trace.ys, strict=True))),
        data_tip=trace.tip,
        data_x=_numbers(trace.xs),
        data_y=_numbers(trace.ys),
    )


def _front(frame: Frame) -> str:
    corners = frame.chart.front
    return element("polyline", class_="front", points=_corners(frame, corners)) if corners else ""


def _corners(frame: Frame, corners: tuple[tuple[Number, Number], ...]) -> str:
    return " ".join(f"{place(frame.x.at(x))},{place(frame.y.at(y))}" for x, y in corners)


def _numbers(values: tuple[Number, ...]) -> str:
    return " ".join(f"{rounded(value, 4):g}" for value in values)


def _legend(chart: Chart) -> str:
    width = WIDTH / _LEGEND_COLUMNS
    parts = []
    for index, series in enumerate(chart.series):
        left, top = index % _LEGEND_COLUMNS * width + 20, index // _LEGEND_COLUMNS * _LEGEND_ROW
        look = colour_class(series.look.colour)
        at = f"translate({place(left)} {place(top)})"
        shape = element("path", class_=f"mark {look}", d=marker(series.look.marker), transform=at)
        words = cut(series.label, _LEGEND_LETTERS)
        parts += [shape, text(words, x=place(left + 10), y=place(top + 4))]
    return "".join(parts)
