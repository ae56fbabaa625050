"""What a data version looks like: which examples it has, how long, of which symbols and labels.

Examples are known by the names of their symbols, not by their numbers, which another version may
give otherwise. A portrait is kept with each champion, so that data that has gone since can still be
compared.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int

from seqarena.data.arrow_store import read_split
from seqarena.data.manifest import Manifest
from seqarena.data.splits import Split
from seqarena.seeds import numpy_generator
from seqarena.sequences import Sequences

_DIGEST_BYTES = 16
_MOST_FRAMES = 5000


@dataclass(frozen=True)
class Portrait:
    """Facts about some examples."""

    digests: tuple[bytes, ...]
    """Of each input, equal exactly where the inputs are."""
    lengths: Int[np.ndarray, "examples"]
    symbols: dict[str, int]
    """How often each symbol occurs; empty for frames."""
    labels: dict[str, int]
    """How often each label (or tag) does; empty where the task has none."""
    frames: Float[np.ndarray, "_ dim"] | None
    """One frame of each of at most 5,000 examples, drawn by chance, so that they are independent;
    None for symbols."""


NOBODY = Portrait((), np.zeros(0, dtype=np.int64), {}, {}, None)
"""The portrait of no example."""


def portrait_of(sequences: Sequences, manifest: Manifest) -> Portrait:
    """Look at the examples of a split; the same examples give the same portrait."""
    is_tokens = sequences.tokens is not None
    return Portrait(
        digests=tuple(digests_of(sequences, manifest)),
        lengths=sequences.lengths.astype(np.int64),
        symbols=_counts(sequences.values, manifest.symbols) if is_tokens else {},
        labels=_labels(sequences, manifest),
        frames=None if is_tokens else _some_frames(sequences),
    )


def fitted_portrait(
    prepared: Path, manifest: Manifest, known: frozenset[bytes] = frozenset()
) -> Portrait:
    """Look at the examples of a prepared task that a fit sees: training and validation.

    Args:
        prepared: folder of the task.
        manifest: of it.
        known: digests of examples that are left out.
    """
    splits = [read_split(prepared, split) for split in (Split.TRAIN, Split.VALID)]
    return joined([portrait_of_unknown(each, manifest, known) for each in splits])


def portrait_of_unknown(
    sequences: Sequences, manifest: Manifest, known: frozenset[bytes]
) -> Portrait:
    """Look at those examples of a split that are not known; there may be none."""
    if not known:
        return portrait_of(sequences, manifest)
    rows = np.flatnonzero([digest not in known for digest in digests_of(sequences, manifest)])
    return portrait_of(sequences.select(rows), manifest) if len(rows) else NOBODY


def digests_of(sequences: Sequences, manifest: Manifest) -> list[bytes]:
    """Return a digest of each input, by the names of its symbols where they have any."""
    names = None if manifest.symbols is None else np.array(manifest.symbols, dtype=object)
    return [
        hashlib.blake2b(_spelt(sequences.sequence(row), names), digest_size=_DIGEST_BYTES).digest()
        for row in range(len(sequences))
    ]


def joined(portraits: Sequence[Portrait]) -> Portrait:
    """Return the portrait of the examples of all of them."""
    frames = [each.frames for each in portraits if each.frames is not None]
    return Portrait(
        digests=tuple(digest for each in portraits for digest in each.digests),
        lengths=np.concatenate([each.lengths for each in portraits]),
        symbols=dict(sum((Counter(each.symbols) for each in portraits), Counter[str]())),
        labels=dict(sum((Counter(each.labels) for each in portraits), Counter[str]())),
        frames=np.concatenate(frames) if frames else None,
    )


def _spelt(values: np.ndarray, names: np.ndarray | None) -> bytes:
    if names is None:
        return np.ascontiguousarray(values).tobytes()
    return "\0".join(names[values]).encode()


def _counts(numbers: Int[np.ndarray, "_"], names: tuple[str, ...] | None) -> dict[str, int]:
    found, counts = np.unique(numbers, return_counts=True)
    return {
        str(number) if names is None else names[number]: count
        for number, count in zip(found.tolist(), counts.tolist(), strict=True)
    }


def _labels(sequences: Sequences, manifest: Manifest) -> dict[str, int]:
    if sequences.labels is not None:
        return _counts(sequences.labels, manifest.class_names)
    if sequences.tags is not None:
        return _counts(sequences.tags, manifest.tag_names)
    return {}


def _some_frames(sequences: Sequences) -> Float[np.ndarray, "_ dim"]:
    draw = numpy_generator(0, "portrait")
    rows = np.sort(draw.permutation(len(sequences))[:_MOST_FRAMES])
    steps = sequences.offsets[rows] + (draw.random(len(rows)) * sequences.lengths[rows]).astype(int)
    frames: np.ndarray = sequences.values[steps].astype(np.float32)
    return frames
