"""Whether the steps to which a probe's maps point are those that its decision needs."""

from collections.abc import Mapping

import numpy as np
import torch
from jaxtyping import Float

from seqarena.attention.intervention import Attention
from seqarena.attribution.diagnostics.decision_flips import flip_sizes
from seqarena.attribution.diagnostics.erasure import Ask, erasure
from seqarena.attribution.diagnostics.measures import Measures, Subject
from seqarena.batch import Batch, Sequences, collate_all
from seqarena.families.predictive import choices_of, output_kind

Rankings = Mapping[str, Float[np.ndarray, "step"]]
"""Scores of the steps of a probe, by what they come from; "random" is the control."""


def asker(model: object, batch: Batch) -> Ask | None:
    """Return how to ask a model for its probabilities of whole variants of an example.

    None for a density or a tagger, whose outputs are the very steps that would be deleted.
    """
    if output_kind(model, batch) not in ("label", "target"):
        return None

    def ask(variants: Sequences) -> Float[np.ndarray, "variant output choice"]:
        probs: np.ndarray = choices_of(model, collate_all(variants)).exp().double().cpu().numpy()
        return probs

    return ask


def erasure_measures(
    ask: Ask, sequences: Sequences, row: int, rankings: Rankings, example: str
) -> list[Measures]:
    """Return comprehensiveness and sufficiency of each ranking; nothing of a single step."""
    if sequences.lengths[row] < 2 or not rankings:
        return []
    with torch.no_grad():
        found = erasure(ask, sequences, row, rankings)
    return [
        Subject(name, example).of_all(metric, value)
        for name, areas in found.items()
        for metric, value in areas._asdict().items()
    ]


def flip_measures(
    model: object,
    attention: Attention,
    sequences: Sequences,
    row: int,
    rankings: Rankings,
    example: str,
) -> list[Measures]:
    """Return the share of columns that must go before a classifier decides otherwise; 1: never."""
    n_steps = int(sequences.lengths[row])
    sizes = flip_sizes(model, attention, sequences, row, rankings)
    return [
        Subject(name, example).of_all("flip_share", size / n_steps) for name, size in sizes.items()
    ]
