"""The page about a task: where every family looks on the same probes."""

from collections.abc import Sequence
from dataclasses import replace

from seqarena.attribution.comparison.alignments import are_aligned
from seqarena.attribution.comparison.family_numbers import FamilyNumbers
from seqarena.attribution.comparison.family_pairs import FamilyComparison
from seqarena.attribution.comparison.pair_page import numbers_table
from seqarena.attribution.comparison.shown_maps import shown_families
from seqarena.attribution.diagnostics.link_measures import is_cross
from seqarena.attribution.viewer.viewed import Viewed, ViewedTable


def task_page(
    comparison: FamilyComparison,
    numbers: Sequence[FamilyNumbers],
    task: str,
    further: Sequence[ViewedTable] = (),
) -> Viewed:
    """Lay out the influence of all families side by side, with the tables about them.

    Where alignment models stand beside networks with attention, their links are shown too.
    """
    families = comparison.families
    links = are_aligned(families)
    title = f"Where each family looks: {task}"
    viewed = shown_families(families, title, native=lambda one: links and is_cross(one))
    names = [family.name for family in families]
    facts = {
        "influence": "mean over the seeds of each family",
        "probe set": families[0].runs[0].probe_set,
    }
    tables = (numbers_table(names, numbers), *further, pairs_table(comparison))
    return replace(viewed, tables=tables, facts=facts)


def pairs_table(comparison: FamilyComparison) -> ViewedTable:
    """Say of every two families how far apart they look, the farthest above the noise first."""
    head = (
        "families",
        "between [bits]",
        "difference [bits]",
        "low",
        "high",
        "p, Holm",
        "beyond the seeds",
        "verdict",
    )
    rows = tuple(
        (
            f"{pair.one} and {pair.other}",
            pair.gap.between,
            pair.gap.difference,
            pair.gap.low,
            pair.gap.high,
            pair.corrected,
            "yes" if pair.gap.is_apart else "no",
            pair.verdict,
        )
        for pair in sorted(comparison.pairs, key=lambda pair: -_known(pair.gap.difference))
    )
    return ViewedTable("Every two families", head, rows, comparison.note)


def _known(value: float) -> float:
    return value if value == value else -1.0
