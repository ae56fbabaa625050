"""Every family that `params.yaml` can name: one tagged union, one `match`; and a user's own."""

from typing import Annotated, assert_never, get_args

from pydantic import Field

from seqarena.errors import ConfigError
from seqarena.families.aligner import Aligner, build_aligner
from seqarena.families.aligner_config import AlignerConfig
from seqarena.families.classical import ClassicalFamily, build_classical
from seqarena.families.copy_source import CopySource, CopySourceConfig, build_copy_source
from seqarena.families.discovery import own_config, own_kinds
from seqarena.families.framed_density import framed_density_obstacle
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
from seqarena.families.nearest_neighbour import (
    NearestNeighbour,
    NearestNeighbourConfig,
    build_nearest_neighbour,
)
from seqarena.families.neural import (
    AttentionConfig,
    NeuralClassifier,
    NeuralDensity,
    NeuralFrameDensity,
    NeuralTagger,
    NeuralTransducer,
    RecurrentConfig,
    TransformerConfig,
    build_neural,
)
from seqarena.families.own_family import OwnFamily, OwnFamilyConfig
from seqarena.families.stem import NO_REGIONS
from seqarena.families.word_recogniser import WordRecogniser, build_word_recogniser
from seqarena.families.word_recogniser_config import WordRecogniserConfig
from seqarena.parsing import nearest, parse
from seqarena.schema import DataSchema, FrameKind, InputKind, TaskKind
from seqarena.seeds import torch_generator

FamilyConfig = Annotated[
    MarkovChainConfig
    | HiddenMarkovConfig
    | GaussianMixtureConfig
    | MostFrequentTagConfig
    | NearestNeighbourConfig
    | MostFrequentClassConfig
    | CopySourceConfig
    | AlignerConfig
    | WordRecogniserConfig
    | RecurrentConfig
    | TransformerConfig
    | AttentionConfig,
    Field(discriminator="kind"),
]

AnyFamilyConfig = FamilyConfig | OwnFamilyConfig
"""A family of this project, or one that another package brings along."""

AnyFamily = (
    ClassicalFamily
    | MostFrequentTag
    | NearestNeighbour
    | MostFrequentClass
    | CopySource
    | Aligner
    | WordRecogniser
    | NeuralDensity
    | NeuralFrameDensity
    | NeuralClassifier
    | NeuralTagger
    | NeuralTransducer
    | OwnFamily
)


def parse_family(raw: object, at: str) -> AnyFamilyConfig:
    """Turn settings into the record of their kind; that of a user's own family is imported now.

    Raises:
        ConfigError: with one line for each mistake, or because such a family cannot be had.
    """
    kind = raw.get("kind") if isinstance(raw, dict) else None
    if not isinstance(kind, str) or kind in built_in_kinds():
        built_in: FamilyConfig = parse(FamilyConfig, raw, at)
        return built_in
    if kind not in own_kinds():
        known = [*built_in_kinds(), *own_kinds()]
        raise ConfigError(
            [
                f"{at}.kind: {kind!r} is not a kind; {nearest(kind, known)} A family of your own "
                "needs an installed entry point (docs/how-to/your-own-family.md)."
            ]
        )
    own: OwnFamilyConfig = parse(own_config(kind, at), raw, at)
    return own


def built_in_kinds() -> tuple[str, ...]:
    """Return the kinds of this project's own families, in the order of the catalogue."""
    union, _ = get_args(FamilyConfig)
    return tuple(
        str(kind)
        for model in get_args(union)
        for kind in get_args(model.model_fields["kind"].annotation)
    )


def data_obstacle(
    config: AnyFamilyConfig, has_regions: bool, scores_some_steps: bool = False
) -> str | None:
    """Return why a family cannot read the data of a task whose kind it can do, or None.

    Args:
        config: of the family.
        has_regions: steps are regions of a picture.
        scores_some_steps: only the tags of some steps are asked for, and given.
    """
    match config:
        case HiddenMarkovConfig() if scores_some_steps:
            return "its states are the tags of all steps, and this task gives those of some"
        case RecurrentConfig() | TransformerConfig() | AttentionConfig() if (
            scores_some_steps and config.tag_head == "crf"
        ):
            return "tag_head: crf: a chain needs a tag at each step, and this task gives some"
        case RecurrentConfig() | TransformerConfig() | AttentionConfig():
            return NO_REGIONS if config.stem == "conv" and not has_regions else None
        case _:
            return None


def frames_obstacle(
    config: AnyFamilyConfig, task_kind: TaskKind, input_kind: InputKind, frame_kind: FrameKind
) -> str | None:
    """Return why a family that does such a task of some frames cannot do it of these, or None."""
    if isinstance(config, RecurrentConfig | TransformerConfig):
        return framed_density_obstacle(task_kind, input_kind, frame_kind)
    return None


def build_family(config: AnyFamilyConfig, schema: DataSchema, seed: int) -> AnyFamily:
    """Return an unfitted family; its starting parameters are a function of the seed alone."""
    generator = torch_generator(seed, "initialise")
    match config:
        case MarkovChainConfig() | HiddenMarkovConfig() | GaussianMixtureConfig():
            return build_classical(config, schema, generator)
        case MostFrequentTagConfig():
            return build_most_frequent_tag(config, schema)
        case NearestNeighbourConfig():
            return build_nearest_neighbour(config, schema)
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
        case OwnFamilyConfig():
            return config.build(schema, generator)
        case _:
            assert_never(config)
