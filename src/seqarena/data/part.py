"""One split of a task's data, in memory."""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from jaxtyping import Float, Int, Real

from seqarena.data.alignment import Alignment
from seqarena.data.candidates import Candidates
from seqarena.data.links import Links
from seqarena.data.spectra import Spectrum, joined
from seqarena.data.splits import Split
from seqarena.errors import DataError
from seqarena.sequences import Sequences

T = TypeVar("T")

References = tuple[tuple[str, ...], ...]
"""The texts of each example that count as right, the first being its target; at least one."""


@dataclass(frozen=True)
class Part:
    """The sequences of a split, and where their targets come from if that is known."""

    sequences: Sequences
    alignment: Alignment | None = None
    links: Links | None = None
    """Gold links of an alignment task; only the test split needs them."""
    candidates: Candidates | None = None
    """Among which items the last one is ranked (recommendation); only the test split needs them."""
    references: References | None = None
    """What may be written for each example, where outputs are judged as texts."""
    slices: Int[np.ndarray, "sequences"] | None = None
    """What each example is counted under beside all of them (its length, a distance), where the
    schema names that; only the test split needs it."""
    groups: tuple[str, ...] | None = None
    """Who or what each example is of (speaker, subject, user), if the split is to keep them apart;
    not stored."""
    times: Real[np.ndarray, "sequences"] | None = None
    """When each example was, in any unit, if the split is to follow time; not stored."""
    places: tuple[str, ...] | None = None
    """Where in a user's own files each example was read, for messages; not stored."""
    spectra: Float[np.ndarray, "steps bands"] | None = None
    """What was heard, a spectrum for each step [dB], where frames of sound are none themselves;
    only the splits whose examples are shown need it (validation and test)."""

    def __post_init__(self) -> None:
        """Refuse groups, times or places of another number of examples, and spectra of others."""
        for name in ("groups", "times", "places"):
            values = getattr(self, name)
            if values is not None and len(values) != len(self.sequences):
                raise DataError(
                    f"{len(values)} {name} for {len(self.sequences)} sequences; give one each."
                )
        if self.spectra is not None and len(self.spectra) != self.sequences.n_steps:
            raise DataError(
                f"spectra of {len(self.spectra)} frames for {self.sequences.n_steps} steps; give "
                "one for each."
            )

    def select(self, rows: Int[np.ndarray, "rows"]) -> "Part":
        """Return the examples of `rows`, in that order."""
        return Part(
            self.sequences.select(rows),
            None if self.alignment is None else self.alignment.select(rows),
            None if self.links is None else self.links.select(rows),
            None if self.candidates is None else self.candidates.select(rows),
            None if self.references is None else _picked(self.references, rows),
            None if self.slices is None else self.slices[rows],
            None if self.groups is None else _picked(self.groups, rows),
            None if self.times is None else self.times[rows],
            None if self.places is None else _picked(self.places, rows),
            None if self.spectra is None else joined(map(self.spectrum, rows.tolist())),
        )

    def spectrum(self, row: int) -> Spectrum:
        """Return what an example sounds like, without a copy.

        Raises:
            DataError: nobody knows.
        """
        if self.spectra is None:
            raise DataError("these examples have no spectra; nothing was heard.")
        offsets = self.sequences.offsets
        return self.spectra[offsets[row] : offsets[row + 1]]

    def name(self, row: int) -> str:
        """Name an example in a message: its place, or its row, and its id where it has one."""
        if self.places is not None:
            return f"example ({self.places[row]})"
        ids = self.sequences.ids
        return f"row {row} ({ids[row]})" if ids else f"row {row}"


def _picked(values: tuple[T, ...], rows: Int[np.ndarray, "rows"]) -> tuple[T, ...]:
    return tuple(values[row] for row in rows.tolist())


Parts = dict[Split, Part]


def three_parts(train: Part, valid: Part, test: Part) -> Parts:
    """Key the three parts by their split."""
    return dict(zip(Split, (train, valid, test), strict=True))
