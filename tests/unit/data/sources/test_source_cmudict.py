import os
from pathlib import Path

import pytest

from published_scenes import stand_in
from seqarena.data.published.checked_files import VARIABLE
from seqarena.data.published.short_forms import CMUDICT
from seqarena.data.sources import cmudict
from seqarena.data.sources.cmudict import CmudictConfig, parse_dictionary, read_cmudict, split_words
from seqarena.data.splits import Split
from seqarena.errors import DataError

TEXT = (
    "a AH0\na(2) EY1\nread R EH1 D # past\nread(2) R IY1 D\n'em AH0 M\nrecord R AH0 K AO1 R D\n"
    "record(2) R EH1 K ER0 D\nrecord(3) R AH1 K AO2 R D\n"
)


def test_variants_are_one_word_and_stress_alone_makes_no_variant() -> None:
    assert parse_dictionary(TEXT, False, "x") == {
        "a": ("AH", "EY"),
        "read": ("R EH D", "R IY D"),
        "'em": ("AH M",),
        "record": ("R AH K AO R D", "R EH K ER D"),
    }
    assert len(parse_dictionary(TEXT, True, "x")["record"]) == 3


def test_a_line_without_phonemes_is_named() -> None:
    with pytest.raises(DataError) as error:
        parse_dictionary("a AH0\nread\n", False, "cmudict.dict")
    assert str(error.value) == "cmudict.dict, line 2: 'read' is not 'word PH1 PH2 ...'."


def config(**given: object) -> CmudictConfig:
    return CmudictConfig.model_validate({"kind": "cmudict", "n_valid": 1, "n_test": 1, **given})


def test_no_word_stands_in_two_splits_and_the_seed_decides() -> None:
    words = [f"w{n}" for n in range(50)]
    splits = [split_words(words, config(n_test=20, n_valid=10, seed=seed)) for seed in (0, 0, 1)]
    assert splits[0] == splits[1] != splits[2]
    assert [len(own) for own in splits[0]] == [20, 10, 20]
    assert sorted(word for own in splits[0] for word in own) == sorted(words)
    train, valid, test = split_words(words, config(n_test=20, n_valid=10, n_train=5))
    assert len(train) == 5
    assert (valid, test) == splits[0][1:]


def test_too_few_words_are_refused() -> None:
    with pytest.raises(DataError) as error:
        split_words(["a", "b"], config())
    assert str(error.value) == (
        "the dictionary has 2 words, and n_test, n_valid and n_train need 3; lower them."
    )


def test_training_shows_every_way_and_a_test_word_is_judged_by_all_of_its_ways(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "g2p_cmudict/cmudict.dict"
    path.parent.mkdir()
    path.write_text(TEXT)
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    monkeypatch.setattr(cmudict, "CMUDICT", stand_in(CMUDICT, tmp_path))
    ways = parse_dictionary(TEXT, False, "x")
    for seed in range(4):
        data = read_cmudict(config(seed=seed))
        train, test = data.parts[Split.TRAIN], data.parts[Split.TEST]
        words = {name.split()[0] for name in train.sequences.ids}
        assert len(train.sequences) == sum(len(ways[word]) for word in words)
        ((name,), (references,)) = test.sequences.ids, test.references or ()
        assert references == ways[name.removesuffix(" 1")]
        assert train.sequences.target is not None
        assert data.target_symbols is not None
        first = train.sequences.target.sequence(0).tolist()
        told = [data.target_symbols[symbol] for symbol in first]
        assert train.references is not None
        assert " ".join(told[:-1]) in train.references[0]
        assert told[-1] == "<end>"


@pytest.mark.slow
@pytest.mark.skipif(
    VARIABLE not in os.environ, reason=f"{VARIABLE} names no folder of published data sets"
)
def test_the_sizes_are_those_that_are_published() -> None:
    data = read_cmudict(CmudictConfig(kind="cmudict"))
    assert data.counts["words"] == 126_052
    assert {split: len(part.sequences) for split, part in data.parts.items()} == {
        Split.TRAIN: 119_190,
        Split.VALID: 2_670,
        Split.TEST: 12_000,
    }
    # 39 phonemes, the unknown symbol and the end.
    assert data.schema.n_target_symbols == 41
