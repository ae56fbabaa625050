"""Sequences of unequal lengths drawn from a network."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from seqarena.batch import Sequences
from seqarena.errors import DataError
from seqarena.networks.binary_frame_model import BinaryFrameModel
from seqarena.networks.language_model import LanguageModel
from seqarena.networks.sampling import Sampling, draw_frames, draw_symbols

DEFAULT_SAMPLING = Sampling()
"""The model's own distribution."""


@dataclass(frozen=True)
class NetworkSample:
    """Drawn sequences, and how likely the model finds them."""

    sequences: Sequences
    log_prob: Float[np.ndarray, "sequences"]
    """log p of each under the model itself, however it was drawn [nats]."""


def draw_tokens(
    model: LanguageModel,
    lengths: Sequence[int],
    generator: torch.Generator,
    sampling: Sampling,
) -> NetworkSample:
    """Return one sequence of each length; short ones are the beginnings of long ones.

    Raises:
        DataError: no length, one below 1, or one beyond the positions that were learned.
    """
    is_real = _real_steps(lengths)
    tokens, log_prob = draw_symbols(model, len(lengths), max(lengths), generator, sampling)
    sequences = Sequences(_offsets(lengths), tokens=tokens.cpu()[is_real].numpy())
    return NetworkSample(sequences, _summed(log_prob, is_real))


def draw_binary_frames(
    model: BinaryFrameModel, lengths: Sequence[int], generator: torch.Generator
) -> NetworkSample:
    """Return one sequence of frames of each length; errors as `draw_tokens`."""
    is_real = _real_steps(lengths)
    frames, log_prob = draw_frames(model, len(lengths), max(lengths), generator)
    sequences = Sequences(_offsets(lengths), features=frames.cpu()[is_real].float().numpy())
    return NetworkSample(sequences, _summed(log_prob, is_real))


def _real_steps(lengths: Sequence[int]) -> Bool[Tensor, "sequences time"]:
    if not lengths or min(lengths) < 1:
        raise DataError(
            f"lengths {list(lengths)} came; expected at least one, and each of them at least 1."
        )
    return torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]


def _offsets(lengths: Sequence[int]) -> Int[np.ndarray, "sequences_and_one"]:
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)


def _summed(
    log_prob: Float[Tensor, "sequences time"], is_real: Bool[Tensor, "sequences time"]
) -> Float[np.ndarray, "sequences"]:
    summed: np.ndarray = log_prob.cpu().where(is_real, 0.0).sum(dim=1).numpy()
    return summed
