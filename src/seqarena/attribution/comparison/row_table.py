"""Two families row by row as a table: one line for each output of each probe."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from seqarena.attribution.comparison.compared_rows import ComparedRows, FamilyRows
from seqarena.attribution.comparison.disagreements import PICKED_AFTERWARDS, Disagreement
from seqarena.attribution.comparison.family_maps import FamilyMaps
from seqarena.attribution.probes import Probe

_UNITS = {
    "between": "bits: mean row divergence of a fit of the one and a fit of the other",
    "noise": "bits: mean row divergence of two seeds",
    "largest_noise": "bits: largest row divergence of two seeds",
    "excess": "bits: between less the larger of both largest_noise",
    "total": "bits: sum of the row of influence, mean over seeds",
    "rank_picked_afterwards": PICKED_AFTERWARDS,
}


@dataclass(frozen=True)
class _Place:
    probe: Probe
    output: int


def row_table(
    one: FamilyMaps,
    other: FamilyMaps,
    rows: Sequence[ComparedRows],
    picked: Iterable[Disagreement],
) -> pa.Table:
    """Return the table; null where a row is missing or a family has a single seed."""
    ranks = {(each.probe, each.output): rank + 1 for rank, each in enumerate(picked)}
    lines = [
        _line(_Place(probe, output), compared, ranks.get((place, output)))
        for place, (probe, compared) in enumerate(zip(one.probes, rows, strict=True))
        for output in range(len(compared.between))
    ]
    told = {"one": one.name, "other": other.name, "probe_set": one.runs[0].probe_set, **_UNITS}
    return pa.Table.from_pylist(lines, schema=_SCHEMA.with_metadata(told))


def output_text(probe: Probe, output: int, n_outputs: int) -> str:
    """Name an output: its symbol, its label, or its number."""
    if probe.outputs is not None:
        return probe.outputs[output]
    if n_outputs == 1 and probe.label is not None:
        return probe.label
    return str(output + 1) if probe.steps is None else probe.steps[output]


def _line(at: _Place, rows: ComparedRows, rank: int | None) -> dict[str, Any]:
    return {
        "example_id": at.probe.id,
        "output": at.output,
        "text": output_text(at.probe, at.output, len(rows.between)),
        "between": _known(rows.between[at.output]),
        "excess": _known(rows.excess[at.output]),
        **_family("one", rows.one, at.output),
        **_family("other", rows.other, at.output),
        "rank_picked_afterwards": rank,
    }


def _family(side: str, rows: FamilyRows, output: int) -> dict[str, float | None]:
    values = {"total": rows.total, "noise": rows.noise, "largest_noise": rows.largest_noise}
    return {f"{name}_{side}": _known(of[output]) for name, of in values.items()}


def _known(value: float) -> float | None:
    """Say null for a number that there is none of."""
    return None if value != value else float(value)


_SCHEMA = pa.schema(
    [
        ("example_id", pa.string()),
        ("output", pa.int32()),
        ("text", pa.string()),
        ("between", pa.float64()),
        ("excess", pa.float64()),
        *(
            (f"{name}_{side}", pa.float64())
            for side in ("one", "other")
            for name in ("total", "noise", "largest_noise")
        ),
        ("rank_picked_afterwards", pa.int32()),
    ]
)
