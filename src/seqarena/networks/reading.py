"""A density that reads step by step, and remembers instead of reading again."""

from typing import Any, NamedTuple, assert_never

from jaxtyping import Float
from torch import Tensor

from seqarena.networks.attentive_recurrent import AttentiveRecurrent
from seqarena.networks.causal_model import CausalEncoder, CausalModel
from seqarena.networks.recurrent import Recurrent
from seqarena.networks.transformer import TransformerEncoder


class Reading(NamedTuple):
    """What is known of the steps that were read."""

    past: Any
    """What the encoder keeps: a recurrent state, keys and values, or both; None: nothing."""
    output: Float[Tensor, "row dim"]
    """What the next step is predicted from."""


def begin_reading(model: CausalModel, n_rows: int) -> Reading:
    """Return what is known before the first step."""
    encoder = model.encoder
    past = encoder.nothing_yet() if isinstance(encoder, TransformerEncoder) else None
    return Reading(past, model.start.expand(n_rows, -1))


def read_on(model: CausalModel, values: Tensor, reading: Reading) -> Reading:
    """Return what is known after one step more: of each row a symbol, or a frame (row, dim).

    A recurrence goes on from its state, a Transformer from its keys and values, and a recurrence
    that looks back from both: each reads the new step alone. Time per step is constant for a
    recurrence by itself and for linear attention, and linear in what came for all others.
    """
    step = model.inputs.vectors(values[:, None])
    outputs, past = _advance(model.encoder, step, reading.past)
    return Reading(past, outputs[:, -1])


def next_logits(model: CausalModel, reading: Reading) -> Float[Tensor, "row logits"]:
    """Return the logits of the next step."""
    return model.predict(reading.output)


def _advance(
    encoder: CausalEncoder, step: Float[Tensor, "row 1 dim"], past: Any
) -> tuple[Float[Tensor, "row 1 out_dim"], Any]:
    match encoder:
        case Recurrent():
            return encoder.run(step, past)
        case AttentiveRecurrent() | TransformerEncoder():
            return encoder.advance(step, past)
        case _:
            assert_never(encoder)
