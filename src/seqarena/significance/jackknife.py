"""What each example contributes to a corpus metric."""

import numpy as np
from jaxtyping import Float

from seqarena.significance.statistics import ExampleStatistics


def pseudo_values(system: ExampleStatistics) -> Float[np.ndarray, "seed example"]:
    """Return Tukey's pseudo-values (1958): n times the score, less n - 1 times it without one.

    Of a mean they are the examples' own values. Of a ratio, of F1 or of BLEU they are what each
    example adds to it, to first order, in the metric's unit; their variance over n is that of the
    score (Efron & Stein 1981). NaN where the score without an example is not defined, as of the
    one example that has any gold link. O(seeds · examples · k).
    """
    n = system.n_examples
    total = system.values.sum(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        whole, without = system.score(total), system.score(total - system.values)
        parts = n * whole - (n - 1) * without
    return np.asarray(parts, dtype=np.float64)
