"""The floors of the synthetic sources against brute force, hmmlearn, and their own samples."""

from itertools import product

import numpy as np
import pytest
from hmmlearn.hmm import CategoricalHMM

from seqarena.batch import Sequences
from seqarena.data.sources import hidden_markov, lagged_markov
from seqarena.data.sources.entropy import (
    HiddenMarkov,
    entropy,
    hidden_entropy_bracket,
    next_probs,
    stationary,
)
from seqarena.data.sources.hidden_markov import (
    HiddenMarkovSourceConfig,
    draw_hidden_markov,
    expected_step_entropies,
    hidden_markov_parameters,
)
from seqarena.data.sources.lagged_markov import (
    LaggedMarkovSourceConfig,
    context_distribution,
    draw_lagged_markov,
    entropy_rate,
    lagged_markov_kernel,
)
from seqarena.data.sources.synthetic import DrawConfig, Predictor, scored_log_loss
from seqarena.data.splits import Split

HIDDEN = HiddenMarkovSourceConfig(
    kind="hidden_markov_source",
    n_monte_carlo=4_000,
    draw=DrawConfig(n_train=2, n_valid=2, n_test=400),
)
LAGGED = LaggedMarkovSourceConfig(
    kind="lagged_markov_source", draw=DrawConfig(n_train=2, n_valid=2, n_test=400)
)


def _tiny_hidden() -> HiddenMarkov:
    generator = np.random.default_rng(3)
    transition = generator.dirichlet(np.ones(2), size=2)
    emission = generator.dirichlet(np.ones(3), size=2)
    return HiddenMarkov(stationary(transition), transition, emission)


def _path_sum(model: HiddenMarkov, symbols: tuple[int, ...]) -> float:
    """p(symbols), summed over every path of states."""
    if not symbols:
        return 1.0
    total = 0.0
    for states in product(range(len(model.start)), repeat=len(symbols)):
        p = model.start[states[0]] * model.emission[states[0], symbols[0]]
        for step in range(1, len(symbols)):
            p *= model.transition[states[step - 1], states[step]]
            p *= model.emission[states[step], symbols[step]]
        total += p
    return total


def _conditional_entropy(model: HiddenMarkov, n: int) -> float:
    """H(X_n | X_1..n-1) by the chain rule over all sequences."""

    def block(length: int) -> float:
        probs = [_path_sum(model, x) for x in product(range(3), repeat=length)]
        return -sum(p * np.log(p) for p in probs)

    return block(n) - block(n - 1)


def test_entropy_of_a_fair_coin_is_log_two_and_impossible_outcomes_add_nothing() -> None:
    assert entropy(np.array([[0.5, 0.5, 0.0], [1.0, 0.0, 0.0]])).tolist() == [np.log(2), 0.0]


def test_the_stationary_distribution_by_hand() -> None:
    # From state 0 one leaves with 0.2, from state 1 with 0.1: twice as long in state 1.
    assert np.allclose(stationary(np.array([[0.8, 0.2], [0.1, 0.9]])), [1 / 3, 2 / 3])


def test_predictions_of_the_hidden_source_are_ratios_of_path_sums() -> None:
    model = _tiny_hidden()
    tokens = np.array([[0, 2, 1, 1], [2, 2, 0, 1]])
    predicted = next_probs(model, tokens)
    for row, step, symbol in product(range(2), range(4), range(3)):
        before = tuple(tokens[row, :step].tolist())
        expected = _path_sum(model, (*before, symbol)) / (_path_sum(model, before) if step else 1)
        assert np.isclose(predicted[row, step, symbol], expected)


def test_the_hidden_source_agrees_with_hmmlearn() -> None:
    model = hidden_markov_parameters(HIDDEN)
    oracle = CategoricalHMM(n_components=HIDDEN.n_states, n_features=HIDDEN.n_symbols)
    oracle.startprob_, oracle.transmat_ = model.start, model.transition
    oracle.emissionprob_ = model.emission
    tokens = hidden_markov.sample(model, 3, 40, np.random.default_rng(0))
    chosen = np.take_along_axis(next_probs(model, tokens), tokens[..., None], axis=2)
    ours = np.log(chosen[..., 0]).sum(axis=1)
    assert np.allclose(ours, [oracle.score(row[:, None]) for row in tokens])


@pytest.mark.parametrize("n", [1, 2, 4])
def test_the_bracket_is_exact(n: int) -> None:
    model = _tiny_hidden()
    lower, upper = hidden_entropy_bracket(model, n)
    expected = [
        _conditional_entropy(HiddenMarkov(row, model.transition, model.emission), n)
        for row in np.eye(2)
    ]
    assert np.isclose(upper, _conditional_entropy(model, n))
    assert np.isclose(lower, model.start @ expected)


def test_the_bracket_closes_in() -> None:
    model = hidden_markov_parameters(HIDDEN)
    brackets = [hidden_entropy_bracket(model, n) for n in range(1, 6)]
    lows, highs = zip(*brackets, strict=True)
    assert list(lows) == sorted(lows)
    assert list(highs) == sorted(highs, reverse=True)
    assert lows[-1] < highs[-1]


def test_monte_carlo_finds_what_can_be_listed() -> None:
    """Two scored steps of three symbols: the expectation is a sum over 27 sequences."""
    config = HiddenMarkovSourceConfig(
        kind="hidden_markov_source",
        n_states=2,
        n_symbols=3,
        n_monte_carlo=4_000,
        draw=DrawConfig(length=3, scored_from=1),
    )
    model = hidden_markov_parameters(config)
    exact = (_conditional_entropy(model, 2) + _conditional_entropy(model, 3)) / 2
    means = expected_step_entropies(model, config)
    error = means.std(ddof=1) / np.sqrt(len(means))
    assert abs(means.mean() - exact) < 3 * error
    assert error < 0.01


@pytest.mark.parametrize("lag", [2, 3])
def test_the_rate_of_the_lagged_source_is_the_conditional_entropy_by_listing(lag: int) -> None:
    config = LAGGED.model_copy(update={"n_symbols": 2, "lag": lag})
    kernel = lagged_markov_kernel(config)
    contexts = list(product(range(2), repeat=lag))
    moves = np.zeros((len(contexts), len(contexts)))
    rows = np.zeros((len(contexts), 2))
    for index, context in enumerate(contexts):
        for symbol in range(2):
            p = kernel[context[0], context[-1], symbol]
            rows[index, symbol] = p
            moves[index, contexts.index((*context[1:], symbol))] += p
    values, vectors = np.linalg.eig(moves.T)
    start = np.real(vectors[:, np.argmax(np.real(values))])
    start = start / start.sum()
    expected = -sum(start[i] * p * np.log(p) for i, row in enumerate(rows) for p in row)
    stationary_contexts = context_distribution(kernel, lag)
    assert np.allclose(stationary_contexts.ravel(), start)
    assert np.isclose(entropy_rate(kernel, stationary_contexts), expected)


def test_the_lagged_kernel_copies_from_the_lag_and_draws_from_the_last() -> None:
    kernel = lagged_markov_kernel(LAGGED)
    assert np.allclose(kernel.sum(axis=2), 1)
    drawn = kernel - LAGGED.copy_probability * np.eye(8)[:, None, :]
    assert np.allclose(drawn, drawn[:1])
    assert not np.allclose(drawn, drawn[:, :1])


def test_lagged_samples_follow_the_kernel() -> None:
    config = LAGGED.model_copy(update={"n_symbols": 3})
    kernel = lagged_markov_kernel(config)
    contexts = context_distribution(kernel, 3)
    tokens = lagged_markov.sample(kernel, contexts, 2_000, 30, np.random.default_rng(0))
    counts = np.zeros((3, 3, 3))
    np.add.at(counts, (tokens[:, :-3], tokens[:, 2:-1], tokens[:, 3:]), 1)
    totals = counts.sum(axis=2, keepdims=True)
    error = np.sqrt(kernel * (1 - kernel) / totals)
    assert (np.abs(counts / totals - kernel) < 4.5 * error + 1e-9).all()
    firsts = np.bincount(tokens[:, 0], minlength=3) / 2_000
    assert np.abs(firsts - contexts.sum(axis=(1, 2))).max() < 0.05


def _test_part(source: object) -> Sequences:
    return source.parts[Split.TEST].sequences


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["hidden", "lagged"])
def test_the_true_process_scores_the_floor_on_the_test_split(kind: str) -> None:
    if kind == "hidden":
        source, model = draw_hidden_markov(HIDDEN), hidden_markov_parameters(HIDDEN)

        def predict(tokens: np.ndarray) -> np.ndarray:
            return next_probs(model, tokens)
    else:
        source, kernel = draw_lagged_markov(LAGGED), lagged_markov_kernel(LAGGED)

        def predict(tokens: np.ndarray) -> np.ndarray:
            return lagged_markov.next_probs(kernel, tokens, LAGGED.lag)

    floor = source.best_possible
    per_sequence = scored_log_loss(_test_part(source), predict).mean(axis=1) / np.log(2)
    error = np.hypot(per_sequence.std(ddof=1) / np.sqrt(len(per_sequence)), floor.standard_error)
    assert abs(per_sequence.mean() - floor.value) < 3 * error
    assert np.isclose(floor.on_test, per_sequence.mean())
    assert floor.lower - 1e-12 <= floor.value <= floor.upper + 1e-12
    assert floor.unit == "bits"


@pytest.mark.slow
def test_the_floor_of_the_hidden_source_lies_in_its_bracket_with_a_small_error() -> None:
    floor = draw_hidden_markov(HIDDEN).best_possible
    assert floor.lower < floor.value - 3 * floor.standard_error
    assert floor.value + 3 * floor.standard_error < floor.upper
    assert floor.standard_error < 0.003


def test_context_is_not_scored() -> None:
    sequences = _test_part(draw_lagged_markov(LAGGED))

    def predict(tokens: np.ndarray) -> np.ndarray:
        predicted = np.full((*tokens.shape, 8), np.nan)
        predicted[:, 16:] = 0.125
        return predicted

    flat: Predictor = predict
    assert scored_log_loss(sequences, flat).shape == (400, 112)
    assert np.allclose(scored_log_loss(sequences, flat), np.log(8))
