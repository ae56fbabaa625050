"""Learning curves: the validation loss of every fit, by epoch and by time."""

from collections.abc import Callable

from seqarena.charts.chart import Axis, Chart, Trace
from seqarena.reporting import formatting
from seqarena.reporting.details import Curve
from seqarena.reporting.looks import Looks
from seqarena.reporting.plots.drawn_series import filled
from seqarena.reporting.ranking import Row, Table

_LEAST_SECONDS = 1e-3
_NAME = "Validation loss"


def learning_charts(table: Table, looks: Looks) -> tuple[Chart, ...]:
    """Return two charts for each kind of loss: unlike losses do not meet in one."""
    kinds = list(dict.fromkeys(row.cell.details.loss for row in table.rows if _long(row)))
    charts = []
    for place, loss in enumerate(kinds):
        rows = [row for row in table.rows if row.cell.details.loss == loss and _long(row)]
        suffix = "" if place == 0 else f"-{place + 1}"
        charts += [_by_epoch(rows, suffix, looks), _by_time(rows, suffix, looks)]
    return tuple(charts)


def _long(row: Row) -> bool:
    """Say whether there is anything that a line could join."""
    return any(len(curve.losses) > 1 for curve in row.cell.details.curves)


def _by_epoch(rows: list[Row], suffix: str, looks: Looks) -> Chart:
    axis = Axis("epoch", is_log=_is_wide(rows, lambda curve: float(curve.epochs[-1])))
    return _chart(rows, f"learning-epochs{suffix}", f"{_NAME} by epoch", axis, looks, _epochs)


def _by_time(rows: list[Row], suffix: str, looks: Looks) -> Chart:
    axis = Axis("wall time [s]", is_log=True)
    return _chart(rows, f"learning-seconds{suffix}", f"{_NAME} by time", axis, looks, _seconds)


def _chart(
    rows: list[Row],
    name: str,
    title: str,
    axis: Axis,
    looks: Looks,
    xs: Callable[[Curve], tuple[float, ...]],
) -> Chart:
    series = [
        filled(
            row,
            looks,
            traces=tuple(
                Trace(xs(curve), curve.losses, _tip(row, curve))
                for curve in row.cell.details.curves
                if curve.losses
            ),
        )
        for row in rows
    ]
    return Chart(
        name=name,
        title=title,
        x=axis,
        y=Axis("validation loss [nats]"),
        series=tuple(series),
        about=f"One line per seed. {_what(rows)}".rstrip(),
    )


def _what(rows: list[Row]) -> str:
    loss = rows[0].cell.details.loss
    return f"These losses are {loss}; not to be compared with others." if loss else ""


def _tip(row: Row, curve: Curve) -> str:
    lowest = min(curve.losses)
    return f"{row.label}, seed {curve.seed} (lowest {formatting.plain(lowest)})"


def _epochs(curve: Curve) -> tuple[float, ...]:
    return tuple(map(float, curve.epochs))


def _seconds(curve: Curve) -> tuple[float, ...]:
    return tuple(max(value, _LEAST_SECONDS) for value in curve.seconds)


def _is_wide(rows: list[Row], of: Callable[[Curve], float]) -> bool:
    """Say whether lengths differ so much that the short ones would be a stroke."""
    ends = [of(curve) for row in rows for curve in row.cell.details.curves if curve.losses]
    return max(ends) > 10 * min(ends)
