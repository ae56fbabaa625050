"""The page about two families: both maps of each probe, the noise of seeds, and what it allows."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from seqarena.attribution.comparison.compared_rows import ComparedRows, compare_rows
from seqarena.attribution.comparison.disagreements import (
    PICKED_AFTERWARDS,
    Disagreement,
    largest_disagreements,
)
from seqarena.attribution.comparison.family_maps import FamilyMaps
from seqarena.attribution.comparison.family_numbers import FamilyNumbers, family_numbers
from seqarena.attribution.comparison.family_pairs import FamilyComparison, FamilyPair
from seqarena.attribution.comparison.further_tables import further_tables
from seqarena.attribution.comparison.row_table import output_text
from seqarena.attribution.comparison.shown_maps import shown_families, with_scores
from seqarena.attribution.viewer.viewed import Viewed, ViewedTable

ABOUT_NUMBERS = (
    "Influence: what the single steps of the input do to an output, summed over them. Redundancy "
    "ratio: that sum over the effect of replacing all steps at once; below 0.5 steps stand in for "
    "each other. Weights to influence: row divergence between the two. True map: that of the "
    "process that made the data. Weights, seed to seed: row divergence of the attention of two "
    "seeds, heads matched one to one."
)


@dataclass(frozen=True)
class PairReport:
    """All that is told about two families."""

    one: FamilyMaps
    other: FamilyMaps
    pair: FamilyPair
    numbers: tuple[FamilyNumbers, FamilyNumbers]
    rows: tuple[ComparedRows, ...]
    picked: tuple[Disagreement, ...]


def pair_report(comparison: FamilyComparison) -> PairReport:
    """Work out all that is told about a comparison of two families."""
    one, other = comparison.families
    rows = compare_rows(one, other)
    return PairReport(
        one,
        other,
        comparison.pairs[0],
        (family_numbers(one), family_numbers(other)),
        rows,
        largest_disagreements(rows),
    )


def pair_page(report: PairReport) -> Viewed:
    """Lay out both families' maps, their difference, the row scores, and the tables."""
    names = report.one.name, report.other.name
    viewed = shown_families((report.one, report.other), f"{names[0]} and {names[1]}")
    tables = (
        gap_table(report.pair),
        numbers_table(names, report.numbers),
        *further_tables((report.one, report.other)),
        picked_table(report),
    )
    return replace(with_scores(viewed, names, report.rows), tables=tables, facts=_facts(report))


def gap_table(pair: FamilyPair) -> ViewedTable:
    """Say how far apart two families look, and what their seeds allow to be said."""
    gap = pair.gap
    rows = (
        ("a fit of the one to a fit of the other [bits]", gap.between),
        (f"two seeds of {pair.one} [bits]", gap.within[0]),
        (f"two seeds of {pair.other} [bits]", gap.within[1]),
        ("difference [bits]", gap.difference),
        ("lower end, 95 % over probes [bits]", gap.low),
        ("upper end, 95 % over probes [bits]", gap.high),
        ("p, all relabellings of the seeds", gap.p_value),
        ("p after Holm", pair.corrected),
        ("rows compared", float(gap.n_rows)),
        ("rows in which one looks nowhere", float(gap.n_one)),
    )
    about = f" The interval is over {gap.n_probes} probes and these fits alone."
    note = pair.sentence + (about if gap.low <= gap.high else "")
    return ViewedTable("How far apart they look", ("row divergence", "value"), rows, note)


def numbers_table(names: Sequence[str], numbers: Sequence[FamilyNumbers]) -> ViewedTable:
    """Say how much each family looks, and how that stands to its mechanism and to the truth."""
    head = (
        "family",
        "influence [bits]",
        "share of rows without any",
        "redundancy ratio",
        "weights to influence [bits]",
        "to the true map [bits]",
        "share outside the true support",
        "weights, seed to seed [bits]",
    )
    rows = tuple(
        (
            name,
            own.total,
            own.blind,
            own.redundancy,
            own.mechanism,
            own.oracle_divergence,
            own.oracle_outside,
            own.weights_noise,
        )
        for name, own in zip(names, numbers, strict=True)
    )
    return ViewedTable("Mechanism against effect", head, rows, ABOUT_NUMBERS)


def picked_table(report: PairReport) -> ViewedTable:
    """List the rows in which the two disagree most."""
    probes = report.one.probes
    rows = tuple(
        (
            probes[each.probe].id,
            float(each.output + 1),
            output_text(probes[each.probe], each.output, len(report.rows[each.probe].between)),
            each.between,
            each.excess,
            float(report.rows[each.probe].one.total[each.output]),
            float(report.rows[each.probe].other.total[each.output]),
        )
        for each in report.picked
    )
    head = (
        "example",
        "output",
        "text",
        "between [bits]",
        "above the noise [bits]",
        f"influence of {report.one.name} [bits]",
        f"influence of {report.other.name} [bits]",
    )
    return ViewedTable("Largest disagreements", head, rows, PICKED_AFTERWARDS)


def _facts(report: PairReport) -> dict[str, str]:
    seeds = {
        f"seeds of {family.name}": ", ".join(str(run.seed) for run in family.runs)
        for family in (report.one, report.other)
    }
    return {
        **seeds,
        "influence": "mean over the seeds of each family",
        "native maps": "those of the first seed",
        "probe set": report.one.runs[0].probe_set,
    }
