"""How far the maps of a family move with the seed, as a few numbers for the run over all seeds."""

import numpy as np

from seqarena.attribution.comparison.difference import within
from seqarena.attribution.comparison.family_maps import FamilyMaps
from seqarena.attribution.comparison.native_stability import weights_stability
from seqarena.attribution.comparison.run_distances import run_distances

PREFIX = "attn/seeds"


def seed_summary(family: FamilyMaps) -> dict[str, float]:
    """Return `attn/seeds/...`: mean row divergence of every two seeds [bits].

    `weights_divergence` of attention weights, heads matched, and `weights_shared`, what the largest
    columns of a row have in common; `influence_divergence` of influence. What there is none of is
    left out: of a single fit, all.

    Raises:
        DataError: the seeds were asked about other examples.
    """
    weights = weights_stability(family)
    found = {"weights_divergence": weights.divergence, "weights_shared": weights.shared}
    if family.has_influence:
        runs = family.runs
        distances = run_distances([run.influence for run in runs], [run.fit for run in runs])
        everyone = np.arange(len(runs))
        found["influence_divergence"] = float(within(distances.means, everyone))
    return {f"{PREFIX}/{name}": value for name, value in found.items() if np.isfinite(value)}
