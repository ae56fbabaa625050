"""What is left out of files that would be too large, and a line about each for the manifest."""

from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from seqarena.attribution.axes import primary_map
from seqarena.attribution.capture import Capture, ProbeMap
from seqarena.attribution.store.budgets import BUDGETS, LONG, MAPS_FILE, N_TOP, N_WHOLE
from seqarena.attribution.store.maps_file import maps_content
from seqarena.attribution.store.parquet import table_content

Notes = list[str]


def fitting_maps(capture: Capture, notes: Notes) -> tuple[Capture, bytes]:
    """Return as much of a capture as the file of maps may hold, and the bytes of that file.

    Heads are kept apart for the first `N_WHOLE` probes, and for fewer where they would be too
    large; then one map of each probe is kept; then fewer probes.
    """
    if _has_long(capture):
        notes.append(
            f"{MAPS_FILE}: of rows with more than {LONG} columns the {N_TOP} largest shares are "
            "kept, and the sum of the rest"
        )
    for n_whole in (N_WHOLE, N_WHOLE // 2, 1, 0):
        kept = _with_mean_heads(capture, n_whole)
        if len(content := maps_content(kept)) <= BUDGETS[MAPS_FILE]:
            if kept is not capture:
                notes.append(
                    f"{MAPS_FILE}: from probe {n_whole} on, each map is the mean over its heads"
                )
            return kept, content
    return _fewer(_with_primary_maps(kept), notes)


def fitting_table(table: pa.Table, file: str, notes: Notes) -> bytes:
    """Return a table as a file within its budget: rows about single queries go first, then the end.

    A table of tokens loses whole examples, never a part of one.
    """
    content = table_content(table)
    if len(content) > BUDGETS[file] and "query_pos" in table.column_names:
        table = table.filter(pc.is_null(table["query_pos"]))
        content = table_content(table)
        notes.append(f"{file}: numbers of single queries are left out")
    n_all = table.num_rows
    while len(content) > BUDGETS[file]:
        table = _without_last_examples(table)
        content = table_content(table)
    if table.num_rows < n_all:
        notes.append(f"{file}: the first {table.num_rows} of {n_all} rows are kept")
    return content


def mean_of_heads(one: ProbeMap) -> ProbeMap:
    """Return the mean over the heads of a map, which says of how many."""
    n_heads = one.values.shape[0]
    if n_heads <= 1:
        return one
    rest = None if one.rest is None else one.rest.mean(axis=0, keepdims=True)
    values = one.values.mean(axis=0, keepdims=True)
    return replace(one, values=values, mean_of=n_heads * one.mean_of, rest=rest)


def first_probes(capture: Capture, n: int) -> Capture:
    """Return the first `n` probes, and all that belongs to them."""
    further = {name: maps[:n] for name, maps in capture.further.items()}
    return Capture(capture.probes[:n], capture.maps[:n], capture.influence[:n], further)


def _has_long(capture: Capture) -> bool:
    return any(one.values.shape[2] > LONG for maps in capture.maps for one in maps)


def _with_mean_heads(capture: Capture, first: int) -> Capture:
    if all(one.values.shape[0] <= 1 for maps in capture.maps[first:] for one in maps):
        return capture
    means = tuple(tuple(map(mean_of_heads, maps)) for maps in capture.maps[first:])
    return replace(capture, maps=(*capture.maps[:first], *means))


def _with_primary_maps(capture: Capture) -> Capture:
    return replace(
        capture, maps=tuple((primary_map(maps),) if maps else () for maps in capture.maps)
    )


def _fewer(capture: Capture, notes: Notes) -> tuple[Capture, bytes]:
    n_probes = n_all = len(capture.probes)
    content = maps_content(capture)
    while len(content) > BUDGETS[MAPS_FILE] and n_probes > 0:
        n_probes //= 2
        content = maps_content(first_probes(capture, n_probes))
    notes.append(f"{MAPS_FILE}: one map of each probe is kept, the mean over its heads")
    if n_probes < n_all:
        notes.append(f"{MAPS_FILE}: the first {n_probes} of {n_all} probes are kept")
    return first_probes(capture, n_probes), content


def _without_last_examples(table: pa.Table) -> pa.Table:
    """Halve a table; an example that the cut falls into goes too."""
    half = table.num_rows // 2
    ids = table["example_id"]
    while 0 < half and ids[half - 1].as_py() == ids[half].as_py():
        half -= 1
    return table.slice(0, half)
