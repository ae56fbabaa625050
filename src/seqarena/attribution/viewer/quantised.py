"""Numbers of a map as few bytes: square roots in 8 or 16 bits, deflated.

Square roots give small shares the finer steps: in 8 bits the entropy of a row is off by about
0.02 bits, where even steps would be off by 0.4.
"""

import base64
import zlib
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float

from seqarena.attribution.viewer.viewed import TopEntries

Bits = Literal[8, 16]
N_KEPT = 32
"""Entries of a row that are kept where a map is too large."""
MAX_CELLS = 256 * 256
"""Entries of one head from which on only the largest of each row are kept."""
_MANY = 400
"""Values of a map from which on a few large ones may be passed over."""
_NO_COLUMN = 2**32 - 1


@dataclass(frozen=True)
class Packed:
    """One map, as the page holds it."""

    chunk: str
    """Base64 of deflated bytes: values, sums of rows, then validity where it is not everywhere."""
    tops: tuple[float, ...]
    """Largest absolute value of each head."""
    usual: float
    """What all but one in 200 values stay below, where a few are more than twice that; else the
    largest absolute value. Early rows of a causal map have few columns to look at."""
    bits: Bits
    reach: int | None = None
    """Row r holds its first r + reach + 1 columns, and is 0 beyond them; None: all columns."""
    n_kept: int | None = None
    """Entries that are kept of each row; None: all."""
    has_valid: bool = False


def pack(
    values: Float[np.ndarray, "head row column"] | TopEntries,
    valid: Bool[np.ndarray, "row column"] | None = None,
    rest: Float[np.ndarray, "head row"] | None = None,
    *,
    signed: bool = False,
    bits: Bits = 16,
) -> Packed:
    """Pack a map. Values that are not finite count as not valid, and -0 as 0.

    Sums of rows are told with the `rest`, which is not among the values.

    Of a map with more than `MAX_CELLS` entries a head, the `N_KEPT` largest of each row are kept.
    """
    if isinstance(values, TopEntries):
        return _pack_top(values, signed=signed, bits=bits)
    finite = np.isfinite(values)
    if not finite.all():
        valid = finite.all(axis=0) if valid is None else valid & finite.all(axis=0)
        values = np.where(finite, values, 0.0)
    if valid is not None:
        values = np.where(valid, values, 0.0)
    n_rows, n_columns = values.shape[1:]
    if n_rows > 1 and n_rows * n_columns > MAX_CELLS:
        kept = largest(values)
        entries = replace(kept, rest=kept.rest if rest is None else kept.rest + rest)
        return _pack_top(entries, signed=signed, bits=bits)
    sums = values.sum(axis=2) if rest is None else values.sum(axis=2) + rest
    reach = _reach(values)
    stored = values if reach is None else values[:, _within(n_rows, n_columns, reach)]
    parts = [_levels(stored, signed=signed, bits=bits), _sums(sums)]
    if valid is not None:
        parts.append(np.packbits(valid).tobytes())
    return Packed(
        _deflated(parts), _tops(values), _usual(stored), bits, reach, has_valid=valid is not None
    )


def largest(values: Float[np.ndarray, "head row column"], n_kept: int = N_KEPT) -> TopEntries:
    """Keep the entries of each row that are largest, whatever their sign."""
    n_kept = min(n_kept, values.shape[2])
    columns = np.argpartition(-np.abs(values), n_kept - 1, axis=2)[..., :n_kept]
    columns = np.sort(columns, axis=2)
    kept = np.take_along_axis(values, columns, axis=2)
    return TopEntries(columns, kept, values.sum(axis=2) - kept.sum(axis=2), values.shape[2])


def largest_error(top: float, bits: Bits, *, signed: bool = False) -> float:
    """Return how far a stored value may be from the true one, when `top` is the largest.

    Half a step of the root, where the steps of the value are widest.
    """
    n_levels: int = 2**bits - 1
    return top / (n_levels // 2 if signed else n_levels)


def deflated_bytes(values: np.ndarray) -> str:
    """Return the bytes of an array, deflated, in base64."""
    return _deflated([np.ascontiguousarray(values).tobytes()])


def _pack_top(entries: TopEntries, *, signed: bool, bits: Bits) -> Packed:
    held = entries.columns >= 0
    values = np.where(held & np.isfinite(entries.values), entries.values, 0.0)
    columns = np.where(held, entries.columns, _NO_COLUMN).astype("<u4")
    levels = _levels(values, signed=signed, bits=bits)
    parts = [levels, _sums(values.sum(axis=2) + entries.rest), _planes(columns)]
    return Packed(_deflated(parts), _tops(values), _usual(values), bits, n_kept=values.shape[2])


def _tops(values: np.ndarray) -> tuple[float, ...]:
    return tuple(float(np.abs(head).max(initial=0.0)) for head in values)


def _usual(values: np.ndarray) -> float:
    sizes = np.abs(values)
    largest = float(sizes.max(initial=0.0))
    common = float(np.percentile(sizes, 99.5)) if values.size >= _MANY else largest
    return common if 0 < common < largest / 2 else largest


def _reach(values: Float[np.ndarray, "head row column"]) -> int | None:
    """Return how far right of the diagonal anything stands, where that spares a quarter."""
    _, rows, columns = np.nonzero(values)
    n_rows, n_columns = values.shape[1:]
    reach = int((columns - rows).max(initial=-n_rows))
    spared = 1 - _within(n_rows, n_columns, reach).mean() if values.size else 0.0
    return reach if spared > 0.25 else None


def _within(n_rows: int, n_columns: int, reach: int) -> Bool[np.ndarray, "row column"]:
    return np.arange(n_columns) <= np.arange(n_rows)[:, None] + reach


def _levels(values: np.ndarray, *, signed: bool, bits: Bits) -> bytes:
    """Round square roots to whole levels; those of signed values have 0 in the middle."""
    top = float(np.abs(values).max(initial=0.0)) or 1.0
    roots = np.sign(values) * np.sqrt(np.abs(values.astype(np.float64)) / top)
    n_levels = 2**bits - 1
    half = n_levels // 2
    levels = np.rint(roots * half) + half if signed else np.rint(roots * n_levels)
    return _planes(levels.astype("u1" if bits == 8 else "<u2"))


def _planes(numbers: np.ndarray) -> bytes:
    """Put all first bytes before all second ones: like beside like deflates better."""
    width = numbers.dtype.itemsize
    return np.ascontiguousarray(numbers).view("u1").reshape(-1, width).T.tobytes()


def _sums(sums: Float[np.ndarray, "head row"]) -> bytes:
    # Rounded, so that rows that sum to 1 are the same bytes.
    return _planes((np.round(sums.astype(np.float64), 4) + 0.0).astype("<f4"))


def _deflated(parts: list[bytes]) -> str:
    return base64.b64encode(zlib.compress(b"".join(parts), 9)).decode("ascii")
