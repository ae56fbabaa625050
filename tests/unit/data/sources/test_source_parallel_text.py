import os
from pathlib import Path

import numpy as np
import pytest

from published_scenes import refusal
from seqarena.data.published.translations import EUROPARL_EN_ES
from seqarena.data.sources.europarl_en_es import EuroparlConfig, read_europarl
from seqarena.data.sources.parallel_text import ParallelTextConfig, read_parallel_text
from seqarena.data.sources.sentence_pairs import SplitConfig
from seqarena.data.splits import Split
from seqarena.errors import DataError

FILES = {
    "a.en": "the house\nthe dog\n\nthe cat sleeps\na dog\nthe house\nlong long long\n",
    "a.es": "la casa\nel perro\nnada\nel gato duerme\nun perro\nla casa\nlargo\n",
    "t.en": "a dog\nthe bird\n",
    "t.es": "un perro\nel pájaro\n",
    "t.links": "0-0 1-1\n1-1 0-0\n",
}


def write(folder: Path, **changes: str) -> ParallelTextConfig:
    for name, text in {**FILES, **changes}.items():
        (folder / name).write_bytes(text.encode() if isinstance(text, str) else text)
    names = [str(folder / name) for name in FILES]
    fields = ("source", "target", "test_source", "test_target", "test_links")
    split = SplitConfig(n_valid=1, max_words=2)
    return ParallelTextConfig(
        kind="parallel_text", split=split, **dict(zip(fields, names, strict=True))
    )


def words(source, split):
    sequences = source.parts[split].sequences
    return [
        (
            " ".join(source.symbols[t] for t in sequences.sequence(row)),
            " ".join(source.target_symbols[t] for t in sequences.target.sequence(row)),
        )
        for row in range(len(sequences))
    ]


def test_pairs_become_tokens_of_the_training_words_and_targets_end(tmp_path: Path):
    source = read_parallel_text(write(tmp_path))
    learnt = words(source, Split.TRAIN) + words(source, Split.VALID)
    # "a dog" is judged in the test, an empty line and long ones are left out.
    assert set(learnt) <= {("the house", "la casa <end>"), ("the dog", "el perro <end>")} | {
        pair for pair in learnt if "\N{REPLACEMENT CHARACTER}" in "".join(pair)
    }
    assert source.counts["empty_pairs"] == 1
    assert source.counts["long_pairs"] == 2
    assert source.counts["pairs_of_the_test"] == 1
    assert source.schema.target_end == len(source.target_symbols) - 1
    links = source.parts[Split.TEST].links
    assert [links.sequence(row).tolist() for row in range(2)] == [[[0, 0], [1, 1]]] * 2
    assert source.parts[Split.TRAIN].links is None
    unknown = words(source, Split.TEST)[1]
    assert unknown[0].endswith("\N{REPLACEMENT CHARACTER}")
    assert unknown[1].endswith("\N{REPLACEMENT CHARACTER} <end>")


@pytest.mark.parametrize("seed", range(4))
def test_no_source_sentence_stands_in_two_splits(tmp_path: Path, seed: int):
    config = write(tmp_path)
    config = config.model_copy(update={"split": SplitConfig(n_valid=1, seed=seed, max_words=2)})
    source = read_parallel_text(config)
    train, valid = ({pair[0] for pair in words(source, split)} for split in list(Split)[:2])
    assert not train & valid


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"a.es": "la casa\n"},
            "{0}/a.en has 7 lines and {0}/a.es 1; line n of one must be the translation of line n "
            "of the other.",
        ),
        (
            {"t.links": "0-0\n"},
            "{0}/t.links has 1 lines, but there are 2 test pairs; write one line of links for "
            "each, an empty one for none.",
        ),
        (
            {"t.links": "0-0\n1:1\n"},
            "{0}/t.links line 2: '1:1' is no link; write it like '3-4'.",
        ),
        (
            {"t.en": "a dog\n\n"},
            "test pair 1 has an empty sentence; take it out, and its links.",
        ),
        ({"a.en": b"\xff\n" * 7}, None),
    ],
)
def test_files_that_do_not_fit_are_refused(tmp_path: Path, changes, message):
    config = write(tmp_path, **changes)
    with pytest.raises(DataError) as caught:
        read_parallel_text(config)
    if message is None:
        assert str(caught.value).startswith(f"{tmp_path}/a.en: not UTF-8 ('utf-8' codec")
        assert str(caught.value).endswith("; convert it first.")
    else:
        assert str(caught.value) == message.format(tmp_path)


def test_a_missing_file_and_too_few_pairs_are_refused(tmp_path: Path):
    config = write(tmp_path)
    few = config.model_copy(update={"split": SplitConfig(n_valid=9)})
    with pytest.raises(DataError) as caught:
        read_parallel_text(few)
    assert str(caught.value) == "5 pairs are usable, and n_valid is 9; lower n_valid."
    (tmp_path / "a.es").unlink()
    with pytest.raises(DataError) as caught:
        read_parallel_text(config)
    assert str(caught.value) == (
        f"{tmp_path}/a.es: not found; a path is read from the folder of params.yaml."
    )


def test_europarl_says_where_it_looks(monkeypatch):
    monkeypatch.delenv("SEQARENA_MIRROR", raising=False)
    with pytest.raises(DataError) as caught:
        read_europarl(EuroparlConfig(kind="europarl_en_es"))
    assert str(caught.value) == refusal(EUROPARL_EN_ES, "corpus.en", "SEQARENA_MIRROR is not set")


@pytest.mark.slow
@pytest.mark.skipif("SEQARENA_MIRROR" not in os.environ, reason="SEQARENA_MIRROR is not set")
def test_europarl_is_the_published_data_either_way_round():
    english = read_europarl(EuroparlConfig(kind="europarl_en_es"))
    spanish = read_europarl(EuroparlConfig(kind="europarl_en_es", source="es"))
    assert len(english.parts[Split.TEST].sequences) == 200
    assert len(english.parts[Split.VALID].sequences) == 200
    links, turned = english.parts[Split.TEST].links, spanish.parts[Split.TEST].links
    assert len(links.pairs) == 5_920
    first, other = words(english, Split.TEST)[0]
    assert first.startswith("my group can see no reason")
    assert other.startswith("mi grupo no ve razón alguna")
    # "see" is "ve", "no" is "no": the first column is the source.
    assert [3, 3] in links.sequence(0).tolist()
    assert [4, 2] in links.sequence(0).tolist()
    for row in range(200):
        swapped = np.unique(turned.sequence(row)[:, ::-1], axis=0)
        assert swapped.tolist() == links.sequence(row).tolist()
