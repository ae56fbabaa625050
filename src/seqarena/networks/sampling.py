"""Sequences drawn from a density, symbol by symbol or frame by frame."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from seqarena.errors import ConfigError
from seqarena.networks.binary_frame_model import BinaryFrameModel, frame_log_prob
from seqarena.networks.causal_model import CausalModel
from seqarena.networks.language_model import LanguageModel
from seqarena.networks.reading import begin_reading, next_logits, read_on


@dataclass(frozen=True)
class Sampling:
    """How a symbol is drawn from its distribution; the defaults take the distribution as it is.

    Raises:
        ConfigError: a number is out of its range.
    """

    temperature: float = 1.0
    """What logits are divided by: below 1 sharper, above flatter; 0: always the likeliest."""
    top_k: int | None = None
    """Only so many of the likeliest symbols can be drawn (Fan et al. 2018); None: all."""
    top_p: float = 1.0
    """Only the fewest likeliest symbols can be drawn that have this probability together, at the
    given temperature and among the `top_k` (nucleus: Holtzman et al. 2020, section 3.1); 1: all."""

    def __post_init__(self) -> None:
        mistakes = []
        if not 0.0 <= self.temperature < float("inf"):
            mistakes.append(f"temperature: got {self.temperature}; expected a number from 0 on.")
        if self.top_k is not None and self.top_k < 1:
            mistakes.append(f"top_k: got {self.top_k}; expected at least 1, or None for all.")
        if not 0.0 < self.top_p <= 1.0:
            mistakes.append(f"top_p: got {self.top_p}; expected a number above 0, and at most 1.")
        if mistakes:
            raise ConfigError(mistakes)


def next_probs(
    logits: Float[Tensor, "row symbols"], sampling: Sampling
) -> Float[Tensor, "row symbols"]:
    """Return the probabilities, in 64 bits, with which the next symbol is drawn."""
    n_symbols = logits.shape[1]
    shifted = logits.double() - logits.double().amax(dim=1, keepdim=True)
    if sampling.temperature == 0.0:
        # Of equally likely symbols exactly one.
        return torch.nn.functional.one_hot(shifted.argmax(dim=1), n_symbols).double()
    log_prob, order = (shifted / sampling.temperature).sort(dim=1, descending=True, stable=True)
    probs = log_prob[:, : sampling.top_k].softmax(dim=1)
    before = probs.cumsum(dim=1) - probs
    kept = probs.where(before < sampling.top_p, 0.0)
    kept = kept / kept.sum(dim=1, keepdim=True)
    return torch.zeros_like(shifted).scatter(1, order[:, : sampling.top_k], kept)


def draw_symbols(
    model: LanguageModel,
    n_rows: int,
    n_steps: int,
    generator: torch.Generator,
    sampling: Sampling,
) -> tuple[Int[Tensor, "row time"], Float[Tensor, "row time"]]:
    """Return drawn symbols, and log p of each given those before it under the model itself [nats].

    Nothing is read twice. The same generator state gives the same symbols, wherever the model runs.
    """

    def draw(logits: Tensor) -> tuple[Tensor, Tensor]:
        probs = next_probs(logits, sampling).to(generator.device)
        symbols = torch.multinomial(probs, 1, generator=generator).to(logits.device)
        return symbols[:, 0], logits.log_softmax(dim=1).gather(1, symbols)[:, 0]

    return _drawn(model, n_rows, n_steps, draw)


def draw_frames(
    model: BinaryFrameModel, n_rows: int, n_steps: int, generator: torch.Generator
) -> tuple[Float[Tensor, "row time dim"], Float[Tensor, "row time"]]:
    """Return drawn frames of zeros and ones, and log p of each given those before it [nats].

    Nothing is read twice. The same generator state gives the same frames, wherever the model runs.
    """

    def draw(logits: Tensor) -> tuple[Tensor, Tensor]:
        probs = logits.double().sigmoid().to(generator.device)
        frames = torch.bernoulli(probs, generator=generator).to(logits)
        return frames, frame_log_prob(logits, frames)

    return _drawn(model, n_rows, n_steps, draw)


def _drawn(
    model: CausalModel,
    n_rows: int,
    n_steps: int,
    draw: Callable[[Tensor], tuple[Tensor, Tensor]],
) -> tuple[Tensor, Tensor]:
    """Draw step after step, by what makes values and their log p of the logits of one step."""
    reading = begin_reading(model, n_rows)
    steps: list[tuple[Tensor, Tensor]] = []
    for _ in range(n_steps):
        if steps:
            reading = read_on(model, steps[-1][0], reading)
        steps.append(draw(next_logits(model, reading)))
    drawn, log_probs = zip(*steps, strict=True)
    return torch.stack(drawn, dim=1), torch.stack(log_probs, dim=1)
