"""All that a report tells, before it is written in any form."""

from dataclasses import dataclass

from seqarena.charts.chart import Chart
from seqarena.reporting.sections import Section
from seqarena.reporting.sheets.sheet import Sheet


@dataclass(frozen=True)
class Whole:
    """A report."""

    facts: dict[str, str]
    """What stands at its head."""
    sections: tuple[Section, ...]
    overview: Sheet
    scaling: tuple[Chart, ...] = ()
    """Over tasks that differ in their size alone."""
