"""The smaller tables of a task: published figures, calibration, slices."""

import math

from seqarena.reporting import formatting
from seqarena.reporting.details import Reliability, SliceScore
from seqarena.reporting.ranking import Row, Table
from seqarena.reporting.sheets.sheet import (
    Column,
    RowMark,
    Sheet,
    measured,
    numbers,
    sheet_of_texts,
    words,
)


def published_sheet(table: Table) -> Sheet | None:
    """Return figures of others beside what stands here."""
    published = table.task.published
    if not published:
        return None
    rows = [formatting.beside(each) for each in published]
    sheet = sheet_of_texts("published", "Beside published figures", formatting.BESIDE, rows)
    marks = tuple(RowMark(each.experiment) for each in published)
    return Sheet(sheet.name, sheet.title, sheet.columns, marks)


def calibration_sheet(table: Table) -> Sheet | None:
    """Return each classifier's calibration error beside what chance alone would show."""
    found = [
        (row, row.cell.details.reliability)
        for row in table.rows
        if row.cell.details.reliability is not None
    ]
    pairs = [(row, each) for row, each in found if each is not None]
    if not pairs:
        return None
    errors = [each for _, each in pairs]
    columns = (
        words("experiment", "name without its task", [row.label for row, _ in pairs]),
        numbers("seed", "whose probabilities these are", [(str(e.seed), e.seed) for e in errors]),
        numbers(
            "calibration error", _ERROR, [(f"{e.band.error:.3f}", e.band.error) for e in errors]
        ),
        numbers(
            "by chance below",
            _NULL,
            [(f"{e.band.null_high:.3f}", e.band.null_high) for e in errors],
        ),
        words("verdict", "", [_verdict(each) for each in errors]),
    )
    marks = tuple(RowMark(row.cell.experiment, row.cell.family) for row, _ in pairs)
    return Sheet("calibration", "Calibration", columns, marks, _ABOUT_CALIBRATION)


_ERROR = "mean distance of confidence and accuracy, weighted by the examples of a bin"
_NULL = "upper end of what a perfectly calibrated model with these probabilities shows"
_ABOUT_CALIBRATION = (
    "Even a perfectly calibrated model has an error above 0 on so many examples; it lies below the "
    "number beside it in 97.5 % of simulations. Proper scores (bits, Brier) decide between models."
)


def _verdict(each: Reliability) -> str:
    return "more than chance" if each.band.error > each.band.null_high else "as by chance"


def slice_sheets(table: Table) -> tuple[Sheet, ...]:
    """Return one table for each way to tell the examples apart."""
    ways = dict.fromkeys(each.by for row in table.rows for each in row.cell.details.slices)
    return tuple(_slice_sheet(table, by) for by in ways)


def slices_of(row: Row, by: str) -> tuple[SliceScore, ...]:
    """Return the scores of a row by one way to tell the examples apart, in rising order."""
    own = [each for each in row.cell.details.slices if each.by == by]
    return tuple(sorted(own, key=lambda each: each.low))


def _slice_sheet(table: Table, by: str) -> Sheet:
    rows = [row for row in table.rows if slices_of(row, by)]
    heads = [(each.label, each.n_examples) for each in slices_of(rows[0], by)]
    columns: list[Column] = [
        words("experiment", "name without its task", [row.label for row in rows])
    ]
    for place, (label, n_examples) in enumerate(heads):
        scores = [slices_of(row, by)[place] for row in rows]
        intervals = [each.interval for each in scores]
        infinite = [math.inf in each.values for each in scores]
        hint = f"{n_examples} examples; mean ± half of the 95 % interval over seeds"
        columns.append(measured(label, hint, intervals, table.task.metric.digits, infinite))
    marks = tuple(RowMark(row.cell.experiment, row.cell.family) for row in rows)
    title = f"By {by}: {table.task.metric.label}"
    return Sheet(f"by-{_stem(by)}", title, tuple(columns), marks, is_folded=True)


def _stem(by: str) -> str:
    return "".join(letter if letter.isalnum() else "-" for letter in by)
