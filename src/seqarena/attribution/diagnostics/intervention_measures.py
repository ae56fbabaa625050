"""What becomes of a model's predictions under other weights, over a batch of probes."""

from collections.abc import Sequence

import torch

from seqarena.attribution.diagnostics.adversarial import adversarial_attention
from seqarena.attribution.diagnostics.measures import Measures, Subject
from seqarena.attribution.diagnostics.places import Places
from seqarena.attribution.diagnostics.predictions import predictions_of
from seqarena.attribution.diagnostics.weight_tests import (
    Change,
    ablated_losses,
    permuted_change,
    uniform_change,
)
from seqarena.batch import Batch
from seqarena.tasks.diagnostics import DiagnosticsConfig


def intervention_measures(
    model: object,
    places: Places,
    n_heads: dict[str, int],
    batch: Batch,
    examples: Sequence[str],
    config: DiagnosticsConfig,
) -> list[Measures]:
    """Return what uniform and permuted weights change, and what each head is worth.

    One pass over the batch for each place, draw and head.

    Raises:
        DataError: as `predictions_of`.
    """
    with torch.no_grad():
        own = predictions_of(model, batch)
    measures: list[Measures] = []
    for name, attention in places.items():
        flat = uniform_change(model, attention, batch, own)
        measures += _changes(name, "uniform", flat, examples)
        if config.n_permutations:
            dealt = permuted_change(
                model, attention, batch, own, config.n_permutations, config.seed
            )
            measures += _changes(name, "permuted", dealt, examples)
        if config.ablation:
            losses = ablated_losses(model, attention, n_heads[name], batch, own)
            measures.append(Subject(name).of_heads("ablated_loss", losses, float(len(batch))))
    return measures


def adversarial_measures(
    model: object,
    places: Places,
    batch: Batch,
    examples: Sequence[str],
    config: DiagnosticsConfig,
) -> list[Measures]:
    """Return how different the weights of the last place could be without another prediction.

    Raises:
        DataError: as `adversarial_attention`.
    """
    (*_, (name, attention)) = places.items()
    allowed = config.adversarial_variation
    found = adversarial_attention(model, attention, batch, allowed, config.seed)
    return [
        Subject(name, example).of_all("adversarial_divergence", float(divergence))
        for example, divergence in zip(examples, found.divergence, strict=True)
    ]


def _changes(name: str, kind: str, change: Change, examples: Sequence[str]) -> list[Measures]:
    return [
        Subject(name, example).of_all(f"{kind}_{metric}", float(value))
        for metric, values in (("variation", change.variation), ("loss", change.loss))
        for example, value in zip(examples, values, strict=True)
    ]
