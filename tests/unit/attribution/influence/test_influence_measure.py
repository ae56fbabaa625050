import numpy as np
import pytest
import torch
from influence_scenes import CopyModel, PlantedClassifier, by_loops, predict_by, tokens

from classical_scenes import a_chain, an_hmm, fit_plainly, random_frames, random_shares
from seqarena.attribution.influence.measure import measure_influence
from seqarena.attribution.influence.replacements import Replacements
from seqarena.batch import collate_all, sequences_of
from seqarena.errors import ArtifactError, DataError
from seqarena.families.markov_chain import MarkovChain
from seqarena.families.markov_chain_config import MarkovChainConfig

V = 4
DRAW = np.random.default_rng(0)
TRAIN = tokens(*DRAW.integers(0, V, (40, 9)))
ROWS = np.array([0, 3])


def exact(**more) -> Replacements:
    return Replacements.of(TRAIN, seed=0, **more)


def shares() -> np.ndarray:
    return np.bincount(TRAIN.tokens) / len(TRAIN.tokens)


def maps(model, sequences=TRAIN, rows=ROWS, replacements=None, **more):
    return measure_influence(model, sequences, rows, replacements or exact(), **more).maps


def test_a_copy_has_all_its_influence_at_its_lag_and_the_formula_says_how_much():
    model = CopyModel(3, V)
    for row, found in zip(ROWS, maps(model), strict=True):
        x, n = TRAIN.sequence(int(row)), 9
        expected, change = np.zeros((n, n)), np.zeros((n, n))
        other, copied = 0.3 / V, 0.3 / V + 0.7
        for t in range(3, n):
            same = shares()[x[t - 3]]
            expected[t, t - 3] = (1 - same) * model.divergence()
            is_copy = x[t] == x[t - 3]
            p = copied if is_copy else other
            share = shares()[x[t]]
            mean = share * copied + (1 - share) * other
            change[t, t - 3] = np.log2(p / mean)
        np.testing.assert_allclose(found.effect, expected, atol=1e-12)
        np.testing.assert_allclose(found.change, change, atol=1e-12)
        assert (found.effect[expected == 0] == 0).all()


def test_of_sure_copies_the_effect_is_whole_bits_and_the_change_may_be_infinite():
    (found,) = maps(CopyModel(1, V, copies=1.0), tokens([0, 0, 1]), np.array([0]))
    share = shares()
    np.testing.assert_allclose(found.effect[[1, 2], [0, 1]], 1 - share[0])
    np.testing.assert_allclose(found.change[1, 0], -np.log2(share[0]))
    # A copy of 0 cannot be 1: only putting 1 there makes it possible, and nothing else worse.
    assert found.change[2].tolist() == [0.0, -np.inf, 0.0]


def test_a_single_lag_is_all_that_the_whole_has():
    (found,) = maps(CopyModel(1, V), rows=np.array([0]), replacements=exact(n_draws=4000))
    # Both are means of the same divergence, the one over all symbols and the other over draws.
    np.testing.assert_allclose(found.whole, found.effect.sum(axis=1), atol=0.02)
    assert found.whole[0] == 0


def test_a_chain_has_no_influence_beyond_its_order_and_none_of_order_0():
    for order in (0, 1, 2):
        chain = a_chain(order, V, smoothing="witten_bell").eval()
        fit_plainly(chain, TRAIN)
        for found in maps(chain):
            lag = np.subtract.outer(np.arange(9), np.arange(9))
            inside = (lag >= 1) & (lag <= order)
            assert (found.effect[~inside] == 0).all()
            assert (found.change[~inside] == 0).all()
            assert (found.effect[inside] > 0).any() == (order > 0)


def test_a_chain_and_a_hidden_chain_are_as_the_loops_say():
    chain = a_chain(2, V).eval()
    fit_plainly(chain, TRAIN)
    for model in (chain, an_hidden_chain()):
        (found,) = maps(model, rows=np.array([5]))
        effect, change = by_loops(predict_by(model), TRAIN.sequence(5), shares())
        np.testing.assert_allclose(found.effect, effect, atol=1e-12)
        np.testing.assert_allclose(found.change, change, atol=1e-12)


def an_hidden_chain():
    model = an_hmm(n_states=3, n_symbols=V)
    model.set_parameters(
        random_shares(3), random_shares(3, 3, seed=1), emission=random_shares(3, V, seed=2)
    )
    return model.eval()


def test_outputs_that_nothing_can_reach_are_marked():
    (found,) = maps(CopyModel(3, V), rows=np.array([0]))
    assert (found.valid == np.tri(9, k=-1, dtype=bool)).all()


@pytest.mark.parametrize("label", [0, 1])
def test_a_planted_step_has_all_of_a_classifier(label):
    inputs = tokens([1, 2, 0, 3], [0, 1, 3, 0], labels=[1, 0])
    row = 1 - label
    (found,) = maps(PlantedClassifier(2), inputs, np.array([row]))
    zero = shares()[0]
    flips = zero if label == 0 else 1 - zero
    assert found.effect.shape == (1, 4)
    np.testing.assert_allclose(found.effect, [[0, 0, flips, 0]])
    np.testing.assert_allclose(found.change, [[0, 0, -np.log2(1 - flips), 0]])
    assert found.valid is None


def test_draws_tend_to_what_every_symbol_gives():
    model = an_hidden_chain()
    (every,) = maps(model, rows=np.array([1]))
    n = 400
    some = [
        maps(model, rows=np.array([1]), replacements=Replacements.of(TRAIN, seed, n, 0))[0]
        for seed in range(6)
    ]
    effects = np.stack([one.effect for one in some])
    spread = effects.std(axis=0, ddof=1)
    error = np.abs(effects.mean(axis=0) - every.effect)
    assert spread.max() > 0
    assert (error <= 4 * spread / np.sqrt(6) + 1e-9).all()


@pytest.mark.slow
def test_company_and_batches_never_matter():
    model = an_hidden_chain()
    sampled = exact(exact_up_to=0)
    together = maps(model, replacements=sampled)
    for size in (1, 30, 10**6):
        alone = [
            maps(model, TRAIN, ROWS[at : at + 1], sampled, n_steps_at_once=size) for at in (0, 1)
        ]
        for one, (other,) in zip(together, alone, strict=True):
            np.testing.assert_allclose(one.effect, other.effect, atol=1e-14)
            np.testing.assert_allclose(one.whole, other.whole, atol=1e-14)


class Leaks(CopyModel):
    """Predicts each symbol from the one after it."""

    def predictive_log_prob(self, batch):
        said = super().predictive_log_prob(batch)
        ahead = torch.nn.functional.one_hot(batch.tokens.roll(-1, 1), self.n_symbols)
        return (said.exp() * (1 - self.leak) + self.leak * ahead).log()

    leak = 1e-3


def test_a_density_that_looks_ahead_is_refused():
    with pytest.raises(ArtifactError) as refusal:
        maps(Leaks(3, V), tokens([0, 1, 2, 3]), np.array([0]))
    assert str(refusal.value) == (
        "Leaks, probe '0': what it says at step 0 changes by 0.004 nats when step 1 is replaced, "
        "which comes no earlier; a density may look at the steps before alone. Mask the future, or "
        "shift the outputs by a step."
    )


def test_a_density_that_sees_what_it_predicts_is_refused():
    class SeesItself(CopyModel):
        """Forgot to shift its outputs by a step."""

    with pytest.raises(ArtifactError, match=r"at step 0 changes by .* when step 0 is replaced"):
        maps(SeesItself(0, V), tokens([0, 1, 2, 3]), np.array([0]))


def test_a_leak_of_the_last_bits_is_measured_and_not_shown():
    model = Leaks(3, V)
    model.leak = 1e-7
    found = measure_influence(model, TRAIN, ROWS, exact())
    assert 0 < found.cost.future < 1e-5
    assert all((one.effect[~np.tri(9, k=-1, dtype=bool)] == 0).all() for one in found.maps)


def test_densities_of_frames_change_in_nats_and_never_ahead():
    model = an_hmm(n_states=2, dim=2).eval()
    frames = random_frames(12, shortest=5)
    model.initialise(frames, frames, 0)
    fit_plainly(model, frames, 2)
    replacements = Replacements.of(frames, seed=0, n_draws=5)
    row = int(frames.lengths.argmax())
    (found,) = maps(model, frames, np.array([row]), replacements)
    assert found.effect is None
    assert found.whole is None
    assert found.unit == "nats"
    assert (found.change[~found.valid] == 0).all()
    x, drawn = frames.sequence(row), replacements.variants(row, frames.sequence(row)).of_one_step()
    some = drawn.step == 1
    others = np.exp(
        [_scores(model, each)[3] for each in replacements.put(x, drawn, slice(None))[some]]
    )
    own = _scores(model, x)[3]
    mean = (drawn.weight[some] * others).sum() + drawn.unchanged[1] * np.exp(own)
    np.testing.assert_allclose(found.change[3, 1], own - np.log(mean))


def _scores(model, row):
    return model.step_log_prob(collate_all(sequences_of([row])))[0].numpy()


def test_behind_an_impossible_beginning_nothing_is_said():
    # A cycle of three symbols: any other order is impossible.
    cycle = torch.eye(3).double().roll(1, 1)
    model = an_hmm(n_states=3, n_symbols=3).eval()
    model.set_parameters(torch.eye(3).double()[0], cycle, emission=torch.eye(3).double())
    cyclic = tokens([0, 1, 2, 0, 1, 2])
    (found,) = maps(model, cyclic, np.array([0]), Replacements.of(cyclic, seed=0))
    # The only replacement that leaves anything to expect is the symbol itself.
    assert (found.effect == 0).all()
    assert (found.change == 0).all()
    assert np.isfinite(found.whole).all()
    (broken,) = maps(model, tokens([0, 2, 1, 0]), np.array([0]), Replacements.of(cyclic, seed=0))
    assert broken.valid[:, 0].tolist() == [False, True, False, False]
    # Where another symbol would mend the beginning, there is still nothing to compare it with.
    (mended,) = maps(model, tokens([0, 2, 2, 0]), np.array([0]), Replacements.of(cyclic, seed=0))
    assert not mended.valid[2:].any()


def test_a_model_in_training_mode_is_refused():
    model = an_hidden_chain().train()
    with pytest.raises(ArtifactError, match=r"HiddenMarkovModel is in training mode, where"):
        maps(model)


def test_a_model_without_outputs_is_refused():
    with pytest.raises(DataError, match=r"^str says nothing of single outputs; it needs class_log"):
        maps("silent")


def test_a_probability_that_is_no_number_is_refused():
    class Broken(PlantedClassifier):
        def class_log_prob(self, batch):
            return super().class_log_prob(batch) * torch.nan

    inputs = tokens([1, 2, 0, 3], labels=[1])
    with pytest.raises(ArtifactError, match=r"Broken, probe '0': its influence at \(0, 0\)"):
        maps(Broken(2), inputs, np.array([0]))


def test_the_cost_counts_what_was_read():
    cost = measure_influence(CopyModel(3, V), TRAIN, ROWS, exact()).cost
    assert (cost.n_examples, cost.future) == (2, 0.0)
    # Of each of 9 steps the 3 other symbols, and 64 draws of everything; and the example itself.
    assert cost.n_variants == 2 * (9 * 3 + 64)
    assert cost.n_steps == 9 * (cost.n_variants + 2)
    assert cost.seconds > 0


class FromTheBeginning:
    """A density that must read every sequence from its first symbol."""

    def __init__(self, density):
        self.predictive_log_prob = density.predictive_log_prob


@pytest.mark.slow
@pytest.mark.parametrize("pseudo_count", [0.0, 0.5])
@pytest.mark.parametrize("order", [0, 1, 3])
def test_beginning_at_the_replaced_step_changes_no_bit(order, pseudo_count, monkeypatch):
    chain = MarkovChain(
        MarkovChainConfig(kind="markov_chain", order=order, pseudo_count=pseudo_count), 3
    )
    draw = np.random.default_rng(order)
    data = tokens(*draw.integers(0, 3, (4, 17)).tolist())
    chain.maximise(chain.expect(collate_all(data)))
    chain.eval()
    asked, whole = [], MarkovChain.predictive_log_prob_from

    def watched(self, batch, first):
        asked.append(first)
        return whole(self, batch, first)

    replacements = Replacements.of(data, 0, 8, 16)
    rows = np.array([0, 3])
    expected = measure_influence(FromTheBeginning(chain), data, rows, replacements, 100).maps
    monkeypatch.setattr(MarkovChain, "predictive_log_prob_from", watched)
    found = measure_influence(chain, data, rows, replacements, 100).maps
    assert max(asked) >= 15
    for one, other in zip(found, expected, strict=True):
        for part in ("effect", "change", "whole", "valid"):
            assert np.array_equal(getattr(one, part), getattr(other, part)), part
