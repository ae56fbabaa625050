"""The oracle against lists of everything that can happen, and against the entropy of its source."""

from itertools import product

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from influence_by_hand import influence, one
from seqarena.attribution.influence.measure import measure_influence
from seqarena.attribution.influence.replacements import Replacements
from seqarena.attribution.oracle.oracle_model import OracleDensity, OracleTagger, oracle_of
from seqarena.batch import Sequences, collate_all, sequences_of
from seqarena.data.sources.adding import AddingConfig
from seqarena.data.sources.entropy import entropy, markov_entropy_rate, stationary
from seqarena.data.sources.hidden_markov import HiddenMarkovSourceConfig
from seqarena.data.sources.hidden_markov_states import HiddenMarkovStatesConfig
from seqarena.data.sources.item_markov import ItemMarkovSourceConfig, item_transition
from seqarena.data.sources.known_process import KnownProcess
from seqarena.data.sources.lagged_markov import (
    LaggedMarkovSourceConfig,
    context_distribution,
    lagged_markov_kernel,
)
from seqarena.data.sources.state_posteriors import state_posteriors
from seqarena.data.sources.synthetic import DrawConfig
from seqarena.data.splits import Split
from seqarena.errors import DataError
from seqarena.logspace import NATS_PER_BIT

DRAW = DrawConfig(length=24, scored_from=4, n_train=2, n_valid=2, n_test=400)
LAGGED = LaggedMarkovSourceConfig(kind="lagged_markov_source", draw=DRAW)
HIDDEN = HiddenMarkovSourceConfig(kind="hidden_markov_source", n_monte_carlo=4000, draw=DRAW)
STATES = HiddenMarkovStatesConfig(kind="hidden_markov_states", n_train=2, n_valid=2, n_test=400)
ITEMS = ItemMarkovSourceConfig(
    kind="item_markov_source", n_items=12, n_users=3000, shortest=3, longest=9
)


def oracle(source) -> OracleDensity | OracleTagger:
    found = oracle_of(source)
    assert found is not None
    return found


def log_loss(source, sequences: Sequences) -> tuple[float, float]:
    """Mean over the scored steps, and its standard error over sequences, in nats."""
    batch = collate_all(sequences)
    gold = batch.tokens if batch.tags is None else batch.tags
    loss = -oracle(source).predictive_log_prob(batch).gather(2, gold[:, :, None])[:, :, 0]
    means = (loss * batch.scored).sum(dim=1) / batch.scored.sum(dim=1)
    return float(loss[batch.scored].mean()), float(means.std() / len(means) ** 0.5)


@pytest.mark.parametrize("source", [LAGGED, HIDDEN], ids=lambda each: each.kind)
def test_the_log_loss_of_the_oracle_is_the_floor_of_its_source(source) -> None:
    data = source.read()
    mean, error = log_loss(source, data.parts[Split.TEST].sequences)
    assert abs(mean / NATS_PER_BIT - data.best_possible.value) < 4 * error / NATS_PER_BIT
    # On these very sequences it is what the source says of them, to the last bits.
    assert_allclose(mean / NATS_PER_BIT, data.best_possible.on_test, rtol=1e-12)


def test_the_log_loss_of_the_next_item_is_the_entropy_rate_of_the_chain() -> None:
    transition = item_transition(ITEMS)
    mean, error = log_loss(ITEMS, ITEMS.read().parts[Split.TEST].sequences)
    assert abs(mean - markov_entropy_rate(stationary(transition), transition)) < 4 * error


def test_true_posteriors_choose_as_well_as_can_be_and_their_log_loss_is_their_entropy() -> None:
    data = STATES.read()
    batch = collate_all(data.parts[Split.TEST].sequences)
    probs = oracle(STATES).tag_probs(batch)
    assert_allclose(probs.amax(dim=2).mean(), data.best_possible.value, rtol=1e-12)
    mean, error = log_loss(STATES, data.parts[Split.TEST].sequences)
    assert abs(mean - entropy(probs.numpy()).mean()) < 4 * error


@pytest.mark.parametrize("lag", [2, 3, 4])
def test_the_first_steps_of_the_lagged_chain_are_those_of_a_context_drawn_at_random(lag) -> None:
    source = LaggedMarkovSourceConfig(kind="lagged_markov_source", n_symbols=3, lag=lag, draw=DRAW)
    kernel = lagged_markov_kernel(source)
    contexts = context_distribution(kernel, lag).reshape((3,) * lag)
    every = list(product(range(3), repeat=lag + 1))
    batch = collate_all(sequences_of([np.array(each) for each in every]))
    found = oracle(source).step_log_prob(batch).sum(dim=1).exp().numpy()
    expected = [contexts[each[:lag]] * kernel[each[0], each[lag - 1], each[lag]] for each in every]
    assert_allclose(found, expected, rtol=1e-12)


def test_sequences_of_unequal_length_are_answered_as_each_by_itself() -> None:
    rows = [[0, 3, 1, 2, 5], [2, 2, 0], [7]]
    batch = collate_all(sequences_of([np.array(row) for row in rows]))
    together = oracle(STATES).predictive_log_prob(batch)
    for found, row in zip(together, rows, strict=True):
        model = STATES.known_process.predict(np.array([row]))[0]
        assert_allclose(found[: len(row)].exp(), model, rtol=1e-12)


def test_after_what_cannot_be_every_choice_is_equally_probable() -> None:
    def never(tokens):
        return np.zeros((*tokens.shape, 4))

    found = OracleDensity(KnownProcess("density", 4, never)).predictive_log_prob(one([1, 2]))
    assert_allclose(found.exp(), np.full((1, 2, 4), 0.25))


def test_what_has_no_true_process_has_no_oracle() -> None:
    assert oracle_of(AddingConfig(kind="adding")) is None


def test_a_symbol_outside_the_alphabet_is_refused() -> None:
    with pytest.raises(DataError, match="9"):
        oracle(LAGGED).predictive_log_prob(one([0, 9]))


def test_the_map_of_the_lagged_oracle_looks_one_and_three_steps_back_and_nowhere_else() -> None:
    source = LaggedMarkovSourceConfig(kind="lagged_markov_source", n_symbols=3, draw=DRAW)
    tokens = torch.tensor([0, 1, 1, 2, 0, 2, 2])
    effect = influence(oracle(source), one(tokens), np.full(3, 1 / 3)).effect
    outputs, steps = np.indices(effect.shape)
    # Before the whole context is there, all that was seen tells of what was not.
    late, distance = outputs >= 3, outputs - steps
    assert (effect[late & (np.isin(distance, [1, 3]))] > 0.01).all()
    assert not effect[late & ~np.isin(distance, [1, 3])].any()
    assert not effect[distance <= 0].any()


def test_a_state_is_told_by_the_symbols_around_it_the_nearer_the_more() -> None:
    tokens = np.array([0, 3, 1, 2, 5, 2, 6])
    effect = influence(oracle(STATES), one(tokens), np.full(8, 1 / 8), gold=np.zeros(7, int)).effect
    distance = np.abs(np.subtract.outer(np.arange(7), np.arange(7)))
    by_distance = [effect[distance == each].mean() for each in range(4)]
    assert by_distance == sorted(by_distance, reverse=True)
    assert (effect > 0).all()


def test_posteriors_of_the_source_and_of_the_oracle_are_one_thing() -> None:
    model = STATES.known_process.predict.args[0]
    tokens = np.array([[1, 4, 4, 0]])
    assert_allclose(
        oracle(STATES).predictive_log_prob(one(tokens[0]))[0].exp(),
        state_posteriors(model, tokens)[0],
    )


@pytest.mark.parametrize("source", [LAGGED, STATES], ids=lambda each: each.kind)
def test_the_true_map_is_made_by_the_operator_of_every_family(source) -> None:
    parts = source.read().parts
    replacements = Replacements.of(parts[Split.TEST].sequences, seed=0)
    test = parts[Split.TEST].sequences.select(np.array([0, 1]))
    x, gold = test.sequence(1)[:8], None if test.tags is None else test.tags_of(1)[:8]
    short = sequences_of([x], tags=None if gold is None else [gold])
    found = measure_influence(oracle(source), short, np.array([0]), replacements).maps[0]
    expected = influence(oracle(source), one(x), replacements.probs, gold)
    assert_allclose(found.effect, expected.effect, atol=1e-9)
    assert_allclose(found.change, expected.change, atol=1e-7)
