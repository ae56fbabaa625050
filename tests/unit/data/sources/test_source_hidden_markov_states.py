from itertools import product

import numpy as np
import pytest
from numpy.testing import assert_allclose

from seqarena.data.sources.entropy import HiddenMarkov
from seqarena.data.sources.hidden_markov_states import (
    HiddenMarkovStatesConfig,
    best_accuracy,
    draw_hidden_markov_states,
    known_model,
)
from seqarena.data.sources.state_posteriors import state_posteriors
from seqarena.data.splits import Split

SMALL = HiddenMarkovStatesConfig(
    kind="hidden_markov_states", n_states=3, n_symbols=4, length=5, n_train=7, n_valid=3, n_test=6
)


def _paths(model: HiddenMarkov, tokens: np.ndarray) -> dict[tuple[int, ...], float]:
    """Return p(path | tokens) of every hidden path of one sequence."""
    joint = {}
    for path in product(range(len(model.start)), repeat=len(tokens)):
        probability = model.start[path[0]] * model.emission[path[0], tokens[0]]
        for step in range(1, len(tokens)):
            probability *= model.transition[path[step - 1], path[step]]
            probability *= model.emission[path[step], tokens[step]]
        joint[path] = probability
    total = sum(joint.values())
    return {path: probability / total for path, probability in joint.items()}


def test_posteriors_are_the_shares_of_all_paths_through_a_state() -> None:
    model = known_model(SMALL)
    tokens = np.array([[0, 3, 1, 2], [2, 2, 0, 1]])
    found = state_posteriors(model, tokens)
    for row, own in enumerate(tokens):
        paths = _paths(model, own)
        for step, state in product(range(4), range(3)):
            expected = sum(p for path, p in paths.items() if path[step] == state)
            assert_allclose(found[row, step, state], expected)


def test_a_single_step_is_bayes_rule() -> None:
    model = known_model(SMALL)
    joint = model.start * model.emission[:, 2]
    assert_allclose(state_posteriors(model, np.array([[2]]))[0, 0], joint / joint.sum())


def test_the_best_accuracy_is_what_the_best_rule_expects_over_all_states() -> None:
    model = known_model(SMALL)
    tokens = np.array([[1, 0, 3]])
    paths = _paths(model, tokens[0])
    best = best_accuracy(model, tokens, np.zeros_like(tokens))
    rules = product(range(3), repeat=3)
    expected = max(
        sum(p * np.mean(np.array(rule) == np.array(path)) for path, p in paths.items())
        for rule in rules
    )
    assert best.value == pytest.approx(expected)
    assert best.lower == best.value == best.upper
    # On given states it is the share that the rule happens to name.
    rule = max(product(range(3), repeat=3), key=lambda rule: _worth(rule, paths))
    states = np.array([[rule[0], rule[1], (rule[2] + 1) % 3]])
    assert best_accuracy(model, tokens, states).on_test == pytest.approx(2 / 3)


def _worth(rule: tuple[int, ...], paths: dict[tuple[int, ...], float]) -> float:
    return sum(
        p * sum(a == b for a, b in zip(rule, path, strict=True)) for path, p in paths.items()
    )


def test_states_are_drawn_with_the_symbols_that_they_emit() -> None:
    config = SMALL.model_copy(update={"n_test": 4_000, "length": 12})
    data, model = draw_hidden_markov_states(config), known_model(config)
    test = data.parts[Split.TEST].sequences
    assert test.tags is not None
    states, tokens = test.tags.reshape(-1, 12), test.values.reshape(-1, 12)
    for state in range(3):
        shares = np.bincount(tokens[states == state], minlength=4) / (states == state).sum()
        assert_allclose(shares, model.emission[state], atol=0.02)
        after = states[:, 1:][states[:, :-1] == state]
        assert_allclose(
            np.bincount(after, minlength=3) / len(after), model.transition[state], atol=0.02
        )
    # Sequences are long enough for the luck of the draw to be small.
    best = data.best_possible
    assert best is not None
    assert best.on_test == pytest.approx(best.value, abs=0.01)


def test_the_parts_are_a_function_of_the_settings_alone() -> None:
    first, second = draw_hidden_markov_states(SMALL), draw_hidden_markov_states(SMALL)
    for split, size in zip(Split, (7, 3, 6), strict=True):
        one, other = first.parts[split].sequences, second.parts[split].sequences
        assert len(one) == size
        assert np.array_equal(one.values, other.values)
        assert one.tags is not None
        assert other.tags is not None
        assert np.array_equal(one.tags, other.tags)
    others = draw_hidden_markov_states(SMALL.model_copy(update={"seed": 1}))
    assert not np.array_equal(
        first.parts[Split.TRAIN].sequences.values, others.parts[Split.TRAIN].sequences.values
    )
    assert first.schema.n_tags == 3
    assert first.tag_names == ("state 0", "state 1", "state 2")
