"""Captions of pictures in English, and in German by professional translators: Multi30k."""

from typing import Literal

from pydantic import Field

from seqarena.data.manifest import Provenance
from seqarena.data.mirror import mirrored_file
from seqarena.data.part import Parts
from seqarena.data.plain_text import lines_of
from seqarena.data.sources.compressed_files import gzip_text
from seqarena.data.sources.source_config import SourceConfig
from seqarena.data.sources.source_data import SourceData
from seqarena.data.sources.subword_pairs import (
    END,
    TextPair,
    drawn,
    subword_parts,
    subword_schema,
)
from seqarena.data.splits import Split
from seqarena.data.subwords import Subwords, learn_subwords
from seqarena.errors import DataError

_FOLDER = "mt_multi30k_en_de"
_OFFICIAL = "https://github.com/multi30k/dataset"
_SHA256 = {
    "test_2016_flickr.de.gz": "9204244e408ccb38d2a55cfcd344df15005fc42a07a6e55ca6c52b6ababb8cc8",
    "test_2016_flickr.en.gz": "611d361c6334bc7246101d48097c13cf5c4413c5befc793cc629934359d532d9",
    "test_2017_flickr.de.gz": "a2c89666db00c495cd8513b9d708d5a3acc205d7de312ef2bf5fb7ebc1540aee",
    "test_2017_flickr.en.gz": "76a444ee25172e72695cddb13ae4a3bda59430617be88e0bb46b60504f054074",
    "test_2017_mscoco.de.gz": "799e4854c25d601cb6cb6be29eabe5667734c61ace2f495e03e429031a0bc338",
    "test_2017_mscoco.en.gz": "aab300bfb4427697987e02cd0aacd44bfe8aa50456231b6474c08038bbed2b58",
    "test_2018_flickr.de.gz": "ddd0130c7d97482dc5197a02141dae8dd79f20f03586c480d675c09a32daf608",
    "test_2018_flickr.en.gz": "ef4f4844037d4c5dea75c9a8ed5fd78905967a26f67c255e230cc9780032654d",
    "train.de.gz": "726e39b2fa9eb9ffb6dc763fb35a179f80fae06ffc5d28b6ace5faa883de28a6",
    "train.en.gz": "d79cfa999dd4c51d2cb42499b6796d5a882c3a8a961923c25a898c90f8bbd56f",
    "val.de.gz": "f0cba2f995189cf5770f29a8a9a537a3ad3f51657ad873405082ff6863a5e75a",
    "val.en.gz": "14f7d25ddd868909a9213e361768460edcacdd6ab9d1e77b92560dc10c10dc28",
}

TestOfMulti30k = Literal[
    "test_2016_flickr", "test_2017_flickr", "test_2017_mscoco", "test_2018_flickr"
]


class Multi30kConfig(SourceConfig):
    """The raw files of the first task; they lie in the folder that SEQARENA_MIRROR names."""

    input_kind = "tokens"
    kind: Literal["multi30k"]
    source: Literal["en", "de"] = "en"
    """Language that is translated; the other one is the target."""
    test: TestOfMulti30k = "test_2016_flickr"
    """Which of the official test sets is the test; that of 2016 is the one most often published."""
    n_subwords: int = Field(default=8000, ge=300)
    """Vocabulary that both languages share, learned from the training pairs that are kept."""
    lowercase: bool = False
    """Whether all text is lower-cased first, references too: easier, and not what is published as
    cased BLEU."""
    max_subwords: int = Field(default=80, ge=2)
    """Subwords of a sentence; what goes beyond is cut off (never off a reference)."""
    n_train: int | None = Field(default=None, ge=1)
    """Training pairs that are kept, drawn at random; None: all 29,000."""
    seed: int = Field(default=0, ge=0)
    """Seed of that draw."""

    def read(self) -> SourceData:
        """Make the three parts."""
        return read_multi30k(self)


def read_multi30k(config: Multi30kConfig) -> SourceData:
    """Read raw text, learn subwords of the training pairs, and turn all into them.

    Raises:
        DataError: the mirror is not set, or a file is missing or another one.
    """
    names = {Split.TRAIN: "train", Split.VALID: "val", Split.TEST: config.test}
    found = {split: _pairs(config, name) for split, name in names.items()}
    found[Split.TRAIN] = drawn(found[Split.TRAIN], config.n_train, config.seed)
    subwords = learn_subwords(
        [text for pair in found[Split.TRAIN] for text in (pair.source, pair.target)],
        config.n_subwords,
    )
    parts, counts = subword_parts(found, subwords, config.max_subwords, config.max_subwords)
    return multi30k_data(config, subwords, parts, counts)


def multi30k_data(
    config: Multi30kConfig, subwords: Subwords, parts: Parts, counts: dict[str, int]
) -> SourceData:
    """Say what the parts are, and by which rules they were made."""
    direction = "English into German" if config.source == "en" else "German into English"
    return SourceData(
        schema=subword_schema(subwords, "translation"),
        parts=parts,
        provenance=Provenance(
            description=f"Multi30k, captions of pictures, {direction} ({_OFFICIAL})",
            licence="none stated for the text; pictures for non-commercial research and education",
            citation="D. Elliott et al. (2016). Multi30K: multilingual English-German image "
            "descriptions. 5th Workshop on Vision and Language, 70-74.",
            versions=dict(_SHA256),
        ),
        protocol={
            "split": f"official: train, val, {config.test}",
            "training_pairs": "all" if config.n_train is None else f"{config.n_train} drawn",
            "text": "raw, with single spaces" + (", lower-cased" if config.lowercase else ""),
            "subwords": f"byte-pair encoding of {len(subwords)}, shared by both languages, learned "
            "from the training pairs",
            "longest": f"{config.max_subwords} subwords; the rest is cut off, references are not",
            "scored": "corpus BLEU (sacreBLEU, its own tokenisation) of detokenised outputs "
            f"against one reference{', all lower-cased' if config.lowercase else ', cased'}",
        },
        symbols=subwords.symbols,
        target_symbols=(*subwords.symbols, END),
        tokeniser=subwords.tokeniser,
        counts=counts,
    )


def _pairs(config: Multi30kConfig, name: str) -> list[TextPair]:
    target = "de" if config.source == "en" else "en"
    sides = [_lines(config, f"{name}.{language}.gz") for language in (config.source, target)]
    if len(sides[0]) != len(sides[1]):
        raise DataError(
            f"{name}: {len(sides[0])} lines of {config.source} and {len(sides[1])} of {target}; "
            "line n of one must be the translation of line n of the other."
        )
    return [
        TextPair(f"{name}-{row}", one, other, (other,))
        for row, (one, other) in enumerate(zip(*sides, strict=True))
    ]


def _lines(config: Multi30kConfig, name: str) -> list[str]:
    path = mirrored_file(_FOLDER, f"raw/{name}", _SHA256[name], _OFFICIAL)
    text = gzip_text(path)
    return lines_of(text.lower() if config.lowercase else text)
