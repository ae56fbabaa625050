"""Reliability: how often a model is right, of the times when it says that it is so sure."""

from seqarena.charts.chart import Axis, Chart, Point, Series
from seqarena.metrics.reliability import ReliabilityBin
from seqarena.reporting.looks import Looks
from seqarena.reporting.plots.drawn_series import filled
from seqarena.reporting.ranking import Row, Table


def calibration_chart(table: Table, looks: Looks) -> Chart | None:
    """Return the reliability of each classifier; None where nobody has any."""
    rows = [row for row in table.rows if row.cell.details.reliability is not None]
    if not rows:
        return None
    return Chart(
        name="calibration",
        title="Calibration",
        x=Axis("mean confidence", ends=(0.0, 1.02)),
        y=Axis("share that is right", ends=(-0.02, 1.02)),
        series=tuple(_series(row, looks) for row in rows),
        has_diagonal=True,
        about="Broad bars: where a perfectly calibrated model would lie, in 95 % of simulations "
        "with the same probabilities. Filled: outside of it. The table names the seed.",
    )


def _series(row: Row, looks: Looks) -> Series:
    found = row.cell.details.reliability
    bins = () if found is None else found.bins
    return filled(row, looks, points=tuple(_point(row, each) for each in bins), is_joined=True)


def _point(row: Row, each: ReliabilityBin) -> Point:
    tip = (
        f"{row.label}: {each.n} examples at confidence {each.confidence:.3f}, right in "
        f"{each.accuracy:.3f}; by chance {each.null_low:.3f} to {each.null_high:.3f}"
    )
    is_inside = each.null_low <= each.accuracy <= each.null_high
    span = (each.null_low, each.null_high)
    return Point(each.confidence, each.accuracy, tip, is_open=is_inside, null_range=span)
