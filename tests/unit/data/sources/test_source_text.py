"""Texts as sequences: one implementation, whatever the files."""

import os
from pathlib import Path

import numpy as np
import pytest

from published_scenes import stand_in
from seqarena.batch import collate_all
from seqarena.data.file_hash import file_sha256
from seqarena.data.published.running_text import PENN_TREEBANK, TINY_SHAKESPEARE
from seqarena.data.sources import penn_treebank, tiny_shakespeare
from seqarena.data.sources.penn_treebank import PennTreebankConfig, read_penn_treebank
from seqarena.data.sources.source_data import SourceData
from seqarena.data.sources.text_files import TextFilesConfig, read_text_files
from seqarena.data.sources.tiny_shakespeare import (
    TinyShakespeareConfig,
    read_tiny_shakespeare,
)
from seqarena.data.splits import Split
from seqarena.errors import DataError

needs_mirror = pytest.mark.skipif(
    "SEQARENA_MIRROR" not in os.environ,
    reason="SEQARENA_MIRROR names no folder of published data sets",
)
PLAY = "".join(f"line {n} of a play, {n * n % 97}\n" for n in range(60))
STREAM = {"context": "stream", "window": 16, "stride": 4}
BLOCKS = {"context": "blocks", "window": 16, "stride": 4}


def shakespeare(**settings) -> SourceData:
    return read_tiny_shakespeare(TinyShakespeareConfig(kind="tiny_shakespeare", **settings))


def scored_text(source: SourceData, split: Split) -> list[str]:
    """The symbols that are scored, in their order: unknown ones as they are written."""
    sequences, symbols = source.parts[split].sequences, source.symbols
    first = sequences.scored_from if sequences.scored_from is not None else [0] * len(sequences)
    tokens = [sequences.sequence(row)[int(at) :] for row, at in enumerate(first)]
    return [symbols[token] for token in np.concatenate(tokens)]


@pytest.fixture
def play(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small play in the place of the published one."""
    path = tmp_path / "lm_tinyshakespeare" / "input.txt"
    path.parent.mkdir()
    path.write_text(PLAY)
    published = stand_in(TINY_SHAKESPEARE, tmp_path)
    monkeypatch.setattr(tiny_shakespeare, "TINY_SHAKESPEARE", published)
    monkeypatch.setenv("SEQARENA_MIRROR", str(tmp_path))
    return path


def test_the_last_tenth_of_the_play_tests_and_its_first_part_validates(play: Path) -> None:
    source, n = shakespeare(valid_share=0.2, max_unknown_share=1.0, **STREAM), len(PLAY)
    texts = {split: "".join(scored_text(source, split)) for split in Split}
    assert texts[Split.TEST] == PLAY[int(0.9 * n) :]
    assert texts[Split.VALID] == PLAY[: int(0.2 * n)]
    assert texts[Split.TRAIN] == PLAY[int(0.2 * n) : int(0.9 * n)]
    assert source.schema.symbol_unit == "character"


def test_the_validation_part_may_be_trained_on_as_published(play: Path) -> None:
    source = shakespeare(valid_share=0.2, valid_in_train=True, **STREAM)
    assert "".join(scored_text(source, Split.TRAIN)) == PLAY[: int(0.9 * len(PLAY))]
    assert "".join(scored_text(source, Split.VALID)) == PLAY[: int(0.2 * len(PLAY))]
    assert source.protocol["valid_in_train"] is True
    assert str(source.protocol["split"]).endswith(", and the validation part")


@pytest.mark.parametrize("split", [Split.VALID, Split.TEST])
def test_under_both_protocols_the_same_characters_are_scored(play: Path, split: Split) -> None:
    stream, blocks = shakespeare(**STREAM), shakespeare(**BLOCKS)
    assert scored_text(stream, split) == scored_text(blocks, split)
    assert (stream.schema.stream_window, stream.schema.stream_stride) == (16, 4)
    assert (blocks.schema.stream_window, blocks.schema.stream_stride) == (None, None)
    assert len(stream.parts[split].sequences) == 1
    assert blocks.parts[split].sequences.lengths.max() == 16


def test_another_play_is_refused_with_both_checksums(play: Path) -> None:
    wanted = file_sha256(play)
    play.write_text(PLAY + "!")
    with pytest.raises(DataError) as error:
        shakespeare()
    assert str(error.value) == (
        f"{play}: its SHA-256 is {file_sha256(play)}, expected {wanted}; download it again."
    )


def test_a_test_full_of_unknown_words_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("a b a b a b a b a c\n")
    config = TextFilesConfig(kind="text", path=str(path), unit="word", test_share=0.3)
    with pytest.raises(DataError) as error:
        read_text_files(config)
    assert str(error.value) == (
        "test: 2 of 4 words are unknown, more than max_unknown_share (0.02) allows; lower "
        "min_count, or allow more."
    )
    source = read_text_files(config.model_copy(update={"max_unknown_share": 0.5}))
    assert source.counts == {
        "files": 1,
        "unknown_words_train": 0,
        "unknown_words_valid": 0,
        "unknown_words_test": 2,
    }


@pytest.fixture
def treebank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three small files of the published form."""
    folder = tmp_path / "lm_ptb"
    folder.mkdir()
    texts = {"train": " the <unk> fell N \n rose \n", "valid": " rose \n", "test": " the N \n"}
    for split, text in texts.items():
        (folder / f"ptb.{split}.txt").write_text(text)
    published = stand_in(PENN_TREEBANK, tmp_path)
    monkeypatch.setattr(penn_treebank, "PENN_TREEBANK", published)
    monkeypatch.setenv("SEQARENA_MIRROR", str(tmp_path))


def treebank_source(**settings) -> SourceData:
    return read_penn_treebank(PennTreebankConfig(kind="penn_treebank", **settings))


def test_sentences_are_one_text_of_words_that_ends_each_of_them(treebank: None) -> None:
    source = treebank_source(**STREAM)
    words = ["the", "<unk>", "fell", "N", "<eos>", "rose", "<eos>"]
    assert scored_text(source, Split.TRAIN) == words
    assert scored_text(source, Split.TEST) == ["the", "N", "<eos>"]
    assert source.schema.symbol_unit == "word"
    assert source.schema.n_symbols == 1 + 6


def test_each_sentence_may_be_a_document_of_its_own(treebank: None) -> None:
    source = treebank_source(document="line", **STREAM)
    train = source.parts[Split.TRAIN].sequences
    assert train.lengths.tolist() == [5, 2]
    assert train.ids == ("train:1:0", "train:2:0")


def test_sentences_of_characters_have_no_space_at_their_ends(treebank: None) -> None:
    source = treebank_source(unit="character", **STREAM)
    assert "".join(scored_text(source, Split.TRAIN)) == "the <unk> fell N\nrose\n"


def test_a_folder_of_text_is_read_in_the_order_of_names(tmp_path: Path) -> None:
    for name, text in {"b.txt": "bbbb", "a.txt": "aabab", "c.txt": "", "d.md": "dd"}.items():
        (tmp_path / name).write_text(text)
    config = TextFilesConfig(kind="text", path=str(tmp_path), **STREAM)
    source = read_text_files(config.model_copy(update={"valid_share": 0.3, "test_share": 0.3}))
    assert "".join(scored_text(source, Split.VALID)) == "aa"
    assert "".join(scored_text(source, Split.TRAIN)) == "babb"
    assert "".join(scored_text(source, Split.TEST)) == "bbb"
    assert source.parts[Split.TRAIN].sequences.ids == ("a:0", "b:0")
    assert set(source.provenance.versions) == {str(tmp_path / f"{name}.txt") for name in "abc"}


def test_validation_and_test_may_be_files_of_their_own(tmp_path: Path) -> None:
    for name, text in {"x": "ab", "y": "a", "z": "b"}.items():
        (tmp_path / name).write_text(text)
    train, valid, test = (str(tmp_path / name) for name in "xyz")
    config = TextFilesConfig(kind="text", path=train, valid_path=valid, test_path=test, **STREAM)
    source = read_text_files(config)
    assert ["".join(scored_text(source, split)) for split in Split] == ["ab", "a", "b"]
    assert source.protocol["split"] == "files of their own"


def test_too_little_text_and_a_folder_without_any_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("abc")
    with pytest.raises(DataError) as error:
        read_text_files(TextFilesConfig(kind="text", path=str(tmp_path)))
    assert str(error.value) == f"text: nothing of {tmp_path} is left for valid; add text."
    (tmp_path / "a.txt").unlink()
    with pytest.raises(DataError) as error:
        read_text_files(TextFilesConfig(kind="text", path=str(tmp_path)))
    assert str(error.value) == (
        f"{tmp_path}: holds no file whose name ends in .txt; put the text there."
    )


@needs_mirror
@pytest.mark.slow
def test_the_published_texts_have_the_published_sizes() -> None:
    play = shakespeare(valid_in_train=True, **STREAM)
    assert [part.sequences.n_steps for part in play.parts.values()] == [1_003_854, 55_769, 111_540]
    # 65 characters, and the unknown one.
    assert play.schema.n_symbols == 66
    words = treebank_source(**STREAM)
    sizes = [part.sequences.n_steps for part in words.parts.values()]
    assert sizes == [929_589, 73_760, 82_430]
    assert words.schema.n_symbols == 1 + 10_000
    assert collate_all(words.parts[Split.TEST].sequences).tokens.min() > 0
