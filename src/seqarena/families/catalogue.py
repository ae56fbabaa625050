"""Every family that `params.yaml` can name: one tagged union, one `match`."""

from typing import Annotated, assert_never

from pydantic import Field

from seqarena.families.aligner import Aligner, build_aligner
from seqarena.families.aligner_config import AlignerConfig
from seqarena.families.classical import ClassicalFamily, build_classical
from seqarena.families.copy_source import CopySource, CopySourceConfig, build_copy_source
from seqarena.families.gaussian_mixture_config import GaussianMixtureConfig
from seqarena.families.hidden_markov import HiddenMarkovConfig
from seqarena.families.markov_chain_config import MarkovChainConfig
from seqarena.families.most_frequent_class import (
    MostFrequentClass,
    MostFrequentClassConfig,
    build_most_frequent_class,
)
from seqarena.families.most_frequent_tag import (
    MostFrequentTag,
    MostFrequentTagConfig,
    build_most_frequent_tag,
)
from seqarena.families.neural import (
    AttentionConfig,
    NeuralClassifier,
    NeuralDensity,
    NeuralTagger,
    NeuralTransducer,
    RecurrentConfig,
    TransformerConfig,
    build_neural,
)
from seqarena.families.stem import NO_REGIONS
from seqarena.families.word_recogniser import WordRecogniser, build_word_recogniser
from seqarena.families.word_recogniser_config import WordRecogniserConfig
from seqarena.schema import DataSchema
from seqarena.seeds import torch_generator

FamilyConfig = Annotated[
    MarkovChainConfig
    | HiddenMarkovConfig
    | GaussianMixtureConfig
    | MostFrequentTagConfig
    | MostFrequentClassConfig
    | CopySourceConfig
    | AlignerConfig
    | WordRecogniserConfig
    | RecurrentConfig
    | TransformerConfig
    | AttentionConfig,
    Field(discriminator="kind"),
]

AnyFamily = (
    ClassicalFamily
    | MostFrequentTag
    | MostFrequentClass
    | CopySource
    | Aligner
    | WordRecogniser
    | NeuralDensity
    | NeuralClassifier
    | NeuralTagger
    | NeuralTransducer
)


def data_obstacle(config: FamilyConfig, has_regions: bool) -> str | None:
    """Return why a family cannot read the data of a task whose kind it can do, or None.

    Args:
        config: of the family.
        has_regions: steps are regions of a picture.
    """
    match config:
        case RecurrentConfig() | TransformerConfig() | AttentionConfig():
            return NO_REGIONS if config.stem == "conv" and not has_regions else None
        case _:
            return None


def build_family(config: FamilyConfig, schema: DataSchema, seed: int) -> AnyFamily:
    """Return an unfitted family; its starting parameters are a function of the seed alone."""
    generator = torch_generator(seed, "initialise")
    match config:
        case MarkovChainConfig() | HiddenMarkovConfig() | GaussianMixtureConfig():
            return build_classical(config, schema, generator)
        case MostFrequentTagConfig():
            return build_most_frequent_tag(config, schema)
        case MostFrequentClassConfig():
            return build_most_frequent_class(config, schema)
        case CopySourceConfig():
            return build_copy_source(config, schema)
        case AlignerConfig():
            return build_aligner(config, schema)
        case WordRecogniserConfig():
            return build_word_recogniser(config, schema)
        case RecurrentConfig() | TransformerConfig() | AttentionConfig():
            return build_neural(config, schema, generator)
        case _:
            assert_never(config)
