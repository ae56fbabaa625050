"""How many probes, and how much of each, a budget of steps allows to be asked about influence."""

from dataclasses import dataclass

import numpy as np

from seqarena.attribution.influence.comparison import n_steps_of
from seqarena.attribution.influence.replacements import Replacements
from seqarena.attribution.probe_set import ProbeSet, shortened
from seqarena.batch import Batch

_FEWEST_STEPS = 8
"""A shorter beginning of a sequence tells nothing of a density."""


@dataclass(frozen=True)
class InfluencePlan:
    """What is put in the place of steps, and how much may be read."""

    replacements: Replacements
    n_probes: int
    """Most probes, the first ones."""
    max_steps: int
    """Most steps of all inputs with one step replaced, or all, and of targets beside them."""
    n_shapley: int = 0
    """Most outputs whose influence is shared out, where single steps explain too little."""

    def allowed(self, probe_set: ProbeSet, *, is_causal: bool) -> tuple[ProbeSet, tuple[str, ...]]:
        """Return the probes, or the first steps of them, that the budget allows; and what it cut.

        Args:
            probe_set: all probes.
            is_causal: whether the first steps may be asked about without those behind.
        """
        wanted = probe_set.first(min(self.n_probes, len(probe_set)))
        if not len(wanted):
            return wanted, ()
        if is_causal:
            longest = max(self._longest(self.max_steps / len(wanted)), _FEWEST_STEPS)
            if all(probe.n_steps <= longest for probe in wanted.probes):
                return wanted, ()
            return shortened(wanted, longest), (f"influence: of the first {longest} steps alone",)
        costs = [self._cost(wanted.batch(place, place + 1)) for place in range(len(wanted))]
        n_kept = int((np.cumsum(costs) <= self.max_steps).sum())
        cuts = () if n_kept == len(wanted) else (f"influence: of {n_kept} of {len(wanted)} probes",)
        return wanted.first(n_kept), cuts

    def _cost(self, example: Batch) -> int:
        """Return the most steps that are read about an example, those of its target among them."""
        return self.replacements.n_inputs(int(example.lengths[0])) * n_steps_of(example)

    def _longest(self, n_steps: float) -> int:
        """Return how long a sequence may be about which so many steps are read."""
        fixed = self.replacements.n_inputs(0)
        per_step = self.replacements.n_inputs(1) - fixed
        # The positive root of per_step · T² + fixed · T = n_steps.
        return int(((fixed**2 + 4 * per_step * n_steps) ** 0.5 - fixed) / (2 * per_step))
