"""What a hidden state emits: one of several kinds of emission, and mixtures of them.

All hold their parameters as buffers, are fitted by sums that add, and answer the same questions:
checked `values` of a batch, `log_prob` and scaled `packed` emissions of packed values, `sums`,
`maximise`, `log_prior`, and `reference`, which takes from all training data, once before fitting,
what scales the parameters.
"""

from seqarena.families.bernoulli_emission import BernoulliEmission
from seqarena.families.categorical_emission import CategoricalEmission
from seqarena.families.gaussian_emission import GaussianEmission
from seqarena.families.mixture_emission import FrameEmission, MixtureEmission
from seqarena.families.poisson_emission import PoissonEmission

Emission = CategoricalEmission | FrameEmission | MixtureEmission

__all__ = [
    "BernoulliEmission",
    "CategoricalEmission",
    "Emission",
    "FrameEmission",
    "GaussianEmission",
    "MixtureEmission",
    "PoissonEmission",
]
