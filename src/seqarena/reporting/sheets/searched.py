"""Tables of what was searched: selected and median trial of each family, and every trial."""

import math

from seqarena.reporting import formatting
from seqarena.reporting.ranking import Row, Table
from seqarena.reporting.search import Search, Tried
from seqarena.reporting.sheets.sheet import Column, RowMark, Sheet, numbers, words

_DIGITS = 4


def search_sheets(table: Table) -> tuple[Sheet, ...]:
    """Return what each search found, and every trial; nothing where nothing was searched."""
    found = [(row, row.cell.search) for row in table.rows]
    pairs = [(row, search) for row, search in found if search is not None]
    return (_searches(table, pairs), _trials(pairs)) if pairs else ()


def _searches(table: Table, pairs: list[tuple[Row, Search]]) -> Sheet:
    selected = [search.trials[search.selected] for _, search in pairs]
    median = [search.trials[search.median] for _, search in pairs]
    halves = [_expected(search) for _, search in pairs]
    columns: list[Column] = [
        words("experiment", "name without its task", [row.label for row, _ in pairs]),
        numbers("trials", "settings that were drawn", [_n(len(s.trials)) for _, s in pairs]),
        numbers("different", "of them, unlike each other", [_n(s.n_different) for _, s in pairs]),
        numbers("failed", "trials that diverged", [_n(search.n_failed) for _, search in pairs]),
        numbers("selected", "validation loss of the best trial", [_loss(e) for e in selected]),
        numbers("median", "validation loss of the trial in the middle", [_loss(e) for e in median]),
        numbers("half as many", "expected best of half as many trials, without bias", halves),
        words("selected settings", "fitted with every seed", [each.settings for each in selected]),
        words("median settings", "of the trial in the middle", [each.settings for each in median]),
    ]
    marks = tuple(RowMark(row.cell.experiment, row.cell.family) for row, _ in pairs)
    return Sheet("search", "Random search", tuple(columns), marks, _about(table, pairs))


def _about(table: Table, pairs: list[tuple[Row, Search]]) -> str:
    sizes = sorted({len(search.trials) for _, search in pairs})
    told = (
        f"Each of these had {sizes[0]} trials."
        if len(sizes) == 1
        else f"NOT EQUAL: {sizes[0]} to {sizes[-1]} trials; train them again (`dvc repro`)."
    )
    without = [row.label for row in table.rows if row.cell.search is None]
    rest = f" Without a search: {', '.join(without)}." if without else ""
    losses = dict.fromkeys(search.loss for _, search in pairs)
    return f"{told}{rest} Losses: {'; '.join(losses)}. The test split decided nothing here."


def _trials(pairs: list[tuple[Row, Search]]) -> Sheet:
    rows = [(row, n, each) for row, search in pairs for n, each in enumerate(search.trials)]
    tried = [each for _, _, each in rows]
    columns: list[Column] = [
        words("experiment", "name without its task", [row.label for row, _, _ in rows]),
        numbers("trial", "in the order in which they were drawn", [_n(n) for _, n, _ in rows]),
        numbers("validation loss", "what decides", [_loss(each) for each in tried]),
        numbers(
            "parameters",
            "numbers that can vary independently",
            [(formatting.count(each.n_parameters), each.n_parameters) for each in tried],
        ),
        numbers(
            "fit",
            "wall time [s]",
            [(formatting.seconds(each.wall_seconds), each.wall_seconds) for each in tried],
        ),
        words("settings", "what was drawn", [each.settings for each in tried]),
        words("failure", "why there is no loss", [each.message for each in tried]),
    ]
    marks = tuple(RowMark(row.cell.experiment, row.cell.family) for row, _, _ in rows)
    return Sheet("trials", "Every trial", tuple(columns), marks, is_folded=True)


def _n(value: int) -> tuple[str, int]:
    return f"{value}", value


def _loss(each: Tried) -> tuple[str, float | None]:
    return ("failed", None) if each.loss is None else (f"{each.loss:.{_DIGITS}f}", each.loss)


def _expected(search: Search) -> tuple[str, float | None]:
    place = max(len(search.trials) // 2, 1) - 1
    value = float(search.curve.without_replacement[place])
    return (f"{value:.{_DIGITS}f}", value) if math.isfinite(value) else ("∞", None)
