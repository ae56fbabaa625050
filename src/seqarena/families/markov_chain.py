"""Markov chains of any order over symbols: counting, with four ways of smoothing."""

import math
from dataclasses import replace
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from seqarena.attention.maps import NativeMap
from seqarena.batch import Batch, Sequences
from seqarena.families.context_chain import ContextChain, context_chain, every_context
from seqarena.families.guards import require_fitted, symbols_of
from seqarena.families.markov_chain_config import MarkovChainConfig
from seqarena.families.markov_statistics import MarkovStatistics
from seqarena.families.statistics_fit import fit_in_large_batches
from seqarena.fitting.protocols import FitReport, FitSetting
from seqarena.inference.next_symbol import Followers, distinct_rows, last_symbols, next_probs
from seqarena.inference.ngram_tables import (
    MemoryReport,
    NgramTable,
    probability_of,
    shares_of,
    stream_of,
    tables_of,
)
from seqarena.inference.ngrams import NgramCounts, symbol_type
from seqarena.inference.smoothing import Smoother


class MarkovChain(nn.Module):
    """p(x) = product of p(x_t | x_{t-order}, ..., x_{t-1}).

    A start symbol stands before the first step, and nothing before that. All it learns is two
    arrays: the n-grams that were seen, sorted, and how often. Before it is fitted every symbol is
    equally probable.
    """

    symbols: Tensor
    counts: Tensor
    fitted: Tensor
    n_passes: int | None = 1

    def __init__(self, config: MarkovChainConfig, n_symbols: int) -> None:
        super().__init__()
        self.config, self.n_symbols = config, n_symbols
        self._tables: list[NgramTable] = []
        self._followers: Followers | None = None
        nothing = torch.zeros(config.order + 1, 0, dtype=symbol_type(n_symbols))
        self.register_buffer("symbols", nothing)
        self.register_buffer("counts", torch.zeros(0, dtype=torch.long))
        self.register_buffer("fitted", torch.tensor(False))

    def fit(self, train: Sequences, valid: Sequences, setting: FitSetting) -> FitReport:
        """Count once."""
        report = fit_in_large_batches(self, train, valid, setting)
        return replace(report, notes=(*report.notes, *self._notes()))

    def initialise(self, train: Sequences, reference: Sequences, seed: int) -> None:  # noqa: ARG002
        """Forget everything: counting needs no start."""
        self._set(self.symbols[:, :0], self.counts[:0])
        self.fitted.fill_(False)

    def expect(self, batch: Batch) -> MarkovStatistics:
        """Count the n-grams that end at scored steps; context steps serve as context.

        Raises:
            DataError: a symbol is outside the alphabet.
        """
        tokens = symbols_of(batch, self.n_symbols)
        ngrams = NgramCounts.ending_at(tokens, batch.scored, self.n_symbols, self.config.order)
        log_likelihood = self._log_prob_of(tokens, batch.mask).where(batch.scored, 0.0).sum()
        return MarkovStatistics(log_likelihood, (ngrams,))

    def no_statistics(self) -> MarkovStatistics:
        """Return the statistics of no sequence."""
        nothing = NgramCounts(self.symbols[:, :0], self.counts[:0].long())
        zero = torch.zeros((), dtype=torch.float64, device=self.counts.device)
        return MarkovStatistics(zero, (nothing,))

    def maximise(self, statistics: MarkovStatistics) -> None:
        """Take over the counts."""
        ngrams = statistics.ngrams
        self._set(ngrams.symbols, ngrams.counts)
        self.fitted.fill_(True)

    def log_prior(self) -> float:
        """Return 0: counting is exact, and compares nothing."""
        return 0.0

    def expect_flops(self, batch: Batch) -> float:
        """One multiplication and one addition for each symbol of each n-gram."""
        return 2.0 * (self.config.order + 1) * float(batch.mask.numel())

    def step_log_prob(self, batch: Batch) -> Float[Tensor, "batch time"]:
        """Return log p(x_t | the `order` symbols before), in 64 bits; 0 on padding [nats].

        Minus infinity where the counts make the symbol impossible, which only maximum likelihood
        and additive smoothing without a pseudo-count do.

        Raises:
            NotFittedError: nothing was learned yet.
            DataError: a symbol is outside the alphabet.
        """
        require_fitted(self.fitted, "Markov chain")
        return self._log_prob_of(symbols_of(batch, self.n_symbols), batch.mask)

    def log_prob(self, batch: Batch) -> Float[Tensor, "batch"]:
        """Return the sum of `step_log_prob` over the scored steps [nats]."""
        return self.step_log_prob(batch).where(batch.scored, 0.0).sum(dim=1)

    def next_log_prob(self, batch: Batch) -> Float[Tensor, "batch symbols"]:
        """Return log p(x_{T+1} | the last `order` symbols) of every symbol, in 64 bits [nats].

        Raises:
            NotFittedError: nothing was learned yet.
            DataError: a symbol is outside the alphabet.
        """
        require_fitted(self.fitted, "Markov chain")
        tokens = symbols_of(batch, self.n_symbols)
        contexts = last_symbols(tokens, batch.lengths[:, None], self.config.order, self.n_symbols)
        return self._next_probs(contexts[:, 0]).log_()

    def predictive_log_prob(self, batch: Batch) -> Float[Tensor, "batch time symbols"]:
        """Return log p(symbol | the `order` symbols before) of every symbol at every step [nats].

        In 64 bits. Errors are those of `next_log_prob`.
        """
        return self.predictive_log_prob_from(batch, 0)

    def predictive_log_prob_from(
        self, batch: Batch, first: int
    ) -> Float[Tensor, "batch time symbols"]:
        """Return the same of the steps from `first` on: no context there needs those before."""
        require_fitted(self.fitted, "Markov chain")
        tokens = symbols_of(batch, self.n_symbols)
        before = torch.arange(first, tokens.shape[1], device=tokens.device).expand(len(tokens), -1)
        contexts = last_symbols(tokens, before, self.config.order, self.n_symbols)
        # Contexts come again and again: each is asked about once.
        distinct, place = distinct_rows(contexts.flatten(0, 1))
        return self._next_probs(distinct).log_()[place].view(*before.shape, self.n_symbols)

    def native_maps(self, batch: Batch) -> list[NativeMap]:
        """Return which context length's counts made each probability: row = time, column = length.

        Column 0 is what counts without context contributed, and the uniform distribution below
        them; the last column is the whole context. Where the probability is 0, the length whose
        counts made it so has the whole row.

        Raises:
            NotFittedError: nothing was learned yet.
        """
        require_fitted(self.fitted, "Markov chain")
        stream = stream_of(symbols_of(batch, self.n_symbols), batch.mask, self.n_symbols)
        shares = shares_of(self._ready(), stream, self.n_symbols)[stream != self.n_symbols]
        values = shares.new_zeros(*batch.mask.shape, shares.shape[1], dtype=torch.float32)
        values[batch.mask] = shares.float()
        columns = torch.ones_like(values[:, 0], dtype=torch.bool)
        return [NativeMap("contexts", "count_context", values[:, None], batch.mask, columns)]

    def n_free_parameters(self) -> int:
        """Return contexts seen · (symbols - 1): an unseen context has no numbers of its own."""
        n_contexts = sum(table.n_contexts for table in self._ready())
        return n_contexts * (self.n_symbols - 1)

    def memory(self) -> MemoryReport:
        """Return how many n-grams there are, and the bytes that they take."""
        tables = self._ready()
        return MemoryReport(
            n_ngrams=tuple(len(table) for table in tables),
            table_bytes=tuple(table.n_bytes for table in tables),
            stored_bytes=self.symbols.nbytes + self.counts.nbytes,
        )

    def context_chain(self) -> ContextChain:
        """Return the chain from context to context: its long run can be computed, not sampled.

        Raises:
            NotFittedError: nothing was learned yet.
            ConfigError: there are too many contexts (symbols to the power of the order), or none.
        """
        require_fitted(self.fitted, "Markov chain")
        contexts = every_context(self.n_symbols, self.config.order)
        # Each context with each symbol behind it; what stands before a window is never looked at.
        windows = torch.cartesian_prod(
            *[torch.arange(self.n_symbols, device=self.counts.device)] * (self.config.order + 1)
        )
        probability = probability_of(self._ready(), windows.flatten(), self.n_symbols)
        newest = probability.view(windows.shape)[:, -1].view(len(contexts), self.n_symbols)
        return context_chain(contexts, newest.cpu().numpy())

    def _log_prob_of(self, tokens: Tensor, mask: Tensor) -> Tensor:
        steps = torch.zeros(mask.shape, dtype=torch.float64, device=mask.device)
        if not len(self.counts):
            return steps.masked_fill_(mask, -math.log(self.n_symbols))
        stream = stream_of(tokens, mask, self.n_symbols)
        probability = probability_of(self._ready(), stream, self.n_symbols)
        of_steps = probability.masked_select(stream != self.n_symbols)
        return steps.masked_scatter_(mask, of_steps.log_())

    def _next_probs(self, contexts: Int[Tensor, "contexts order"]) -> Tensor:
        tables = self._ready()
        if self._followers is None:
            ngrams = NgramCounts(self.symbols, self.counts.long())
            self._followers = Followers.of(ngrams, self.n_symbols)
        return next_probs(tables, self._followers, contexts, self.n_symbols)

    def _ready(self) -> list[NgramTable]:
        """Return the tables, derived from the buffers when these have changed or moved."""
        if not self._tables or self._tables[0].weight.device != self.counts.device:
            config = self.config
            ngrams = NgramCounts(self.symbols, self.counts.long(), is_merged=True)
            smoother = Smoother(config.smoothing, config.pseudo_count)
            self._tables = tables_of(ngrams, self.n_symbols, smoother, config.min_count)
            self._followers = None
        return self._tables

    def _notes(self) -> tuple[str, ...]:
        orders = [
            str(length)
            for length, table in enumerate(self._ready())
            if table.discounts is not None and table.discounts.is_fallback
        ]
        if not orders:
            return ()
        return (
            f"contexts of {', '.join(orders)} symbols: the counts of counts give no Kneser–Ney "
            "discounts (small or artificial data); 0.5, 1 and 1.5 were taken",
        )

    def _set(self, symbols: Tensor, counts: Tensor) -> None:
        small = not len(counts) or int(counts.max()) <= torch.iinfo(torch.int32).max
        self.symbols, self._tables = symbols, []
        self.counts = counts.int() if small else counts

    def _load_from_state_dict(self, state_dict: Any, prefix: str, *rest: Any) -> None:
        # How many n-grams there are is known only to the stored tensors: take their size first.
        symbols, counts = state_dict.get(f"{prefix}symbols"), state_dict.get(f"{prefix}counts")
        if symbols is not None and counts is not None:
            device = self.counts.device
            self.symbols = torch.empty_like(symbols, device=device)
            self.counts = torch.empty_like(counts, device=device)
            self._tables = []
        super()._load_from_state_dict(state_dict, prefix, *rest)


def build_markov_chain(config: MarkovChainConfig, n_symbols: int) -> MarkovChain:
    """Return an unfitted chain over so many symbols."""
    return MarkovChain(config, n_symbols)
