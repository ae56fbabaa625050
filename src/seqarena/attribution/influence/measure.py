"""The influence of each step of an input on each output of a model."""

import time
from dataclasses import dataclass

import numpy as np
import torch

from seqarena.attribution.influence.asking import asking
from seqarena.attribution.influence.causality import require_causal
from seqarena.attribution.influence.comparison import compare, n_steps_of
from seqarena.attribution.influence.cost import InfluenceCost
from seqarena.attribution.influence.influence_map import InfluenceMap
from seqarena.attribution.influence.mapping import map_of
from seqarena.attribution.influence.replacements import Replacements, Variants
from seqarena.batch import Batch, Rows, Sequences, collate
from seqarena.errors import ArtifactError, DataError
from seqarena.families.predictive import output_kind

STEPS_AT_ONCE = 4096


@dataclass(frozen=True)
class Influence:
    """The maps of some examples, in their order, and what they took."""

    maps: tuple[InfluenceMap, ...]
    cost: InfluenceCost


def measure_influence(
    model: object,
    sequences: Sequences,
    rows: Rows,
    replacements: Replacements,
    n_steps_at_once: int = STEPS_AT_ONCE,
    draw_rows: Rows | None = None,
) -> Influence:
    """Replace each step of each example, and see what becomes of each output.

    I[t, s] = E_{v ~ q} JSD(p(. | x) || p(. | x, x_s <- v)) in bits, q the distribution of a step by
    itself in training: one question to every family, after "explaining by removing" (Covert,
    Lundberg & Lee 2021). `change` is log2 p(gold_t | x) - log2 E_v p(gold_t | x, x_s <- v). Of
    frames that are outputs themselves there is the change of their log-density alone, in nats.
    Replacing takes inputs off what the data look like, the same for every family. O(steps ·
    replacements) inputs are read for each example.

    Args:
        model: a fitted family, or anything that answers as one (`families.predictive`).
        sequences: whose examples are asked about.
        rows: which of them.
        replacements: from the training split of the task.
        n_steps_at_once: most steps of a batch.
        draw_rows: rows of the split that these examples are, which decide the draws; None: `rows`.

    Raises:
        ArtifactError: the model is in training mode, answers with what is no number, or, as a
            density, looks at the future.
        DataError: the model does not say how probable single outputs are.
        NotFittedError: nothing was learned yet.
    """
    maps, cost = [], InfluenceCost()
    with asking(model):
        for row, draw_row in zip(rows, rows if draw_rows is None else draw_rows, strict=True):
            variants = replacements.variants(int(draw_row), sequences.sequence(int(row)))
            example = collate(sequences, np.array([row]))
            name = sequences.ids[row] if sequences.ids else str(draw_row)
            one, its_cost = _of_example(
                model, example, name, variants, replacements, n_steps_at_once
            )
            maps.append(one)
            cost = cost + its_cost
    return Influence(tuple(maps), cost)


def _of_example(
    model: object,
    example: Batch,
    name: str,
    variants: Variants,
    replacements: Replacements,
    n_steps_at_once: int,
) -> tuple[InfluenceMap, InfluenceCost]:
    start = time.perf_counter()
    kind = output_kind(model, example)
    if kind is None:
        raise DataError(
            f"{type(model).__name__} says nothing of single outputs; it needs class_log_prob, "
            "tag_probs, predictive_log_prob or, for frames, step_log_prob (families.family)."
        )
    variants = variants.of_one_step() if kind == "frames" else variants
    found = compare(model, kind, example, variants, replacements, n_steps_at_once)
    require_causal(found.shift, torch.from_numpy(variants.step), model, name)
    one = map_of(kind, found, variants)
    _require_numbers(one, model, name)
    n_steps = (len(variants) + 1) * n_steps_of(example)
    seconds, future = (
        time.perf_counter() - start,
        float(found.shift.max()) if len(variants) else 0.0,
    )
    return one, InfluenceCost(1, len(variants), n_steps, seconds, future)


def _require_numbers(one: InfluenceMap, model: object, name: str) -> None:
    """Raise when a cell is no number, which the model's answers must then have been."""
    for cells in (one.change, one.effect, one.whole):
        for at in () if cells is None else np.argwhere(np.isnan(cells))[:1].tolist():
            raise ArtifactError(
                f"{type(model).__name__}, probe {name!r}: its influence at {tuple(at)} (output, "
                "step) is no number, because a probability that it answered is none; look at its "
                "parameters."
            )
