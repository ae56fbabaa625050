"""Symbols, emitted with a distribution of its own by each hidden state."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from seqarena.batch import Batch, Sequences
from seqarena.families.guards import require_alphabet, symbols_of
from seqarena.families.shares import dirichlet_log_prior, set_log_shares
from seqarena.inference.few_steps import FewEmissions
from seqarena.inference.packed_emission import PackedEmission, emission_of_table
from seqarena.inference.symbol_counts import count_symbols, symbol_counts


@dataclass(frozen=True)
class CategoricalSums:
    """How often each state emitted each symbol; they add."""

    counts: Float[Tensor, "n_states n_symbols"]

    def __add__(self, other: "CategoricalSums") -> "CategoricalSums":
        return CategoricalSums(self.counts + other.counts)

    def tensors(self) -> list[Tensor]:
        """Return every tensor, in the order of the fields."""
        return [self.counts]


class CategoricalEmission(nn.Module):
    """A distribution over symbols for each state, with a symmetric Dirichlet prior."""

    log_emission: Tensor

    def __init__(self, n_states: int, n_symbols: int, pseudo_count: float) -> None:
        super().__init__()
        self.pseudo_count = pseudo_count
        uniform = torch.full((n_states, n_symbols), 1.0 / n_symbols, dtype=torch.float64)
        self.register_buffer("log_emission", uniform.log())

    def values(self, batch: Batch) -> Int[Tensor, "batch time"]:
        """Return the tokens of a batch, checked against the alphabet."""
        return symbols_of(batch, self.log_emission.shape[1])

    def log_prob(self, values: Int[Tensor, "steps"]) -> Float[Tensor, "steps n_states"]:
        """Return log p(symbol | state) [nats]."""
        return self.log_emission.T[values]

    def packed(self, values: Int[Tensor, "steps"], dtype: torch.dtype) -> PackedEmission:
        """Return the emissions of packed symbols, scaled."""
        return emission_of_table(self.log_emission, values, dtype)

    def few(self, values: Int[np.ndarray, "steps"]) -> FewEmissions:
        """Return the emissions of a few symbols, in numpy; probabilities need no scale."""
        table = self.log_emission.numpy()

        def sums(state_probs: np.ndarray) -> CategoricalSums:
            counts = count_symbols(values, state_probs, table.shape[1])
            return CategoricalSums(torch.from_numpy(counts))

        return FewEmissions(np.exp(table.T, order="C"), 0.0, values, sums)

    def sums(
        self, values: Int[Tensor, "steps"], state_probs: Float[Tensor, "steps n_states"]
    ) -> CategoricalSums:
        """Count the symbols of each state."""
        return CategoricalSums(symbol_counts(values, state_probs, self.log_emission.shape[1]))

    def maximise(self, sums: CategoricalSums) -> None:
        """Set each state's distribution: counts plus pseudo-counts, normalised."""
        set_log_shares(self.log_emission, sums.counts, self.pseudo_count)

    def log_prior(self) -> float:
        """Return the log-density under Dirichlet(1 + pseudo_count), up to a constant [nats]."""
        return dirichlet_log_prior(self.log_emission, self.pseudo_count)

    def reference(self, sequences: Sequences) -> None:
        """Check the symbols against the alphabet; they have no scale to be taken.

        Raises:
            DataError: a symbol is outside the alphabet.
        """
        require_alphabet(sequences, self.log_emission.shape[1])

    def n_free_parameters(self) -> int:
        """Return states · (symbols - 1)."""
        return self.log_emission.shape[0] * (self.log_emission.shape[1] - 1)

    def flops_per_step(self) -> float:
        """One addition per state."""
        return float(self.log_emission.shape[0])
