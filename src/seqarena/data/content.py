"""Checksums of splits, and of single examples, whatever file format holds them."""

import hashlib
from collections.abc import Iterator

import numpy as np

from seqarena.data.part import Part
from seqarena.sequences import Sequences


def content_sha256(part: Part) -> str:
    """Return the SHA-256 of what a split says, whatever file format holds it.

    Spectra are none of it: pictures alone show them, and no model reads them.
    """
    digest = hashlib.sha256()
    for name, array in _columns(part):
        digest.update(f"{name}:{array.dtype.str}:{array.shape}:".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    digest.update("\0".join(part.sequences.ids).encode())
    return digest.hexdigest()


def example_digests(sequences: Sequences) -> list[bytes]:
    """Return a digest of each input, equal exactly where the inputs are equal.

    Labels and targets are left out: an input that stands in two splits under two labels leaks too.
    """
    return [
        hashlib.blake2b(sequences.sequence(row).tobytes(), digest_size=16).digest()
        for row in range(len(sequences))
    ]


def _columns(part: Part) -> Iterator[tuple[str, np.ndarray]]:
    yield from _sequence_columns("input", part.sequences)
    if part.alignment is not None:
        yield "alignment", part.alignment.spans
    if part.links is not None:
        yield "links.offsets", part.links.offsets
        yield "links.pairs", part.links.pairs
    if part.candidates is not None:
        for name in ("seen", "negatives"):
            lists = getattr(part.candidates, name)
            if lists is not None:
                yield f"{name}.offsets", lists.offsets
                yield f"{name}.items", lists.items
    if part.references is not None:
        told = "\0\0".join("\0".join(texts) for texts in part.references)
        yield "references", np.frombuffer(told.encode(), dtype=np.uint8)
    if part.slices is not None:
        yield "slices", part.slices


def _sequence_columns(name: str, sequences: Sequences) -> Iterator[tuple[str, np.ndarray]]:
    yield f"{name}.offsets", sequences.offsets
    yield f"{name}.values", sequences.values
    if sequences.labels is not None:
        yield f"{name}.labels", sequences.labels
    if sequences.tags is not None:
        yield f"{name}.tags", sequences.tags
    if sequences.scored_from is not None:
        yield f"{name}.scored_from", sequences.scored_from
    if sequences.scored_steps is not None:
        yield f"{name}.scored_steps", sequences.scored_steps
    if sequences.target is not None:
        yield from _sequence_columns("target", sequences.target)
