"""Outputs that a search has finished, and those that it still follows."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn import functional


def length_factor(n_symbols: int, length_penalty: float) -> float:
    """Return ((5 + n) / 6)^a, what a score divides by: Wu et al. (2016), eq. 14."""
    return float(((5.0 + n_symbols) / 6.0) ** length_penalty)


@dataclass(frozen=True)
class Hypotheses:
    """Finished outputs of each example, best first; a place without one has length 0."""

    tokens: Int[Tensor, "batch hypothesis target_time"]
    """Symbols; the end symbol is included where it was reached; 0 after it."""
    lengths: Int[Tensor, "batch hypothesis"]
    """Symbols written, the end symbol included."""
    log_prob: Float[Tensor, "batch hypothesis"]
    """log p(y | x) of what was written [nats]; minus infinity where there is none."""
    scores: Float[Tensor, "batch hypothesis"]
    """What they are ordered by: `log_prob` over the factor of their length."""

    @classmethod
    def none(cls, n_examples: int, n_best: int, device: torch.device) -> "Hypotheses":
        """Return the places before anything has been finished."""
        lengths = torch.zeros(n_examples, n_best, dtype=torch.int64, device=device)
        impossible = torch.full((n_examples, n_best), -torch.inf, device=device)
        return cls(lengths[..., None][..., :0], lengths, impossible, impossible)

    def best(self) -> tuple[Int[Tensor, "batch target_time"], Int[Tensor, "batch"]]:
        """Return the best output of each example, and how many symbols it has."""
        lengths = self.lengths[:, 0]
        return self.tokens[:, 0, : int(lengths.max())], lengths

    def select(self, examples: Tensor) -> "Hypotheses":
        """Return those of some examples, named by index or by mask."""
        fields = (self.tokens, self.lengths, self.log_prob, self.scores)
        return Hypotheses(*(field[examples] for field in fields))

    def padded(self, time: int) -> "Hypotheses":
        """Return the same with room for `time` symbols."""
        tokens = functional.pad(self.tokens, (0, time - self.tokens.shape[2]))
        return Hypotheses(tokens, self.lengths, self.log_prob, self.scores)

    def best_with(self, newer: "Hypotheses") -> "Hypotheses":
        """Return as many as here are, the best of both; of equal ones, no one knows which."""
        older = self.padded(newer.tokens.shape[2])
        scores = torch.cat([older.scores, newer.scores], dim=1)
        scores, places = scores.topk(self.scores.shape[1], dim=1)
        lengths = torch.cat([older.lengths, newer.lengths], dim=1).gather(1, places)
        log_prob = torch.cat([older.log_prob, newer.log_prob], dim=1).gather(1, places)
        tokens = torch.cat([older.tokens, newer.tokens], dim=1)
        return Hypotheses(_lines(tokens, places), lengths, log_prob, scores)

    @classmethod
    def in_order(cls, parts: list[tuple[Int[Tensor, "_"], "Hypotheses"]]) -> "Hypotheses":
        """Return all examples in order; each part holds some, and their numbers."""
        time = max(part.tokens.shape[2] for _, part in parts)
        padded = [part.padded(time) for _, part in parts]
        order = torch.cat([examples for examples, _ in parts]).argsort()
        return cls(
            torch.cat([part.tokens for part in padded])[order],
            torch.cat([part.lengths for part in padded])[order],
            torch.cat([part.log_prob for part in padded])[order],
            torch.cat([part.scores for part in padded])[order],
        )


@dataclass(frozen=True)
class OpenHypotheses:
    """Unfinished outputs of each example, all with as many symbols."""

    tokens: Int[Tensor, "batch beam target_time"]
    log_prob: Float[Tensor, "batch beam"]
    """log p of what was written [nats]; minus infinity in a place that none takes."""

    @classmethod
    def empty(cls, n_examples: int, device: torch.device) -> "OpenHypotheses":
        """Return one for each example, without a symbol."""
        tokens = torch.zeros(n_examples, 1, 0, dtype=torch.int64, device=device)
        return cls(tokens, torch.zeros(n_examples, 1, device=device))

    def extended(
        self, step: Float[Tensor, "batch beam symbols"], n_most: int
    ) -> tuple["OpenHypotheses", Int[Tensor, "batch new_beam"]]:
        """Return the likeliest extensions by one symbol, at most `n_most`, and whose they are."""
        n_symbols = step.shape[2]
        candidates = (self.log_prob[..., None] + step).flatten(1)
        log_prob, places = candidates.topk(min(n_most, candidates.shape[1]), dim=1)
        owners, symbols = places // n_symbols, places % n_symbols
        tokens = torch.cat([_lines(self.tokens, owners), symbols[..., None]], dim=2)
        return OpenHypotheses(tokens, log_prob), owners

    def select(self, examples: Tensor) -> "OpenHypotheses":
        """Return those of some examples, named by index or by mask."""
        return OpenHypotheses(self.tokens[examples], self.log_prob[examples])

    def without(self, is_finished: Bool[Tensor, "batch beam"]) -> "OpenHypotheses":
        """Return those that go on."""
        return OpenHypotheses(self.tokens, self.log_prob.masked_fill(is_finished, -torch.inf))

    def finished(
        self, is_finished: Bool[Tensor, "batch beam"], length_penalty: float
    ) -> Hypotheses:
        """Return those that do not go on, with their scores."""
        log_prob = self.log_prob.masked_fill(~is_finished, -torch.inf)
        is_real = log_prob > -torch.inf
        time = self.tokens.shape[2]
        return Hypotheses(
            self.tokens.where(is_real[..., None], 0),
            is_real.long() * time,
            log_prob,
            log_prob / length_factor(time, length_penalty),
        )

    def bound(self, max_length: int, length_penalty: float) -> Float[Tensor, "batch"]:
        """Return the best score that an extension could have.

        Log-probabilities only fall, and the factor of the length is greatest at `max_length`.
        """
        return self.log_prob.amax(dim=1) / length_factor(max_length, length_penalty)


def _lines(
    tokens: Int[Tensor, "batch beam time"], places: Int[Tensor, "batch chosen"]
) -> Int[Tensor, "batch chosen time"]:
    return tokens.gather(1, places[..., None].expand(-1, -1, tokens.shape[2]))
