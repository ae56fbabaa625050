"""How many parameters a model will have, before it is fitted."""

from typing import Any

import torch
from torch import nn

from seqarena.errors import ConfigError
from seqarena.families.bayes_classifier import BayesClassifier
from seqarena.families.catalogue import AnyFamilyConfig, build_family
from seqarena.families.engine_fit import batches_by_length
from seqarena.families.markov_chain import MarkovChain
from seqarena.fitting.course import count_parameters
from seqarena.schema import DataSchema
from seqarena.sequences import Sequences


def parameters_of(config: AnyFamilyConfig, schema: DataSchema, train: Sequences) -> int:
    """Return the number that the report of a fit will say, of the model as it is built.

    A Markov chain has numbers for the contexts that it saw alone: its n-grams are counted, which
    takes a pass over the training data and chooses nothing.

    Args:
        config: settings of the family.
        schema: of the data.
        train: training sequences, which only a Markov chain looks at.

    Raises:
        ConfigError: the settings do not suit the data.
        SeqarenaError: the family cannot be built.
    """
    try:
        family = build_family(config, schema, seed=0)
    except ValueError as error:
        # Layers complain of sizes that do not go together in words of their own.
        raise ConfigError([f"{config.kind}: {error}"]) from error
    if isinstance(family, MarkovChain) or _counts(family):
        _count(family, train)
    return count_parameters(family)


def _counts(family: nn.Module) -> bool:
    return isinstance(family, BayesClassifier) and isinstance(family.densities[0], MarkovChain)


@torch.no_grad()
def _count(family: Any, train: Sequences) -> None:
    statistics = family.no_statistics()
    for batch in batches_by_length(train):
        statistics = statistics + family.expect(batch)
    family.maximise(statistics)
