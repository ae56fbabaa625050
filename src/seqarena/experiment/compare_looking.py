"""Where the families of each task look, for the report: numbers, pairs, and a page of maps."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from seqarena.attribution.comparison.alignments import alignment_picture
from seqarena.attribution.comparison.family_maps import FamilyMaps
from seqarena.attribution.comparison.family_numbers import FamilyNumbers, family_numbers
from seqarena.attribution.comparison.family_pairs import (
    FamilyComparison,
    FamilyPair,
    compare_families,
)
from seqarena.attribution.comparison.further_tables import further_tables
from seqarena.attribution.comparison.task_page import task_page
from seqarena.attribution.viewer.page import write_page
from seqarena.attribution.viewer.viewed import ViewedTable
from seqarena.experiment.diverged import read_diverged
from seqarena.experiment.stored_maps import has_maps, read_family
from seqarena.reporting.looking import Looked, LookedPair, LookedTable, TaskLooking

PAGES = "attention"
"""Folder of the pages below the report's."""


@dataclass(frozen=True)
class TaskMaps:
    """Where the maps of a task's experiments lie."""

    task: str
    seeds: Mapping[str, tuple[int, ...]]
    """Of each experiment, by its name."""
    runs: Path
    """Folder of all experiments."""


def look(of: TaskMaps, reports: Path) -> TaskLooking | None:
    """Compare the families of a task, write `attention/<task>.html`, and return the numbers.

    Experiments without influence in bits are left out; None: there is none with it.

    Raises:
        ArtifactError: stored maps are altered or of another version.
        DataError: two experiments were asked about other examples, or other things.
    """
    found = {name: family for name, family in _families(of) if family.has_influence}
    if not found:
        return None
    comparison = compare_families(tuple(found.values()))
    path = reports / PAGES / f"{of.task}.html"
    path.parent.mkdir(parents=True, exist_ok=True)
    numbers = [family_numbers(family) for family in comparison.families]
    further = further_tables(comparison.families)
    write_page(path, task_page(comparison, numbers, of.task, further))
    picture = _picture(comparison, path)
    return TaskLooking(
        cells=tuple(
            _looked(name, comparison, place, numbers[place]) for place, name in enumerate(found)
        ),
        pairs=tuple(_pair(pair) for pair in comparison.pairs),
        note=comparison.note,
        page=path.relative_to(reports).as_posix(),
        tables=tuple(map(_table, further)),
        picture=None if picture is None else picture.relative_to(reports).as_posix(),
    )


def _picture(comparison: FamilyComparison, page: Path) -> Path | None:
    """Draw alignments beside the page, where there are any."""
    drawn = alignment_picture(comparison.families)
    if drawn is None:
        return None
    path = page.with_name(f"{page.stem}-alignments.png")
    path.write_bytes(drawn)
    return path


def _table(table: ViewedTable) -> LookedTable:
    rows = tuple(
        tuple(cell if isinstance(cell, str | int) else _known(cell) for cell in row)
        for row in table.rows
    )
    return LookedTable(table.title, table.head, rows, table.note)


def _families(of: TaskMaps) -> Iterator[tuple[str, FamilyMaps]]:
    """Read each experiment whose seeds all kept maps; families are named without the task.

    Seeds that diverged have no maps, and the report counts them elsewhere.
    """
    for name, seeds in of.seeds.items():
        lost = read_diverged(of.runs / name / "fit")
        left = [seed for seed in seeds if seed not in lost]
        folders = [of.runs / name / "evaluation" / f"seed-{seed}" for seed in left]
        if folders and all(map(has_maps, folders)):
            yield name, read_family(name.removeprefix(f"{of.task}-"), folders)


def _looked(
    experiment: str, comparison: FamilyComparison, place: int, numbers: FamilyNumbers
) -> Looked:
    return Looked(
        experiment=experiment,
        label=comparison.families[place].name,
        influence=_known(numbers.total),
        blind=_known(numbers.blind),
        redundancy=_known(numbers.redundancy),
        mechanism=_known(numbers.mechanism),
        oracle_divergence=_known(numbers.oracle_divergence),
        oracle_outside=_known(numbers.oracle_outside),
        seed_noise=_known(comparison.seed_noise(place)),
        weights_noise=_known(numbers.weights_noise),
    )


def _pair(pair: FamilyPair) -> LookedPair:
    gap = pair.gap
    return LookedPair(
        one=pair.one,
        other=pair.other,
        between=_known(gap.between),
        difference=_known(gap.difference),
        low=_known(gap.low),
        high=_known(gap.high),
        p_value=_known(gap.p_value),
        corrected=_known(pair.corrected),
        is_apart=gap.is_apart,
        verdict=pair.verdict,
        sentence=pair.sentence,
    )


def _known(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
