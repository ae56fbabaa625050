"""Majority of three: the context decides, and no step of (1, 1, 1) does so alone."""

from itertools import permutations, product

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from classical_scenes import random_frames
from influence_by_hand import Answering, divergence, influence, one
from seqarena.attribution.influence.influence_map import InfluenceMap
from seqarena.attribution.influence.measure import measure_influence
from seqarena.attribution.influence.replacements import Replacements
from seqarena.attribution.oracle.redundancy import (
    pooled_redundancy,
    redundancy_ratio,
    redundant_rows,
)
from seqarena.attribution.oracle.shapley import (
    ShapleySetting,
    shapley_map,
    shapley_row,
)
from seqarena.batch import collate_all, sequences_of
from seqarena.errors import ConfigError, DataError

P = 0.95
FAIR = Replacements.of(sequences_of([np.array([0, 1])]), seed=0)


def majority(before: tuple[int, ...]) -> list[float]:
    """The fourth symbol repeats most of the first three, with probability P."""
    if len(before) < 3:
        return [0.5, 0.5]
    p = P if sum(before[:3]) >= 2 else 1 - P
    return [1 - p, p]


def a_window_of(n: int):
    def says(before: tuple[int, ...]) -> list[float]:
        p = 0.1 + 0.8 * sum(before[-n:]) / n
        return [1 - p, p]

    return Answering(says)


def value(context: tuple[int, ...], replaced: tuple[int, ...], formula) -> float:
    """What replacing some steps does to the prediction: by listing, with fair coins."""
    after = []
    for coins in product((0, 1), repeat=len(replaced)):
        changed = list(context)
        for step, coin in zip(replaced, coins, strict=True):
            changed[step] = coin
        after.append(formula(tuple(changed)))
    return divergence(np.array(formula(context)), np.mean(after, axis=0))


def shapley(context: tuple[int, ...], formula) -> np.ndarray:
    """The mean over all orders of what each step adds."""
    shares = np.zeros(len(context))
    orders = list(permutations(range(len(context))))
    for order in orders:
        for place, step in enumerate(order):
            with_it, without = order[: place + 1], order[:place]
            added = value(context, with_it, formula) - value(context, without, formula)
            shares[step] += added / len(orders)
    return shares


@pytest.mark.parametrize(
    ("context", "alone", "shares"),
    [
        ((1, 1, 1), (0.0, 0.0, 0.0), (0.068, 0.068, 0.068)),
        ((1, 1, 0), (0.357, 0.357, 0.0), (0.156, 0.156, -0.108)),
    ],
)
def test_majority_of_three(context, alone, shares) -> None:
    example = one([*context, 1])
    single = influence(Answering(majority), example, np.array([0.5, 0.5]))
    assert_allclose(single.effect[3, :3], alone, atol=5e-4)
    found = shapley_row(Answering(majority), example, 3, FAIR)
    assert found.steps.tolist() == [0, 1, 2]
    assert_allclose(found.effect, shares, atol=5e-4)
    assert_allclose(found.effect, shapley(context, majority), atol=1e-6)
    assert_allclose(found.total, value(context, (0, 1, 2), majority), atol=1e-12)
    assert abs(found.residual) < 1e-6


def test_changes_of_the_gold_symbol_are_divided_too() -> None:
    found = shapley_row(Answering(majority), one([1, 1, 1, 1]), 3, FAIR)
    assert_allclose(found.change, np.full(3, np.log2(P / 0.5) / 3), atol=1e-6)


@pytest.mark.slow
def test_orders_that_are_drawn_come_near_and_leave_no_residual() -> None:
    context = (1, 0, 1, 1, 0, 1)
    example, model = one([*context, 1]), a_window_of(6)
    found = shapley_row(model, example, 6, FAIR, ShapleySetting(n_orders=200))
    expected = shapley(context, lambda before: model.formula(before))
    assert_allclose(found.effect, expected, atol=0.02)
    assert abs(found.residual) < 1e-6
    torch.random.manual_seed(1)
    again = shapley_row(model, example, 6, FAIR, ShapleySetting(n_orders=200))
    assert found.effect.tolist() == again.effect.tolist()


def test_nobody_else_feels_the_orders_that_are_drawn() -> None:
    before = torch.random.get_rng_state()
    shapley_row(a_window_of(6), one([1, 0, 1, 1, 0, 1, 1]), 6, FAIR, ShapleySetting(n_orders=2))
    assert torch.equal(before, torch.random.get_rng_state())


def test_contents_too_many_to_list_are_the_draws_of_whole_inputs() -> None:
    train = sequences_of([np.arange(20)])
    some = Replacements.of(train, seed=0, n_draws=3)

    def last_three(before: tuple[int, ...]) -> list[float]:
        weight = 1.0 + np.bincount(before[-3:], minlength=20)
        return list(weight / weight.sum())

    x = [3, 1, 4, 1, 5, 9]
    found = shapley_row(Answering(last_three), one(x), 5, some, ShapleySetting(window=4))
    assert found.steps.tolist() == [1, 2, 3, 4]
    drawn = some.variants(0, np.array(x)).whole[:3, 1:5]
    after = [last_three((3, *row)) for row in drawn]
    expected = divergence(np.array(last_three(tuple(x[:5]))), np.mean(after, axis=0))
    assert_allclose(found.total, expected, atol=1e-12)
    assert found.effect[0] == 0


def test_contents_behind_which_nothing_is_expected_are_left_out_of_the_mean() -> None:
    def refusing(before: tuple[int, ...]) -> list[float]:
        return [0.0, 0.0] if before[-2:] == (0, 0) else majority((1, *before[-2:]))

    found = shapley_row(Answering(refusing), one([1, 1, 1]), 2, FAIR)
    # Of four contents (1, 1), (1, 0) and (0, 1) are left, all of which have a majority of ones.
    assert found.total == 0


def test_rare_contents_weigh_little() -> None:
    mostly_ones = Replacements.of(sequences_of([np.array([0, 1, 1, 1])]), seed=0)
    found = shapley_row(Answering(majority), one([1, 1, 1, 1]), 3, mostly_ones)
    # Most of three is ones with probability q^3 + 3 q^2 (1 - q), q = 3/4.
    ones = 27 / 64 + 3 * 9 / 64
    mean = ones * P + (1 - ones) * (1 - P)
    expected = divergence(np.array([1 - P, P]), np.array([1 - mean, mean]))
    assert_allclose(found.total, expected, atol=1e-12)


def test_a_step_that_nobody_reads_gets_nothing() -> None:
    found = shapley_row(a_window_of(2), one([0, 1, 1, 0]), 3, FAIR)
    assert found.effect[0] == 0
    assert found.effect[1:].min() > 0.01


class Tagging:
    """Tags a step by the symbol two steps on, where there is one."""

    def tag_probs(self, batch):
        ahead = torch.nn.functional.pad(batch.tokens[:, 2:], (0, 2)).double()
        return torch.stack([0.9 - 0.8 * ahead, 0.1 + 0.8 * ahead], dim=2)


def test_a_tag_looks_to_both_sides() -> None:
    example = one([0, 1, 0, 1, 1, 0, 1], tags=[np.zeros(7, dtype=int)])
    found = shapley_row(Tagging(), example, 2, FAIR, ShapleySetting(window=5))
    assert found.steps.tolist() == [0, 1, 2, 3, 4]
    assert (found.effect > 0.01).tolist() == [False, False, False, False, True]
    at_the_end = shapley_row(Tagging(), example, 6, FAIR, ShapleySetting(window=5))
    assert at_the_end.steps.tolist() == [2, 3, 4, 5, 6]


class Labelling:
    """A label that the last symbol names."""

    def class_log_prob(self, batch):
        last = batch.tokens[:, -1].double()
        return torch.stack([0.9 - 0.8 * last, 0.1 + 0.8 * last], dim=1).log()


def test_a_label_is_one_output() -> None:
    example = one([0, 1, 1], labels=[1])
    found, residual = shapley_map(Labelling(), example, np.array([True]), FAIR)
    assert found.effect.shape == (1, 3)
    assert_allclose(found.effect[0], [0, 0, found.whole[0]], atol=1e-6)
    assert residual < 1e-6


def test_a_map_holds_the_rows_that_were_asked_for() -> None:
    example = one([1, 1, 1, 1, 0])
    found, residual = shapley_map(
        Answering(majority), example, np.array([False, False, False, True, False]), FAIR
    )
    assert found.version == "shapley"
    assert found.valid.sum(axis=1).tolist() == [0, 0, 0, 3, 0]
    assert not found.effect[[0, 1, 2, 4]].any()
    assert_allclose(found.effect[3].sum(), found.whole[3], atol=1e-6)
    assert residual < 1e-6


def test_redundant_rows_of_a_measured_map_are_shared_out() -> None:
    data = sequences_of([np.array(x) for x in ([1, 1, 0, 1], [0, 0, 0, 1])])
    model = Answering(majority)
    decided, tied = measure_influence(model, data, np.array([1, 0]), FAIR).maps
    assert not redundant_rows(tied).any()
    rows = redundant_rows(decided)
    assert rows.tolist() == [False, False, False, True]
    shared, _ = shapley_map(model, one([0, 0, 0, 1]), rows, FAIR)
    assert_allclose(shared.effect[3, :3], shapley((0, 0, 0), majority), atol=1e-6)
    # All zeros speak against the one that follows.
    assert shared.change[3].sum() < 0


def test_the_first_step_has_nothing_to_divide() -> None:
    found = shapley_row(Answering(majority), one([1, 1]), 0, FAIR)
    assert (len(found.steps), found.total, found.residual) == (0, 0.0, 0.0)


def test_frames_have_no_choices_to_divide() -> None:
    class Frames:
        def step_log_prob(self, batch):
            return torch.zeros(batch.mask.shape)

    data = random_frames(1, shortest=3)
    with pytest.raises(DataError, match="Frames gives no probabilities of choices"):
        shapley_row(Frames(), collate_all(data), 1, Replacements.of(data, seed=0))


def test_settings_below_one_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"shapley\.window: 0; should be 1 or more"):
        ShapleySetting(window=0)


def of(effect, whole) -> InfluenceMap:
    effect = np.array(effect)
    return InfluenceMap(effect, np.zeros_like(effect), np.array(whole, dtype=float))


def test_the_ratio_tells_where_single_steps_explain_nothing() -> None:
    one_map = of([[0.0, 0.0], [0.0, 0.0], [0.1, 0.1], [0.3, 0.3]], [0.0, 0.4, 0.8, 0.5])
    assert_allclose(redundancy_ratio(one_map), [np.nan, 0.0, 0.25, 1.2])
    assert redundant_rows(one_map).tolist() == [False, True, True, False]
    assert redundant_rows(one_map, below=0.1).tolist() == [False, True, False, False]
    pooled = pooled_redundancy([one_map, of([[0.3, 0.0]], [0.3])])
    assert_allclose(pooled.mean, 1.1 / 2.0)
    assert pooled.n == 4


def test_where_nothing_matters_there_is_no_ratio() -> None:
    pooled = pooled_redundancy([of([[0.0]], [0.0])])
    assert np.isnan(pooled.mean)
    assert pooled.n == 0


def test_majority_of_three_is_redundant_by_its_ratio() -> None:
    model = Answering(majority)
    single = influence(model, one([1, 1, 1, 1]), np.array([0.5, 0.5]))
    turned = divergence(np.array([1 - P, P]), np.array([P, 1 - P]))
    whole = np.array([0.0, 0.0, 0.0, turned / 2])
    found = redundant_rows(InfluenceMap(single.effect, single.change, whole))
    assert found.tolist() == [False, False, False, True]


def test_a_map_without_the_whole_has_no_ratio() -> None:
    with pytest.raises(DataError, match="whole"):
        redundancy_ratio(InfluenceMap(np.zeros((1, 1)), np.zeros((1, 1))))
