"""The four sources of labelled texts: SST, MR and whole film reviews."""

import os
import zipfile
from pathlib import Path

import numpy as np
import pytest

from published_scenes import stand_in
from seqarena.data.manifest import Provenance
from seqarena.data.published.checked_files import VARIABLE
from seqarena.data.published.labelled_text import MOVIE_REVIEWS, MR, SST
from seqarena.data.sources import movie_reviews, mr, sst
from seqarena.data.sources.labelled_texts import (
    AboutTexts,
    LabelledText,
    LabelledTextConfig,
    fold_parts,
    labelled_source,
)
from seqarena.data.sources.movie_reviews import MovieReviewsConfig, read_movie_reviews
from seqarena.data.sources.mr import MrConfig, drawn_folds, read_mr
from seqarena.data.sources.sst import SstConfig, parse_labelled_lines, read_sst
from seqarena.data.splits import Split
from seqarena.errors import DataError

needs_mirror = pytest.mark.skipif(
    VARIABLE not in os.environ, reason=f"{VARIABLE} names no folder of published data sets"
)
ABOUT = AboutTexts(("bad", "good"), Provenance("toy", "none", "none"), {})


def pack(path: Path, members: dict[str, str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in members.items():
            archive.writestr(name, text)


def test_words_of_training_alone_are_known_and_texts_can_be_cut() -> None:
    texts = {
        Split.TRAIN: [LabelledText("a", "good film good", 1), LabelledText("b", "bad film", 0)],
        Split.VALID: [LabelledText("c", "fine film", 1)],
        Split.TEST: [LabelledText("d", "bad bad bad film", 0)],
    }

    class Config(LabelledTextConfig):
        kind: str = "toy"

        def read(self):
            """Read nothing."""
            raise NotImplementedError

    data = labelled_source(texts, Config(min_count=2, max_words=3), ABOUT)
    assert data.symbols is not None
    assert data.symbols[1:] == ("film", "good")
    assert data.parts[Split.VALID].sequences.values.tolist() == [0, 1]
    assert data.parts[Split.TEST].sequences.values.tolist() == [0, 0, 0]
    assert data.counts["symbols_unknown_in_test"] == 3
    with pytest.raises(DataError) as error:
        labelled_source({**texts, Split.TEST: [LabelledText("e", " ", 0)]}, Config(), ABOUT)
    assert str(error.value) == "test e: a text without a word; take it out of the source."


def test_ten_folds_are_the_test_once_each_and_never_train_with_it() -> None:
    texts = [LabelledText(str(n), "word", n % 2) for n in range(100)]
    labels = np.array([each.label for each in texts])
    folds = drawn_folds(labels, seed=0)
    assert np.bincount(folds[labels == 0]).tolist() == [5] * 10
    tested = []
    for fold in range(10):
        parts = fold_parts(texts, folds, fold, seed=0)
        assert [len(parts[split]) for split in Split] == [82, 8, 10]
        assert len({each.id for own in parts.values() for each in own}) == 100
        tested += [each.id for each in parts[Split.TEST]]
    assert sorted(tested) == sorted(each.id for each in texts)
    assert (drawn_folds(labels, seed=0) == folds).all()
    assert (drawn_folds(labels, seed=1) != folds).any()


def test_a_line_of_sst_needs_a_label_that_there_is(tmp_path: Path) -> None:
    path = tmp_path / "train"
    path.write_text("1 a fine film .\n2 so so\n")
    assert parse_labelled_lines(path, 3, "train") == [
        LabelledText("train-1", "a fine film .", 1),
        LabelledText("train-2", "so so", 2),
    ]
    with pytest.raises(DataError) as error:
        parse_labelled_lines(path, 2, "train")
    assert str(error.value) == (
        f"{path}, line 2: '2 so so' is not a label from 0 to 1, a space and a text."
    )


def test_the_three_files_of_sst_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("train", "dev", "test"):
        path = tmp_path / "sentiment_sst" / f"stsa.binary.{name}"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"0 {name} a\n1 {name} b\n")
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    monkeypatch.setattr(sst, "SST", stand_in(SST, tmp_path))
    data = read_sst(SstConfig(kind="sst", min_count=1))
    assert data.class_names == ("negative", "positive")
    assert data.parts[Split.TEST].sequences.ids == ("test-1", "test-2")
    assert data.parts[Split.TRAIN].sequences.labels is not None
    assert data.parts[Split.TRAIN].sequences.labels.tolist() == [0, 1]


def test_snippets_of_mr_bear_the_label_of_their_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = {way: "".join(f"{way} {n}\n" for n in range(20)) for way in ("neg", "pos")}
    members = {f"sentence_polarity/rt-polarity.{way}": text for way, text in lines.items()}
    pack(tmp_path / "sentiment_mr/sentence_polarity.zip", {**members, "README": "x"})
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    monkeypatch.setattr(mr, "MR", stand_in(MR, tmp_path))
    data = read_mr(MrConfig(kind="mr", fold=3, min_count=1))
    test = data.parts[Split.TEST].sequences
    assert test.labels is not None
    assert test.labels.tolist() == [0, 0, 1, 1]
    assert [name[:3] for name in test.ids] == ["neg", "neg", "pos", "pos"]


def test_reviews_are_folded_by_their_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    members = {
        f"movie_reviews/{way}/cv{n}00_{n}.txt": f"{way} film"
        for way in ("neg", "pos")
        for n in range(10)
    }
    pack(tmp_path / "sentiment_movie_reviews/movie_reviews.zip", members)
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    monkeypatch.setattr(movie_reviews, "MOVIE_REVIEWS", stand_in(MOVIE_REVIEWS, tmp_path))
    data = read_movie_reviews(MovieReviewsConfig(kind="movie_reviews", fold=7))
    test = data.parts[Split.TEST].sequences
    assert test.ids == ("movie_reviews/neg/cv700_7.txt", "movie_reviews/pos/cv700_7.txt")
    assert test.labels is not None
    assert test.labels.tolist() == [0, 1]


@pytest.mark.slow
@needs_mirror
def test_the_sizes_are_those_that_are_published() -> None:
    configs = (
        SstConfig(kind="sst"),
        SstConfig(kind="sst", labels="fine"),
        MrConfig(kind="mr"),
        MovieReviewsConfig(kind="movie_reviews"),
    )
    sizes = [[len(part.sequences) for part in config.read().parts.values()] for config in configs]
    assert sizes[:2] == [[6_920, 872, 1_821], [8_544, 1_101, 2_210]]
    assert [sum(own) for own in sizes[2:]] == [10_662, 2_000]
