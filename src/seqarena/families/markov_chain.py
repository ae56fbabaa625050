"""Markov chains of any order over symbols: counting, with two ways of smoothing."""

from dataclasses import dataclass
from typing import Any, Literal

import torch
from jaxtyping import Float, Int
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn

from seqarena.batch import Batch, Sequences
from seqarena.errors import ConfigError
from seqarena.families.guards import require_fitted, symbols_of
from seqarena.families.statistics_fit import fit_in_large_batches
from seqarena.fitting.protocols import FitReport, FitSetting
from seqarena.inference.ngrams import (
    NgramCounts,
    NgramLevel,
    additive_probability,
    encode_ngrams,
    highest_order,
    levels_of,
    witten_bell_probability,
)
from seqarena.schema import TaskKind


class MarkovChainConfig(BaseModel):
    """A Markov chain: each symbol depends on the `order` symbols before it."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True
    )

    kind: Literal["markov_chain"]
    """Names this family."""
    order: int = Field(default=1, ge=1, le=7)
    """Symbols of context."""
    smoothing: Literal["additive", "witten_bell"] = "witten_bell"
    """"additive": a pseudo-count for every symbol after every context. "witten_bell": each order
    interpolated with the next shorter one, which is what makes orders above 1 usable."""
    pseudo_count: float = Field(default=0.1, ge=0)
    """Count added to every symbol after every context, with additive smoothing; 0 adds nothing."""
    n_codes: int = Field(default=32, ge=2)
    """Symbols of the k-means codebook; read only where the task's input is frames."""

    @property
    def mechanism(self) -> str:
        """Attention mechanism: "none"."""
        return "none"

    def cannot(self, task_kind: TaskKind, input_kind: Literal["tokens", "frames"]) -> str | None:
        """Say why this configuration cannot do such a task, or return None."""
        if task_kind == "alignment":
            return "a Markov chain gives probabilities of sequences; it links none"
        if task_kind == "transduction":
            return "a Markov chain gives probabilities of sequences; it writes none"
        if task_kind == "density" and input_kind == "frames":
            return "a Markov chain sees frames as codes, whose probability is no density of frames"
        return None


@dataclass(frozen=True)
class MarkovStatistics:
    """Counted n-grams, and how probable they were under the chain that counted them."""

    log_likelihood: Float[Tensor, ""]
    ngrams: NgramCounts

    def __add__(self, other: "MarkovStatistics") -> "MarkovStatistics":
        return MarkovStatistics(
            self.log_likelihood + other.log_likelihood, self.ngrams + other.ngrams
        )

    def tensors(self) -> list[Tensor]:
        """Return log-likelihood, codes and counts; the data decide how long the last two are."""
        return [self.log_likelihood, self.ngrams.codes, self.ngrams.counts]

    def with_tensors(self, tensors: list[Tensor]) -> "MarkovStatistics":
        """Return a record of the same kind that holds `tensors`."""
        return MarkovStatistics(tensors[0], NgramCounts.merged(tensors[1], tensors[2]))


class MarkovChain(nn.Module):
    """p(x) = product of p(x_t | x_{t-order}, ..., x_{t-1}).

    A start symbol fills the context before the first step. All it learns is two sorted arrays:
    the n-grams that were seen, and how often. Before it is fitted every symbol is equally probable.
    """

    codes: Tensor
    counts: Tensor
    fitted: Tensor
    n_passes: int | None = 1

    def __init__(self, config: MarkovChainConfig, n_symbols: int) -> None:
        super().__init__()
        if config.order > highest_order(n_symbols):
            raise ConfigError(
                [
                    f"order: {config.order} is too high for {n_symbols} symbols; "
                    f"take at most {highest_order(n_symbols)}."
                ]
            )
        self.config, self.n_symbols = config, n_symbols
        self._levels: list[NgramLevel] = []
        self.register_buffer("codes", torch.zeros(0, dtype=torch.long))
        self.register_buffer("counts", torch.zeros(0, dtype=torch.long))
        self.register_buffer("fitted", torch.tensor(False))

    def fit(self, train: Sequences, valid: Sequences, setting: FitSetting) -> FitReport:
        """Count once."""
        return fit_in_large_batches(self, train, valid, setting)

    def initialise(self, train: Sequences, reference: Sequences, seed: int) -> None:  # noqa: ARG002
        """Forget everything: counting needs no start."""
        self._set(NgramCounts(self.codes[:0], self.counts[:0]))
        self.fitted.fill_(False)

    def expect(self, batch: Batch) -> MarkovStatistics:
        """Count the n-grams that end at scored steps; context steps serve as context.

        Raises:
            DataError: a symbol is outside the alphabet.
        """
        codes = self._encode(batch)
        log_likelihood = self._probability(codes[batch.scored]).log().sum()
        return MarkovStatistics(log_likelihood, NgramCounts.of(codes, batch.scored))

    def no_statistics(self) -> MarkovStatistics:
        """Return the statistics of no sequence."""
        nothing = NgramCounts(self.codes[:0], self.counts[:0])
        return MarkovStatistics(
            torch.zeros((), dtype=torch.float64, device=self.codes.device), nothing
        )

    def maximise(self, statistics: MarkovStatistics) -> None:
        """Take over the counts."""
        self._set(statistics.ngrams)
        self.fitted.fill_(True)

    def log_prior(self) -> float:
        """Return 0: counting is exact, and compares nothing."""
        return 0.0

    def expect_flops(self, batch: Batch) -> float:
        """One multiplication and one addition for each digit of each n-gram."""
        return 2.0 * (self.config.order + 1) * float(batch.mask.numel())

    def step_log_prob(self, batch: Batch) -> Float[Tensor, "batch time"]:
        """Return log p(x_t | the `order` symbols before), in 64 bits; 0 on padding [nats].

        Raises:
            NotFittedError: nothing was learned yet.
            DataError: a symbol is outside the alphabet.
        """
        require_fitted(self.fitted, "Markov chain")
        codes = self._encode(batch)
        padded = torch.zeros(codes.shape, dtype=torch.float64, device=codes.device)
        padded[batch.mask] = self._probability(codes[batch.mask]).log()
        return padded

    def log_prob(self, batch: Batch) -> Float[Tensor, "batch"]:
        """Return the sum of `step_log_prob` over the scored steps [nats]."""
        return self.step_log_prob(batch).where(batch.scored, 0.0).sum(dim=1)

    def n_free_parameters(self) -> int:
        """Return contexts seen · (symbols - 1): an unseen context has no numbers of its own."""
        return len(self._seen()[-1].contexts) * (self.n_symbols - 1) if len(self.codes) else 0

    def _encode(self, batch: Batch) -> Int[Tensor, "batch time"]:
        tokens = symbols_of(batch, self.n_symbols)
        return encode_ngrams(tokens, self.n_symbols, self.config.order)

    def _probability(self, codes: Int[Tensor, "steps"]) -> Float[Tensor, "steps"]:
        match self.config.smoothing:
            case "additive":
                level = self._seen()[-1]
                return additive_probability(codes, level, self.n_symbols, self.config.pseudo_count)
            case "witten_bell":
                return witten_bell_probability(codes, self._seen(), self.n_symbols)

    def _seen(self) -> list[NgramLevel]:
        """Return the counts of every order; derived from the buffers when these change or move."""
        if not self._levels or self._levels[0].contexts.device != self.codes.device:
            ngrams = NgramCounts(self.codes, self.counts)
            self._levels = levels_of(ngrams, self.n_symbols, self.config.order)
        return self._levels

    def _set(self, ngrams: NgramCounts) -> None:
        self.codes, self.counts, self._levels = ngrams.codes, ngrams.counts, []

    def _load_from_state_dict(self, state_dict: Any, prefix: str, *rest: Any) -> None:
        # How many n-grams there are is known only to the stored tensors: take their size first.
        codes, counts = state_dict.get(f"{prefix}codes"), state_dict.get(f"{prefix}counts")
        if codes is not None and counts is not None:
            device = self.codes.device
            self._set(
                NgramCounts(
                    torch.empty_like(codes, device=device), torch.empty_like(counts, device=device)
                )
            )
        super()._load_from_state_dict(state_dict, prefix, *rest)


def build_markov_chain(config: MarkovChainConfig, n_symbols: int) -> MarkovChain:
    """Return an unfitted chain over so many symbols.

    Raises:
        ConfigError: the order is too high for the alphabet.
    """
    return MarkovChain(config, n_symbols)
