"""Maps of what a step tells, against lists of every symbol and every path that could be there."""

from itertools import product

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose
from torch import nn

from classical_scenes import (
    a_chain,
    an_hmm,
    fit_plainly,
    random_counts,
    random_frames,
    random_hmm,
    random_rolls,
    random_shares,
    random_tokens,
    set_hmm,
    tokens,
)
from influence_by_hand import divergence, one
from seqarena.attribution.oracle import marginal_states, marginal_symbols
from seqarena.attribution.oracle.marginalise import marginalised, of_symbols
from seqarena.attribution.oracle.oracle_model import OracleDensity
from seqarena.batch import Sequences, collate_all, sequences_of
from seqarena.data.sources.lagged_markov import LaggedMarkovSourceConfig
from seqarena.errors import ArtifactError, DataError
from seqarena.families.bayes_classifier import BayesClassifier
from seqarena.families.gaussian_mixture import GaussianMixture
from seqarena.families.gaussian_mixture_config import GaussianMixtureConfig
from seqarena.families.hidden_markov import HiddenMarkovConfig, HiddenMarkovModel
from seqarena.families.hidden_markov_tagger import HiddenMarkovTagger
from seqarena.families.vector_quantiser import QuantisedClassifier
from seqarena.schema import DataSchema

X = [0, 2, 1, 1]


def fitted_chain(order=2, n_symbols=3, **knobs):
    model = a_chain(order, n_symbols, **knobs)
    fit_plainly(model, random_tokens(30, n_symbols, seed=order))
    return model.eval()


def maps_of(model, sequences):
    return marginalised(model, sequences, np.arange(len(sequences)))


def sticky_hmm(n_symbols: int, seed: int = 0) -> HiddenMarkovModel:
    """Two states that last, so that a step tells much of those after it."""
    model = random_hmm(2, n_symbols, seed=seed)
    emission = random_shares(2, n_symbols, seed=seed) ** 4
    return set_hmm(
        model,
        [0.3, 0.7],
        [[0.9, 0.1], [0.2, 0.8]],
        emission / emission.sum(dim=1, keepdim=True),
    ).eval()


def joint(model, x) -> float:
    return float(model.log_prob(one(x)).exp()) if len(x) else 1.0


def expected_without(model, x, step, output, n_symbols) -> np.ndarray:
    """p(symbol at `output` | the steps before but one), by listing what stands at that one."""
    found = np.zeros(n_symbols)
    for there in range(n_symbols):
        before = [*x[:step], there, *x[step + 1 : output]]
        for symbol in range(n_symbols):
            found[symbol] += joint(model, [*before, symbol])
    return found / found.sum()


@pytest.mark.parametrize(
    ("model", "n_symbols"),
    [
        (sticky_hmm(3), 3),
        (random_hmm(3, 3, seed=5, zeros=True).eval(), 3),
        (fitted_chain(1), 3),
        (fitted_chain(2, smoothing="kneser_ney"), 3),
    ],
    ids=["hidden_markov", "hidden_markov_with_zeros", "chain_1", "chain_2"],
)
def test_what_a_density_expects_without_a_step_is_a_sum_over_its_symbol(model, n_symbols) -> None:
    x = X
    (found,) = maps_of(model, tokens(x))
    assert (found.version, found.unit) == ("marginalised", "bits")
    for output, step in product(range(len(x)), repeat=2):
        if step >= output:
            assert not found.valid[output, step]
            assert found.effect[output, step] == found.change[output, step] == 0
            continue
        said = np.array([joint(model, [*x[:output], symbol]) for symbol in range(n_symbols)])
        said = said / said.sum()
        without = expected_without(model, x, step, output, n_symbols)
        assert_allclose(found.effect[output, step], divergence(said, without), atol=1e-12)
        change = np.log2(said[x[output]] / without[x[output]])
        assert_allclose(found.change[output, step], change, atol=1e-10)


def test_forgetting_an_emission_and_summing_over_symbols_are_one_thing() -> None:
    model = sticky_hmm(4, seed=2)
    example = one([3, 0, 1, 1, 2, 0])
    by_states = of_symbols(model, example, marginal_states.symbols_without(model, example))
    by_symbols = of_symbols(model, example, marginal_symbols.symbols_without(model, example, 4))
    assert_allclose(by_states.effect, by_symbols.effect, atol=1e-12)
    assert_allclose(by_states.change, by_symbols.change, atol=1e-10)
    assert by_states.effect.max() > 1e-3


def test_a_step_beyond_the_order_of_a_chain_tells_nothing() -> None:
    (found,) = maps_of(fitted_chain(2), tokens([0, 1, 2, 2, 1, 0, 0]))
    outputs, steps = np.indices(found.effect.shape)
    assert found.effect[outputs - steps > 2].max() < 1e-12
    assert found.effect[outputs - steps == 2].min() > 1e-4


def test_the_true_process_can_forget_a_step_as_well() -> None:
    source = LaggedMarkovSourceConfig(kind="lagged_markov_source", n_symbols=3)
    model = OracleDensity(source.known_process)
    x = [0, 1, 1, 2, 0, 2]
    (found,) = maps_of(model, tokens(x))

    def p(known) -> float:
        return float(model.step_log_prob(one(known)).sum().exp())

    # What stood two steps back tells nothing of itself; but it was copied from five back.
    without = np.array([sum(p([*x[:3], there, x[4], y]) for there in range(3)) for y in range(3)])
    said = np.array([p([*x[:5], y]) for y in range(3)])
    expected = divergence(said / said.sum(), without / without.sum())
    assert_allclose(found.effect[5, 3], expected, atol=1e-12)


def frame_model(name: str) -> tuple[HiddenMarkovModel, Sequences]:
    knobs = {
        "gaussian": {},
        "full": {"covariance": "full"},
        "mixture": {"n_components": 2},
        "bernoulli": {"emission": "bernoulli"},
        "poisson": {"emission": "poisson"},
    }[name]
    draw = {"bernoulli": random_rolls, "poisson": random_counts}.get(name, random_frames)
    data = draw(12, 2, seed=3, shortest=4, longest=5)
    kind = {"bernoulli": "binary", "poisson": "count"}.get(name, "real")
    config = HiddenMarkovConfig(kind="hidden_markov", n_states=2, precision="float64", **knobs)
    model = HiddenMarkovModel(config, DataSchema("density", dim=2, frame_kind=kind))
    model.initialise(data, data, 0)
    fit_plainly(model, data, 2)
    return model.eval(), data.select(np.array([1]))


def path_sum(model, emitted: np.ndarray) -> float:
    """p(frames), by listing every hidden path; `emitted` is p(frame | state)."""
    start, transition = model.log_start.exp().numpy(), model.log_transition.exp().numpy()
    total = 0.0
    for path in product(range(len(start)), repeat=len(emitted)):
        p = start[path[0]] * emitted[0, path[0]] if path else 1.0
        for step in range(1, len(path)):
            p *= transition[path[step - 1], path[step]] * emitted[step, path[step]]
        total += p
    return total


@pytest.mark.slow
@pytest.mark.parametrize("name", ["gaussian", "full", "mixture", "bernoulli", "poisson"])
def test_frames_without_one_are_a_sum_over_paths_that_emit_all_but_that(name) -> None:
    model, example = frame_model(name)
    (found,) = maps_of(model, example)
    assert found.effect is None
    assert found.unit == "nats"
    emitted = model.emission.log_prob(torch.from_numpy(example.values)).double().exp().numpy()
    for output in range(1, len(emitted)):
        said = path_sum(model, emitted[: output + 1]) / path_sum(model, emitted[:output])
        for step in range(output):
            known = emitted.copy()
            known[step] = 1.0
            without = path_sum(model, known[: output + 1]) / path_sum(model, known[:output])
            change = np.log(said) - np.log(without)
            assert_allclose(found.change[output, step], change, rtol=1e-6, atol=1e-9)


def test_an_emission_of_one_is_the_sum_over_all_that_could_be_emitted() -> None:
    model, _ = frame_model("bernoulli")
    every = torch.tensor(list(product([0.0, 1.0], repeat=2)))
    assert_allclose(model.emission.log_prob(every).exp().sum(dim=0), [1.0, 1.0])


def test_tags_without_a_step_are_shares_of_the_paths_that_need_not_emit_it() -> None:
    config = HiddenMarkovConfig(kind="hidden_markov", precision="float64")
    schema = DataSchema("tagging", n_symbols=3, n_tags=2)
    model = HiddenMarkovTagger(config, schema, 2)
    hmm = random_hmm(2, 3, seed=4)
    model.model.load_state_dict(hmm.state_dict())
    model.eval()
    x, tags = [0, 2, 1], np.array([1, 0, 0])
    (found,) = maps_of(model, tokens(x, tags=[tags]))
    assert found.valid is None

    def posterior(removed: int | None) -> np.ndarray:
        shares = np.zeros((3, 2))
        for path in product(range(2), repeat=3):
            p = float(hmm.log_start[path[0]].exp())
            for at, state in enumerate(path):
                p *= 1.0 if at == 0 else float(hmm.log_transition[path[at - 1], state].exp())
                emitted = float(hmm.emission.log_emission[state, x[at]].exp())
                p *= 1.0 if at == removed else emitted
            for at, state in enumerate(path):
                shares[at, state] += p
        return shares / shares.sum(axis=1, keepdims=True)

    said = posterior(None)
    for step in range(3):
        without = posterior(step)
        for output in range(3):
            expected = divergence(said[output], without[output])
            assert_allclose(found.effect[output, step], expected, atol=1e-12)
            change = np.log2(said[output, tags[output]] / without[output, tags[output]])
            assert_allclose(found.change[output, step], change, atol=1e-10)


def a_mixture(seed: int) -> GaussianMixture:
    config = GaussianMixtureConfig(kind="gaussian_mixture", n_components=2, precision="float64")
    model = GaussianMixture(config, 2)
    data = random_frames(20, 2, seed=seed)
    model.initialise(data, data, seed)
    fit_plainly(model, data, 2)
    return model.eval()


def test_frames_of_a_mixture_tell_nothing_of_each_other() -> None:
    (found,) = maps_of(a_mixture(0), random_frames(1, 2, shortest=4))
    assert not found.change.any()
    assert found.effect is None
    assert found.valid.sum() == len(found.change) * (len(found.change) - 1) / 2


def classifier(densities: list[nn.Module]) -> BayesClassifier:
    remaining = iter(densities)
    model = BayesClassifier(lambda: next(remaining), len(densities))
    model.log_class_prior.copy_(torch.tensor([0.3, 0.7]).log())
    model.fitted.fill_(True)
    return model.eval()


def assert_label_map(model, example, evidence: np.ndarray, label: int) -> None:
    """`evidence`: p(x without a step | class), of each step and last of none."""
    (found,) = maps_of(model, example)
    posterior = evidence * np.array([0.3, 0.7])
    posterior = posterior / posterior.sum(axis=1, keepdims=True)
    for step, without in enumerate(posterior[:-1]):
        assert_allclose(found.effect[0, step], divergence(posterior[-1], without), atol=1e-12)
        change = np.log2(posterior[-1, label] / without[label])
        assert_allclose(found.change[0, step], change, atol=1e-7)
    assert found.effect.shape == (1, len(evidence) - 1)
    assert found.effect.max() > 1e-4


@pytest.mark.parametrize("kind", ["hidden_markov", "chain"])
def test_a_label_without_a_symbol_is_bayes_rule_over_sums_over_that_symbol(kind) -> None:
    if kind == "chain":
        densities = [fitted_chain(1), fitted_chain(2)]
    else:
        densities = [random_hmm(2, 3, seed=seed) for seed in (1, 8)]
    rows = [
        [sum(joint(each, [*X[:step], v, *X[step + 1 :]]) for v in range(3)) for each in densities]
        for step in range(len(X))
    ]
    evidence = np.array([*rows, [joint(each, X) for each in densities]])
    assert_label_map(classifier(densities), tokens(X, labels=[1]), evidence, 1)


def test_a_label_without_a_frame_is_bayes_rule_over_the_other_frames() -> None:
    densities = [a_mixture(0), a_mixture(1)]
    data = random_frames(1, 2, seed=7, shortest=4, labels=[0])
    frames = [sequences_of([frame[None]]) for frame in data.sequence(0)]
    each = np.array(
        [[float(own.log_prob(collate_all(frame))) for own in densities] for frame in frames]
    )
    total = each.sum(axis=0)
    evidence = np.exp(np.array([*(total - each), total]))
    assert_label_map(classifier(densities), data, evidence, 0)


def test_frames_behind_a_codebook_are_forgotten_as_codes() -> None:
    inner = classifier([fitted_chain(1), fitted_chain(2)])
    model = QuantisedClassifier(inner, 3, 1).eval()
    model.codebook.copy_(torch.tensor([[0.0], [1.0], [2.0]]))
    model.fitted.fill_(True)
    frames = sequences_of([np.array(X, dtype=float)[:, None]], labels=[1])
    (found,) = maps_of(model, frames)
    (expected,) = maps_of(inner, tokens(X, labels=[1]))
    assert_allclose(found.effect, expected.effect)


def test_each_row_that_is_asked_for_has_its_map() -> None:
    model = random_hmm(2, 3).eval()
    rows = [X, [1, 1], [2]]
    found = marginalised(model, tokens(*rows), np.array([2, 0]))
    assert [each.effect.shape for each in found] == [(1, 1), (4, 4)]
    assert_allclose(found[1].effect, maps_of(model, tokens(X))[0].effect)


def test_what_cannot_forget_a_step_exactly_has_no_such_map() -> None:
    assert maps_of(nn.Linear(1, 1).eval(), tokens(X)) is None
    assert maps_of(fitted_chain(1, 65), tokens(X)) is None
    assert maps_of(classifier([fitted_chain(1, 65)] * 2), tokens(X, labels=[0])) is None


def test_what_is_impossible_is_not_valid_and_no_nan() -> None:
    model = an_hmm(2, 2)
    model.set_parameters(
        start=torch.tensor([1.0, 0.0]),
        transition=torch.eye(2),
        emission=torch.eye(2),
    )
    model.fitted.fill_(True)
    # Symbol 1 cannot be: without it, what is left can.
    (found,) = maps_of(model.eval(), tokens([0, 1, 0]))
    assert np.isfinite(found.effect).all()
    assert np.isfinite(found.change).all()
    assert not found.valid[2].any()


def test_a_classifier_needs_labels_and_evaluation_mode() -> None:
    model = classifier([fitted_chain(1), fitted_chain(2)])
    with pytest.raises(DataError, match="no labels to judge by"):
        maps_of(model, tokens(X))
    with pytest.raises(ArtifactError, match="training mode"):
        maps_of(model.train(), tokens(X, labels=[0]))
