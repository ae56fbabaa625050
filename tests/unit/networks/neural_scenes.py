"""Tiny data and networks of every kind."""

import numpy as np
import torch

from seqarena.batch import Batch, collate_all, sequences_of
from seqarena.families.assembly import classifier, language_model, transducer
from seqarena.families.attention_pooling import AttentionConfig
from seqarena.families.recurrent import RecurrentConfig
from seqarena.families.transformer import TransformerConfig
from seqarena.schema import DataSchema

TOKENS = DataSchema("density", n_symbols=3, max_length=6)
ROLLS = DataSchema("density", dim=3, frame_kind="binary", max_length=6)
FRAMES = DataSchema("classification", dim=3, n_classes=4, max_length=6)
PAIRS = DataSchema(
    "transduction",
    n_symbols=3,
    n_target_symbols=4,
    target_end=3,
    # Symbol 1 of the input is none of the target.
    target_of_symbol=(1, -1, 2),
    max_length=6,
    max_target_length=5,
)


def transformer(**settings):
    return TransformerConfig(kind="transformer", model_dim=8, n_heads=2, **settings)


TRANSFORMER = transformer()
TRANSFORMERS = {
    "transformer": TRANSFORMER,
    "transformer-sinusoidal": transformer(positions="sinusoidal"),
    "transformer-rotary": transformer(positions="rotary"),
    "transformer-alibi": transformer(positions="alibi"),
    "transformer-window": transformer(window=1, positions="rotary"),
    "transformer-grouped": transformer(n_key_value_heads=1, positions="alibi"),
    "transformer-linear": transformer(self_attention="linear"),
}


def recurrent(kind="gru", attention="none", n_layers=1, **settings):
    return RecurrentConfig(
        kind=kind,
        n_heads=2,
        attention=attention,
        n_layers=n_layers,
        **{"model_dim": 8, **settings},
    )


def alone(attention):
    return AttentionConfig(kind="attention", attention=attention, model_dim=8, n_heads=2)


TRANSDUCERS = {
    "elman": recurrent("elman_rnn", "softmax"),
    "lstm": recurrent("lstm", "weighted_sum_additive", n_layers=2),
    "gru": recurrent("gru"),
    "gru_coverage": recurrent("gru", "weighted_sum_additive", coverage=True),
    "gru_linear": recurrent("gru", "weighted_sum_linear"),
    "gru_multi_head": recurrent("gru", "multi_head", n_layers=2),
    **TRANSFORMERS,
    "gru_copying": recurrent("gru", "softmax", copies=True),
    "lstm_copying": recurrent("lstm", "multi_head", copies=True),
    "gru_coverage_copying": recurrent("gru", "weighted_sum_additive", coverage=True, copies=True),
    "transformer_copying": transformer(copies=True),
    "gru_both_ways": recurrent("gru", "softmax", n_layers=2, bidirectional=True),
}


def seeded(build, *arguments):
    torch.manual_seed(3)
    return build(*arguments).double()


def token_batch() -> Batch:
    return collate_all(sequences_of([np.array(s) for s in ([0, 1, 2, 2, 0], [2, 1], [1])]))


def frame_batch() -> Batch:
    draws = np.random.default_rng(0)
    frames = [draws.normal(size=(n, 3)) for n in (5, 2, 1)]
    return collate_all(sequences_of(frames, labels=[0, 3, 1]))


def pair_batch() -> Batch:
    target = sequences_of([np.array(s) for s in ([0, 1, 3], [3], [2, 2, 1, 3])])
    return collate_all(
        sequences_of([np.array(s) for s in ([0, 1, 2, 2, 0], [2, 1], [1])], target=target)
    )


__all__ = ["classifier", "language_model", "transducer"]
