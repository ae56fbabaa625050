"""A density may look at the steps before alone: what a later step changes is a mistake."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from seqarena.errors import ArtifactError
from seqarena.families.predictive import OutputKind, is_causal

LAST_BITS = 1e-5
"""Change of a log-probability that rounding can explain [nats]. Sequences of one batch that begin
equally get equal bits from every recursion and product that was measured (a change of 0); but the
order of a sum is the library's affair, and an hidden Markov model does a sequence that it cannot
follow again in log space."""


def must_stay(
    kind: OutputKind, steps: Int[Tensor, "variants"], n_outputs: int
) -> Bool[Tensor, "variants output"]:
    """Mark the outputs that replacing a step must not change: those up to that step.

    A frame that is replaced is itself the output of its step, of which nothing can be said.

    Args:
        kind: of the outputs.
        steps: which step each variant replaces; -1: all.
        n_outputs: outputs of the example.
    """
    if not is_causal(kind):
        return torch.zeros(len(steps), n_outputs, dtype=torch.bool)
    output = torch.arange(n_outputs)
    first = steps.clamp_min(0)[:, None]
    return output < first if kind == "frames" else output <= first


def may_change(
    kind: OutputKind, steps: Int[Tensor, "variants"], n_outputs: int
) -> Bool[Tensor, "variants output"]:
    """Mark the outputs that replacing a step may change: those after it; all, if none is causal."""
    if not is_causal(kind):
        return torch.ones(len(steps), n_outputs, dtype=torch.bool)
    return torch.arange(n_outputs) > steps.clamp_min(0)[:, None]


def require_causal(
    shift: Float[Tensor, "variants output"],
    steps: Int[Tensor, "variants"],
    model: object,
    example: str,
) -> None:
    """Raise when an output moved that must stay.

    Args:
        shift: change of each output that must stay [nats]; 0 elsewhere.
        steps: which step each variant replaces.
        model: who was asked.
        example: what it was asked about.

    Raises:
        ArtifactError: names the family, the example, the output and the step.
    """
    # Not "above": a change that is no number is none of rounding.
    for variant, output in (~(shift <= LAST_BITS)).nonzero()[:1].tolist():
        raise ArtifactError(
            f"{type(model).__name__}, probe {example!r}: what it says at step {output} changes by "
            f"{float(shift[variant, output]):.3g} nats when step {int(steps[variant])} is replaced,"
            " which comes no earlier; a density may look at the steps before alone. Mask the "
            "future, or shift the outputs by a step."
        )
