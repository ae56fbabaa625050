"""All that a report tells, before it is written in any form."""

from dataclasses import dataclass

from seqarena.charts.chart import Chart
from seqarena.reporting.over_tasks import OverTasks, over_tasks_words
from seqarena.reporting.sections import Section
from seqarena.reporting.sheets.judged import families_sheet
from seqarena.reporting.sheets.sheet import Sheet


@dataclass(frozen=True)
class Whole:
    """A report."""

    facts: dict[str, str]
    """What stands at its head."""
    sections: tuple[Section, ...]
    overview: Sheet
    charts: tuple[Chart, ...] = ()
    """Over several tasks: how scores change with size, and the mean ranks of the families."""
    over_tasks: OverTasks | None = None
    """What all tasks say together; None: nobody asked."""

    @property
    def words(self) -> tuple[str, ...]:
        """What is concluded over tasks, a sentence each."""
        return () if self.over_tasks is None else tuple(over_tasks_words(self.over_tasks))

    @property
    def sheets(self) -> tuple[Sheet, ...]:
        """Tables over all tasks."""
        families = None if self.over_tasks is None else families_sheet(self.over_tasks)
        return (self.overview,) if families is None else (self.overview, families)
