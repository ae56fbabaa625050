"""What a fit of a recurrent network tells of its gradients: how they fade with the lag."""

import numpy as np

from seqarena.batch import Sequences, collate_all, sequences_of
from seqarena.fitting.protocols import Recorder
from seqarena.networks.causal_model import CausalModel
from seqarena.networks.classifier import SequenceClassifier
from seqarena.networks.gradient_lags import gradient_norm_by_lag

METRIC = "gradient_norm/by_lag"

_N_SEQUENCES = 16
_STEPS_BEYOND_LAG = 64


def record_gradient_norms(
    network: CausalModel | SequenceClassifier, data: Sequences, max_lag: int, recorder: Recorder
) -> None:
    """Tell the mean norm of the gradient by lag, the lag standing where a step would; 0: nothing.

    Measured on at most 16 sequences, spread over `data`; of a density, on their first
    `max_lag` + 64 steps.
    """
    if not max_lag:
        return
    rows = np.unique(np.linspace(0, len(data) - 1, _N_SEQUENCES).astype(np.int64))
    sample = data.select(rows)
    if isinstance(network, CausalModel):
        sample = _beginnings(sample, max_lag + _STEPS_BEYOND_LAG)
    norms = gradient_norm_by_lag(network, collate_all(sample), max_lag)
    for lag, norm in enumerate(norms.tolist()):
        recorder.metric(METRIC, norm, lag)


def _beginnings(data: Sequences, n_steps: int) -> Sequences:
    """Return the first steps of each sequence, all of them scored."""
    return sequences_of([data.sequence(row)[:n_steps] for row in range(len(data))])
