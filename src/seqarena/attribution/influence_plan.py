"""How many probes, and how much of each, a budget of steps allows to be asked about influence."""

from dataclasses import dataclass

import numpy as np

from seqarena.attribution.influence.replacements import Replacements
from seqarena.attribution.probe_set import ProbeSet, shortened

_FEWEST_STEPS = 8
"""A shorter beginning of a sequence tells nothing of a density."""


@dataclass(frozen=True)
class InfluencePlan:
    """What is put in the place of steps, and how much may be read."""

    replacements: Replacements
    n_probes: int
    """Most probes, the first ones."""
    max_steps: int
    """Most steps of all inputs."""
    n_shapley: int = 0
    """Most outputs whose influence is shared out, where single steps explain too little."""

    def per_step(self) -> int:
        """Return how many inputs are read for each step of a probe."""
        return (
            len(self.replacements.pool) if self.replacements.is_exact else self.replacements.n_draws
        )

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
            longest = int((self.max_steps / (self.per_step() * len(wanted))) ** 0.5)
            longest = max(longest, _FEWEST_STEPS)
            if all(probe.n_steps <= longest for probe in wanted.probes):
                return wanted, ()
            return shortened(wanted, longest), (f"influence: of the first {longest} steps alone",)
        lengths = np.array([probe.n_steps for probe in wanted.probes])
        n_kept = int((np.cumsum(lengths**2 * self.per_step()) <= self.max_steps).sum())
        cuts = () if n_kept == len(wanted) else (f"influence: of {n_kept} of {len(wanted)} probes",)
        return wanted.first(n_kept), cuts
