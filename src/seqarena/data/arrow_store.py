"""Splits as Arrow IPC files: ragged columns, memory-mapped, handed over without a copy.

The columns are `tokens` or `features` (large lists: 64-bit offsets, the layout of `Sequences`),
and where the task has them `label`, `tags`, `scored_from`, `scored_steps`, `id`, `target`,
`alignment`, `links`, `seen`, `negatives`, `references`, `slice` and `spectrum`.
A file holds one record batch, so that every column is one contiguous run of bytes.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from seqarena.data.alignment import Alignment
from seqarena.data.candidates import Candidates, ItemLists
from seqarena.data.links import Links
from seqarena.data.part import Part, References
from seqarena.data.splits import Split
from seqarena.errors import ArtifactError, DataError
from seqarena.sequences import Sequences

_RAGGED_BUFFERS = 2
"""Buffers of a large list before those of its values: validity, offsets."""


def split_path(folder: Path, split: Split) -> Path:
    """Return where a split of a prepared task lies."""
    return folder / f"{split.value}.arrow"


def write_split(folder: Path, split: Split, part: Part) -> Path:
    """Write one split, the same bytes for the same content, and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = split_path(folder, split)
    columns = {**_columns(part.sequences), **_further_columns(part)}
    batch = pa.RecordBatch.from_arrays(list(columns.values()), names=list(columns))
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return path


def read_split(folder: Path, split: Split) -> Sequences:
    """Map one split into memory. Nothing is read before it is used.

    The arrays are writable views of a private mapping (torch warns about read-only ones):
    writing to them changes this process's pages alone, never the file.

    Raises:
        ArtifactError: the file is missing, truncated, or not one of ours.
    """
    return _Mapped(split_path(folder, split)).sequences()


def read_part(folder: Path, split: Split) -> Part:
    """Map a split and all that belongs to it; what the task does not have is None.

    Raises:
        ArtifactError: the file is missing, truncated, or not one of ours.
    """
    return _Mapped(split_path(folder, split)).part()


def _columns(sequences: Sequences) -> dict[str, pa.Array]:
    name = "tokens" if sequences.tokens is not None else "features"
    columns = {name: _ragged(sequences.offsets, sequences.values)}
    if sequences.labels is not None:
        columns["label"] = pa.array(sequences.labels)
    if sequences.tags is not None:
        columns["tags"] = _ragged(sequences.offsets, sequences.tags)
    if sequences.scored_from is not None:
        columns["scored_from"] = pa.array(sequences.scored_from)
    if sequences.scored_steps is not None:
        # As bytes: Arrow packs eight booleans into one, which cannot be mapped.
        marks = sequences.scored_steps.astype(np.uint8)
        columns["scored_steps"] = _ragged(sequences.offsets, marks)
    if sequences.ids:
        columns["id"] = pa.array(sequences.ids, pa.string())
    if sequences.target is not None:
        if sequences.target.tokens is None:
            raise DataError("the target of a transduction is tokens; it came as features.")
        columns["target"] = _ragged(sequences.target.offsets, sequences.target.tokens)
    return columns


def _further_columns(part: Part) -> dict[str, pa.Array]:
    columns = {}
    if part.alignment is not None:
        columns["alignment"] = _ragged(part.alignment.offsets, part.alignment.spans)
    if part.links is not None:
        columns["links"] = _ragged(part.links.offsets, part.links.pairs)
    lists = part.candidates or Candidates()
    for name, each in (("seen", lists.seen), ("negatives", lists.negatives)):
        if each is not None:
            columns[name] = _ragged(each.offsets, each.items)
    if part.references is not None:
        columns["references"] = pa.array(list(map(list, part.references)), pa.list_(pa.string()))
    if part.slices is not None:
        columns["slice"] = pa.array(part.slices, pa.int64())
    if part.spectra is not None:
        columns["spectrum"] = _ragged(part.sequences.offsets, part.spectra)
    return columns


def _ragged(offsets: np.ndarray, values: np.ndarray) -> pa.Array:
    items = pa.array(np.ascontiguousarray(values).reshape(-1))
    if values.ndim > 1:
        items = pa.FixedSizeListArray.from_arrays(items, values.shape[1])
    return pa.LargeListArray.from_arrays(pa.array(offsets.astype(np.int64)), items)


class _Mapped:
    """A file of ours in memory, copy on write."""

    def __init__(self, path: Path) -> None:
        try:
            self._bytes = np.memmap(path, dtype=np.uint8, mode="c")
            buffer = pa.py_buffer(self._bytes)
            self._batch = pa.ipc.open_file(pa.BufferReader(buffer)).get_batch(0)
        except FileNotFoundError:
            raise ArtifactError(f"{path}: not found; run the prepare stage of this task.") from None
        except (pa.ArrowInvalid, OSError, ValueError, IndexError) as error:
            raise ArtifactError(
                f"{path}: not a whole Arrow file ({error}); run the prepare stage of this task "
                "again."
            ) from None

    def sequences(self) -> Sequences:
        is_tokens = "tokens" in self._batch.schema.names
        offsets, values = self._ragged("tokens" if is_tokens else "features")
        return Sequences(
            offsets=offsets,
            tokens=values if is_tokens else None,
            features=None if is_tokens else values,
            labels=self._flat("label"),
            tags=self._ragged("tags")[1] if self._has("tags") else None,
            target=self._target(),
            scored_from=self._flat("scored_from"),
            scored_steps=self._scored_steps(),
            ids=self._ids(),
        )

    def part(self) -> Part:
        return Part(
            self.sequences(),
            Alignment(*self._ragged("alignment")) if self._has("alignment") else None,
            Links(*self._ragged("links")) if self._has("links") else None,
            self._candidates(),
            self._references(),
            self._flat("slice"),
            spectra=self._ragged("spectrum")[1] if self._has("spectrum") else None,
        )

    def _candidates(self) -> Candidates | None:
        if not (self._has("seen") or self._has("negatives")):
            return None
        return Candidates(self._items("seen"), self._items("negatives"))

    def _items(self, name: str) -> ItemLists | None:
        return ItemLists(*self._ragged(name)) if self._has(name) else None

    def _references(self) -> References | None:
        if not self._has("references"):
            return None
        return tuple(map(tuple, self._batch.column("references").to_pylist()))

    def _scored_steps(self) -> np.ndarray | None:
        return self._ragged("scored_steps")[1].view(bool) if self._has("scored_steps") else None

    def _target(self) -> Sequences | None:
        if not self._has("target"):
            return None
        offsets, tokens = self._ragged("target")
        return Sequences(offsets=offsets, tokens=tokens)

    def _ids(self) -> tuple[str, ...]:
        return tuple(self._batch.column("id").to_pylist()) if self._has("id") else ()

    def _has(self, name: str) -> bool:
        return name in self._batch.schema.names

    def _flat(self, name: str) -> np.ndarray | None:
        if not self._has(name):
            return None
        column = self._batch.column(name)
        return self._view(column.buffers()[-1], column.type)

    def _ragged(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        column = self._batch.column(name)
        offsets = self._view(column.buffers()[_RAGGED_BUFFERS - 1], pa.int64())
        item = column.type.value_type
        is_vector = pa.types.is_fixed_size_list(item)
        values = self._view(column.buffers()[-1], item.value_type if is_vector else item)
        return offsets, values.reshape(-1, item.list_size) if is_vector else values

    def _view(self, buffer: Any, kind: Any) -> np.ndarray:
        start = buffer.address - self._bytes.ctypes.data
        run = self._bytes[start : start + buffer.size]
        return np.asarray(run.view(kind.to_pandas_dtype()))
