"""From a task's config to its folder: three Arrow files and a manifest."""

from dataclasses import replace
from pathlib import Path
from typing import assert_never

from seqarena.data.arrow_store import write_split
from seqarena.data.checks import check_parts, resolve_duplicates
from seqarena.data.content import content_sha256, file_sha256
from seqarena.data.manifest import Manifest, SplitRecord, write_manifest
from seqarena.data.part import Part, Parts
from seqarena.data.shared_symbols import shared_symbols
from seqarena.data.sources.connected_words import ConnectedWordsConfig, join_words
from seqarena.data.sources.dates import DatesConfig, write_dates
from seqarena.data.sources.europarl_en_es import EuroparlConfig, read_europarl
from seqarena.data.sources.handwritten_digits import (
    HandwrittenDigitsConfig,
    read_handwritten_digits,
)
from seqarena.data.sources.hidden_markov import HiddenMarkovSourceConfig, draw_hidden_markov
from seqarena.data.sources.hidden_markov_states import (
    HiddenMarkovStatesConfig,
    draw_hidden_markov_states,
)
from seqarena.data.sources.japanese_vowels import JapaneseVowelsConfig, read_japanese_vowels
from seqarena.data.sources.lagged_markov import LaggedMarkovSourceConfig, draw_lagged_markov
from seqarena.data.sources.mnist import MnistConfig, read_mnist
from seqarena.data.sources.moving_digits import MovingDigitsConfig, read_moving_digits
from seqarena.data.sources.parallel_text import ParallelTextConfig, read_parallel_text
from seqarena.data.sources.penn_treebank import PennTreebankConfig, read_penn_treebank
from seqarena.data.sources.polyphonic_music import (
    PolyphonicMusicConfig,
    read_polyphonic_music,
)
from seqarena.data.sources.protein_secondary_structure import (
    ProteinSecondaryStructureConfig,
    read_protein_secondary_structure,
)
from seqarena.data.sources.python_reference import PythonReferenceConfig, read_python_reference
from seqarena.data.sources.source_data import SourceData, as_alignment
from seqarena.data.sources.text_files import TextFilesConfig, read_text_files
from seqarena.data.sources.tiny_shakespeare import TinyShakespeareConfig, read_tiny_shakespeare
from seqarena.data.sources.ud_english_ewt import UdEnglishEwtConfig, read_ud_english_ewt
from seqarena.schema import DataSchema
from seqarena.tasks.config import AlignmentTaskConfig, TaskConfig


def prepare_task(name: str, config: TaskConfig, folder: Path) -> Manifest:
    """Prepare a task; the same config gives the same bytes.

    The manifest is written last: a folder without one is unfinished.

    Raises:
        DataError: the source is unusable as it stands, or a guard refuses it.
    """
    source = read_source(config)
    check_parts(source.parts, source.class_names, source.tag_names)
    parts, n_duplicates = resolve_duplicates(source.parts, config.duplicates)
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
        best_possible=source.best_possible,
        counts={**source.counts, "duplicates_across_splits": n_duplicates},
        protocol={**source.protocol, "duplicates": config.duplicates},
    )
    write_manifest(folder, manifest)
    return manifest


def read_source(config: TaskConfig) -> SourceData:
    """Let the source of a task make its three parts.

    Raises:
        DataError: as the source does.
    """
    data = _read(config)
    return as_alignment(data) if isinstance(config, AlignmentTaskConfig) else data


def _read(config: TaskConfig) -> SourceData:  # noqa: C901 - a line for each source
    source = config.source
    match source:
        case JapaneseVowelsConfig():
            return read_japanese_vowels(source)
        case HandwrittenDigitsConfig():
            return read_handwritten_digits(source)
        case MovingDigitsConfig():
            return read_moving_digits(source)
        case PythonReferenceConfig():
            return read_python_reference(source)
        case MnistConfig():
            return read_mnist(source)
        case TinyShakespeareConfig():
            return read_tiny_shakespeare(source)
        case PennTreebankConfig():
            return read_penn_treebank(source)
        case TextFilesConfig():
            return read_text_files(source)
        case PolyphonicMusicConfig():
            return read_polyphonic_music(source)
        case DatesConfig():
            return write_dates(source)
        case EuroparlConfig():
            return read_europarl(source)
        case ParallelTextConfig():
            return read_parallel_text(source)
        case ConnectedWordsConfig():
            return join_words(source)
        case HiddenMarkovSourceConfig():
            return draw_hidden_markov(source)
        case HiddenMarkovStatesConfig():
            return draw_hidden_markov_states(source)
        case UdEnglishEwtConfig():
            return read_ud_english_ewt(source)
        case ProteinSecondaryStructureConfig():
            return read_protein_secondary_structure(source)
        case LaggedMarkovSourceConfig():
            return draw_lagged_markov(source)
        case _:
            assert_never(source)


def _write(folder: Path, parts: Parts) -> dict[str, SplitRecord]:
    records = {}
    for split, part in parts.items():
        path = write_split(folder, split, part.sequences, part.alignment, part.links)
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
