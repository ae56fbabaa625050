"""The most frequent tag of each word: counts by hand."""

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from seqarena.batch import collate, collate_all, sequences_of
from seqarena.errors import ConfigError
from seqarena.families.most_frequent_tag import MostFrequentTagConfig, build_most_frequent_tag
from seqarena.schema import DataSchema

SCHEMA = DataSchema("tagging", n_symbols=4, n_tags=3)


def counted(*rows, **settings):
    """Count (symbol, tag) pairs, a sequence after the other."""
    data = tagged(*rows)
    config = MostFrequentTagConfig(kind="most_frequent_tag", **settings)
    family = build_most_frequent_tag(config, SCHEMA)
    family.maximise(family.expect(collate_all(data)))
    return family


def tagged(*rows):
    pairs = [np.array(row) for row in rows]
    return sequences_of([each[:, 0] for each in pairs], tags=[each[:, 1] for each in pairs])


def test_each_word_bears_its_most_frequent_tag_and_a_new_word_that_of_all():
    family = counted([(0, 1), (0, 1), (0, 2)], [(1, 2), (2, 2)])
    batch = collate_all(sequences_of([np.array([0, 1, 3]), np.array([2])]))
    assert family.tag(batch).tolist() == [[1, 2, 2], [2, 0, 0]]


def test_of_equally_frequent_tags_the_one_that_is_frequent_elsewhere_is_taken():
    family = counted([(0, 0), (0, 2)], [(1, 2)])
    assert family.tag(collate_all(sequences_of([np.array([0])]))).tolist() == [[2]]


def test_probabilities_are_counts_with_pseudo_counts_in_the_shares_of_all_tags():
    family = counted([(0, 1), (0, 1), (0, 2)], [(1, 2)], pseudo_count=0.5)
    data = tagged([(0, 1), (0, 2), (3, 1)], [(1, 1)])
    found = family.log_prob(collate_all(data)).exp()
    share = {1: 2 / 4, 2: 2 / 4}
    expected = [
        (2 + 0.5 * share[1]) / 3.5 * (1 + 0.5 * share[2]) / 3.5 * share[1],
        0.5 * share[1] / 1.5,
    ]
    assert_close(found, torch.tensor(expected, dtype=torch.float64))


def test_counts_of_parts_add_to_those_of_the_whole():
    data = tagged([(0, 1), (0, 2), (3, 1)], [(1, 1)])
    family = counted([(0, 1)])
    parts = [family.expect(collate(data, np.array([row]))) for row in range(2)]
    whole = family.expect(collate_all(data))
    for one, other in zip((parts[0] + parts[1]).tensors(), whole.tensors(), strict=True):
        assert_close(one, other)


@pytest.mark.parametrize("pseudo_count", [1e-6, 1.0])
def test_pseudo_counts_never_change_the_choice(pseudo_count):
    # Tag 0 stands on all other words, and once less on this one.
    family = counted([(0, 0), (0, 1), (0, 1)], [(1, 0)] * 50, pseudo_count=pseudo_count)
    assert family.tag(collate_all(sequences_of([np.array([0])]))).tolist() == [[1]]


def test_what_it_cannot_do_is_said():
    config = MostFrequentTagConfig(kind="most_frequent_tag")
    assert config.cannot("tagging", "tokens") is None
    assert config.cannot("tagging", "frames") == (
        "it counts the tags of words, and this task's input is frames"
    )
    assert config.cannot("density", "tokens") == (
        "the most frequent tag of a word is a tag of steps; density has none"
    )
    with pytest.raises(ConfigError) as caught:
        build_most_frequent_tag(config, DataSchema("tagging", dim=2, n_tags=3))
    assert str(caught.value) == (
        "most_frequent_tag: it counts the tags of words, and this task's input is frames."
    )
    with pytest.raises(ConfigError) as caught:
        build_most_frequent_tag(config, DataSchema("tagging", n_symbols=3))
    assert str(caught.value) == "most_frequent_tag: the schema must say n_symbols and n_tags."
