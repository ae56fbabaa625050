"""One question to every kind of family: how probable is each choice at every output?"""

from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from seqarena.batch import Batch
from seqarena.errors import DataError
from seqarena.families.family import Predictive, PredictiveFrom
from seqarena.networks.transducer import target_of, target_tokens

OutputKind = Literal["symbols", "frames", "label", "tags", "target"]
"""What a model says: the next symbol or frame at each step, the one label of a sequence, the tag of
each step, or the symbols of a target."""
GOLD_NAMES = {"label": "labels", "tags": "tags"}


@runtime_checkable
class SaysSteps(Protocol):
    """A density."""

    def step_log_prob(self, batch: Batch) -> Float[Tensor, "batch time"]:
        """See `DensityFamily`."""
        ...


@runtime_checkable
class SaysLabel(Protocol):
    """A classifier."""

    def class_log_prob(self, batch: Batch) -> Float[Tensor, "batch classes"]:
        """See `ClassifierFamily`."""
        ...


@runtime_checkable
class SaysTags(Protocol):
    """A tagger."""

    def tag_probs(self, batch: Batch) -> Float[Tensor, "batch time tags"]:
        """See `TaggerFamily`."""
        ...


@dataclass(frozen=True)
class Outputs:
    """What a model says of a batch; the axis of outputs has length 1 for a label."""

    choices: Float[Tensor, "batch output choice"] | None
    """log p of every choice [nats]; None for frames, whose choices cannot be listed."""
    gold: Float[Tensor, "batch output"]
    """log p of the batch's own output (for frames: their log-density) [nats]."""


def output_kind(model: object, batch: Batch) -> OutputKind | None:
    """Return what a model says of such a batch; None: it answers none of the questions.

    A family of which only whole targets have a probability is such a one.
    """
    if isinstance(model, SaysLabel):
        return "label"
    if isinstance(model, SaysTags):
        return "tags"
    if batch.target is not None:
        return "target" if isinstance(model, Predictive) else None
    if batch.tokens is not None:
        return "symbols" if isinstance(model, Predictive) else None
    return "frames" if isinstance(model, SaysSteps) else None


def outputs_of(model: object, batch: Batch) -> Outputs:
    """Ask a model; padding holds anything.

    Raises:
        DataError: the model answers no such question, or the batch lacks the gold output.
        NotFittedError: nothing was learned yet.
    """
    if output_kind(model, batch) == "frames" and isinstance(model, SaysSteps):
        return Outputs(None, model.step_log_prob(batch))
    choices = choices_of(model, batch)
    return Outputs(choices, choices.gather(2, gold_of(model, batch)[..., None])[..., 0])


def outputs_from(model: object, batch: Batch, first: int) -> Outputs:
    """Ask a model that can be asked so about the outputs from `first` on; errors as `outputs_of`.

    Raises:
        DataError: the model answers about whole sequences alone.
    """
    if first == 0:
        return outputs_of(model, batch)
    if not isinstance(model, PredictiveFrom):
        raise DataError(
            f"{type(model).__name__} answers about whole sequences alone; ask it from step 0 on."
        )
    choices = model.predictive_log_prob_from(batch, first)
    gold = gold_of(model, batch)[:, first:, None]
    return Outputs(choices, choices.gather(2, gold)[..., 0])


def choices_of(model: object, batch: Batch) -> Float[Tensor, "batch output choice"]:
    """Return log p of every choice at every output [nats]; errors as `outputs_of`."""
    if isinstance(model, SaysLabel):
        return model.class_log_prob(batch)[:, None]
    if isinstance(model, SaysTags):
        return model.tag_probs(batch).log()
    if isinstance(model, Predictive):
        return model.predictive_log_prob(batch)
    raise DataError(
        f"{type(model).__name__} does not say how probable every choice is; it needs one of "
        "class_log_prob, tag_probs and predictive_log_prob (families.family)."
    )


def gold_of(model: object, batch: Batch) -> Int[Tensor, "batch output"]:
    """Return the batch's own outputs; 0 on padding.

    Raises:
        DataError: it has none.
    """
    kind = output_kind(model, batch)
    if kind == "target":
        return target_tokens(batch)
    gold = {"label": batch.labels, "tags": batch.tags}.get(str(kind), batch.tokens)
    if gold is None:
        raise DataError(f"the batch has no {GOLD_NAMES.get(str(kind), 'tokens')} to judge by.")
    return gold[:, None] if kind == "label" else gold


def output_mask(model: object, batch: Batch) -> Bool[Tensor, "batch output"]:
    """Mark the outputs that are real."""
    kind = output_kind(model, batch)
    if kind == "label":
        return torch.ones_like(batch.mask[:, :1])
    return target_of(batch).mask if kind == "target" else batch.mask


def is_causal(kind: OutputKind) -> bool:
    """Tell whether an output may depend on the steps before it alone: that of a density."""
    return kind in ("symbols", "frames")
