"""A language model that reads symbol by symbol, and remembers instead of reading again."""

from typing import Any, NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

from seqarena.networks.encoder import Encoder
from seqarena.networks.language_model import LanguageModel
from seqarena.networks.recurrent import Recurrent
from seqarena.networks.transformer import TransformerEncoder


class Reading(NamedTuple):
    """What is known of the symbols that were read."""

    past: Any
    """What the encoder keeps: a recurrent state, keys and values, or every step; None: nothing."""
    output: Float[Tensor, "row dim"]
    """What the next symbol is predicted from."""


def begin_reading(model: LanguageModel, n_rows: int) -> Reading:
    """Return what is known before the first symbol."""
    encoder = model.encoder
    past = encoder.nothing_yet() if isinstance(encoder, TransformerEncoder) else None
    return Reading(past, model.start.expand(n_rows, -1))


def read_on(model: LanguageModel, symbols: Int[Tensor, "row"], reading: Reading) -> Reading:
    """Return what is known after one symbol more.

    A recurrence goes on from its state, a Transformer from its keys and values: constant and linear
    time per symbol. Any other causal encoder reads all the steps again.
    """
    step = model.inputs.vectors(symbols[:, None])
    outputs, past = _advance(model.encoder, step, reading.past)
    return Reading(past, outputs[:, -1])


def next_logits(model: LanguageModel, reading: Reading) -> Float[Tensor, "row symbols"]:
    """Return the logits of the next symbol."""
    return model.predict(reading.output)


def _advance(
    encoder: Encoder, step: Float[Tensor, "row 1 dim"], past: Any
) -> tuple[Float[Tensor, "row _ out_dim"], Any]:
    match encoder:
        case TransformerEncoder():
            return encoder.advance(step, past)
        case Recurrent():
            return encoder.run(step, past)
        case _:
            steps = step if past is None else torch.cat([past, step], dim=1)
            return encoder(steps, torch.ones_like(steps[..., 0], dtype=torch.bool)), steps
