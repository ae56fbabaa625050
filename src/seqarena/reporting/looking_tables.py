"""Mechanism against effect, and pair by pair, as tables of text."""

from seqarena.reporting import formatting
from seqarena.reporting.looking import LookedPair, LookedTable, TaskLooking
from seqarena.wording import CONTESTED

NUMBERS_HEAD = (
    "experiment",
    "influence [bits]",
    "rows without any",
    "redundancy ratio",
    "weights to influence [bits]",
    "to the true map [bits]",
    "outside the true support",
    "seed to seed [bits]",
    "weights, seed to seed [bits]",
)
PAIRS_HEAD = (
    "experiments",
    "between [bits]",
    "difference [bits]",
    "95 % over probes",
    "p after Holm",
    "beyond the seeds",
    "verdict",
)
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


def number_rows(looking: TaskLooking) -> list[tuple[str, ...]]:
    """Return the table of experiments as text, as `NUMBERS_HEAD` names it."""
    return [
        (
            cell.label,
            formatting.plain(cell.influence),
            formatting.share(cell.blind),
            formatting.plain(cell.redundancy),
            formatting.plain(cell.mechanism),
            formatting.plain(cell.oracle_divergence),
            formatting.share(cell.oracle_outside),
            formatting.plain(cell.seed_noise),
            formatting.plain(cell.weights_noise),
        )
        for cell in looking.cells
    ]


def pair_rows(looking: TaskLooking) -> list[tuple[str, ...]]:
    """Return the table of pairs as text, the farthest above the noise of the seeds first."""

    def order(pair: LookedPair) -> float:
        return 1.0 if pair.difference is None else -pair.difference

    return [
        (
            f"{pair.one} and {pair.other}",
            formatting.plain(pair.between),
            formatting.signed(pair.difference),
            formatting.ends(pair.low, pair.high),
            formatting.probability(pair.corrected),
            "yes" if pair.is_apart else "no",
            pair.verdict,
        )
        for pair in sorted(looking.pairs, key=order)
    ]


def further_rows(table: LookedTable) -> list[tuple[str, ...]]:
    """Return a further table as text."""
    return [tuple(map(_told, row)) for row in table.rows]


def about_pairs(looking: TaskLooking) -> str:
    """Say what the table of pairs holds, and what the seeds of this task do not allow."""
    return f"{_ABOUT_PAIRS} {looking.note}".rstrip()


def _told(cell: str | int | float | None) -> str:
    if isinstance(cell, str):
        return cell
    return formatting.count(cell) if isinstance(cell, int) else formatting.plain(cell)
