"""Widths solved for a budget of parameters, against models that are built one by one."""

import numpy as np
import pytest

from seqarena.experiment.budget.config import ParameterBudget
from seqarena.experiment.budget.counting import parameters_of
from seqarena.experiment.budget.solving import nearest_width
from seqarena.experiment.budget.widths import is_allowed, width_knob, with_width
from seqarena.families.catalogue import parse_family
from seqarena.schema import DataSchema
from seqarena.sequences import Sequences

SYMBOLS = DataSchema("density", n_symbols=5, max_length=12)
FRAMES = DataSchema("classification", dim=3, n_classes=4, max_length=12)
TAGS = DataSchema("tagging", n_symbols=5, n_tags=3, max_length=12)
TARGETS = DataSchema(
    "transduction",
    n_symbols=5,
    n_target_symbols=4,
    target_end=0,
    max_length=12,
    max_target_length=6,
)
WORDS = DataSchema(
    "transduction", dim=3, n_target_symbols=4, target_end=3, max_length=12, max_target_length=6
)
CASES = {
    "elman": ({"kind": "elman_rnn"}, SYMBOLS),
    "lstm": ({"kind": "lstm", "n_layers": 2}, SYMBOLS),
    "tied": ({"kind": "lstm", "tie_weights": True}, SYMBOLS),
    "both ways": ({"kind": "gru", "bidirectional": True}, FRAMES),
    "multi-head": ({"kind": "gru", "attention": "multi_head", "n_heads": 8}, FRAMES),
    "attention": ({"kind": "attention", "attention": "softmax"}, FRAMES),
    "crf": ({"kind": "lstm", "tag_head": "crf"}, TAGS),
    "decoder": ({"kind": "gru", "attention": "weighted_sum_additive"}, TARGETS),
    "transformer": ({"kind": "transformer"}, SYMBOLS),
    "rotary": ({"kind": "transformer", "positions": "rotary", "n_heads": 2}, FRAMES),
    "hmm": ({"kind": "hidden_markov"}, SYMBOLS),
    "left to right": ({"kind": "hidden_markov", "topology": "left_to_right"}, FRAMES),
    "gmm": ({"kind": "gaussian_mixture"}, FRAMES),
    "full": ({"kind": "gaussian_mixture", "covariance": "full"}, FRAMES),
    "markov": ({"kind": "markov_chain"}, SYMBOLS),
    "words": ({"kind": "word_recogniser"}, WORDS),
}


def symbols(n=40, length=12, seed=0):
    tokens = np.random.default_rng(seed).integers(0, 5, n * length)
    return Sequences(np.arange(n + 1) * length, tokens=tokens)


def counter(schema):
    train = symbols()
    return lambda config: parameters_of(config, schema, train)


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("target", [60, 700, 2501])
def test_the_width_is_the_nearest_of_all(name, target):
    raw, schema = CASES[name]
    config, count = parse_family(raw, "f"), counter(schema)
    knob, _ = width_knob(config, schema.task_kind, schema.input_kind)
    found = nearest_width(config, knob, target, count)
    sizes = {
        value: count(with_width(config, knob, value))
        for value in range(2 * found.value + 2)
        if is_allowed(config, knob, value)
    }
    best = min(sizes, key=lambda value: (abs(sizes[value] - target), value))
    assert (found.value, found.n_parameters) == (best, sizes[best])


@pytest.mark.parametrize(
    ("raw", "schema"),
    [
        ({"kind": "hidden_markov"}, TAGS),
        ({"kind": "markov_chain"}, FRAMES),
        ({"kind": "nearest_neighbour"}, FRAMES),
        ({"kind": "most_frequent_class"}, FRAMES),
    ],
)
def test_some_families_have_no_width(raw, schema):
    knob, why = width_knob(parse_family(raw, "f"), schema.task_kind, schema.input_kind)
    assert knob is None
    assert why


def test_settings_that_leave_one_width_have_that_one():
    forbidden = {"kind": "hidden_markov", "n_states": 9, "forbidden_moves": [[0, 8]]}
    config = parse_family(forbidden, "f")
    assert nearest_width(config, "n_states", 1, counter(SYMBOLS)).value == 9
    preset = parse_family({"kind": "transformer", "preset": "tiny"}, "f")
    assert nearest_width(preset, "model_dim", 1000, counter(SYMBOLS)).value == 128


def test_a_width_keeps_what_else_was_said():
    config = parse_family({"kind": "lstm", "optimiser": {"learning_rate": 0.5}}, "f")
    wider = with_width(config, "model_dim", 99)
    assert (wider.model_dim, wider.optimiser.learning_rate) == (99, 0.5)


def test_a_budget_holds_up_to_both_edges():
    budget = ParameterBudget(target=200, within=0.05)
    assert [budget.holds(n) for n in (189, 190, 210, 211)] == [False, True, True, False]
    assert budget.told() == "200 ± 5 %"


@pytest.mark.parametrize("most", [10, 40])
def test_a_family_whose_parameters_end_to_grow_is_not_widened_for_ever(most):
    config = parse_family({"kind": "lstm"}, "family")
    found = nearest_width(config, "model_dim", 1_000, lambda each: min(each.model_dim, most))
    assert found.n_parameters == most
    assert nearest_width(config, "model_dim", 1_000, lambda _: 7).n_parameters == 7
