"""Tasks as they stand in `params.yaml`: a source of data, and the protocol that holds for all."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from seqarena.data.checks import DuplicatePolicy
from seqarena.data.leakage import LeakageConfig
from seqarena.data.sources.dates import DatesConfig
from seqarena.data.sources.time_series import TimeSeriesConfig
from seqarena.data.sources.tiny_shakespeare import TinyShakespeareConfig
from seqarena.fitting.settings import TrainingConfig
from seqarena.tasks.diagnostics import DiagnosticsConfig
from seqarena.tasks.influence import InfluenceConfig
from seqarena.tasks.sources import (
    AlignmentSource,
    ClassificationSource,
    DensitySource,
    RecommendationSource,
    TaggingSource,
    TransductionSource,
)

_CONFIG = ConfigDict(frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True)


class _AnyTaskConfig(BaseModel):
    """What every kind of task says."""

    model_config = _CONFIG

    training: TrainingConfig = Field(default_factory=TrainingConfig)
    """The budget of every family on this task."""
    n_probes: int = Field(default=6, ge=0)
    """Test examples whose maps of attention are kept."""
    influence: InfluenceConfig = InfluenceConfig()
    """What the effect of single steps on the prediction is measured with."""
    diagnostics: DiagnosticsConfig = DiagnosticsConfig()
    """Which checks of the maps are computed."""
    validation_share: float = Field(default=0.5, ge=0)
    """Steps of the validation split over which maps are averaged, as a share of the steps of the
    test split, all of which evaluation reads; 0: none. It takes about that share of the time that
    scoring takes, for it is the same pass with the weights made explicitly."""
    duplicates: DuplicatePolicy = "refuse"
    """An input that stands in two splits: refuse it, count it, or drop the earlier copy."""
    leakage: LeakageConfig = LeakageConfig()
    """How much the test may share with the splits before it besides: near duplicates, groups, time.
    """


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


class RecommendationTaskConfig(_AnyTaskConfig):
    """Rank the items by how probable each is as a user's next one: NDCG@10, HR@k, MRR."""

    kind: Literal["recommendation"]
    source: RecommendationSource
    """Where users and their items come from."""
    exclude_seen: bool = True
    """Whether items that the user chose before are left out of the ranking; the right one is
    not, where it was chosen before."""
    candidates: Literal["all", "sampled"] = "all"
    """What the right item is ranked among. `all`: every item. `sampled`: the 99 negatives that were
    published for each user, a protocol of its own, whose numbers are far higher and compare with
    none of the first (Krichene & Rendle 2020)."""
    duplicates: DuplicatePolicy = "count"
    """What to do with an input that stands in two splits: two users may have chosen the same."""

    @field_validator("source")
    @classmethod
    def _keeps_what_validates(cls, source: RecommendationSource, info: Any) -> RecommendationSource:
        policy = info.data.get("duplicates", "count")
        if source.fit_on_valid and policy != "count":
            raise ValueError(
                "with fit_on_valid what validates is in training too, and duplicates is "
                f"{policy!r}; set it to 'count', which keeps them."
            )
        return source


TaskConfig = Annotated[
    DensityTaskConfig
    | ClassificationTaskConfig
    | TaggingTaskConfig
    | TransductionTaskConfig
    | AlignmentTaskConfig
    | RecommendationTaskConfig,
    Field(discriminator="kind"),
]
