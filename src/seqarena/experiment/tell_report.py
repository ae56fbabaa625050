"""The run of MLflow that holds a report: its files, and its tables for the artifact view."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from seqarena.experiment.identity import digest_of
from seqarena.experiment.layout import Workspace
from seqarena.reporting.sheets.sheet import Sheet
from seqarena.tracking.journal import Journal, RunIdentity
from seqarena.tracking.location import locate_store
from seqarena.tracking.provenance import provenance_tags
from seqarena.tracking.shipper import Shipper

_REPORT_EXPERIMENT = "comparison"


@dataclass(frozen=True)
class Report:
    """A report that was written."""

    folder: Path
    files: Sequence[Path]
    sheets: Mapping[str, Sheet]
    """Its tables by their names."""
    numbers: Mapping[str, int]
    """How much it is about."""
    fingerprints: Sequence[str]
    """Of all the fits that it is about."""
    question: str
    """Digest of what was asked."""


def tell_report(report: Report) -> None:
    """Journal the report as the one run of the MLflow experiment `comparison` for these fits.

    Another question about the same fits is another run: what was concluded before is kept.
    """
    journal_path = report.folder / "journal.jsonl"
    with Shipper(locate_store(Workspace.here().home)) as shipper, Journal(journal_path) as journal:
        journal.begin(
            RunIdentity(
                key=f"comparison/{digest_of([report.question, *report.fingerprints])}",
                name="comparison",
                experiment=_REPORT_EXPERIMENT,
                tags={"role": "report", "question": report.question, **provenance_tags(Path.cwd())},
                part="report",
            )
        )
        shipper.follow(journal_path)
        journal.metrics(report.numbers, step=0)
        for file in report.files:
            folder = file.parent.relative_to(report.folder).as_posix()
            journal.artifact(file, "" if folder == "." else folder)
        for name, sheet in report.sheets.items():
            if sheet.n_rows:
                journal.table(name, _columns(sheet))


def _columns(sheet: Sheet) -> dict[str, list[str]]:
    """Return the texts of a table by its titles, which are told apart where two are the same."""
    columns: dict[str, list[str]] = {}
    for column in sheet.columns:
        title = column.title
        while title in columns:
            title = f"{title} "
        columns[title] = [value.text for value in column.values]
    return columns
