"""Writing and reading the whole folder."""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pyarrow as pa

from seqarena.attribution.capture import Capture
from seqarena.attribution.pictures import write_pictures
from seqarena.attribution.store.budgets import (
    BUDGETS,
    DIAGNOSTICS_FILE,
    FIGURES_FOLDER,
    MANIFEST_FILE,
    MAPS_FILE,
    MAX_FIGURES,
    MAX_SCALARS,
    REPORT_FILE,
    SUMMARY_FILE,
    TOKENS_FILE,
)
from seqarena.attribution.store.cuts import Notes, first_probes, fitting_maps, fitting_table
from seqarena.attribution.store.manifest import Origin, read_file, read_manifest, write_manifest
from seqarena.attribution.store.maps_file import maps_of_content
from seqarena.attribution.store.parquet import table_of_content
from seqarena.attribution.store.token_table import token_table, with_texts
from seqarena.attribution.viewer.viewed import ViewedTable

PageOf = Callable[[Capture], str]
"""Makes the page of a capture."""


@dataclass(frozen=True)
class Attribution:
    """All that was found out about where one fit looked."""

    capture: Capture
    origin: Origin
    diagnostics: pa.Table | None = None
    """In long form; None: nobody asked."""
    summary: Mapping[str, float] = field(default_factory=dict)
    tables: tuple[ViewedTable, ...] = ()
    """Of the page, beside the summary."""


@dataclass(frozen=True)
class Written:
    """The files of a folder."""

    files: tuple[Path, ...]
    """All but the figures, the manifest last."""
    figures: tuple[Path, ...]
    """The most telling map of each of the first probes."""
    summary: Mapping[str, float]
    """The numbers that were kept."""


def write_artifacts(folder: Path, found: Attribution, page_of: PageOf | None = None) -> Written:
    """Write everything into `folder`, each file within its budget, the manifest last.

    What stood there before is removed. A file that would be too large is cut; the manifest says
    how. A folder without a manifest is unfinished.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MANIFEST_FILE).unlink(missing_ok=True)
    notes: Notes = list(found.origin.cuts)
    capture, content = fitting_maps(found.capture, notes)
    files = [
        _put(folder / MAPS_FILE, content),
        _put(folder / TOKENS_FILE, fitting_table(token_table(capture.probes), TOKENS_FILE, notes)),
    ]
    if found.diagnostics is not None:
        table = fitting_table(found.diagnostics, DIAGNOSTICS_FILE, notes)
        files.append(_put(folder / DIAGNOSTICS_FILE, table))
    summary = _scalars(found.summary, notes)
    files.append(_put(folder / SUMMARY_FILE, _json(summary)))
    if page_of is not None:
        files.append(_put(folder / REPORT_FILE, _fitting_page(capture, page_of, notes)))
    figures = _figures(folder / FIGURES_FOLDER, capture, notes)
    origin = replace(found.origin, cuts=tuple(notes))
    files.append(write_manifest(folder, [*files, *figures], origin))
    for path in {path for path in folder.rglob("*") if path.is_file()} - {*files, *figures}:
        path.unlink()
    return Written(tuple(files), tuple(figures), summary)


def read_maps(folder: Path) -> Capture:
    """Return the probes, maps and influence of a folder.

    Raises:
        ArtifactError: a file is missing, of another version, or not the one that was written.
    """
    manifest = read_manifest(folder)
    capture = maps_of_content(read_file(folder, MAPS_FILE, manifest))
    tokens = read_file(folder, TOKENS_FILE, manifest)
    return with_texts(capture, table_of_content(tokens, folder / TOKENS_FILE))


def read_diagnostics(folder: Path) -> pa.Table:
    """Return the table of diagnostics of a folder.

    Raises:
        ArtifactError: as `read_maps`; or the run has none.
    """
    content = read_file(folder, DIAGNOSTICS_FILE, read_manifest(folder))
    return table_of_content(content, folder / DIAGNOSTICS_FILE)


def _put(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def _json(summary: Mapping[str, float]) -> bytes:
    return (json.dumps(summary, indent=1, allow_nan=False) + "\n").encode()


def _scalars(summary: Mapping[str, float], notes: Notes) -> dict[str, float]:
    """Keep the finite ones, and of these no more than the summary may hold."""
    finite = {name: float(value) for name, value in summary.items() if math.isfinite(value)}
    if len(finite) < len(summary):
        left_out = sorted(summary.keys() - finite.keys())
        notes.append(f"{SUMMARY_FILE}: not finite, so left out: {', '.join(left_out)}")
    kept = dict(list(finite.items())[:MAX_SCALARS])
    if len(kept) < len(finite):
        notes.append(f"{SUMMARY_FILE}: the first {len(kept)} of {len(finite)} numbers are kept")
    return kept


def _fitting_page(capture: Capture, page_of: PageOf, notes: Notes) -> bytes:
    """Return the page about as many probes as fit into it."""
    n_probes = n_all = len(capture.probes)
    page = page_of(capture).encode()
    while len(page) > BUDGETS[REPORT_FILE] and n_probes > 1:
        n_probes //= 2
        page = page_of(first_probes(capture, n_probes)).encode()
    if n_probes < n_all:
        notes.append(f"{REPORT_FILE}: shows the first {n_probes} of {n_all} probes")
    return page


def _figures(folder: Path, capture: Capture, notes: Notes) -> list[Path]:
    if not any(capture.maps):
        return []
    figures = write_pictures(folder, first_probes(capture, MAX_FIGURES), all_maps=False)
    if len(capture.probes) > MAX_FIGURES:
        notes.append(
            f"{FIGURES_FOLDER}: the first {MAX_FIGURES} of {len(capture.probes)} probes are drawn"
        )
    kept = [path for path in figures if path.stat().st_size <= BUDGETS[FIGURES_FOLDER]]
    for path in set(figures) - set(kept):
        notes.append(f"{FIGURES_FOLDER}/{path.name}: too large, so left out")
        path.unlink()
    return kept


__all__ = [
    "MANIFEST_FILE",
    "Attribution",
    "Written",
    "read_diagnostics",
    "read_maps",
    "write_artifacts",
]
