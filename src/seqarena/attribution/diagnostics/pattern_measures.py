"""Scores of a density's heads on random symbols that repeat."""

import numpy as np
import torch

from seqarena.attention.maps import HasNativeMaps
from seqarena.attribution.diagnostics.distributions import distributions
from seqarena.attribution.diagnostics.measures import Measures, Subject
from seqarena.attribution.diagnostics.patterns import pattern_scores, repeated_symbols
from seqarena.batch import collate_all, sequences_of

MOST_PERIOD = 16


def pattern_measures(
    model: HasNativeMaps, n_symbols: int, max_length: int, n_sequences: int, seed: int
) -> list[Measures]:
    """Return how much each head of self-attention looks at the three patterns.

    The period is half of the longest sequence that the model knows, and at most `MOST_PERIOD`;
    nothing where that is less than 2.
    """
    period = min(max_length // 2, MOST_PERIOD)
    if period < 2 or n_symbols < 2:
        return []
    symbols = repeated_symbols(n_symbols, period, n_sequences, seed)
    with torch.no_grad():
        maps = model.native_maps(collate_all(sequences_of(list(symbols))))
    measures = []
    for one in maps:
        if one.kind == "weights" and one.name.endswith("self"):
            # Row t says what the state after t - 1 symbols saw.
            states = one.values[:, :, 1:].double().cpu().numpy()
            scores = pattern_scores(distributions(states, one.name), period)
            for pattern, values in scores._asdict().items():
                mean = np.asarray(values.mean(axis=0))
                about = Subject(one.name)
                measures.append(about.of_heads(f"{pattern}_score", mean, float(n_sequences)))
    return measures
