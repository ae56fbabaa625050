"""Where the files of a report lie, as seen from its folder."""

from seqarena.charts.chart import Chart
from seqarena.reporting.names import stem_of
from seqarena.reporting.sheets.sheet import Sheet

FIGURES, TABLES, PLOTS = "figures", "tables", "plots"


def figure_name(task: str, chart: Chart) -> str:
    """Return the name of a chart's files, without folder and ending; no task: over all."""
    return f"{stem_of(task)}-{chart.name}" if task else chart.name


def sheet_name(task: str, sheet: Sheet) -> str:
    """Return the name of a table's file, without folder and ending."""
    return f"{stem_of(task)}-{sheet.name}"
