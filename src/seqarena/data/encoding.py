"""A text or numbers of somebody's own, as the tokens or frames of a prepared task."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int

from seqarena.data.alphabet import UNKNOWN
from seqarena.data.lexicon import word_shape
from seqarena.data.manifest import Manifest
from seqarena.data.own.text import read_own_text
from seqarena.data.subwords import Subwords
from seqarena.errors import DataError

_MOST_NAMED = 12
_LARGEST = float(np.finfo(np.float32).max)

Tokens = Int[np.ndarray, "_"]
Frames = Float[np.ndarray, "steps dim"]


def encoded_symbols(symbols: Sequence[str], manifest: Manifest) -> Tokens:
    """Return the token of each symbol, as the task's own texts were encoded.

    A word that the task does not know becomes the class of its shape, where the task has such
    classes, else the unknown symbol, where it has one.

    Raises:
        DataError: there is no symbol, the task has no texts, or no symbol for one of these.
    """
    known = manifest.symbols
    if known is None:
        raise DataError(
            f"task {manifest.task!r} reads frames, not symbols; give --file, not --text."
        )
    if not len(symbols):
        raise DataError("the text is empty; give at least one symbol.")
    token = {symbol: index for index, symbol in enumerate(known)}
    has_unknown = known[0] == UNKNOWN
    found = [token.get(each, token.get(word_shape(each))) for each in symbols]
    if None in found and not has_unknown:
        _refuse_unknown([s for s, t in zip(symbols, found, strict=True) if t is None], manifest)
    tokens = np.array([0 if each is None else each for each in found], dtype=np.int64)
    if has_unknown and not tokens.any():
        _refuse_unknown(symbols, manifest)
    return tokens


def encoded_subwords(text: str, manifest: Manifest) -> Tokens:
    """Return the subwords of a text by the tokeniser that the manifest holds.

    Raises:
        DataError: the text has no visible character, or the task has no tokeniser.
    """
    if manifest.tokeniser is None:
        raise DataError(f"task {manifest.task!r} has no tokeniser of subwords; prepare it again.")
    (tokens,) = Subwords(manifest.tokeniser).encode([text])
    if not len(tokens):
        raise DataError("the text is empty; give at least one symbol.")
    return tokens


def frames_in_lines(path: Path, manifest: Manifest) -> Frames:
    """Read a step from each line of a text file: its numbers, between commas or white space.

    Raises:
        DataError: the task reads symbols, or a line has not as many finite numbers as a frame.
    """
    dim = manifest.schema.dim
    if dim is None:
        raise DataError(f"task {manifest.task!r} reads symbols; give --text, or a text file.")
    rows = []
    for number, line in enumerate(read_own_text(path).splitlines(), start=1):
        if not line.strip():
            continue
        row = _numbers(line)
        if row is None or len(row) != dim:
            raise DataError(
                f"{path}, line {number}: {line[:40]!r}, expected {dim} finite numbers, those of a "
                f"step of task {manifest.task!r}, between commas or spaces."
            )
        rows.append(row)
    return np.array(rows, dtype=np.float32)


def _numbers(line: str) -> list[float] | None:
    try:
        row = [float(cell) for cell in line.replace(",", " ").split()]
    except ValueError:
        return None
    # Frames are of 32 bits: what is finite here must be so there.
    return row if all(abs(value) <= _LARGEST for value in row) else None


def _refuse_unknown(symbols: Sequence[str], manifest: Manifest) -> None:
    known = [each for each in manifest.symbols or () if each != UNKNOWN]
    shown = ", ".join(map(repr, known[:_MOST_NAMED]))
    more = f" and {len(known) - _MOST_NAMED} more" if len(known) > _MOST_NAMED else ""
    unknown = ", ".join(map(repr, list(dict.fromkeys(symbols))[:_MOST_NAMED]))
    raise DataError(
        f"task {manifest.task!r} does not know {unknown}; it knows {shown}{more}. Write the text "
        "as the task's own are."
    )
