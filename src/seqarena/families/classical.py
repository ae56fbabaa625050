"""One door to the families that are fitted by sufficient statistics."""

from typing import assert_never

import torch

from seqarena.errors import DataError
from seqarena.families.bayes_classifier import BayesClassifier
from seqarena.families.gaussian_mixture import (
    GaussianMixture,
    build_gaussian_mixture,
)
from seqarena.families.gaussian_mixture_config import GaussianMixtureConfig
from seqarena.families.hidden_markov import HiddenMarkovConfig, HiddenMarkovModel
from seqarena.families.hidden_markov_tagger import (
    HiddenMarkovTagger,
    build_hidden_markov_tagger,
)
from seqarena.families.markov_chain import MarkovChain, build_markov_chain
from seqarena.families.markov_chain_config import MarkovChainConfig
from seqarena.families.vector_quantiser import QuantisedClassifier
from seqarena.schema import DataSchema, fitted_as

ClassicalConfig = MarkovChainConfig | HiddenMarkovConfig | GaussianMixtureConfig
ClassicalFamily = (
    MarkovChain
    | HiddenMarkovModel
    | HiddenMarkovTagger
    | GaussianMixture
    | BayesClassifier
    | QuantisedClassifier
)


def build_classical(
    config: ClassicalConfig,
    schema: DataSchema,
    generator: torch.Generator,  # noqa: ARG001
) -> ClassicalFamily:
    """Return an unfitted density, a classifier made of one for each class, or a tagger.

    Args:
        config: which family; `config.cannot` must have been asked before.
        schema: sizes of the task's data.
        generator: not drawn from: these families take their start from data and seed, in `fit`.

    Raises:
        DataError: the family cannot do the schema's task.
    """
    reason = config.cannot(schema.task_kind, "tokens" if schema.dim is None else "frames")
    if reason is not None:
        raise DataError(f"{config.kind} cannot do this task: {reason}.")
    if fitted_as(schema.task_kind) == "density":
        return _density(config, schema)
    if schema.task_kind == "tagging" and isinstance(config, HiddenMarkovConfig):
        return build_hidden_markov_tagger(config, schema)
    if schema.n_classes is None:
        raise DataError("the schema of a classification task must say n_classes.")
    classifier = BayesClassifier(lambda: _density(config, schema), schema.n_classes)
    if isinstance(config, MarkovChainConfig) and schema.dim is not None:
        return QuantisedClassifier(classifier, config.n_codes, schema.dim)
    return classifier


def _density(
    config: ClassicalConfig, schema: DataSchema
) -> MarkovChain | HiddenMarkovModel | GaussianMixture:
    match config:
        case MarkovChainConfig():
            n_symbols = config.n_codes if schema.dim is not None else schema.n_symbols
            if n_symbols is None:
                raise DataError("a schema must say n_symbols or dim; this one says neither.")
            return build_markov_chain(config, n_symbols)
        case HiddenMarkovConfig():
            return HiddenMarkovModel(config, schema)
        case GaussianMixtureConfig():
            return build_gaussian_mixture(config, schema)
        case _:
            assert_never(config)
