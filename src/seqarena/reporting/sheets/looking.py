"""Mechanism against effect, and pair by pair, as tables."""

from collections.abc import Callable, Sequence

from seqarena.reporting import formatting
from seqarena.reporting.looking import Looked, LookedPair, LookedTable, TaskLooking
from seqarena.reporting.sheets.sheet import Column, RowMark, Sheet, numbers, words
from seqarena.wording import CONTESTED

ABOUT_NUMBERS = (
    "Weights are the mechanism, influence is the effect: what replacing single steps of the input "
    "does to each output, summed over the steps. Distances are Jensen-Shannon divergences of "
    "rows. Below a redundancy ratio of 0.5 steps stand in for each other, and influence of single "
    f"steps misses most of the effect. {CONTESTED}"
)
_ABOUT_PAIRS = (
    "Between: row divergence of a fit of the one and a fit of the other. Difference: that, less "
    "the same between two seeds of one family. p: share of all ways to deal the fits out that "
    "differ as much, after Holm's correction over the pairs of the task; the interval is over "
    "probes, for these fits. Beyond the seeds: every two fits across are farther apart than any "
    "two seeds of one family, which describes these fits and tests nothing."
)


def looking_sheets(looking: TaskLooking) -> tuple[Sheet, ...]:
    """Return the table of experiments, further ones, and that of pairs if there are two."""
    further = [_further(each, place) for place, each in enumerate(looking.tables, 1)]
    pairs = (_pairs(looking),) if looking.pairs else ()
    return (_numbers(looking.cells), *further, *pairs)


def _numbers(cells: Sequence[Looked]) -> Sheet:
    def column(
        title: str,
        hint: str,
        of: Callable[[Looked], float | None],
        show: Callable[[float | None], str],
    ) -> Column:
        return numbers(title, hint, [(show(of(cell)), of(cell)) for cell in cells])

    columns = (
        words("experiment", "name without its task", [cell.label for cell in cells]),
        column(
            "influence [bits]", "of single steps, summed", lambda c: c.influence, formatting.plain
        ),
        column("rows without any", "share of outputs", lambda c: c.blind, formatting.share),
        column(
            "redundancy ratio", "single over all at once", lambda c: c.redundancy, formatting.plain
        ),
        column(
            "weights to influence [bits]", "divergence", lambda c: c.mechanism, formatting.plain
        ),
        column(
            "to the true map [bits]", "divergence", lambda c: c.oracle_divergence, formatting.plain
        ),
        column(
            "outside the true support",
            "share of influence",
            lambda c: c.oracle_outside,
            formatting.share,
        ),
        column("seed to seed [bits]", "divergence", lambda c: c.seed_noise, formatting.plain),
        column(
            "weights, seed to seed [bits]",
            "divergence, heads matched",
            lambda c: c.weights_noise,
            formatting.plain,
        ),
    )
    marks = tuple(RowMark(cell.experiment) for cell in cells)
    return Sheet("looking", "Mechanism against effect", columns, marks, ABOUT_NUMBERS)


def _pairs(looking: TaskLooking) -> Sheet:
    pairs = sorted(looking.pairs, key=_order)
    columns = (
        words("experiments", "the two", [f"{pair.one} and {pair.other}" for pair in pairs]),
        numbers(
            "between [bits]",
            "divergence of a fit of each",
            [(formatting.plain(pair.between), pair.between) for pair in pairs],
        ),
        numbers(
            "difference [bits]",
            "that, less the noise of the seeds",
            [(formatting.signed(pair.difference), pair.difference) for pair in pairs],
        ),
        words(
            "95 % over probes", "interval", [formatting.ends(pair.low, pair.high) for pair in pairs]
        ),
        numbers(
            "p after Holm",
            "of all relabellings of the seeds",
            [(formatting.probability(pair.corrected), pair.corrected) for pair in pairs],
        ),
        words("beyond the seeds", "", ["yes" if pair.is_apart else "no" for pair in pairs]),
        words("verdict", "", [pair.verdict for pair in pairs]),
    )
    about = f"{_ABOUT_PAIRS} {looking.note}".rstrip()
    return Sheet(
        "looking-pairs", "Where every two of them look", columns, (), about, is_folded=True
    )


def _order(pair: LookedPair) -> float:
    """Put the farthest above the noise of the seeds first."""
    return 1.0 if pair.difference is None else -pair.difference


def _further(table: LookedTable, place: int) -> Sheet:
    columns = [
        _cells(title, [row[at] for row in table.rows]) for at, title in enumerate(table.head)
    ]
    name = f"looking-{place}"
    return Sheet(name, table.title, tuple(columns), (), table.note, is_folded=True)


def _cells(title: str, cells: Sequence[str | int | float | None]) -> Column:
    """Return a column of numbers, or of words where one of them is a word."""
    if any(isinstance(cell, str) for cell in cells):
        return words(title, "", [_told(cell) for cell in cells])
    found = [(_told(cell), cell) for cell in cells if not isinstance(cell, str)]
    return numbers(title, "", found)


def _told(cell: str | int | float | None) -> str:
    if isinstance(cell, str):
        return cell
    return formatting.count(cell) if isinstance(cell, int) else formatting.plain(cell)
