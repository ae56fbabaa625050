"""Which sources each kind of task can name, under `source` in `params.yaml`."""

from typing import Annotated

from pydantic import Field

from seqarena.data.own.audio_source import AudioFolderConfig
from seqarena.data.own.conllu_source import ConlluConfig
from seqarena.data.own.image_source import ImageFolderConfig
from seqarena.data.own.interactions_source import InteractionHistoriesConfig, InteractionsConfig
from seqarena.data.own.parallel_source import ParallelLinesConfig
from seqarena.data.own.table_source import (
    ClassificationTableConfig,
    DensityTableConfig,
    TaggingTableConfig,
    TransductionTableConfig,
)
from seqarena.data.own.ts_source import TsConfig
from seqarena.data.sources.adding import AddingConfig
from seqarena.data.sources.aeslc import AeslcConfig
from seqarena.data.sources.associative_recall import AssociativeRecallConfig
from seqarena.data.sources.cluttered_digits import ClutteredDigitsConfig
from seqarena.data.sources.cmudict import CmudictConfig
from seqarena.data.sources.connected_words import ConnectedWordsConfig
from seqarena.data.sources.copied_symbols import CopiedSymbolsConfig
from seqarena.data.sources.dates import DatesConfig
from seqarena.data.sources.europarl_en_es import EuroparlConfig
from seqarena.data.sources.handwritten_digits import HandwrittenDigitsConfig
from seqarena.data.sources.hidden_markov import HiddenMarkovSourceConfig
from seqarena.data.sources.hidden_markov_states import HiddenMarkovStatesConfig
from seqarena.data.sources.isolated_digits import IsolatedDigitsConfig
from seqarena.data.sources.item_markov import ItemMarkovSourceConfig
from seqarena.data.sources.japanese_vowels import JapaneseVowelsConfig
from seqarena.data.sources.lagged_markov import LaggedMarkovSourceConfig
from seqarena.data.sources.mnist import MnistConfig
from seqarena.data.sources.movie_reviews import MovieReviewsConfig
from seqarena.data.sources.movielens_100k import MovieLens100kConfig
from seqarena.data.sources.moving_digits import MovingDigitsConfig
from seqarena.data.sources.mr import MrConfig
from seqarena.data.sources.msr_action3d import MsrAction3dConfig
from seqarena.data.sources.multi30k import Multi30kConfig
from seqarena.data.sources.parallel_text import ParallelTextConfig
from seqarena.data.sources.penn_treebank import PennTreebankConfig
from seqarena.data.sources.polyphonic_music import PolyphonicMusicConfig
from seqarena.data.sources.protein_secondary_structure import ProteinSecondaryStructureConfig
from seqarena.data.sources.python_reference import PythonReferenceConfig
from seqarena.data.sources.s3_rec import BeautyConfig, LastFmConfig
from seqarena.data.sources.sst import SstConfig
from seqarena.data.sources.text_files import TextFilesConfig
from seqarena.data.sources.time_series import TimeSeriesConfig
from seqarena.data.sources.tiny_shakespeare import TinyShakespeareConfig
from seqarena.data.sources.ud_english_ewt import UdEnglishEwtConfig
from seqarena.data.sources.utkinect import UtKinectConfig

DensitySource = Annotated[
    PythonReferenceConfig
    | TinyShakespeareConfig
    | PennTreebankConfig
    | TextFilesConfig
    | HiddenMarkovSourceConfig
    | LaggedMarkovSourceConfig
    | PolyphonicMusicConfig
    | DensityTableConfig
    | InteractionsConfig,
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
    | AddingConfig
    | SstConfig
    | MrConfig
    | MovieReviewsConfig
    | ClassificationTableConfig
    | TsConfig
    | AudioFolderConfig
    | ImageFolderConfig,
    Field(discriminator="kind"),
]
TaggingSource = Annotated[
    HiddenMarkovStatesConfig
    | UdEnglishEwtConfig
    | ProteinSecondaryStructureConfig
    | AssociativeRecallConfig
    | TaggingTableConfig
    | ConlluConfig,
    Field(discriminator="kind"),
]
TransductionSource = Annotated[
    DatesConfig
    | ConnectedWordsConfig
    | CopiedSymbolsConfig
    | Multi30kConfig
    | CmudictConfig
    | AeslcConfig
    | TransductionTableConfig
    | ParallelLinesConfig,
    Field(discriminator="kind"),
]
AlignmentSource = Annotated[
    EuroparlConfig | ParallelTextConfig | DatesConfig, Field(discriminator="kind")
]

RecommendationSource = Annotated[
    BeautyConfig
    | InteractionHistoriesConfig
    | ItemMarkovSourceConfig
    | LastFmConfig
    | MovieLens100kConfig,
    Field(discriminator="kind"),
]
