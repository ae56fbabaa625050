"""Sequences of unequal lengths drawn from a language model."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float

from seqarena.batch import Sequences
from seqarena.errors import DataError
from seqarena.networks.language_model import LanguageModel
from seqarena.networks.sampling import Sampling, draw_symbols

DEFAULT_SAMPLING = Sampling()
"""The model's own distribution."""


@dataclass(frozen=True)
class TokenSample:
    """Drawn sequences, and how likely the model finds them."""

    sequences: Sequences
    log_prob: Float[np.ndarray, "sequences"]
    """log p of each under the model itself, however it was drawn [nats]."""


def draw_tokens(
    model: LanguageModel,
    lengths: Sequence[int],
    generator: torch.Generator,
    sampling: Sampling,
) -> TokenSample:
    """Return one sequence of each length; short ones are the beginnings of long ones.

    Raises:
        DataError: no length, one below 1, or one beyond the positions that were learned.
    """
    if not lengths or min(lengths) < 1:
        raise DataError(
            f"lengths {list(lengths)} came; expected at least one, and each of them at least 1."
        )
    tokens, log_prob = draw_symbols(model, len(lengths), max(lengths), generator, sampling)
    is_real = torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]
    sequences = Sequences(
        offsets=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        tokens=tokens.cpu()[is_real].numpy(),
    )
    return TokenSample(sequences, log_prob.cpu().where(is_real, 0.0).sum(dim=1).numpy())
