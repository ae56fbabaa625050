from typing import Any

import numpy as np
import pytest

from seqarena.data.sources.entropy import stationary
from seqarena.data.sources.item_markov import (
    ItemMarkovSourceConfig,
    best_ranking,
    draw_item_histories,
    item_transition,
    true_places,
)
from seqarena.data.sources.source_data import as_recommendation
from seqarena.data.splits import Split
from seqarena.errors import ConfigError
from seqarena.parsing import parse


def config(**knobs: Any) -> ItemMarkovSourceConfig:
    small = {"n_items": 12, "n_users": 300, "shortest": 3, "longest": 9}
    return ItemMarkovSourceConfig(kind="item_markov_source", **{**small, **knobs})


def test_the_same_seed_gives_the_same_histories_and_another_seed_others() -> None:
    first, again, other = (
        draw_item_histories(each).parts[Split.TEST].sequences
        for each in (config(), config(), config(seed=1))
    )
    assert np.array_equal(first.values, again.values)
    assert not np.array_equal(first.values[:50], other.values[:50])
    assert set(first.lengths.tolist()) == set(range(3, 10))


@pytest.mark.slow
def test_items_follow_each_other_as_the_chain_says() -> None:
    chain = config(n_users=6000, longest=40, max_length=40)
    transition = item_transition(chain)
    tests = draw_item_histories(chain).parts[Split.TEST].sequences
    pairs = [tests.sequence(row) for row in range(len(tests))]
    counts = np.zeros_like(transition)
    for items in pairs:
        np.add.at(counts, (items[:-1], items[1:]), 1)
    shares = counts / counts.sum(axis=1, keepdims=True)
    often = counts.sum(axis=1) > 2000
    assert often.sum() >= 4
    assert np.abs(shares - transition)[often].max() < 0.05


def test_the_best_ranking_is_what_no_order_of_the_items_beats() -> None:
    transition = np.array([[0.1, 0.6, 0.3], [0.2, 0.3, 0.5], [0.7, 0.2, 0.1]])
    start = stationary(transition)
    gains = 1 / np.log2(np.arange(2, 5))
    # Every order of three items after each last one, by brute force.
    from itertools import permutations

    orders = [list(order) for order in permutations(range(3))]
    best = sum(
        share * max(float(row[order] @ gains) for order in orders)
        for share, row in zip(start, transition, strict=True)
    )
    histories = [np.array([0, 1]), np.array([2, 2])]
    found = best_ranking(transition, start, histories)
    assert found.value == pytest.approx(best)
    # After 0 the most probable came; after 2 the least, in third place.
    assert found.on_test == pytest.approx((1 + 0.5) / 2)
    assert true_places(transition, np.array([0, 2]), np.array([1, 2])).tolist() == [0, 2]


@pytest.mark.slow
def test_the_true_process_scores_near_its_own_bound_on_many_users() -> None:
    best = draw_item_histories(config(n_items=60, n_users=4000)).best_possible
    assert best is not None
    assert best.on_test is not None
    assert abs(best.on_test - best.value) < 0.03
    assert 0.3 < best.value < 0.9


def test_what_the_best_ranking_scores_is_known_only_of_a_ranking_of_all_items() -> None:
    data = draw_item_histories(config())
    whole = as_recommendation(data, exclude_seen=False, sampled=False)
    assert whole.best_possible == data.best_possible
    assert whole.protocol["ranked"] == "the right item among all items"
    without = as_recommendation(data, exclude_seen=True, sampled=False)
    assert without.best_possible is None
    assert without.protocol["ranked"] == (
        "the right item among all items, without those that the user had chosen before"
    )
    candidates = whole.parts[Split.TEST].candidates
    assert candidates is not None
    assert candidates.seen is None


def test_the_longest_history_is_no_shorter_than_the_shortest() -> None:
    with pytest.raises(ConfigError) as error:
        parse(
            ItemMarkovSourceConfig,
            {"kind": "item_markov_source", "shortest": 9, "longest": 8},
            "source",
        )
    assert error.value.mistakes == ["source.longest: got 8; should be at least shortest (9)."]
