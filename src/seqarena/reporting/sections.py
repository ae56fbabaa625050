"""One section of the report per task: the same words, tables and charts in every form."""

from collections.abc import Iterable
from dataclasses import dataclass

from seqarena.charts.chart import Chart
from seqarena.reporting.caveats import caveat
from seqarena.reporting.cells import TaskFacts
from seqarena.reporting.conclusions import verdict
from seqarena.reporting.details import Scale
from seqarena.reporting.looks import Looks, looks_of
from seqarena.reporting.plots.calibration import calibration_chart
from seqarena.reporting.plots.cost import cost_charts
from seqarena.reporting.plots.learning import learning_charts
from seqarena.reporting.plots.quality import quality_chart
from seqarena.reporting.plots.scaling import scaling_chart
from seqarena.reporting.plots.search import search_charts
from seqarena.reporting.plots.slices import slice_charts
from seqarena.reporting.ranking import Row, Table
from seqarena.reporting.sheets.further import calibration_sheet, published_sheet, slice_sheets
from seqarena.reporting.sheets.headline import headline
from seqarena.reporting.sheets.judged import judged_pairs_sheet
from seqarena.reporting.sheets.looking import looking_sheets
from seqarena.reporting.sheets.results import results_sheet
from seqarena.reporting.sheets.searched import search_sheets
from seqarena.reporting.sheets.sheet import Sheet


@dataclass(frozen=True)
class Section:
    """All that is told of a task."""

    table: Table
    headline: str
    verdict: str
    caveat: str
    notes: tuple[tuple[str, str], ...]
    """Flags and failures: whose, and what."""
    results: Sheet
    sheets: tuple[Sheet, ...]
    """The further tables, without those of where its families look."""
    looking: tuple[Sheet, ...]
    charts: tuple[Chart, ...]
    looks: Looks

    @property
    def task(self) -> TaskFacts:
        """Which task it is about."""
        return self.table.task

    @property
    def all_sheets(self) -> tuple[Sheet, ...]:
        """Every table of it."""
        return (self.results, *self.sheets, *self.looking)


def sections_of(tables: tuple[Table, ...]) -> tuple[Section, ...]:
    """Return a section for each table."""
    looks = looks_of(tables)
    return tuple(_section(table, looks) for table in tables)


def scaling_charts(tables: tuple[Table, ...], scales: Iterable[Scale]) -> tuple[Chart, ...]:
    """Return the charts over tasks that differ in their size alone."""
    by_name = {table.task.name: table for table in tables}
    charts = [scaling_chart(scale, by_name) for scale in scales]
    return tuple(chart for chart in charts if chart is not None)


def _section(table: Table, looks: Looks) -> Section:
    sheets = (
        judged_pairs_sheet(table),
        *search_sheets(table),
        published_sheet(table),
        calibration_sheet(table),
        *slice_sheets(table),
    )
    charts = (
        quality_chart(table, looks),
        *cost_charts(table, looks),
        *search_charts(table, looks),
        *learning_charts(table, looks),
        calibration_chart(table, looks),
        *slice_charts(table, looks),
    )
    looking = table.task.looking
    return Section(
        table=table,
        headline=headline(table),
        verdict=verdict(table),
        caveat=caveat(table),
        notes=tuple((row.label, note) for row in table.rows for note in _notes(row)),
        results=results_sheet(table),
        sheets=tuple(sheet for sheet in sheets if sheet is not None),
        looking=() if looking is None else looking_sheets(looking),
        charts=tuple(chart for chart in charts if chart is not None),
        looks=looks,
    )


def _notes(row: Row) -> tuple[str, ...]:
    return (*row.cell.flags, *row.cell.failures)
