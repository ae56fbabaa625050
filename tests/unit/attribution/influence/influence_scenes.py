"""Models whose influence theory knows, and the operator once more, as plainly as it can be said."""

import numpy as np
import torch
from scipy.spatial.distance import jensenshannon

from seqarena.batch import Batch, Sequences, collate, sequences_of


class CopyModel:
    """x_t is x_{t-lag} with a probability, else any of the symbols; before that any of them."""

    def __init__(self, lag: int, n_symbols: int, copies: float = 0.7) -> None:
        self.lag, self.n_symbols, self.copies = lag, n_symbols, copies

    def predictive_log_prob(self, batch: Batch) -> torch.Tensor:
        any_of_them = torch.full((*batch.mask.shape, self.n_symbols), 1.0 / self.n_symbols).double()
        earlier = batch.tokens[:, : -self.lag] if self.lag else batch.tokens
        copied = torch.nn.functional.one_hot(earlier, self.n_symbols).double()
        any_of_them[:, self.lag :] *= 1 - self.copies
        any_of_them[:, self.lag :] += self.copies * copied
        return any_of_them.log()

    def divergence(self) -> float:
        """Between copying one symbol and copying another [bits]."""
        other = (1 - self.copies) / self.n_symbols
        p, m = np.array([other + self.copies, other]), other + self.copies / 2
        return float((p * np.log2(p / m)).sum())


class PlantedClassifier:
    """The label is whether one step is symbol 0; sure of it, or nearly."""

    def __init__(self, step: int, sureness: float = 1.0) -> None:
        self.step, self.sureness = step, sureness

    def class_log_prob(self, batch: Batch) -> torch.Tensor:
        yes = torch.where(batch.tokens[:, self.step] == 0, self.sureness, 1 - self.sureness)
        return torch.stack([1 - yes, yes], dim=1).log()


def tokens(*rows: list[int], **more) -> Sequences:
    return sequences_of([np.asarray(row, dtype=np.int64) for row in rows], **more)


def by_loops(predict, row: np.ndarray, probs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Effect and change of a density, one replacement at a time.

    Args:
        predict: from symbols to (time, symbols), probabilities.
        row: the symbols.
        probs: of each replacement.
    """
    n = len(row)
    said = predict(row)
    gold = said[np.arange(n), row]
    effect, mixed = np.zeros((n, n)), np.zeros((n, n))
    for step in range(n):
        for symbol, share in enumerate(probs):
            other = row.copy()
            other[step] = symbol
            then = predict(other)
            for output in range(n):
                effect[output, step] += share * jensenshannon(said[output], then[output], 2) ** 2
                mixed[output, step] += share * then[output, row[output]]
    return effect, np.log2(gold)[:, None] - np.log2(mixed)


def predict_by(model):
    """Ask a model about one sequence."""

    def predict(row: np.ndarray) -> np.ndarray:
        batch = collate(tokens(row), np.array([0]))
        return model.predictive_log_prob(batch)[0].double().exp().numpy()

    return predict
