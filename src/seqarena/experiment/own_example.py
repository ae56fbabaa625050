"""A user's own example, with what the model itself says of it in the place of a gold answer."""

from dataclasses import dataclass, replace

import numpy as np
import torch

from seqarena.answering.outputs import tokens_of
from seqarena.answering.own_input import OwnInput, recording_of, steps_of, unknown_steps
from seqarena.answering.writing import encoded_target, ended
from seqarena.attribution.terminal import shown_text
from seqarena.batch import Batch, Sequences, collate_all, sequences_of
from seqarena.data.manifest import Manifest
from seqarena.data.part import Part
from seqarena.data.sources.source_config import SourceConfig
from seqarena.data.spectra import Spectrum
from seqarena.errors import DataError
from seqarena.families.catalogue import AnyFamily
from seqarena.families.family import ClassifierFamily, TaggerFamily, TransducerFamily

_ID = "yours"


@dataclass(frozen=True)
class OwnExample:
    """The example as the model reads it, and its answer in words."""

    part: Part
    answer: str
    unknown: tuple[int, ...] = ()
    """Steps that are the unknown symbol."""


def own_example(
    family: AnyFamily, given: OwnInput, source: SourceConfig, manifest: Manifest
) -> OwnExample:
    """Encode what is given as the task does, and ask the model for its answer.

    Raises:
        DataError: a symbol is unknown, the input is empty or longer than any of the task, or an
            alignment lacks its target.
    """
    if len(given.ways) != 1:
        raise DataError("give either --text or --file, exactly one of them.")
    steps = steps_of(given, source, manifest)
    bare = sequences_of([steps], ids=(_ID,))
    with torch.inference_mode():
        sequences, answer = _answered(family, bare, given.target, manifest)
    part = Part(sequences, spectra=_spectrum(given, steps, source, manifest))
    return OwnExample(part, answer, unknown_steps(steps, manifest))


def _spectrum(
    given: OwnInput, steps: np.ndarray, source: SourceConfig, manifest: Manifest
) -> Spectrum | None:
    """Return what is heard, where the task's own examples are shown so."""
    if manifest.spectrum is None:
        return None
    return source.spectrum_of(recording_of(given), steps)


def _answered(
    family: AnyFamily, bare: Sequences, target: str | None, manifest: Manifest
) -> tuple[Sequences, str]:
    """Add the label, tags or target that the model gives, and say it."""
    batch = collate_all(bare)
    schema = manifest.schema
    if schema.task_kind == "classification" and isinstance(family, ClassifierFamily):
        log_prob = family.class_log_prob(batch)[0]
        label = int(log_prob.argmax())
        share = float(log_prob[label].exp())
        name = _listed(manifest.class_names, np.array([label]))
        return replace(bare, labels=np.array([label])), f"label {name} (p = {share:.3f})"
    if schema.task_kind == "tagging" and isinstance(family, TaggerFamily):
        tags = family.tag(batch)[0].numpy().astype(np.int64)
        return replace(bare, tags=tags), f"tags {_listed(manifest.tag_names, tags)}"
    if schema.task_kind in ("transduction", "alignment"):
        tokens = _target(family, batch, target, manifest)
        said = "target given:" if target is not None else "writes"
        whole = replace(bare, target=sequences_of([tokens]))
        return whole, f"{said} {_listed(manifest.target_symbols, tokens)}"
    return bare, "predicts each symbol from those before it"


def _target(family: AnyFamily, batch: Batch, given: str | None, manifest: Manifest) -> np.ndarray:
    """Return the target with its end: the one that is given, or the one that the model writes."""
    if given is not None:
        return encoded_target(given, manifest)
    if not isinstance(family, TransducerFamily):
        raise DataError(
            f"task {manifest.task!r} links a sentence with its translation; give both, the second "
            "by --target."
        )
    (tokens,) = tokens_of(family.generate(batch, manifest.schema.max_target_length))
    return ended(tokens, manifest)


def _listed(names: tuple[str, ...] | None, codes: np.ndarray) -> str:
    """Name symbols, as they can stand in a terminal."""
    return " ".join(str(c) if names is None else shown_text(names[c]) for c in codes.tolist())
