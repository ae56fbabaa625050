"""Tasks as they stand in `params.yaml`: a source of data, and the protocol that holds for all."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from seqarena.data.checks import DuplicatePolicy
from seqarena.data.sources.adding import AddingConfig
from seqarena.data.sources.associative_recall import AssociativeRecallConfig
from seqarena.data.sources.cluttered_digits import ClutteredDigitsConfig
from seqarena.data.sources.connected_words import ConnectedWordsConfig
from seqarena.data.sources.copied_symbols import CopiedSymbolsConfig
from seqarena.data.sources.dates import DatesConfig
from seqarena.data.sources.europarl_en_es import EuroparlConfig
from seqarena.data.sources.handwritten_digits import HandwrittenDigitsConfig
from seqarena.data.sources.hidden_markov import HiddenMarkovSourceConfig
from seqarena.data.sources.hidden_markov_states import HiddenMarkovStatesConfig
from seqarena.data.sources.isolated_digits import IsolatedDigitsConfig
from seqarena.data.sources.japanese_vowels import JapaneseVowelsConfig
from seqarena.data.sources.lagged_markov import LaggedMarkovSourceConfig
from seqarena.data.sources.mnist import MnistConfig
from seqarena.data.sources.moving_digits import MovingDigitsConfig
from seqarena.data.sources.msr_action3d import MsrAction3dConfig
from seqarena.data.sources.parallel_text import ParallelTextConfig
from seqarena.data.sources.penn_treebank import PennTreebankConfig
from seqarena.data.sources.polyphonic_music import PolyphonicMusicConfig
from seqarena.data.sources.protein_secondary_structure import ProteinSecondaryStructureConfig
from seqarena.data.sources.python_reference import PythonReferenceConfig
from seqarena.data.sources.text_files import TextFilesConfig
from seqarena.data.sources.time_series import TimeSeriesConfig
from seqarena.data.sources.tiny_shakespeare import TinyShakespeareConfig
from seqarena.data.sources.ud_english_ewt import UdEnglishEwtConfig
from seqarena.data.sources.utkinect import UtKinectConfig
from seqarena.fitting.protocols import TrainingConfig

_CONFIG = ConfigDict(frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True)

DensitySource = Annotated[
    PythonReferenceConfig
    | TinyShakespeareConfig
    | PennTreebankConfig
    | TextFilesConfig
    | HiddenMarkovSourceConfig
    | LaggedMarkovSourceConfig
    | PolyphonicMusicConfig,
    Field(discriminator="kind"),
]
ClassificationSource = Annotated[
    JapaneseVowelsConfig
    | HandwrittenDigitsConfig
    | MovingDigitsConfig
    | ClutteredDigitsConfig
    | MnistConfig
    | IsolatedDigitsConfig
    | TimeSeriesConfig
    | MsrAction3dConfig
    | UtKinectConfig
    | AddingConfig,
    Field(discriminator="kind"),
]
TaggingSource = Annotated[
    HiddenMarkovStatesConfig
    | UdEnglishEwtConfig
    | ProteinSecondaryStructureConfig
    | AssociativeRecallConfig,
    Field(discriminator="kind"),
]
TransductionSource = Annotated[
    DatesConfig | ConnectedWordsConfig | CopiedSymbolsConfig, Field(discriminator="kind")
]
AlignmentSource = Annotated[
    EuroparlConfig | ParallelTextConfig | DatesConfig, Field(discriminator="kind")
]


class _AnyTaskConfig(BaseModel):
    """What every kind of task says."""

    model_config = _CONFIG

    training: TrainingConfig = Field(default_factory=TrainingConfig)
    """The budget of every family on this task."""
    n_probes: int = Field(default=6, ge=0)
    """Test examples whose maps of attention are kept."""
    duplicates: DuplicatePolicy = "refuse"
    """An input that stands in two splits: refuse it, count it, or drop the earlier copy."""


class DensityTaskConfig(_AnyTaskConfig):
    """Predict each next symbol or frame: bits per symbol, nats per frame."""

    kind: Literal["density"]
    source: DensitySource
    """Where the sequences come from."""

    @field_validator("source")
    @classmethod
    def _short_enough_to_be_shown(cls, source: DensitySource, info: Any) -> DensitySource:
        n_probes = info.data.get("n_probes", 0)
        if n_probes and source.context_protocol == "stream":
            raise ValueError(
                f"the documents of a stream are too long for pictures, and n_probes is {n_probes}; "
                "set n_probes to 0, or context to 'blocks'."
            )
        return source

    @field_validator("source")
    @classmethod
    def _keeps_what_validates(cls, source: DensitySource, info: Any) -> DensitySource:
        policy = info.data.get("duplicates", "count")
        if isinstance(source, TinyShakespeareConfig) and policy != "count":
            if source.valid_in_train and source.context == "blocks":
                raise ValueError(
                    "with valid_in_train windows of validation are in training too, and duplicates "
                    f"is {policy!r}; set it to 'count', which keeps them."
                )
        return source


class ClassificationTaskConfig(_AnyTaskConfig):
    """Name the class of each sequence: accuracy."""

    kind: Literal["classification"]
    source: ClassificationSource
    """Where the sequences come from."""

    @field_validator("source")
    @classmethod
    def _keeps_what_validates(cls, source: ClassificationSource, info: Any) -> ClassificationSource:
        policy = info.data.get("duplicates", "count")
        if isinstance(source, TimeSeriesConfig) and source.valid_in_train and policy != "count":
            raise ValueError(
                "with valid_in_train the series of validation are in training too, and duplicates "
                f"is {policy!r}; set it to 'count', which keeps them."
            )
        return source


class TaggingTaskConfig(_AnyTaskConfig):
    """Name the tag of each step of a sequence: accuracy over all steps."""

    kind: Literal["tagging"]
    source: TaggingSource
    """Where the sequences come from."""


class TransductionTaskConfig(_AnyTaskConfig):
    """Turn each sequence into another: exact match and character error rate, or word error rate."""

    kind: Literal["transduction"]
    source: TransductionSource
    """Where the sequences come from."""

    @field_validator("source")
    @classmethod
    def _of_characters(cls, source: TransductionSource) -> TransductionSource:
        if isinstance(source, DatesConfig) and source.unit == "words":
            raise ValueError(
                "unit 'words' is made for alignment; a transduction is judged by characters."
            )
        return source


class AlignmentTaskConfig(_AnyTaskConfig):
    """Say which input step each target step comes from: F1 of the links."""

    kind: Literal["alignment"]
    source: AlignmentSource
    """Where the pairs of sequences come from."""


TaskConfig = Annotated[
    DensityTaskConfig
    | ClassificationTaskConfig
    | TaggingTaskConfig
    | TransductionTaskConfig
    | AlignmentTaskConfig,
    Field(discriminator="kind"),
]
