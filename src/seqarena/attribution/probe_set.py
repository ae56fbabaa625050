"""The probes of a task as the models see them: a few examples, none of them too long."""

import hashlib
from dataclasses import dataclass, replace

import numpy as np

from seqarena.attribution.probes import Probe, Rows, probes_of
from seqarena.batch import Batch, Sequences, collate, sequences_of
from seqarena.data.alignment import alignment_of
from seqarena.data.links import links_of
from seqarena.data.manifest import Manifest
from seqarena.data.part import Part
from seqarena.data.spectra import joined

LONGEST_PROBE = 1024
"""Steps of an example that are shown to the model; the rest is cut off."""


@dataclass(frozen=True)
class ProbeSet:
    """Examples that every run on the same data is asked about."""

    probes: tuple[Probe, ...]
    sequences: Sequences
    """Of the probes alone, in the same order; meaningless where there is none."""
    cuts: tuple[str, ...] = ()
    """What was cut off or left out, and why."""

    def __len__(self) -> int:
        return len(self.probes)

    @property
    def sha256(self) -> str:
        """Checksum over ids and content: two runs with the same one can be compared by pairs."""
        digest = hashlib.sha256()
        target = self.sequences.target
        for index, probe in enumerate(self.probes):
            digest.update(probe.id.encode() + b"\0" + self.sequences.sequence(index).tobytes())
            digest.update(b"" if target is None else target.sequence(index).tobytes())
        return digest.hexdigest()

    def first(self, n: int) -> "ProbeSet":
        """Return the first `n` probes."""
        if n == len(self) or not len(self):
            return self
        sequences = self.sequences.select(np.arange(n)) if n else self.sequences
        return ProbeSet(self.probes[:n], sequences, self.cuts)

    def batch(self, first: int = 0, end: int | None = None) -> Batch:
        """Pad the probes from `first` on, named by their rows of the split."""
        places = np.arange(len(self))[first:end]
        batch = collate(self.sequences, places)
        rows = np.array([self.probes[place].row for place in places], dtype=np.int64)
        return replace(batch, rows=batch.rows.new_tensor(rows))


def probe_set(test: Part, rows: Rows, manifest: Manifest, longest: int = LONGEST_PROBE) -> ProbeSet:
    """Take the examples of `rows`, the first `longest` steps of each.

    An example whose target is longer than that is left out: a target without its end is none.
    """
    sequences = test.sequences
    kept = rows
    if sequences.target is not None:
        kept = rows[sequences.target.lengths[rows] <= longest]
    cuts = []
    if len(kept) < len(rows):
        cuts.append(f"{len(rows) - len(kept)} probes with targets over {longest} steps left out")
    if n_cut := int((sequences.lengths[kept] > longest).sum()):
        cuts.append(f"{n_cut} probes cut to their first {longest} steps")
    if not len(kept):
        return ProbeSet((), sequences, tuple(cuts))
    part = first_steps(test.select(kept), longest)
    probes = probes_of(part, np.arange(len(kept)), manifest)
    named = tuple(
        replace(probe, row=int(row), id=probe.id if sequences.ids else str(row))
        for probe, row in zip(probes, kept, strict=True)
    )
    return ProbeSet(named, part.sequences, tuple(cuts))


def shortened(probes: ProbeSet, longest: int) -> ProbeSet:
    """Return the first `longest` steps of each probe, described as before."""
    return replace(probes, sequences=first_steps(Part(probes.sequences), longest).sequences)


def first_steps(part: Part, longest: int) -> Part:
    """Cut inputs, and what belongs to their steps, after `longest` steps."""
    whole = part.sequences
    if int(whole.lengths.max()) <= longest:
        return part
    places = range(len(whole))
    scored = whole.scored_steps
    offsets = whole.offsets
    sequences = sequences_of(
        [whole.sequence(place)[:longest] for place in places],
        labels=None if whole.labels is None else whole.labels.tolist(),
        target=whole.target,
        scored_from=None if whole.scored_from is None else whole.scored_from.tolist(),
        ids=whole.ids,
        tags=None if whole.tags is None else [whole.tags_of(place)[:longest] for place in places],
        scored_steps=None
        if scored is None
        else [scored[offsets[at] : offsets[at + 1]][:longest] for at in places],
    )
    return Part(
        sequences,
        None
        if part.alignment is None
        else alignment_of([part.alignment.sequence(place).clip(max=longest) for place in places]),
        None
        if part.links is None
        else links_of([_within(part.links.sequence(place), longest) for place in places]),
        spectra=None
        if part.spectra is None
        else joined(part.spectrum(place)[:longest] for place in places),
    )


def _within(links: np.ndarray, longest: int) -> np.ndarray:
    return links[links[:, 0] < longest]
