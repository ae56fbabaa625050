"""Outputs under CTC by enumeration of every alignment."""

from itertools import groupby, product

import numpy as np
import torch

from seqarena.batch import Batch, collate_all, sequences_of
from seqarena.schema import DataSchema

BLANK = 2
N_SYMBOLS = 3
HEARD = DataSchema(
    "transduction",
    dim=3,
    n_target_symbols=N_SYMBOLS,
    target_end=BLANK,
    max_length=5,
    max_target_length=4,
)


def drawn_log_probs(seed: int, lengths: list[int], n_symbols: int = N_SYMBOLS):
    """Log-probabilities of every step, numbers on padding, and lengths."""
    draws = torch.Generator().manual_seed(seed)
    shape = (len(lengths), max(lengths), n_symbols)
    logits = 2.0 * torch.randn(*shape, generator=draws, dtype=torch.float64)
    return logits.log_softmax(-1), torch.tensor(lengths)


def mask_of(lengths: torch.Tensor) -> torch.Tensor:
    return torch.arange(int(lengths.max())) < lengths[:, None]


def spelled(path: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(symbol for symbol, _ in groupby(path) if symbol != BLANK)


def every_path(log_probs: torch.Tensor):
    """Each alignment of one example (its own steps only), and its log-probability."""
    for path in product(range(log_probs.shape[1]), repeat=len(log_probs)):
        yield path, sum(log_probs[step, symbol] for step, symbol in enumerate(path))


def outputs_of(log_probs: torch.Tensor) -> dict[tuple[int, ...], torch.Tensor]:
    """log p of every output that one example can have."""
    found: dict[tuple[int, ...], list[torch.Tensor]] = {}
    for path, log_prob in every_path(log_probs):
        found.setdefault(spelled(path), []).append(log_prob)
    return {labels: torch.stack(parts).logsumexp(0) for labels, parts in found.items()}


def padded(labels: list[tuple[int, ...]]) -> tuple[torch.Tensor, torch.Tensor]:
    """Labels of some examples side by side, and how many there are."""
    most = max(1, *map(len, labels))
    rows = [(*each, *(most - len(each)) * (0,)) for each in labels]
    return torch.tensor(rows), torch.tensor([len(each) for each in labels])


TARGETS = ([0, 1, 0, BLANK], [1, 1, BLANK], [BLANK])


def heard_batch(targets=TARGETS) -> Batch:
    """Frames of three utterances, and what was said."""
    draws = np.random.default_rng(0)
    frames = [draws.normal(size=(n, 3)) for n in (5, 3, 1)]
    said = sequences_of([np.array(each) for each in targets])
    return collate_all(sequences_of(frames, target=said))
