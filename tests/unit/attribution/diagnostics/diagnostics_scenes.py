"""Maps whose every number is known, and networks that can be asked for theirs."""

from dataclasses import replace

import numpy as np
import torch
from torch.nn import functional

from seqarena.batch import sequences_of
from seqarena.families.neural import (
    AttentionConfig,
    RecurrentConfig,
    TransformerConfig,
    build_neural,
)
from seqarena.schema import DataSchema


def causal_uniform(time):
    """Row t looks at 0, ..., t alike."""
    return np.tril(np.ones((time, time))) / np.arange(1, time + 1)[:, None]


def lag(time, steps):
    """Row t looks `steps` back; rows before that look nowhere."""
    return np.eye(time, k=-steps)


def random_rows(*shape, seed=0):
    """Rows that sum to 1."""
    rows = np.random.default_rng(seed).random(shape) + 0.01
    return rows / rows.sum(axis=-1, keepdims=True)


DENSITY = DataSchema("density", n_symbols=5, max_length=12)
CLASSES = DataSchema("classification", n_symbols=5, n_classes=2, max_length=12)
TAGS = DataSchema("tagging", n_symbols=5, n_tags=3, max_length=12)
PAIRS = DataSchema(
    "transduction",
    n_symbols=5,
    n_target_symbols=4,
    target_end=3,
    max_length=12,
    max_target_length=6,
)
HEARD = DataSchema(
    "transduction",
    dim=3,
    n_target_symbols=3,
    target_end=2,
    max_length=12,
    max_target_length=6,
)
PLANTED = 4
"""The symbol that a planted classifier's label depends on."""


def transformer(**settings):
    return TransformerConfig(kind="transformer", **{"model_dim": 8, "n_heads": 2, **settings})


def recurrent(attention="softmax", **settings):
    return RecurrentConfig(kind="gru", attention=attention, model_dim=8, n_heads=2, **settings)


def pooled(attention):
    return AttentionConfig(kind="attention", attention=attention, model_dim=8, n_heads=2)


def built(config, schema, seed=0):
    """A network in float64 with the parameters that it starts from, allowed to answer."""
    model = build_neural(config, schema, torch.Generator().manual_seed(seed)).double()
    model.fitted.fill_(True)
    return model.eval()


MODELS = {
    "density": (transformer(), DENSITY, ["decoder.0.self", "decoder.1.self"]),
    "linear": (transformer(self_attention="linear"), DENSITY, ["decoder.0.self", "decoder.1.self"]),
    "looking_back": (recurrent("multi_head"), DENSITY, ["decoder.self"]),
    "classifier": (transformer(), CLASSES, ["encoder.0.self", "encoder.1.self"]),
    "pooling": (pooled("multi_head"), CLASSES, ["pooling"]),
    "self_pooling": (pooled("self_attention"), CLASSES, ["pooling"]),
    "pooled_transformer": (
        transformer(n_layers=1, pooling="softmax"),
        CLASSES,
        ["encoder.0.self", "pooling"],
    ),
    "tagger": (transformer(), TAGS, ["encoder.0.self", "encoder.1.self"]),
    "transducer": (
        transformer(),
        PAIRS,
        ["encoder.0.self", "encoder.1.self", "decoder.0.cross", "decoder.1.cross"],
    ),
    "recurrent_transducer": (recurrent("multi_head"), PAIRS, ["decoder.cross"]),
    "copying": (
        recurrent("weighted_sum_additive", coverage=True),
        PAIRS,
        ["decoder.cross"],
    ),
    "ctc": (transformer(transduction_head="ctc"), HEARD, ["encoder.0.self", "encoder.1.self"]),
}

FIELD = (transformer(tag_head="crf"), TAGS, ["encoder.0.self", "encoder.1.self"])
"""A tagger whose steps know each other, so that what it says of each is no part of its loss."""


def sequences_for(name, lengths=(5, 2, 4)):
    """Sequences with a target for the models that write one, and without for all others."""
    if name == "ctc":
        return heard(lengths)
    found = sequences(lengths)
    return found if name in ("transducer", "recurrent_transducer", "copying") else one_sided(found)


def one_sided(found):
    """The sequences without their target."""
    return replace(found, target=None)


def sequences(lengths=(5, 2, 4), seed=0):
    """Symbols with a label, tags and a target."""
    draws = np.random.default_rng(seed)
    return sequences_of(
        [draws.integers(5, size=length) for length in lengths],
        labels=[row % 2 for row in range(len(lengths))],
        tags=[draws.integers(3, size=length) for length in lengths],
        target=sequences_of([np.append(draws.integers(3, size=2), 3) for _ in lengths]),
    )


def heard(lengths=(5, 2, 4), seed=0):
    """Frames with a target that has equal neighbours where there is room for them."""
    draws = np.random.default_rng(seed)
    said = [[1, 1, 0, 2] if length > 3 else [0, 2] for length in lengths]
    return sequences_of(
        [draws.normal(size=(length, 3)) for length in lengths],
        target=sequences_of([np.array(each) for each in said]),
    )


def unspeakable():
    """Frames of which the second are too few for their target, and the target after it."""
    said = [[0, 1, 2], [0, 1, 1, 2], [2]]
    draws = np.random.default_rng(1)
    return sequences_of(
        [draws.normal(size=(length, 3)) for length in (4, 2, 3)],
        target=sequences_of([np.array(each) for each in said]),
    )


def planted_classifier():
    """Label 1 where more than 0.3 of the attention is on the planted symbol, which draws it."""
    model = built(pooled("weighted_sum_linear"), CLASSES)
    network = model.network
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.zero_()
        network.inputs.embedding.weight[:, :5] = torch.eye(5)
        # What stands between the embedding and this layer makes 0.84 of 1.
        network.encoder.out.weight.copy_(torch.eye(8) / functional.gelu(torch.ones(())).double())
        network.pooling.mechanism.score.content.weight[0, PLANTED] = 4.0
        network.output.weight[1, PLANTED] = 10.0
        network.output.bias[0] = 3.0
    return model
