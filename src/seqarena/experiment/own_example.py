"""A user's own example, with what the model itself says of it in the place of a gold answer."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from seqarena.attribution.terminal import shown_text
from seqarena.batch import Batch, Sequences, collate_all, sequences_of
from seqarena.data.alphabet import UNKNOWN
from seqarena.data.encoding import encoded_subwords, frames_in_lines
from seqarena.data.manifest import Manifest
from seqarena.data.part import Part
from seqarena.data.sources.source_config import SourceConfig
from seqarena.errors import DataError
from seqarena.families.catalogue import AnyFamily
from seqarena.families.family import ClassifierFamily, TaggerFamily, TransducerFamily

_ID = "yours"
_TEXT_SUFFIXES = (".txt", ".csv", ".tsv", "")


@dataclass(frozen=True)
class OwnInput:
    """What a user gives."""

    text: str | None = None
    file: Path | None = None
    """Sound, a picture, lines of numbers, or a text."""
    target: str | None = None
    """What the model is to write, in place of what it writes by itself."""


@dataclass(frozen=True)
class OwnExample:
    """The example as the model reads it, and its answer in words."""

    part: Part
    answer: str
    unknown: tuple[int, ...] = ()
    """Steps that are the unknown symbol."""


def own_example(
    family: AnyFamily, given: OwnInput, source: SourceConfig, manifest: Manifest
) -> OwnExample:
    """Encode what is given as the task does, and ask the model for its answer.

    Raises:
        DataError: a symbol is unknown, the input is empty or longer than any of the task, or an
            alignment lacks its target.
    """
    values = _values(given, source, manifest)
    longest = manifest.schema.max_length
    if len(values) > longest:
        raise DataError(
            f"the input has {len(values)} steps; the longest of task {manifest.task!r} has "
            f"{longest}, and no model was shown more. Shorten it."
        )
    bare = sequences_of([values], ids=(_ID,))
    unknown = ()
    if bare.tokens is not None and (manifest.symbols or ("",))[0] == UNKNOWN:
        unknown = tuple(np.flatnonzero(bare.tokens == 0).tolist())
    with torch.inference_mode():
        sequences, answer = _answered(family, bare, given.target, manifest)
    return OwnExample(Part(sequences), answer, unknown)


def _values(given: OwnInput, source: SourceConfig, manifest: Manifest) -> np.ndarray:
    if (given.text is None) == (given.file is None):
        raise DataError("give either --text or --file, exactly one of them.")
    if given.file is None:
        return source.tokens_of(given.text or "", manifest)
    is_text = given.file.suffix.lower() in _TEXT_SUFFIXES
    if manifest.schema.input_kind == "frames":
        read = frames_in_lines if is_text else source.frames_of
        return read(given.file, manifest)
    if not is_text:
        raise DataError(
            f"{given.file}: task {manifest.task!r} reads text; give a text file (.txt), or --text."
        )
    try:
        return source.tokens_of(given.file.read_text(encoding="utf-8"), manifest)
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{given.file}: cannot be read as UTF-8 text ({error}).") from None


def _answered(
    family: AnyFamily, bare: Sequences, target: str | None, manifest: Manifest
) -> tuple[Sequences, str]:
    """Add the label, tags or target that the model gives, and say it."""
    batch = collate_all(bare)
    schema = manifest.schema
    if schema.task_kind == "classification" and isinstance(family, ClassifierFamily):
        log_prob = family.class_log_prob(batch)[0]
        label = int(log_prob.argmax())
        share = float(log_prob[label].exp())
        name = _listed(manifest.class_names, np.array([label]))
        return replace(bare, labels=np.array([label])), f"label {name} (p = {share:.3f})"
    if schema.task_kind == "tagging" and isinstance(family, TaggerFamily):
        tags = family.tag(batch)[0].numpy().astype(np.int64)
        return replace(bare, tags=tags), f"tags {_listed(manifest.tag_names, tags)}"
    if schema.task_kind in ("transduction", "alignment"):
        tokens = _target(family, batch, target, manifest)
        said = "target given:" if target is not None else "writes"
        whole = replace(bare, target=sequences_of([tokens]))
        return whole, f"{said} {_listed(manifest.target_symbols, tokens)}"
    return bare, "predicts each symbol from those before it"


def _target(family: AnyFamily, batch: Batch, given: str | None, manifest: Manifest) -> np.ndarray:
    """Return the target with its end: the one that is given, or the one that the model writes."""
    end = manifest.schema.target_end
    if end is None:
        raise DataError(f"task {manifest.task!r} has no end symbol; prepare it again.")
    if given is not None:
        return np.append(_encoded_target(given, manifest), end)
    if not isinstance(family, TransducerFamily):
        raise DataError(
            f"task {manifest.task!r} links a sentence with its translation; give both, the second "
            "by --target."
        )
    written = family.generate(batch, manifest.schema.max_target_length)
    tokens = written.tokens[0, : int(written.lengths[0])].numpy().astype(np.int64)
    return tokens if end in tokens else np.append(tokens, end)


def _encoded_target(text: str, manifest: Manifest) -> np.ndarray:
    if manifest.tokeniser is not None:
        return encoded_subwords(text, manifest)
    names = manifest.target_symbols or ()
    words = text.split()
    is_spelled = manifest.schema.target_unit == "character" and not set(words) <= set(names)
    symbols: Sequence[str] = tuple(text) if is_spelled else words
    token = {name: index for index, name in enumerate(names)}
    unknown = [symbol for symbol in symbols if symbol not in token]
    if unknown or not symbols:
        raise DataError(
            f"--target {text!r}: task {manifest.task!r} does not write "
            f"{', '.join(map(repr, unknown[:12])) or 'nothing'}; give symbols of its targets."
        )
    return np.array([token[symbol] for symbol in symbols], dtype=np.int64)


def _listed(names: tuple[str, ...] | None, codes: np.ndarray) -> str:
    """Name symbols, as they can stand in a terminal."""
    return " ".join(str(c) if names is None else shown_text(names[c]) for c in codes.tolist())
