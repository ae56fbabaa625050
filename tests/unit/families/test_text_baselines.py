"""The simplest families of tasks on text: copies, shares of labels, and naive Bayes."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from seqarena.batch import collate_all, sequences_of
from seqarena.errors import ConfigError, DataError, NotFittedError
from seqarena.families.catalogue import build_family
from seqarena.families.copy_source import CopySourceConfig
from seqarena.families.markov_chain_config import MarkovChainConfig
from seqarena.families.most_frequent_class import MostFrequentClassConfig
from seqarena.fitting.protocols import FitSetting, HardwareConfig, TrainingConfig
from seqarena.schema import DataSchema

END = 4
SCHEMA = DataSchema(
    "transduction",
    n_symbols=5,
    n_target_symbols=5,
    target_end=END,
    # Symbol 0 is unknown; symbol 3 ends a sentence.
    target_of_symbol=(-1, 1, 2, 3, 0),
    sentence_ends=(3,),
    max_length=9,
    max_target_length=9,
)
INPUTS = [[1, 2, 0, 3, 2], [4, 1], [0]]
COPIES = [[1, 2, 3, 2, END], [0, 1, END], [END]]


class Nobody:
    def metric(self, name: str, value: float, step: int) -> None:
        """Take no note."""


def setting(folder: Path) -> FitSetting:
    return FitSetting(0, TrainingConfig(), HardwareConfig(accelerator="cpu"), folder, Nobody())


def pairs(targets: list[list[int]]):
    return sequences_of(
        [np.array(own) for own in INPUTS], target=sequences_of([np.array(own) for own in targets])
    )


def copier(folder: Path, targets: list[list[int]], **given):
    family = build_family(CopySourceConfig(kind="copy_source", **given), SCHEMA, seed=0)
    family.fit(pairs(targets), pairs(targets), setting(folder))
    return family


def written(family, max_length: int = 9) -> list[list[int]]:
    found = family.generate(collate_all(pairs(COPIES)), max_length)
    return [own[:n] for own, n in zip(found.tokens.tolist(), found.lengths.tolist(), strict=True)]


@pytest.mark.slow
def test_a_copy_is_the_input_without_what_the_target_has_no_symbol_for(tmp_path):
    family = copier(tmp_path, COPIES)
    assert written(family) == COPIES
    assert written(family, max_length=2) == [[1, 2], [0, 1], [END]]


@pytest.mark.slow
def test_a_copy_stops_behind_the_first_sentence_or_the_last_symbol_that_is_allowed(tmp_path):
    assert written(copier(tmp_path / "a", COPIES, first_sentence=True)) == [
        [1, 2, 3, END],
        [0, 1, END],
        [END],
    ]
    assert written(copier(tmp_path / "b", COPIES, max_symbols=1)) == [[1, END], [0, END], [END]]


@pytest.mark.slow
def test_the_copied_symbol_has_the_share_that_training_shows(tmp_path):
    # Right are 1 2 3 2 END; 0 and not 1, END; END: 8 of 9, and one more on each side.
    targets = [COPIES[0], [0, 2, END], [END]]
    family = copier(tmp_path, targets)
    log_prob = family.log_prob(collate_all(pairs(targets)))
    right, wrong = np.log(9 / 11), np.log(2 / 11 / 4)
    expected = torch.tensor([5 * right, 2 * right + wrong, right], dtype=torch.float64)
    assert_close(log_prob, expected)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"target_end": None}, "copy_source: the schema must say which symbol ends a target."),
        ({"target_of_symbol": None}, "copy_source: input and target have no symbols in common."),
        (
            {"sentence_ends": None},
            "copy_source.first_sentence: true, but the data do not say what ends one.",
        ),
    ],
)
def test_a_copier_needs_to_know_its_symbols(changes, message):
    config = CopySourceConfig(kind="copy_source", first_sentence=True)
    with pytest.raises(ConfigError) as error:
        build_family(config, DataSchema(**{**SCHEMA.as_dict(), **changes}), seed=0)
    assert message in str(error.value)


def test_baselines_refuse_other_kinds_of_tasks():
    copier, counter = (
        CopySourceConfig(kind="copy_source"),
        MostFrequentClassConfig(kind="most_frequent_class"),
    )
    assert copier.cannot("density", "tokens") == (
        "it writes its input, and density asks for nothing to be written"
    )
    assert copier.cannot("transduction", "frames") == (
        "it writes its input, and frames are no symbols"
    )
    assert counter.cannot("tagging", "tokens") == (
        "it counts the labels of sequences; tagging has none"
    )
    assert counter.cannot("classification", "frames") is None


@pytest.mark.slow
def test_every_sequence_gets_the_shares_of_the_labels(tmp_path):
    data = sequences_of([np.array([0])] * 4, labels=[1, 1, 0, 1])
    schema = DataSchema("classification", n_symbols=1, n_classes=3)
    family = build_family(MostFrequentClassConfig(kind="most_frequent_class"), schema, seed=0)
    with pytest.raises(NotFittedError):
        family.class_log_prob(collate_all(data))
    family.fit(data, data, setting(tmp_path))
    batch = collate_all(data)
    shares = torch.tensor([2 / 7, 4 / 7, 1 / 7], dtype=torch.float64)
    assert_close(family.class_log_prob(batch).exp(), shares.expand(4, 3))
    assert_close(family.log_prob(batch).exp(), shares[torch.tensor([1, 1, 0, 1])])
    with pytest.raises(DataError) as error:
        family.expect(collate_all(sequences_of([np.array([0])])))
    assert str(error.value) == "the batch has no labels; a classifier is judged against them."


@pytest.mark.slow
def test_a_chain_without_context_is_multinomial_naive_bayes(tmp_path):
    from sklearn.naive_bayes import MultinomialNB

    n_symbols, generator = 7, np.random.default_rng(0)
    texts = [generator.integers(0, n_symbols, size=generator.integers(1, 9)) for _ in range(60)]
    labels = [int(text.sum()) % 3 for text in texts]
    data = sequences_of(texts, labels=labels)
    config = MarkovChainConfig(kind="markov_chain", order=0, smoothing="additive", pseudo_count=0.5)
    schema = DataSchema("classification", n_symbols=n_symbols, n_classes=3, max_length=8)
    family = build_family(config, schema, seed=0)
    family.fit(data, data, setting(tmp_path))
    counts = np.stack([np.bincount(text, minlength=n_symbols) for text in texts])
    oracle = MultinomialNB(alpha=0.5).fit(counts, labels)
    found = family.class_log_prob(collate_all(data))
    assert_close(found, torch.from_numpy(oracle.predict_log_proba(counts)))
