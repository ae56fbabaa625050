"""What a model says of variants of an input beside what it says of the input itself."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional

from seqarena.attribution.influence.asking import inputs_of, with_inputs
from seqarena.attribution.influence.causality import must_stay
from seqarena.attribution.influence.divergence import jensen_shannon_bits
from seqarena.attribution.influence.replacements import Replacements, Variants
from seqarena.batch import Batch
from seqarena.families.family import PredictiveFrom
from seqarena.families.predictive import OutputKind, Outputs, outputs_from, outputs_of

CHOICES_AT_ONCE = 2**22
"""Probabilities that are answered at once, at most, so that memory is bounded."""
CACHED = 2**16
"""Probabilities that are compared at once: twice as fast as all of them (measured)."""


@dataclass(frozen=True)
class Comparison:
    """Of variants of one example, in their order; outputs without padding."""

    effect: Float[Tensor, "variants output"] | None
    """Divergence of what is said of the variant from what is said of the example [bits]; None: of
    frames, which have none."""
    gain: Float[Tensor, "variants output"]
    """log p of the gold output under the variant, less that of the example [nats]; 0 if equal. An
    output of a density that is itself replaced has another gold one, and no gain."""
    known: Bool[Tensor, "variants output"]
    """False where the variant begins in a way that the model calls impossible: it then expects
    nothing."""
    own_known: Bool[Tensor, "output"]
    """The same of the example itself."""
    shift: Float[Tensor, "variants output"]
    """Largest change of a log-probability where none may be [nats]; 0 elsewhere."""


def compare(
    model: object,
    kind: OutputKind,
    example: Batch,
    variants: Variants,
    replacements: Replacements,
    n_steps_at_once: int,
) -> Comparison:
    """Ask about all variants of an example, some at a time, always with the example beside them.

    Sequences that begin equally get equal bits within a batch, but not in batches of other shapes,
    whose products add up in another order.

    Args:
        model: who is asked.
        kind: of its outputs.
        example: a batch of one.
        variants: of that example.
        replacements: what the variants were drawn from.
        n_steps_at_once: most steps of a batch.

    Raises:
        DataError: as `families.predictive.outputs_of`.
    """
    parts = list(_parts(model, kind, example, variants, replacements, n_steps_at_once))
    effects = [part.effect for part in parts if part.effect is not None]
    return Comparison(
        effect=torch.cat(effects) if effects else None,
        gain=torch.cat([part.gain for part in parts]),
        known=torch.cat([part.known for part in parts]),
        own_known=parts[0].own_known,
        shift=torch.cat([part.shift for part in parts]),
    )


def _parts(
    model: object,
    kind: OutputKind,
    example: Batch,
    variants: Variants,
    replacements: Replacements,
    n_steps_at_once: int,
) -> Iterator[Comparison]:
    whole = outputs_of(model, example)
    own = inputs_of(example)[0].cpu().numpy()
    size = _variants_at_once(example, whole, n_steps_at_once)
    for at in range(0, max(len(variants), 1), size):
        some = slice(at, at + size)
        inputs = np.concatenate([own[None], replacements.put(own, variants, some)])
        steps = torch.from_numpy(variants.step[some])
        stays = must_stay(kind, steps, whole.gold.shape[1])
        # The first of them are asked about in full, so that a look ahead would be noticed.
        first = _first_that_moves(model, stays) if at else 0
        said = outputs_from(model, with_inputs(example, inputs), first)
        yield _widened(_beside_first(said, stays[:, first:]), whole, first)


def _first_that_moves(model: object, stays: Bool[Tensor, "variants output"]) -> int:
    """Return the output before which a model need not be asked, as nothing there may change."""
    if not isinstance(model, PredictiveFrom):
        return 0
    return min(int(stays.all(dim=0).sum()), stays.shape[1] - 1)


def _widened(part: Comparison, whole: Outputs, first: int) -> Comparison:
    """Put before what was asked about what is known of it: no change at all."""
    if first == 0 or whole.choices is None or part.effect is None:
        return part
    known = whole.choices[0, :first].cpu().amax(dim=1) != -torch.inf
    room = (first, 0)
    return Comparison(
        effect=functional.pad(part.effect, room),
        gain=functional.pad(part.gain, room),
        known=torch.cat([known.expand(len(part.gain), -1), part.known], dim=1),
        own_known=torch.cat([known, part.own_known]),
        shift=functional.pad(part.shift, room),
    )


def n_steps_of(example: Batch) -> int:
    """Return the steps of a batch of one, those of its target among them."""
    return int(example.mask.sum()) + (int(example.target.mask.sum()) if example.target else 0)


def _variants_at_once(example: Batch, first: Outputs, n_steps_at_once: int) -> int:
    n_choices = 1 if first.choices is None else first.choices.numel()
    return max(min(n_steps_at_once // n_steps_of(example), CHOICES_AT_ONCE // n_choices) - 1, 1)


def _beside_first(said: Outputs, stays: Bool[Tensor, "variants output"]) -> Comparison:
    """Compare all rows with the first of them."""
    gold = said.gold.cpu().double()
    gain = _less(gold[1:], gold[:1])
    if said.choices is None:
        known = torch.ones_like(gold, dtype=torch.bool)
        return Comparison(None, gain, known[1:], known[0], gain.abs().where(stays, 0.0))
    choices = said.choices.cpu()
    is_known = choices.amax(dim=2) != -torch.inf
    effect = torch.zeros_like(gain)
    # Nothing may move before the first of these outputs, and that is looked at by itself.
    first = int(stays.all(dim=0).sum())
    effect[:, first:] = _effect(choices[:, first:])
    shift = _shift(choices, stays)
    return Comparison(effect, gain, is_known[1:], is_known[0], shift)


def _effect(choices: Float[Tensor, "rows output choice"]) -> Float[Tensor, "variants output"]:
    """Return how far each row is from the first, in pieces that stay in the processor's cache.

    Where not a bit of it moved, as behind the reach of a Markov chain, it is no way off.
    """
    rows, own = choices[1:], choices[0]
    effect = torch.zeros(rows.shape[:2], dtype=torch.float64)
    variant, output = (rows != own).any(dim=2).nonzero(as_tuple=True)
    size = max(CACHED // choices.shape[2], 1)
    for one, at in zip(torch.split(variant, size), torch.split(output, size), strict=True):
        effect[one, at] = jensen_shannon_bits(rows[one, at], own[at])
    return effect


def _shift(
    choices: Float[Tensor, "rows output choice"], stays: Bool[Tensor, "variants output"]
) -> Float[Tensor, "variants output"]:
    """Return by how much the log-probabilities of an output moved that must stay [nats]."""
    shift = torch.zeros(stays.shape, dtype=torch.float64)
    n = int(stays.any(dim=0).sum())
    moved = stays[:, :n] & (choices[1:, :n] != choices[:1, :n]).any(dim=2)
    if moved.any():
        own = choices[:1, :n].expand_as(choices[1:, :n])
        change = _less(choices[1:, :n][moved], own[moved]).abs()
        shift[:, :n][moved] = change.amax(dim=1).double()
    return shift


def _less(one: Tensor, other: Tensor) -> Tensor:
    """Subtract; equal ones, infinite ones among them, give 0."""
    return torch.where(one == other, 0.0, one - other)
