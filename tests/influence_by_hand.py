"""The influence operator in its plainest form: one loop for everything, nothing batched."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch

from seqarena.attribution.influence.influence_map import InfluenceMap
from seqarena.batch import Batch, collate, sequences_of


def one(tokens, **more) -> Batch:
    return collate(sequences_of([np.asarray(tokens, dtype=np.int64)], **more), np.array([0]))


def entropy(p: np.ndarray) -> float:
    """In bits."""
    return -sum(float(x) * np.log2(x) for x in p if x > 0)


def divergence(p: np.ndarray, q: np.ndarray) -> float:
    """Jensen-Shannon divergence as entropy of the mean less mean entropy [bits]."""
    return entropy((p + q) / 2) - (entropy(p) + entropy(q)) / 2


def predictions(model, batch: Batch) -> np.ndarray:
    return model.predictive_log_prob(batch)[0].exp().numpy()


def influence(model, batch: Batch, q: np.ndarray, gold: np.ndarray | None = None) -> InfluenceMap:
    """Replace each step by every symbol, one at a time; `gold` are the outputs, else the tokens."""
    gold = batch.tokens[0].numpy() if gold is None else gold
    before = predictions(model, batch)
    effect, change = np.zeros((2, len(before), batch.tokens.shape[1]))
    for step in range(batch.tokens.shape[1]):
        after = [predictions(model, put(batch, step, symbol)) for symbol in range(len(q))]
        mean = sum(weight * each for weight, each in zip(q, after, strict=True))
        for output in range(len(before)):
            effect[output, step] = sum(
                weight * divergence(before[output], each[output])
                for weight, each in zip(q, after, strict=True)
            )
            change[output, step] = np.log2(
                before[output, gold[output]] / mean[output, gold[output]]
            )
    return InfluenceMap(effect, change)


def put(batch: Batch, step: int, symbol: int) -> Batch:
    tokens = batch.tokens.clone()
    tokens[0, step] = symbol
    return replace(batch, tokens=tokens)


class Answering:
    """A density of symbols that is a formula: from the symbols before a step to probabilities."""

    def __init__(self, formula: Callable[[tuple[int, ...]], list[float]]) -> None:
        self.formula = formula

    def predictive_log_prob(self, batch: Batch) -> torch.Tensor:
        rows = [
            [self.formula(tuple(row[:step])) for step in range(len(row))]
            for row in batch.tokens.tolist()
        ]
        return torch.tensor(rows, dtype=torch.float64).log()
