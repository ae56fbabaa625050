"""Writing the comparison in every form."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from seqarena.reporting.cells import Cell, TaskFacts
from seqarena.reporting.judgement_tables import pairs_csv
from seqarena.reporting.markdown import FIGURES, markdown
from seqarena.reporting.over_tasks import OverTasks, families_csv
from seqarena.reporting.plots import contact_sheet, cost_plot, png, quality_plot, svg
from seqarena.reporting.ranking import Table, tables
from seqarena.reporting.records import comparison, plot_rows
from seqarena.reporting.webpage import webpage

PLOTS = "plots"
TABLES = "tables"


def write_report(
    folder: Path,
    tasks: Iterable[TaskFacts],
    cells: Iterable[Cell],
    facts: Mapping[str, str] | None = None,
    over_tasks: OverTasks | None = None,
) -> list[Path]:
    """Write the report into `folder`, and return its files.

    `comparison.json`, `comparison.md` and `comparison.html` tell the same. `figures/` holds the
    plots as PNG and SVG and one sheet of attention pictures per task; `plots/` holds a CSV file per
    task for `dvc plots`; `tables/` every pair that was compared, as CSV. The same records give the
    same bytes.

    Args:
        folder: made if it is missing.
        tasks: in the order of the report; those without a cell are left out.
        cells: all experiments, in any order.
        facts: what stands at the head, such as the commit.
        over_tasks: what all tasks say together; None: nobody asked.
    """
    found, facts = tables(tasks, cells), facts or {}
    figures = {table.task.name: _figures(table) for table in found}
    plots = {
        task: [drawn for name, drawn in drawings.items() if name.endswith(".svg")]
        for task, drawings in figures.items()
    }
    content = json.dumps(comparison(found, facts, over_tasks), indent=2, allow_nan=False)
    texts = {
        "comparison.json": content + "\n",
        "comparison.md": markdown(found, facts, over_tasks),
        "comparison.html": webpage(found, facts, plots),
        **{f"{PLOTS}/{table.task.name}.csv": plot_rows(table) for table in found},
        **_tables(found, over_tasks),
    }
    files = {name: text.encode() for name, text in texts.items()}
    for drawings in figures.values():
        files |= {f"{FIGURES}/{name}": drawn for name, drawn in drawings.items()}
    return [_write(folder / name, content) for name, content in files.items()]


def _tables(found: tuple[Table, ...], over: OverTasks | None) -> dict[str, str]:
    """Return what was found of every pair, of experiments and of families."""
    texts = {
        f"{TABLES}/{table.task.name}-pairs.csv": pairs_csv(table.task.judgement)
        for table in found
        if table.task.judgement is not None and table.task.judgement.pairs
    }
    if over is not None and over.pairs:
        texts[f"{TABLES}/over-tasks.csv"] = families_csv(over)
    return texts


def _figures(table: Table) -> dict[str, bytes]:
    name, files = table.task.name, {}
    if any(row.interval is not None for row in table.rows):
        for kind, draw in (("quality", quality_plot), ("cost", cost_plot)):
            figure = draw(table)
            files[f"{name}-{kind}.svg"] = svg(figure)
            files[f"{name}-{kind}.png"] = png(figure)
    looked = [(row.label, row.cell.pictures[0]) for row in table.rows if row.cell.pictures]
    if looked:
        files[f"{name}-attention.png"] = png(contact_sheet(looked))
    return files


def _write(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path
