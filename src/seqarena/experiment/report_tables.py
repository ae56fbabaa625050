"""The tables of a report that was written, as Markdown for another page."""

from pathlib import Path

from seqarena.errors import ArtifactError
from seqarena.reporting.extracts import Part, extract

_REPORT = Path("reports") / "comparison.md"


def report_tables(checkout: Path, suite: str | None, parts: tuple[Part, ...]) -> list[str]:
    """Return the lines of some parts of the report of params.yaml, or of a suite.

    Raises:
        ArtifactError: there is no such report, or nothing of these parts in it.
    """
    path = checkout / _REPORT if suite is None else checkout / "suites" / suite / _REPORT
    if not path.exists():
        command = "make repro" if suite is None else f"make suite NAME={suite}"
        raise ArtifactError(f"{path}: there is no such report; run `{command}` first.")
    lines = extract(path.read_text(encoding="utf-8"), parts)
    if not lines:
        raise ArtifactError(f"{path}: holds no table of {' or '.join(parts)}.")
    return lines
