"""What several replaced steps do together: the value of a coalition of steps."""

from itertools import product

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from seqarena.attribution.influence.asking import inputs_of, with_inputs
from seqarena.attribution.influence.divergence import jensen_shannon_bits
from seqarena.attribution.influence.replacements import Replacements
from seqarena.batch import Batch
from seqarena.families.predictive import choices_of, gold_of
from seqarena.logspace import NATS_PER_BIT

MAX_LISTED = 4096
"""Most contents of a window that are gone through one by one; of more, some are drawn."""
_STEPS_AT_ONCE = 2**16


class Coalitions:
    """The steps of a window as players: a coalition is replaced, the others stay.

    Its value is what that does to one output: the divergence of the mean prediction under the
    replacement from the prediction, and what it takes from the log-probability of the gold output,
    both in bits (Covert, Lundberg & Lee 2021, "Explaining by Removing": the steps are removed with
    their marginal distribution). The mean is exact where the contents of the window can be listed,
    else over the first draws of whole inputs, the same for all coalitions and families.
    """

    def __init__(
        self,
        model: object,
        example: Batch,
        output: int,
        steps: Int[np.ndarray, "players"],
        replacements: Replacements,
    ) -> None:
        self.model, self.example, self.output, self.steps = model, example, output, steps
        self.own = inputs_of(example)[0].cpu().numpy()
        self.contents, self.weight = _contents(replacements, example, self.own, steps)
        self.said = self._said(self.own[None])[0]
        self.gold = int(gold_of(model, example)[0, output])
        self._known: dict[bytes, Float[np.ndarray, "2"]] = {}

    def values(
        self, replaced: Bool[np.ndarray, "coalitions players"]
    ) -> Float[np.ndarray, "coalitions 2"]:
        """Return effect and change of each coalition [bits]; each is worked out once."""
        for one in replaced:
            if one.tobytes() not in self._known:
                self._known[one.tobytes()] = self._value(one)
        return np.stack([self._known[one.tobytes()] for one in replaced])

    def _value(self, replaced: Bool[np.ndarray, "players"]) -> Float[np.ndarray, "2"]:
        if not replaced.any():
            return np.zeros(2)
        inputs = np.repeat(self.own[None], len(self.contents), axis=0)
        inputs[:, self.steps[replaced]] = self.contents[:, replaced]
        different, place = np.unique(inputs, axis=0, return_inverse=True)
        weight = np.bincount(place.ravel(), self.weight, minlength=len(different))
        total = (torch.from_numpy(weight)[:, None] * self._said(different).exp()).sum(dim=0)
        if not bool(total.any()):
            return np.zeros(2)
        # Behind what the model calls impossible it expects nothing, and adds nothing.
        mean = (total / total.sum()).log()
        effect = float(jensen_shannon_bits(self.said, mean))
        change = float(self.said[self.gold] - mean[self.gold]) / NATS_PER_BIT
        # What is impossible with or without the steps has no change that could be divided.
        return np.array([effect, change if np.isfinite(change) else 0.0])

    def _said(self, inputs: np.ndarray) -> Float[Tensor, "inputs choice"]:
        """Ask about the output, some inputs at a time; in 64 bits."""
        size = max(1, _STEPS_AT_ONCE // len(self.own))
        parts = [inputs[at : at + size] for at in range(0, len(inputs), size)]
        said = [choices_of(self.model, with_inputs(self.example, part)) for part in parts]
        return torch.cat([each[:, self.output].double().cpu() for each in said])


def _contents(
    replacements: Replacements, example: Batch, own: np.ndarray, steps: Int[np.ndarray, "players"]
) -> tuple[np.ndarray, Float[np.ndarray, "contents"]]:
    """Return what may stand in the window, and how probable that is."""
    pool, probs = replacements.pool, replacements.probs
    if probs is not None and len(pool) ** len(steps) <= MAX_LISTED:
        places = np.array(list(product(range(len(pool)), repeat=len(steps))))
        return pool[places], probs[places].prod(axis=1)
    # Each coalition reads all of them: as many as for a step, not as many as the map's `whole`.
    whole = replacements.variants(int(example.rows[0]), own).whole[: replacements.n_draws]
    return pool[whole[:, steps]], np.full(len(whole), 1.0 / len(whole))
