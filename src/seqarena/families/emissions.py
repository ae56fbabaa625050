"""What a hidden state emits: one of several kinds of emission.

All hold their parameters as buffers, are fitted by sums that add, and answer the same questions:
checked `values` of a batch, `log_prob` and scaled `packed` emissions of packed values, `sums`,
`maximise`, `log_prior`, and `reference`, which takes from all training data, once before fitting,
what scales the parameters.
"""

from seqarena.families.categorical_emission import CategoricalEmission
from seqarena.families.gaussian_emission import GaussianEmission

Emission = CategoricalEmission | GaussianEmission
