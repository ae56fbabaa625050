"""The examples on which every family is asked where it looked: the same ones for all."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from seqarena.batch import Sequences
from seqarena.data.manifest import Manifest
from seqarena.data.part import Part
from seqarena.data.spectra import Spectrum, SpectrumAxis

Rows = Int[np.ndarray, "probes"]
Spans = tuple[tuple[int, int], ...]
"""First input step and the step after the last, for each output step; (-1, -1): nowhere."""


@dataclass(frozen=True)
class Probe:
    """One example, with all that a picture of it needs."""

    row: int
    """Row of the test split."""
    id: str
    n_steps: int
    steps: tuple[str, ...] | None = None
    """Text of each input step; None for frames."""
    outputs: tuple[str, ...] | None = None
    """Text of each gold target step, the end symbol included (transduction)."""
    label: str | None = None
    frames: Float[np.ndarray, "time dim"] | None = None
    """What the models read, where that is no text."""
    spectrum: Spectrum | None = None
    """What the frames sound like, where that is known: what a picture shows in their place."""
    spectrum_axis: SpectrumAxis | None = None
    """What its bands are."""
    grid: tuple[int, int] | None = None
    """Rows and columns, when the steps are regions of a picture, or of a video's frames."""
    gold: Spans | None = None
    """Where each output step comes from, when the task knows it as one span for each."""
    links: Spans | None = None
    """Input step and output step of each gold link, when the task knows them as links."""
    step_tokens: tuple[int, ...] | None = None
    """Token of each input step; None for frames."""
    output_tokens: tuple[int, ...] | None = None
    """Token of each gold target step (transduction)."""
    end_token: int | None = None
    """Target symbol that ends every target (transduction)."""

    @property
    def shown(self) -> Float[np.ndarray, "time rows"] | None:
        """The input as a picture shows it, uppermost row first; None: it is text."""
        return self.frames if self.spectrum is None else self.spectrum[:, ::-1]


def probe_rows(sequences: Sequences, n_probes: int) -> Rows:
    """Choose rows that are spread over the labels and over the lengths, by no more than the data.

    Probe j takes its turn among the labels, and the sequence at quantile (j + 1/2) / n of that
    label's lengths. Every family of a task is therefore asked about the same examples, and a run on
    another machine asks about them too. All rows are returned when there are no more than asked.
    """
    n_probes = min(n_probes, len(sequences))
    labels = np.zeros(len(sequences), int) if sequences.labels is None else sequences.labels
    order = np.argsort(sequences.lengths, kind="stable")
    free = [order[labels[order] == label].tolist() for label in np.unique(labels)]
    chosen = []
    for index in range(n_probes):
        candidates = free[_turn(len(free), index, n_probes)]
        chosen.append(candidates.pop(int((index + 0.5) / n_probes * len(candidates))))
        free = [rows for rows in free if rows]
    return np.array(chosen, dtype=np.int64)


def probes_of(test: Part, rows: Rows, manifest: Manifest) -> tuple[Probe, ...]:
    """Describe the examples of `rows` in the words of the manifest; numbers where it has none."""
    return tuple(_probe(test, int(row), manifest) for row in rows)


def _turn(n_labels: int, index: int, n_probes: int) -> int:
    """Go round the labels; step over them evenly when there are more labels than probes."""
    return index * n_labels // n_probes if n_labels > n_probes else index % n_labels


def _probe(test: Part, row: int, manifest: Manifest) -> Probe:
    sequences = test.sequences
    target, labels = sequences.target, sequences.labels
    return Probe(
        row=row,
        id=_clean(sequences.ids[row]) if sequences.ids else str(row),
        n_steps=int(sequences.lengths[row]),
        steps=None if sequences.tokens is None else _texts(sequences, row, manifest.symbols),
        outputs=None if target is None else _texts(target, row, manifest.target_symbols),
        label=None if labels is None else _text(int(labels[row]), manifest.class_names),
        frames=None if sequences.features is None else sequences.sequence(row),
        spectrum=None if test.spectra is None else test.spectrum(row),
        spectrum_axis=None if test.spectra is None else manifest.spectrum,
        grid=manifest.schema.grid,
        gold=None if test.alignment is None else _spans(test.alignment.sequence(row)),
        links=None if test.links is None else _spans(test.links.sequence(row)),
        step_tokens=_tokens(sequences, row),
        output_tokens=_tokens(target, row),
        end_token=manifest.schema.target_end,
    )


def _tokens(sequences: Sequences | None, row: int) -> tuple[int, ...] | None:
    if sequences is None or sequences.tokens is None:
        return None
    return tuple(map(int, sequences.sequence(row)))


def _texts(sequences: Sequences, row: int, names: tuple[str, ...] | None) -> tuple[str, ...]:
    return tuple(_text(int(token), names) for token in sequences.sequence(row))


def _text(code: int, names: tuple[str, ...] | None) -> str:
    return str(code) if names is None else _clean(names[code])


def _spans(spans: Int[np.ndarray, "_ 2"]) -> Spans:
    return tuple((int(first), int(after)) for first, after in spans)


def _clean(text: str) -> str:
    """Replace lone surrogates, which no file and no browser can hold, by U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
