"""The true process of a generated source, asked in the way in which families are."""

import torch
from jaxtyping import Float
from torch import Tensor

from seqarena.batch import Batch
from seqarena.data.sources.known_process import KnownProcess
from seqarena.data.sources.source_config import SourceConfig
from seqarena.errors import DataError
from seqarena.families.guards import symbols_of, tags_of


class Oracle:
    """What the generator itself expects: no model of its output has a lower log-loss.

    It has nothing to learn, and answers `predictive_log_prob` as a fitted family does.
    """

    def __init__(self, process: KnownProcess) -> None:
        self.process = process

    def predictive_log_prob(self, batch: Batch) -> Float[Tensor, "batch time choice"]:
        """Return log p of every symbol given those before it, or of every tag given all symbols.

        In 64 bits; 0 on padding. After what the process cannot have made, where it says nothing,
        every choice is equally probable [nats].

        Raises:
            DataError: the batch holds frames, or a symbol outside the alphabet.
        """
        tokens = symbols_of(batch, self.process.n_symbols)
        expected: Tensor | None = None
        # Sequences of one length at a time: what is known of tags depends on where they end.
        for length in torch.unique(batch.lengths).tolist():
            rows = (batch.lengths == length).nonzero()[:, 0]
            log_prob = self._log_prob(tokens[rows, :length]).to(tokens.device)
            if expected is None:
                expected = log_prob.new_zeros(*tokens.shape, log_prob.shape[2])
            expected[rows, :length] = log_prob
        if expected is None:
            raise DataError("the batch holds no sequence; collate at least one.")
        return expected

    def step_log_prob(self, batch: Batch) -> Float[Tensor, "batch time"]:
        """Return log p of the symbol, or of the tag, that stands at each step; 0 on padding [nats].

        Raises:
            DataError: as `predictive_log_prob`, or the process makes tags and the batch has none.
        """
        expected = self.predictive_log_prob(batch)
        gold_of = symbols_of if self.process.kind == "density" else tags_of
        gold = gold_of(batch, expected.shape[2])
        return expected.gather(2, gold[:, :, None])[:, :, 0].where(batch.mask, 0.0)

    def _log_prob(self, tokens: Tensor) -> Float[Tensor, "batch time choice"]:
        probs = torch.from_numpy(self.process.predict(tokens.cpu().numpy()))
        says_nothing = ~(probs.sum(dim=2, keepdim=True) > 0)
        return probs.where(~says_nothing, 1.0 / probs.shape[2]).log()


def oracle_of(source: SourceConfig) -> Oracle | None:
    """Return the true process of a source, built from its settings alone; None: it has none."""
    process = source.known_process
    return None if process is None else Oracle(process)
