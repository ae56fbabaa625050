"""Some of many `Sequences`, padded: a `Batch`, which `collate` alone makes."""

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from seqarena.sequences import Rows, Sequences, sequences_of

# A batch is asked for together with what it is made of.
__all__ = ["Batch", "Rows", "Sequences", "collate", "collate_all", "sequences_of"]


@dataclass(frozen=True)
class Batch:
    """Some sequences, padded to the longest. Every mask is True where something real stands."""

    rows: Int[Tensor, "batch"]
    """Row of each sequence in its split: the key of every per-example score."""
    lengths: Int[Tensor, "batch"]
    mask: Bool[Tensor, "batch time"]
    """True on real steps."""
    scored: Bool[Tensor, "batch time"]
    """True on real steps that count in a score; context steps do not."""
    tokens: Int[Tensor, "batch time"] | None = None
    features: Float[Tensor, "batch time dim"] | None = None
    labels: Int[Tensor, "batch"] | None = None
    tags: Int[Tensor, "batch time"] | None = None
    """One for each step (tagging)."""
    target: "Batch | None" = None
    """What the input is to be turned into (transduction)."""

    def __len__(self) -> int:
        return int(self.lengths.shape[0])

    def to(self, device: torch.device | str) -> "Batch":
        """Return the batch with every tensor on `device`."""
        moved: dict[str, Any] = {
            field.name: value.to(device)
            for field in fields(self)
            if isinstance(value := getattr(self, field.name), Tensor | Batch)
        }
        return replace(self, **moved)


def collate(sequences: Sequences, rows: Rows) -> Batch:
    """Pad the sequences of `rows` to the longest of them; the padding is 0 and never read."""
    # Of these rows alone: those of all sequences would cost more than the batch.
    first = sequences.offsets[rows]
    lengths = torch.from_numpy(sequences.offsets[rows + 1] - first)
    time = torch.arange(int(lengths.max()))
    mask = time < lengths[:, None]
    scored = mask
    if sequences.scored_from is not None:
        scored = mask & (time >= torch.from_numpy(sequences.scored_from[rows])[:, None])
    source = torch.from_numpy(first)[:, None] + time
    if sequences.scored_steps is not None:
        scored = scored & torch.from_numpy(sequences.scored_steps)[source.where(mask, 0)]
    values = torch.from_numpy(sequences.values)[source.where(mask, 0)]
    is_tokens = sequences.tokens is not None
    padded = values.where(mask if is_tokens else mask[..., None], 0)
    tags = None if sequences.tags is None else torch.from_numpy(sequences.tags)
    return Batch(
        rows=torch.from_numpy(np.asarray(rows, dtype=np.int64)),
        lengths=lengths,
        mask=mask,
        scored=scored,
        tokens=padded if is_tokens else None,
        features=None if is_tokens else padded,
        labels=None if sequences.labels is None else torch.from_numpy(sequences.labels[rows]),
        tags=None if tags is None else tags[source.where(mask, 0)].where(mask, 0),
        target=None if sequences.target is None else collate(sequences.target, rows),
    )


def collate_all(sequences: Sequences) -> Batch:
    """Pad a whole (small) split into one batch."""
    return collate(sequences, np.arange(len(sequences)))
