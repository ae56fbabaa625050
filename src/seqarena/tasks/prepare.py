"""From a task's config to its folder: three Arrow files and a manifest."""

from dataclasses import replace
from pathlib import Path

from seqarena.data.arrow_store import write_split
from seqarena.data.checks import check_parts, resolve_duplicates
from seqarena.data.content import content_sha256
from seqarena.data.file_hash import file_sha256
from seqarena.data.leakage import leakage_protocol, refuse_leakage
from seqarena.data.manifest import Manifest, SplitRecord, write_manifest
from seqarena.data.part import Part, Parts
from seqarena.data.shared_symbols import shared_symbols
from seqarena.data.sources.source_data import SourceData, as_alignment, as_recommendation
from seqarena.schema import DataSchema
from seqarena.tasks.config import AlignmentTaskConfig, RecommendationTaskConfig, TaskConfig


def prepare_task(name: str, config: TaskConfig, folder: Path) -> Manifest:
    """Prepare a task; the same config gives the same bytes.

    The manifest is written last: a folder without one is unfinished.

    Raises:
        DataError: the source is unusable as it stands, or a guard refuses it.
    """
    source = read_source(config)
    check_parts(source.parts, source.class_names, source.tag_names)
    parts, n_duplicates = resolve_duplicates(source.parts, config.duplicates)
    leaks = refuse_leakage(parts, config.leakage)
    folder.mkdir(parents=True, exist_ok=True)
    manifest = Manifest(
        task=name,
        schema=_with_shared(_with_lengths(source.schema, parts), source),
        source=source.provenance,
        splits=_write(folder, parts),
        symbols=source.symbols,
        target_symbols=source.target_symbols,
        class_names=source.class_names,
        tag_names=source.tag_names,
        tokeniser=source.tokeniser,
        best_possible=source.best_possible,
        counts={**source.counts, "duplicates_across_splits": n_duplicates, **leaks},
        protocol={
            **source.protocol,
            "duplicates": config.duplicates,
            **leakage_protocol(parts, config.leakage),
        },
        spectrum=source.spectrum,
    )
    write_manifest(folder, manifest)
    return manifest


def read_source(config: TaskConfig) -> SourceData:
    """Let the source of a task make its three parts.

    Raises:
        DataError: as the source does.
    """
    data = config.source.read()
    match config:
        case AlignmentTaskConfig():
            return as_alignment(data)
        case RecommendationTaskConfig():
            sampled = config.candidates == "sampled"
            return as_recommendation(data, exclude_seen=config.exclude_seen, sampled=sampled)
        case _:
            return data


def _write(folder: Path, parts: Parts) -> dict[str, SplitRecord]:
    records = {}
    for split, part in parts.items():
        path = write_split(folder, split, part)
        records[split.value] = _record(part, path)
    return records


def _record(part: Part, path: Path) -> SplitRecord:
    return SplitRecord(
        n_sequences=len(part.sequences),
        n_steps=part.sequences.n_steps,
        n_scored=int(part.sequences.n_scored.sum()),
        content_sha256=content_sha256(part),
        file_sha256=file_sha256(path),
    )


def _with_lengths(schema: DataSchema, parts: Parts) -> DataSchema:
    targets = [part.sequences.target for part in parts.values()]
    return replace(
        schema,
        max_length=max(int(part.sequences.lengths.max()) for part in parts.values()),
        max_target_length=max(0 if each is None else int(each.lengths.max()) for each in targets),
    )


def _with_shared(schema: DataSchema, source: SourceData) -> DataSchema:
    """Say which symbols of a transduction's input are symbols of its target."""
    symbols, targets, end = source.symbols, source.target_symbols, schema.target_end
    if schema.task_kind != "transduction" or not symbols or not targets or end is None:
        return schema
    return replace(schema, target_of_symbol=shared_symbols(symbols, targets, end))
