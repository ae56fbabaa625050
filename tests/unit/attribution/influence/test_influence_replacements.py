from collections import Counter

import numpy as np
import pytest
from influence_scenes import tokens

from seqarena.attribution.influence.replacements import Replacements
from seqarena.batch import sequences_of
from seqarena.errors import ConfigError
from seqarena.tasks.influence import InfluenceConfig

TRAIN = tokens([0, 0, 1], [3, 3, 3, 0, 0])


def test_every_symbol_is_tried_by_its_share_in_training():
    found = Replacements.of(TRAIN, seed=0).variants(0, np.array([0, 1]))
    one = found.step >= 0
    # Symbol 2 never stands in training; what stands there already is no variant.
    tried = list(zip(found.step[one], found.drawn[one], found.weight[one], strict=True))
    assert tried == [(0, 1, 1 / 8), (0, 2, 3 / 8), (1, 0, 4 / 8), (1, 2, 3 / 8)]
    assert found.unchanged.tolist() == [4 / 8, 1 / 8]


def test_whoever_says_nothing_gets_what_a_task_gets_that_says_nothing():
    plain, task = Replacements.of(TRAIN, seed=0), InfluenceConfig()
    assert (plain.n_draws, plain.exact_up_to) == (task.n_draws, task.exact_up_to)


@pytest.mark.parametrize("exact_up_to", [0, 64])
def test_the_weights_of_a_step_sum_to_one(exact_up_to):
    replacements = Replacements.of(TRAIN, seed=3, exact_up_to=exact_up_to)
    found = replacements.variants(5, np.array([0, 1, 3, 2]))
    sums = found.unchanged.copy()
    one = found.step >= 0
    np.add.at(sums, found.step[one], found.weight[one])
    np.testing.assert_allclose(sums, 1.0)


def test_no_variant_says_what_stands_there_already_or_says_it_twice():
    row = np.array([0, 1, 3, 0])
    replacements = Replacements.of(TRAIN, seed=3, n_draws=16, exact_up_to=0)
    found = replacements.variants(5, row)
    full = replacements.put(row, found, slice(None))
    one = found.step >= 0
    changed = full[one] != row
    assert (changed.sum(axis=1) == 1).all()
    assert (changed.argmax(axis=1) == found.step[one]).all()
    assert max(Counter(map(bytes, full[one])).values()) == 1


@pytest.mark.slow
def test_draws_follow_the_shares():
    replacements = Replacements.of(TRAIN, seed=0, n_draws=20000, exact_up_to=0)
    found = replacements.variants(0, np.array([2]))
    one = found.step >= 0
    assert found.drawn[one].tolist() == [0, 1, 2]
    np.testing.assert_allclose(found.weight[one], [4 / 8, 1 / 8, 3 / 8], atol=0.02)


def test_draws_depend_on_the_row_and_the_step_and_on_nothing_else():
    replacements = Replacements.of(TRAIN, seed=0, n_draws=3, exact_up_to=0)
    short = replacements.variants(4, np.array([2, 2]))
    long = replacements.variants(4, np.array([2, 2, 1, 1]))
    early = (long.step >= 0) & (long.step < 2)
    one = short.step >= 0
    assert short.drawn[one].tolist() == long.drawn[early].tolist()
    assert short.whole.tolist() == long.whole[:, :2].tolist()
    other = replacements.variants(5, np.array([2, 2, 1, 1]))
    assert other.whole.tolist() != long.whole.tolist()


@pytest.mark.parametrize(("n_draws", "n_whole"), [(2, 64), (100, 100)])
@pytest.mark.parametrize("exact_up_to", [0, 64])
def test_whole_inputs_are_drawn_more_often_than_steps(n_draws, n_whole, exact_up_to):
    replacements = Replacements.of(TRAIN, 0, n_draws, exact_up_to)
    row = np.array([2, 2, 1])
    found = replacements.variants(0, row)
    every = found.step < 0
    assert (every.sum(), found.whole.shape) == (n_whole, (n_whole, 3))
    np.testing.assert_allclose(found.weight[every].sum(), 1.0)
    # Symbol 2 is not in training, so that no draw is what stands there.
    assert len(found) + 1 <= replacements.n_inputs(3) <= len(found) + 1 + 3 * n_draws


def test_frames_are_put_in_whole_and_equal_ones_are_no_variant():
    frames = sequences_of([np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[1.0, 2.0]])])
    replacements = Replacements.of(frames, seed=0, n_draws=40)
    row = np.array([[1.0, 2.0], [9.0, 9.0]], dtype=np.float32)
    found = replacements.variants(0, row)
    full = replacements.put(row, found, slice(None))
    known = {(1.0, 2.0), (3.0, 4.0), (9.0, 9.0)}
    assert {tuple(frame) for variant in full for frame in variant.tolist()} == known
    np.testing.assert_allclose(found.unchanged, [2 / 3, 0], atol=0.2)
    assert not any((variant == row).all() for variant in full[found.step >= 0])


def test_the_checksum_is_of_the_pool_and_its_shares():
    one, other = TRAIN, tokens([0, 0, 1, 3], [3, 3, 0, 3])
    assert Replacements.of(one, 0).sha256 == Replacements.of(one, 7, n_draws=3).sha256
    assert Replacements.of(one, 0).sha256 != Replacements.of(other, 0).sha256
    frames = np.arange(4.0, dtype=np.float32)
    flat, wide = (Replacements(frames.reshape(size), None, 0) for size in ((4, 1), (2, 2)))
    assert flat.sha256 != wide.sha256


def test_at_least_one_draw_is_asked_for():
    with pytest.raises(ConfigError) as refusal:
        Replacements.of(TRAIN, seed=0, n_draws=0)
    assert refusal.value.mistakes == ["influence.n_draws: 0; a step needs at least 1 replacement."]
