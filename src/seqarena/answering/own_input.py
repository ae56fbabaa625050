"""An example of somebody's own, as the steps that a prepared task would hold."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from seqarena.batch import Sequences, sequences_of
from seqarena.data.alphabet import UNKNOWN
from seqarena.data.encoding import frames_in_lines
from seqarena.data.manifest import Manifest
from seqarena.data.sources.source_config import SourceConfig
from seqarena.errors import DataError

TEXT, TOKENS, FRAMES, FILE = "text", "tokens", "frames", "file"
TARGET = "target"
_LARGEST = float(np.finfo(np.float32).max)
_TEXT_SUFFIXES = (".txt", ".csv", ".tsv", "")


@dataclass(frozen=True)
class OwnInput:
    """What somebody gives: exactly one of the first four, and a target where it is wanted."""

    text: str | None = None
    """Written as the task's own texts are."""
    file: Path | None = None
    """Sound, a picture, lines of numbers, or a text."""
    target: str | None = None
    """What the model is to write, in place of what it writes by itself."""
    tokens: Sequence[int] | None = None
    """Numbers of symbols, as the task's alphabet counts them from 0."""
    frames: np.ndarray | None = None
    """Numbers, (steps, dim)."""

    @property
    def ways(self) -> tuple[str, ...]:
        """In which ways the input is given."""
        return tuple(way for way in (TEXT, TOKENS, FRAMES, FILE) if getattr(self, way) is not None)


def fields_of(manifest: Manifest) -> tuple[str, ...]:
    """Return the ways in which a task's input can be given without a file."""
    return (TEXT, TOKENS) if manifest.schema.input_kind == "tokens" else (FRAMES,)


def steps_of(
    given: OwnInput, source: SourceConfig, manifest: Manifest, longest: int | None = None
) -> np.ndarray:
    """Return tokens (time,) or frames (time, dim), as the task holds its own.

    Args:
        given: the input.
        source: of the task: it knows how texts are cut and files are read.
        manifest: of the prepared task.
        longest: most steps; None: those of the longest input of the task.

    Raises:
        DataError: not exactly one input came, the task cannot read it, a symbol is unknown, or it
            is empty or too long.
    """
    if len(given.ways) != 1:
        wanted = " or ".join((*fields_of(manifest), FILE))
        came = " and ".join(given.ways) or "nothing"
        raise DataError(f"{came} came; expected exactly one input: {wanted}.")
    values = _read(given, source, manifest)
    most = manifest.schema.max_length if longest is None else longest
    if len(values) > most:
        raise DataError(
            f"the input has {len(values)} steps; the longest of task {manifest.task!r} has {most}, "
            "and no model was shown more. Shorten it."
        )
    return values


def all_steps_of(
    given: Sequence[OwnInput],
    source: SourceConfig,
    manifest: Manifest,
    longest: int | None = None,
) -> Sequences:
    """Return several inputs as sequences, in their order.

    Raises:
        DataError: there is none; or as `steps_of`, with the row (from 0) in front.
    """
    if not given:
        wanted = " or ".join(map(repr, fields_of(manifest)))
        raise DataError(f"no row came that has {wanted}; expected at least one.")
    values = []
    for row, one in enumerate(given):
        try:
            values.append(steps_of(one, source, manifest, longest))
        except DataError as error:
            raise DataError(f"row {row}: {error}") from None
    return sequences_of(values)


def unknown_steps(values: np.ndarray, manifest: Manifest) -> tuple[int, ...]:
    """Return the steps that are the unknown symbol, where the task has one."""
    return tuple(np.flatnonzero(values == 0).tolist()) if has_unknown(manifest) else ()


def has_unknown(manifest: Manifest) -> bool:
    """Say whether the task reads symbols, one of which stands for those that it does not know."""
    is_tokens = manifest.schema.input_kind == "tokens"
    return is_tokens and (manifest.symbols or ("",))[0] == UNKNOWN


def recording_of(given: OwnInput) -> Path | None:
    """Return the file, if it holds no lines of numbers and no text."""
    return None if given.file is None or _is_text(given.file) else given.file


def _read(given: OwnInput, source: SourceConfig, manifest: Manifest) -> np.ndarray:
    if given.text is not None:
        return source.tokens_of(given.text, manifest)
    if given.tokens is not None:
        return _checked_tokens(given.tokens, manifest)
    if given.frames is not None:
        return _checked_frames(given.frames, manifest)
    return _from_file(given.file or Path(), source, manifest)


def _from_file(file: Path, source: SourceConfig, manifest: Manifest) -> np.ndarray:
    is_text = _is_text(file)
    if manifest.schema.input_kind == "frames":
        read = frames_in_lines if is_text else source.frames_of
        return read(file, manifest)
    if not is_text:
        raise DataError(
            f"{file}: task {manifest.task!r} reads text; give a text file (.txt), or --text."
        )
    try:
        return source.tokens_of(file.read_text(encoding="utf-8"), manifest)
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{file}: cannot be read as UTF-8 text ({error}).") from None


def _is_text(file: Path) -> bool:
    return file.suffix.lower() in _TEXT_SUFFIXES


def _checked_tokens(tokens: Sequence[int], manifest: Manifest) -> np.ndarray:
    n_symbols = manifest.schema.n_symbols
    if n_symbols is None:
        raise DataError(f"task {manifest.task!r} reads frames, not tokens; give frames.")
    if not len(tokens):
        raise DataError("tokens: none came; expected at least one.")
    for step, token in enumerate(tokens):
        if not 0 <= token < n_symbols:
            raise DataError(
                f"tokens, step {step}: {token} came; the symbols of task {manifest.task!r} are 0 "
                f"to {n_symbols - 1}."
            )
    return np.asarray(tokens, dtype=np.int64)


def _checked_frames(frames: np.ndarray, manifest: Manifest) -> np.ndarray:
    dim = manifest.schema.dim
    if dim is None:
        raise DataError(f"task {manifest.task!r} reads symbols, not frames; give text or tokens.")
    if not len(frames):
        raise DataError("frames: none came; expected at least one.")
    if frames.ndim != 2 or frames.shape[1] != dim:
        raise DataError(
            f"frames: numbers of shape {frames.shape} came; expected (steps, {dim}): task "
            f"{manifest.task!r} has {dim} numbers in a step."
        )
    odd = ~(np.abs(frames) <= _LARGEST)
    for step, number in np.argwhere(odd)[:1].tolist():
        raise DataError(
            f"frames, step {step}: holds {frames[step, number]:g}; expected finite numbers of 32 "
            "bits."
        )
    return frames.astype(np.float32)
