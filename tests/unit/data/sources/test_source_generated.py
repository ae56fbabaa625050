"""Generated tasks: the rule holds in every example, and what is refused."""

import numpy as np
import pytest

from seqarena.data.checks import cross_split_duplicates
from seqarena.data.sources.adding import AddingConfig, draw_adding, edges_of
from seqarena.data.sources.associative_recall import (
    AssociativeRecallConfig,
    draw_associative_recall,
)
from seqarena.data.sources.copied_symbols import CopiedSymbolsConfig, draw_copied_symbols
from seqarena.data.splits import Split
from seqarena.errors import ConfigError
from seqarena.parsing import parse

SMALL = {"n_train": 60, "n_valid": 20, "n_test": 40}
RECALL = AssociativeRecallConfig(
    kind="associative_recall", n_pairs=(2, 5), length=16, n_keys=6, n_values=4, **SMALL
)


def test_every_query_asks_for_the_value_that_stands_beside_its_key():
    part = draw_associative_recall(RECALL).parts[Split.TEST]
    sequences = part.sequences
    for row, n_pairs in enumerate(part.slices.tolist()):
        symbols, tags = sequences.sequence(row), sequences.tags_of(row)
        scored = sequences.scored_steps[16 * row : 16 * row + 16]
        keys, values = symbols[0 : 2 * n_pairs : 2], symbols[1 : 2 * n_pairs : 2]
        value_of = dict(zip(keys.tolist(), values.tolist(), strict=True))
        assert len(value_of) == n_pairs
        assert not scored[: 2 * n_pairs].any()
        assert sorted(symbols[scored]) == sorted(keys)
        for key, tag in zip(symbols[scored].tolist(), tags[scored].tolist(), strict=True):
            assert value_of[key] == 1 + 6 + tag
        rest = symbols[2 * n_pairs :][~scored[2 * n_pairs :]]
        assert (rest == 0).all()
    assert set(part.slices.tolist()) == {2, 5}
    assert sequences.n_scored.tolist() == part.slices.tolist()


def test_splits_are_drawn_apart_and_the_same_seed_draws_the_same():
    first, again = (draw_associative_recall(RECALL).parts for _ in range(2))
    for split in Split:
        np.testing.assert_array_equal(first[split].sequences.tokens, again[split].sequences.tokens)
    rows = {
        split: {part.sequences.sequence(row).tobytes() for row in range(len(part.sequences))}
        for split, part in first.items()
    }
    assert not rows[Split.TRAIN] & rows[Split.TEST]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"length": 10}, "length: got 10; 16 pairs and as many queries take 48 steps."),
        ({"n_keys": 8}, "n_keys: got 8; 16 pairs need as many keys."),
        ({"n_pairs": [0]}, "n_pairs: got [0]; should be different numbers of at least 1."),
    ],
)
def test_pairs_need_steps_and_keys(settings, message):
    raw = {"kind": "associative_recall", **settings}
    with pytest.raises(ConfigError) as caught:
        parse(AssociativeRecallConfig, raw, "source")
    assert str(caught.value) == f"source.{message}"


@pytest.mark.parametrize("order", ["same", "reversed"])
def test_a_target_is_the_input_in_its_order_and_where_it_comes_from_is_known(order):
    config = CopiedSymbolsConfig(
        kind="copied_symbols", order=order, n_symbols=5, test_lengths=(2, 20), **SMALL
    )
    parts = draw_copied_symbols(config).parts
    for split, part in parts.items():
        lengths = part.sequences.lengths.tolist()
        assert part.slices.tolist() == lengths
        assert set(lengths) <= ({2, 20} if split is Split.TEST else set(range(4, 13)))
        for row, length in enumerate(lengths):
            given = part.sequences.sequence(row)
            wanted = given[::-1] if order == "reversed" else given
            target = part.sequences.target.sequence(row)
            assert target.tolist() == [*wanted.tolist(), 5]
            spans = part.alignment.sequence(row)
            assert [given[first] for first, _ in spans[:-1]] == wanted.tolist()
            assert (np.diff(spans[:-1], axis=1) == 1).all()
            assert spans[length].tolist() == [-1, -1]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_no_input_of_the_default_settings_stands_in_two_splits(seed):
    parts = draw_copied_symbols(CopiedSymbolsConfig(kind="copied_symbols", seed=seed)).parts
    assert cross_split_duplicates(parts) == []


def test_where_there_are_too_few_inputs_some_stand_in_two_splits():
    config = CopiedSymbolsConfig(
        kind="copied_symbols", n_symbols=2, shortest=1, longest=2, test_lengths=(1,), **SMALL
    )
    assert cross_split_duplicates(draw_copied_symbols(config).parts)


def test_lengths_of_the_test_are_some():
    with pytest.raises(ConfigError) as caught:
        parse(CopiedSymbolsConfig, {"kind": "copied_symbols", "test_lengths": [3, 3]}, "source")
    assert str(caught.value) == (
        "source.test_lengths: got [3, 3]; should be different numbers of at least 1."
    )


def test_the_class_is_the_range_of_the_sum_of_the_two_marked_numbers():
    config = AddingConfig(kind="adding", lengths=(4, 9), n_bins=3, **SMALL)
    source = draw_adding(config)
    ends = [tuple(map(float, name.split(" to "))) for name in source.class_names]
    part = source.parts[Split.TRAIN]
    for row, label in enumerate(part.sequences.labels.tolist()):
        frames = part.sequences.sequence(row)
        marked = np.flatnonzero(frames[:, 1])
        assert len(marked) == 2
        assert marked[0] < len(frames) // 2 <= marked[1]
        low, high = ends[label]
        assert low - 1e-3 <= frames[marked, 0].sum() <= high + 1e-3
    assert part.slices.tolist() == part.sequences.lengths.tolist()


def test_the_ranges_of_the_sum_are_equally_likely():
    sums = np.random.default_rng(0).random((200_000, 2)).sum(axis=1)
    counts, _ = np.histogram(sums, edges_of(8))
    np.testing.assert_allclose(counts / len(sums), 1 / 8, atol=0.003)
    np.testing.assert_allclose(edges_of(2), [0, 1, 2])
    with pytest.raises(ConfigError) as caught:
        parse(AddingConfig, {"kind": "adding", "lengths": [1]}, "source")
    assert str(caught.value) == (
        "source.lengths: got [1]; should be different numbers of at least 2."
    )
