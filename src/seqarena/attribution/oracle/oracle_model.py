"""The true process of a generated source, asked in the way in which families are.

It has nothing to learn. No model of the source has a lower log-loss.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from seqarena.batch import Batch
from seqarena.data.sources.known_process import KnownProcess
from seqarena.data.sources.source_config import SourceConfig
from seqarena.families.guards import symbols_of


class OracleDensity:
    """What the generator itself expects to come next."""

    def __init__(self, process: KnownProcess) -> None:
        self.process = process

    def predictive_log_prob(self, batch: Batch) -> Float[Tensor, "batch time symbols"]:
        """Return log p(symbol | the steps before it) of every symbol, in 64 bits [nats].

        After what the process cannot have made, where it says nothing, every symbol is equally
        probable.

        Raises:
            DataError: the batch holds frames, or a symbol outside the alphabet.
        """
        return _expected(self.process, batch).log()

    def step_log_prob(self, batch: Batch) -> Float[Tensor, "batch time"]:
        """Return log p(x_t | x_1, ..., x_{t-1}); 0 on padding [nats].

        Raises:
            DataError: as `predictive_log_prob`.
        """
        gold = symbols_of(batch, self.process.n_symbols)[:, :, None]
        own = self.predictive_log_prob(batch).gather(2, gold)[:, :, 0]
        return own.where(batch.mask, 0.0)


class OracleTagger:
    """What can be known of the hidden states, given all symbols and the true model."""

    def __init__(self, process: KnownProcess) -> None:
        self.process = process

    def tag_probs(self, batch: Batch) -> Float[Tensor, "batch time tags"]:
        """Return p(tag_t | x) of each step, in 64 bits; padding holds anything.

        Raises:
            DataError: the batch holds frames, or a symbol outside the alphabet.
        """
        return _expected(self.process, batch)

    def predictive_log_prob(self, batch: Batch) -> Float[Tensor, "batch time tags"]:
        """Return the logarithm of `tag_probs` [nats]."""
        return self.tag_probs(batch).log()


Oracle = OracleDensity | OracleTagger


def oracle_of(source: SourceConfig) -> Oracle | None:
    """Return the true process of a source, built from its settings alone; None: it has none."""
    process = source.known_process
    if process is None:
        return None
    return OracleDensity(process) if process.kind == "density" else OracleTagger(process)


def _expected(process: KnownProcess, batch: Batch) -> Float[Tensor, "batch time choice"]:
    tokens = symbols_of(batch, process.n_symbols)
    rows, probs = [], []
    # Sequences of one length at a time: what is known of tags depends on where they end.
    for length in torch.unique(batch.lengths).tolist():
        rows.append((batch.lengths == length).nonzero()[:, 0])
        of_length = process.predict(tokens[rows[-1], :length].cpu().numpy())
        room = (0, 0, 0, tokens.shape[1] - length)
        probs.append(torch.nn.functional.pad(torch.from_numpy(of_length), room))
    expected = torch.cat(probs)[torch.cat(rows).argsort()].to(tokens.device)
    return expected.where(expected.sum(dim=2, keepdim=True) > 0, 1.0 / expected.shape[2])
