import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from seqarena.batch import collate_all, sequences_of
from seqarena.families.catalogue import build_family
from seqarena.families.recurrent import RecurrentConfig
from seqarena.fitting.protocols import OptimiserConfig
from seqarena.schema import DataSchema

TOKENS = [np.array([0, 2, 1, 1]), np.array([3, 0])]
SMOOTHED = OptimiserConfig(label_smoothing=0.2)
PLAIN = OptimiserConfig()


def _family(schema, optimiser):
    return build_family(RecurrentConfig(kind="gru", model_dim=8, optimiser=optimiser), schema, 0)


def _density(optimiser):
    batch = collate_all(sequences_of(TOKENS))
    family = _family(DataSchema("density", n_symbols=4, max_length=4), optimiser)
    return (
        family,
        batch,
        (lambda: family.network.logits(batch)[batch.mask], batch.tokens[batch.mask]),
    )


def _stream(optimiser):
    schema = DataSchema("density", n_symbols=4, max_length=4, stream_window=4)
    batch = collate_all(sequences_of(TOKENS))
    family = _family(schema, optimiser)
    whole = family.objective_from

    def objective(batch):
        return whole(batch, None, torch.zeros(len(batch), dtype=torch.bool))[0]

    family.objective = objective
    return (
        family,
        batch,
        (lambda: family.network.logits(batch)[batch.mask], batch.tokens[batch.mask]),
    )


def _classifier(optimiser):
    batch = collate_all(sequences_of(TOKENS, labels=[2, 0]))
    schema = DataSchema("classification", n_symbols=4, n_classes=3, max_length=4)
    family = _family(schema, optimiser)
    return family, batch, (lambda: family.network.class_log_prob(batch), batch.labels)


def _transducer(optimiser):
    target = sequences_of([np.array([1, 4]), np.array([0, 2, 4])])
    batch = collate_all(sequences_of(TOKENS, target=target))
    schema = DataSchema(
        "transduction",
        n_symbols=4,
        n_target_symbols=5,
        target_end=4,
        max_length=4,
        max_target_length=3,
    )
    family = _family(schema, optimiser)
    mask = batch.target.mask
    return (
        family,
        batch,
        (lambda: family.network.target_logits(batch)[mask], batch.target.tokens[mask]),
    )


@pytest.mark.parametrize("make", [_density, _stream, _classifier, _transducer])
def test_training_smooths_its_labels_as_torch_does(make):
    family, batch, (logits, labels) = make(SMOOTHED)
    family.train()
    expected = cross_entropy(logits(), labels, label_smoothing=0.2, reduction="sum")
    torch.testing.assert_close(family.objective(batch).total, expected)


@pytest.mark.parametrize("make", [_density, _stream, _classifier, _transducer])
def test_what_validates_is_not_smoothed(make):
    totals = []
    for optimiser in (SMOOTHED, PLAIN):
        family, batch, _ = make(optimiser)
        totals.append(family.eval().objective(batch).total)
    torch.testing.assert_close(*totals, rtol=0, atol=0)
