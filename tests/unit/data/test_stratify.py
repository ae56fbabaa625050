import numpy as np

from seqarena.data.stratify import stratified_share


def test_each_class_gives_its_share() -> None:
    labels = np.repeat([0, 1, 2], [40, 20, 10])
    chosen = stratified_share(labels, np.arange(70), 0.2, np.random.default_rng(0))
    assert np.bincount(labels[chosen]).tolist() == [8, 4, 2]
    assert len(set(chosen.tolist())) == 14


def test_a_rare_class_gives_one_at_least() -> None:
    labels = np.array([0] * 9 + [1])
    chosen = stratified_share(labels, np.arange(10), 0.1, np.random.default_rng(0))
    assert np.bincount(labels[chosen]).tolist() == [1, 1]


def test_only_candidates_are_chosen() -> None:
    labels = np.zeros(10, dtype=np.int64)
    chosen = stratified_share(labels, np.array([2, 3, 5, 7]), 0.5, np.random.default_rng(0))
    assert len(chosen) == 2
    assert set(chosen.tolist()) <= {2, 3, 5, 7}


def test_the_choice_depends_on_the_generator_alone() -> None:
    labels = np.zeros(100, dtype=np.int64)
    rows = np.arange(100)
    first, again, other = (
        stratified_share(labels, rows, 0.2, np.random.default_rng(seed)).tolist()
        for seed in (1, 1, 2)
    )
    assert first == again != other
