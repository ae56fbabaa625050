"""What writes the symbols of a transduction, and what each of them needs."""

from typing import Annotated, Any, Literal

import numpy as np
from pydantic import AfterValidator

from seqarena.batch import Sequences
from seqarena.errors import DataError
from seqarena.fitting.protocols import OptimiserConfig
from seqarena.schema import TaskKind

TransductionHead = Literal["attention", "ctc", "ctc_attention"]


def _agree_with_attention(head: TransductionHead, info: Any) -> TransductionHead:
    """Refuse a head that needs no mechanism beside one, and one that needs it beside none.

    `info` is pydantic's ValidationInfo; it holds the fields declared before this one.
    """
    attention = info.data.get("attention")
    if head == "ctc" and attention not in (None, "none"):
        raise ValueError(
            f"CTC has no decoder that could look at the input, and attention is {attention!r}; "
            "set attention to 'none', or the head to 'ctc_attention'."
        )
    if head == "ctc_attention" and attention == "none":
        raise ValueError(
            "its decoder looks at the input, and attention is 'none'; set attention to 'softmax' "
            "or another mechanism, or the head to 'ctc'."
        )
    return head


HeadOfTransducer = Annotated[TransductionHead, AfterValidator(_agree_with_attention)]
"""Declare it after `attention`, if the config has that."""


DEFAULT_CTC_WEIGHT = 0.3


def _weigh_two_heads(ctc_weight: float, info: Any) -> float:
    """Refuse a weight where there is nothing to weigh."""
    head = info.data.get("transduction_head", "ctc_attention")
    if ctc_weight != DEFAULT_CTC_WEIGHT and head != "ctc_attention":
        raise ValueError(
            f"got {ctc_weight:g}, but the head {head!r} is the only one; leave it out, or set "
            "transduction_head to 'ctc_attention'."
        )
    return ctc_weight


CtcWeight = Annotated[float, AfterValidator(_weigh_two_heads)]
"""Declare it after `transduction_head`."""


def _agree_with_head(optimiser: OptimiserConfig, info: Any) -> OptimiserConfig:
    """Refuse smoothed labels where no step has one."""
    if info.data.get("transduction_head") == "ctc" and optimiser.label_smoothing:
        raise ValueError(
            f"label_smoothing is {optimiser.label_smoothing:g}, and under CTC no step has a label "
            "of its own that could be smoothed; set it to 0, or the head to 'ctc_attention', "
            "whose decoder is smoothed."
        )
    return optimiser


OptimiserOfTransducer = Annotated[OptimiserConfig, AfterValidator(_agree_with_head)]
"""Declare it after `transduction_head`."""


def transduction_obstacle(
    head: TransductionHead, task_kind: TaskKind, input_kind: Literal["tokens", "frames"]
) -> str | None:
    """Return why such a task has no place for the head, or None."""
    if head == "attention":
        return None
    if task_kind != "transduction":
        return (
            "CTC writes symbols in the order of the input, and this is "
            f"{task_kind}; set transduction_head to 'attention'"
        )
    if input_kind == "tokens":
        return (
            "CTC writes at most one symbol for each step of the input, in its order, as frames of "
            "speech have it, and this task's input is tokens; set transduction_head to 'attention'"
        )
    return None


def require_alignable(split: str, sequences: Sequences) -> None:
    """Raise unless some alignment gives every target of a split.

    Raises:
        DataError: names the first sequence whose target has more labels than it has steps, those
            counted that must stand between equal neighbours.
    """
    target = sequences.target
    if target is None or target.tokens is None:
        return
    repeats = target.tokens[1:] == target.tokens[:-1]
    # Across two targets only ends are equal, where the second is empty, and that one always fits.
    n_repeats = np.diff(np.concatenate([[0, 0], np.cumsum(repeats)])[target.offsets])
    n_labels = target.lengths - 1
    for row in np.flatnonzero(n_labels + n_repeats > sequences.lengths)[:1].tolist():
        name = f" ({sequences.ids[row]})" if sequences.ids else ""
        raise DataError(
            f"{split}: sequence {row}{name} has {int(sequences.lengths[row])} steps, and its "
            f"target of {int(n_labels[row])} symbols needs at least "
            f"{int(n_labels[row] + n_repeats[row])} under CTC: one for each symbol, and one "
            f"between equal neighbours ({int(n_repeats[row])} here); drop it, use longer inputs, "
            "or set transduction_head to 'attention'."
        )
