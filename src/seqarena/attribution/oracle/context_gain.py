"""How far back a density looks: what it loses when it sees the last k steps alone.

Khandelwal et al. (2018), "Sharp Nearby, Fuzzy Far Away"; O'Connor & Andreas (2021).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from seqarena.attribution.influence.asking import asking, inputs_of
from seqarena.batch import Batch, collate_all, sequences_of
from seqarena.errors import DataError
from seqarena.families.predictive import SaysSteps
from seqarena.logspace import NATS_PER_BIT

_STEPS_AT_ONCE = 2**16


@dataclass(frozen=True)
class ContextGain:
    """Sums over some outputs, the same for every length of context; they add."""

    lengths: tuple[int, ...]
    """Steps that the model sees before the output."""
    total: Float[np.ndarray, "lengths"]
    """Log-loss with so many steps, less that with all [bits]."""
    n: int
    """Outputs."""

    def __add__(self, other: "ContextGain") -> "ContextGain":
        if self.lengths != other.lengths:
            raise DataError(
                f"contexts of {self.lengths} and {other.lengths} steps were added; ask for the "
                "same lengths of each batch."
            )
        return ContextGain(self.lengths, self.total + other.total, self.n + other.n)

    @property
    def mean(self) -> Float[np.ndarray, "lengths"]:
        """G(k): mean log-loss with the last k steps, less that with all [bits].

        0 from the length on beyond which nothing is used. Below 0 where more is worse.
        """
        return np.asarray(self.total / self.n)


def context_gain(model: SaysSteps, batch: Batch, lengths: Sequence[int]) -> ContextGain:
    """Return what each length of context costs, over the scored outputs that have the longest.

    Each output is asked about again as the last step of a sequence that begins k steps before it.
    What a model believes of the beginning of a sequence therefore counts as its own.

    Args:
        model: a density of symbols or of frames.
        batch: examples.
        lengths: steps of context to be tried, from 0 on.

    Raises:
        DataError: a length is below 0, or no scored output has so many steps before it.
        ArtifactError: the model is in training mode.
    """
    longest = max(lengths, default=-1)
    if min(lengths, default=-1) < 0:
        raise DataError(f"lengths of context {tuple(lengths)}: give some, each 0 or more.")
    time = torch.arange(batch.mask.shape[1], device=batch.mask.device)
    outputs = batch.scored & (time >= longest)
    if not bool(outputs.any()):
        raise DataError(
            f"no scored step of {len(batch)} sequences has {longest} steps before it; ask for "
            "shorter contexts, or take longer sequences."
        )
    with asking(model):
        whole = model.step_log_prob(batch)[outputs].double().cpu()
        total = [
            float((whole - _last(model, batch, outputs, length)).sum()) / NATS_PER_BIT
            for length in lengths
        ]
    return ContextGain(tuple(lengths), np.array(total), int(outputs.sum()))


def _last(
    model: SaysSteps, batch: Batch, outputs: Bool[Tensor, "batch time"], length: int
) -> Float[Tensor, "outputs"]:
    """Return log p of each output given the last `length` steps [nats]."""
    found = [model.step_log_prob(each)[:, -1] for each in _windows(batch, outputs, length)]
    return torch.cat(found).double().cpu()


def _windows(batch: Batch, outputs: Bool[Tensor, "batch time"], length: int) -> Iterator[Batch]:
    """Yield the outputs, each behind so many steps, some at a time."""
    padded = inputs_of(batch).cpu().numpy()
    places = outputs.nonzero().tolist()
    size = max(1, _STEPS_AT_ONCE // (length + 1))
    for at in range(0, len(places), size):
        some = [padded[row, step - length : step + 1] for row, step in places[at : at + size]]
        yield collate_all(sequences_of(some)).to(batch.mask.device)
