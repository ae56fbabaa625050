import gzip
import os
from pathlib import Path

import pytest

from published_scenes import stand_in
from seqarena.data.manifest import read_manifest
from seqarena.data.published.checked_files import VARIABLE
from seqarena.data.published.translations import MULTI30K
from seqarena.data.sources import multi30k
from seqarena.data.sources.multi30k import Multi30kConfig, read_multi30k
from seqarena.data.splits import Split
from seqarena.data.subwords import Subwords
from seqarena.errors import DataError
from seqarena.tasks.config import TransductionTaskConfig
from seqarena.tasks.prepare import prepare_task

needs_mirror = pytest.mark.skipif(
    VARIABLE not in os.environ, reason=f"{VARIABLE} names no folder of published data sets"
)
# Enough different letters for the least vocabulary.
LETTERS = "".join(map(chr, range(0x4E00, 0x4E00 + 140)))
TEXTS = {
    "train.en": ["A dog  runs.", "Two dogs run.", LETTERS],
    "train.de": ["Ein Hund läuft.", "Zwei Hunde laufen.", LETTERS],
    "val.en": ["A dog."],
    "val.de": ["Ein Hund."],
    "test_2016_flickr.en": ["Two dogs.", "A dog runs and runs."],
    "test_2016_flickr.de": ["Zwei Hunde.", "Ein Hund läuft und läuft."],
}


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, lines in TEXTS.items():
        path = tmp_path / "mt_multi30k_en_de/raw" / f"{name}.gz"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress("".join(f"{line}\n" for line in lines).encode()))
    monkeypatch.setattr(multi30k, "MULTI30K", stand_in(MULTI30K, tmp_path))
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    return tmp_path


def config(**given: object) -> Multi30kConfig:
    return Multi30kConfig.model_validate({"kind": "multi30k", "n_subwords": 300, **given})


@pytest.mark.usefixtures("mirror")
def test_both_sides_are_the_same_subwords_and_targets_end() -> None:
    data = read_multi30k(config())
    part = data.parts[Split.TEST]
    assert data.tokeniser is not None
    assert part.sequences.target is not None
    subwords = Subwords(data.tokeniser)
    assert subwords.write(part.sequences.sequence(0).tolist()) == "Two dogs."
    *target, end = part.sequences.target.sequence(0).tolist()
    assert subwords.write(target) == "Zwei Hunde."
    assert end == data.schema.target_end == len(subwords)
    assert part.references == (("Zwei Hunde.",), ("Ein Hund läuft und läuft.",))
    assert part.sequences.ids == ("test_2016_flickr-0", "test_2016_flickr-1")
    assert data.parts[Split.TRAIN].references is not None
    assert data.parts[Split.TRAIN].references[0] == ("Ein Hund läuft.",)


@pytest.mark.usefixtures("mirror")
def test_the_direction_can_be_turned_and_case_dropped() -> None:
    data = read_multi30k(config(source="de", lowercase=True))
    assert data.parts[Split.TEST].references == (("two dogs.",), ("a dog runs and runs.",))
    assert data.protocol["text"] == "raw, with single spaces, lower-cased"


@pytest.mark.usefixtures("mirror")
def test_long_sentences_are_cut_but_no_reference_is() -> None:
    data = read_multi30k(config(max_subwords=3))
    part = data.parts[Split.TEST]
    assert part.sequences.target is not None
    assert part.sequences.lengths.max() == 3
    assert part.sequences.target.lengths.max() == 3
    assert part.sequences.target.sequence(1)[-1] == data.schema.target_end
    assert part.references is not None
    assert part.references[1] == ("Ein Hund läuft und läuft.",)
    assert data.counts["sources_cut_in_test"] == 2


@pytest.mark.usefixtures("mirror")
def test_a_part_of_training_is_drawn_and_teaches_the_subwords_alone() -> None:
    whole, half = (read_multi30k(config(n_train=n)) for n in (None, 2))
    assert len(half.parts[Split.TRAIN].sequences) == 2
    assert half.tokeniser != whole.tokeniser
    assert half.protocol["training_pairs"] == "2 drawn"
    with pytest.raises(DataError) as error:
        read_multi30k(config(n_train=4))
    assert str(error.value) == "n_train is 4, but there are 3 training pairs; lower it."


def test_sides_of_unlike_length_are_refused(mirror: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = mirror / "mt_multi30k_en_de/raw/val.de.gz"
    path.write_bytes(gzip.compress(b"one\ntwo\n"))
    monkeypatch.setattr(multi30k, "MULTI30K", stand_in(MULTI30K, mirror))
    with pytest.raises(DataError) as error:
        read_multi30k(config())
    assert str(error.value) == (
        "val: 1 lines of en and 2 of de; line n of one must be the translation of line n of the "
        "other."
    )


@pytest.mark.usefixtures("mirror")
def test_the_tokeniser_and_the_shared_symbols_are_kept_with_the_prepared_task(
    tmp_path: Path,
) -> None:
    task = TransductionTaskConfig(kind="transduction", source=config())
    prepare_task("toy", task, tmp_path / "prepared")
    manifest = read_manifest(tmp_path / "prepared")
    assert manifest.tokeniser is not None
    assert manifest.symbols == Subwords(manifest.tokeniser).symbols
    shared = manifest.schema.target_of_symbol
    assert shared == (-1, *range(1, len(manifest.symbols)))


@pytest.mark.slow
@needs_mirror
def test_the_sizes_are_those_that_are_published() -> None:
    data = read_multi30k(Multi30kConfig(kind="multi30k"))
    sizes = {split: len(part.sequences) for split, part in data.parts.items()}
    assert sizes == {Split.TRAIN: 29_000, Split.VALID: 1_014, Split.TEST: 1_000}
    assert data.schema.n_target_symbols == 8_001
