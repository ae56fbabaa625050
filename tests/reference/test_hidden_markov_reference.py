"""Oracles of the hidden Markov model: every path written out, and hmmlearn."""

import itertools

import numpy as np
import pytest
import torch
from hmmlearn.hmm import CategoricalHMM, GaussianHMM
from torch.testing import assert_close

from classical_scenes import (
    a_chain,
    an_hmm,
    every_sequence,
    fit_plainly,
    random_frames,
    random_hmm,
    random_shares,
    random_tokens,
    set_hmm,
    tokens,
)
from seqarena.batch import collate_all
from seqarena.inference import (
    compiled_recursion,
    lockstep_loops,
    recursion_engine,
    sequence_loops,
)
from seqarena.inference.forward_backward import forward, forward_backward
from seqarena.inference.log_forward_backward import log_forward_backward
from seqarena.inference.packed_emission import (
    PackedEmission,
    emission_of_density,
    emission_of_table,
)
from seqarena.inference.packing import Packing
from seqarena.inference.viterbi import viterbi


def every_path(log_start, log_transition, log_emission):
    """Return all paths of one sequence, and log p(x, path) of each."""
    n_time, n_states = log_emission.shape
    paths = list(itertools.product(range(n_states), repeat=n_time))
    log_joint = [
        log_start[path[0]]
        + sum(log_transition[a, b] for a, b in itertools.pairwise(path))
        + sum(log_emission[time, state] for time, state in enumerate(path))
        for path in paths
    ]
    return paths, torch.stack(log_joint)


def a_problem(seed, zeros=False, lengths=(3, 5, 1, 4), n_states=3):
    """Return start, transition, padded emissions and mask of some unequal sequences."""
    mask = torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]
    log_emission = random_shares(
        len(lengths), max(lengths), n_states, seed=seed + 2, zeros=zeros
    ).log()
    start = random_shares(n_states, seed=seed, zeros=zeros).log()
    return (
        start,
        random_shares(n_states, n_states, seed=seed + 1, zeros=zeros).log(),
        log_emission,
        mask,
    )


def scaled(start, transition, packed, packing, dtype=torch.float64):
    return forward_backward(
        start, transition, emission_of_density(lambda x: x, packed, dtype), packing
    )


def in_log_space(start, transition, packed, packing):
    return log_forward_backward(start, transition, packed, packing)


@pytest.mark.parametrize("recursion", [scaled, in_log_space])
@pytest.mark.parametrize("zeros", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_forward_and_backward_are_sums_over_every_hidden_path(recursion, zeros, seed):
    start, transition, log_emission, mask = a_problem(seed, zeros)
    packing = Packing.of(mask)
    posterior = recursion(start, transition, packing.pack(log_emission), packing)
    state_probs = packing.unpack(posterior.state_probs)
    log_prob = packing.unpack(posterior.step_log_prob).sum(dim=1)
    starts, moves = torch.zeros(3).double(), torch.zeros(3, 3).double()
    for row, length in enumerate(mask.sum(dim=1).tolist()):
        paths, log_joint = every_path(start, transition, log_emission[row, :length])
        assert_close(log_prob[row], log_joint.logsumexp(0))
        expected = torch.zeros(mask.shape[1], 3).double()
        shares = log_joint.softmax(0)
        for path, share in zip(paths, shares, strict=True):
            expected[range(length), path] += share
            starts[path[0]] += share
            for a, b in itertools.pairwise(path):
                moves[a, b] += share
        assert_close(state_probs[row], expected)
    assert_close(posterior.start, starts)
    assert_close(posterior.transition, moves)


@pytest.mark.parametrize("seed", range(4))
def test_step_log_probs_are_ratios_of_prefix_probabilities(seed):
    start, transition, log_emission, mask = a_problem(seed)
    packing = Packing.of(mask)
    packed = packing.pack(log_emission)
    steps = forward(
        start, transition, emission_of_density(lambda x: x, packed, torch.float64), packing
    )
    assert_close(log_forward_backward(start, transition, packed, packing).step_log_prob, steps)
    prefixes = packing.unpack(steps).cumsum(dim=1)
    for row, length in enumerate(mask.sum(dim=1).tolist()):
        for time in range(length):
            _, log_joint = every_path(start, transition, log_emission[row, : time + 1])
            assert_close(prefixes[row, time], log_joint.logsumexp(0))


@pytest.mark.slow
@pytest.mark.parametrize("zeros", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_viterbi_finds_the_most_probable_of_all_paths(zeros, seed):
    start, transition, log_emission, mask = a_problem(seed, zeros)
    packing = Packing.of(mask)
    path, log_prob = viterbi(start, transition, packing.pack(log_emission), packing)
    path = packing.unpack(path)
    order = packing.sequence[: packing.n_sequences]
    for rank, row in enumerate(order.tolist()):
        length = int(mask[row].sum())
        paths, log_joint = every_path(start, transition, log_emission[row, :length])
        assert tuple(path[row, :length].tolist()) == paths[int(log_joint.argmax())]
        assert_close(log_prob[rank], log_joint.max())


@pytest.mark.slow
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_where_scaled_numbers_underflow_the_answer_is_that_of_log_space(dtype):
    # State 1 explains the end a thousand nats better, and cannot be reached: a scaled forward pass
    # keeps e^-1000 of its mass. The other two sequences are ordinary.
    log_emission = torch.zeros(3, 4, 2).double()
    log_emission[1, 2:, 0] = -1000.0
    log_emission[2, :, 1] = -3.0
    transition = torch.tensor([[1.0, 0.0], [0.5, 0.5]]).double().log()
    start = torch.tensor([1.0, 0.0]).double().log()
    packing = Packing.of(torch.tensor([[1, 1, 0, 0], [1, 1, 1, 1], [1, 1, 1, 0]]).bool())
    packed = packing.pack(log_emission)
    ours = scaled(start, transition, packed, packing, dtype)
    oracle = in_log_space(start, transition, packed, packing)
    assert_close(ours.step_log_prob, oracle.step_log_prob)
    assert_close(ours.state_probs.double(), oracle.state_probs)
    assert_close(ours.transition, oracle.transition)
    assert_close(ours.start, oracle.start)
    assert_close(packing.unpack(ours.step_log_prob).sum(dim=1)[1].item(), -2000.0)
    emission = emission_of_density(lambda x: x, packed, dtype)
    assert_close(forward(start, transition, emission, packing), oracle.step_log_prob)


def test_an_unreachable_state_that_would_explain_everything_does_not_overflow():
    # Its beta grows by e^50 a step, over 300 steps far beyond the largest double.
    log_emission = torch.zeros(1, 300, 2).double()
    log_emission[..., 0] = -50.0
    packing = Packing.of(torch.ones(1, 300, dtype=torch.bool))
    start, transition = torch.tensor([1.0, 0.0]).double().log(), torch.eye(2).double().log()
    posterior = scaled(start, transition, packing.pack(log_emission), packing)
    assert_close(posterior.step_log_prob.sum().item(), -50.0 * 300)
    assert_close(posterior.state_probs[:, 0], torch.ones(300).double())


def a_long_walk(start, transition, table, n_time=10_000):
    """Draw one sequence of symbols from a model."""
    draw = np.random.default_rng(0).random((n_time, 2))
    paths, symbols = transition.cumsum(1).numpy(), table.cumsum(1).numpy()
    state, drawn = int(start.argmax()), []
    for to, symbol in draw:
        drawn.append(min(int(np.searchsorted(symbols[state], symbol)), table.shape[1] - 1))
        state = min(int(np.searchsorted(paths[state], to)), len(start) - 1)
    return torch.tensor(drawn)


def long_problem(kind, n_states=6, n_symbols=10):
    """Return log parameters and 10,000 symbols; "wrong" are read with another model's emissions."""
    shares = random_shares(n_states, n_states, seed=5)
    start, table = random_shares(n_states, seed=4), random_shares(n_states, n_symbols, seed=6)
    other = random_shares(n_states, n_symbols, seed=7)
    if "banded" in kind:
        shares = shares.triu(-1).tril(1)
    if "left to right" in kind:
        shares = (
            torch.eye(n_states).double() + 1e-3 * torch.eye(n_states).double().roll(1, 1).triu()
        )
        start = torch.eye(n_states)[0].double()
    if "peaked" in kind:
        table, other = table**12, other**12
    transition = shares / shares.sum(dim=1, keepdim=True)
    table, other = (each / each.sum(dim=1, keepdim=True) for each in (table, other))
    symbols = a_long_walk(start, transition, table)
    return start.log(), transition.log(), (other if "wrong" in kind else table).log(), symbols


def force_engine(monkeypatch, engine):
    """Make torch, or one of both kinds of compiled loops, run the recursions whatever the shape."""
    monkeypatch.setattr(recursion_engine, "_is_for_compiled_loops", lambda *_: engine != "torch")
    loops = lockstep_loops if engine == "lockstep" else sequence_loops
    monkeypatch.setattr(compiled_recursion, "_loops", lambda *_: (loops.forward, loops.backward))


@pytest.mark.slow
@pytest.mark.parametrize(
    "kind",
    ["ergodic", "banded, peaked", "left to right, peaked", "left to right, peaked, wrong"],
)
def test_over_ten_thousand_steps_32_bits_stay_by_the_log_space_oracle(kind, monkeypatch):
    start, transition, table, symbols = long_problem(kind)
    packing = Packing.of(torch.ones(1, 10_000, dtype=torch.bool))
    oracle = in_log_space(start, transition, table.T[symbols], packing)
    one_hot = torch.nn.functional.one_hot(symbols, table.shape[1]).double()
    cases = (
        (torch.float64, 1e-8, "sequences"),
        (torch.float32, 1e-5, "sequences"),
        (torch.float32, 1e-5, "lockstep"),
        (torch.float32, 1e-5, "torch"),
    )
    for dtype, tolerance, engine in cases:
        force_engine(monkeypatch, engine)
        emission = emission_of_table(table, symbols, dtype)
        ours = forward_backward(start, transition, emission, packing)
        near = {"rtol": tolerance, "atol": tolerance * 1e-2}
        assert_close(ours.step_log_prob.sum(), oracle.step_log_prob.sum(), rtol=tolerance, atol=0.0)
        assert_close(ours.start, oracle.start, **near)
        assert_close(ours.transition, oracle.transition, **near)
        assert_close(ours.state_probs.double().T @ one_hot, oracle.state_probs.T @ one_hot, **near)
        assert not ours.transition[transition.isneginf()].any()
        assert_close(
            forward(start, transition, emission, packing).sum(), oracle.step_log_prob.sum()
        )


@pytest.mark.slow
def test_a_state_that_was_given_up_long_ago_is_not_forgotten_where_no_path_returns():
    # Over 400 steps the second state is likelier by 2 nats each, and the first falls far below the
    # smallest 64-bit number; then 300 steps that the second emits with e^-4 show the first was it.
    log_emission = torch.zeros(1, 700, 2).double()
    log_emission[0, :400, 0], log_emission[0, 400:, 1] = -2.0, -4.0
    start, transition = torch.tensor([0.5, 0.5]).double().log(), torch.eye(2).double().log()
    packing = Packing.of(torch.ones(1, 700, dtype=torch.bool))
    packed = packing.pack(log_emission)
    for dtype in (torch.float32, torch.float64):
        ours = scaled(start, transition, packed, packing, dtype)
        assert_close(ours.step_log_prob.sum().item(), np.log(0.5) - 800.0)
        assert_close(ours.state_probs[:, 0], torch.ones(700, dtype=dtype))
        emission = emission_of_density(lambda x: x, packed, dtype)
        steps = forward(start, transition, emission, packing)
        assert_close(steps.sum().item(), np.log(0.5) - 800.0)


def test_an_impossible_sequence_is_minus_infinity_from_its_first_impossible_step_on():
    model = set_hmm(an_hmm(2, 2), [1, 0], torch.eye(2), torch.eye(2))
    steps = model.step_log_prob(collate_all(tokens([0, 0], [0, 1, 0])))
    assert steps.tolist() == [[0, 0, 0], [0, -torch.inf, -torch.inf]]


def hmmlearn_twin(model, **prior):
    peer = CategoricalHMM(model.config.n_states, n_iter=1, tol=-np.inf, init_params="", **prior)
    peer.startprob_ = model.log_start.exp().numpy()
    peer.transmat_ = model.log_transition.exp().numpy()
    peer.emissionprob_ = model.emission.log_emission.exp().numpy()
    peer.n_features = peer.emissionprob_.shape[1]
    return peer


def test_categorical_scores_are_those_of_hmmlearn():
    model, data = random_hmm(), random_tokens(20)
    score = hmmlearn_twin(model).score(data.values[:, None], data.lengths)
    assert_close(model.log_prob(collate_all(data)).sum().item(), score)


def test_state_posteriors_and_paths_are_those_of_hmmlearn():
    model, data = random_hmm(), random_tokens(20)
    batch, peer = collate_all(data), hmmlearn_twin(model)
    expected = torch.from_numpy(peer.predict_proba(data.values[:, None], data.lengths))
    assert_close(model.state_probs(batch)[batch.mask], expected)
    path = torch.from_numpy(peer.predict(data.values[:, None], data.lengths))
    assert_close(model.decode(batch)[batch.mask], path.long())


@pytest.mark.parametrize("pseudo_count", [0.0, 0.5])
@pytest.mark.parametrize("topology", ["ergodic", "left_to_right"])
def test_an_em_step_over_symbols_is_that_of_hmmlearn(pseudo_count, topology):
    model, data = an_hmm(3, 4, pseudo_count=pseudo_count, topology=topology), random_tokens(20)
    model.initialise(data, data, seed=1)
    prior = 1 + pseudo_count
    peer = hmmlearn_twin(
        model, startprob_prior=prior, transmat_prior=prior, emissionprob_prior=prior
    )
    fit_plainly(model, data)
    peer.fit(data.values[:, None], data.lengths)
    assert_close(model.log_start.exp(), torch.from_numpy(peer.startprob_))
    assert_close(model.log_transition.exp(), torch.from_numpy(peer.transmat_))
    assert_close(model.emission.log_emission.exp(), torch.from_numpy(peer.emissionprob_))


@pytest.mark.slow
@pytest.mark.parametrize("covariance", ["diagonal", "full"])
def test_scores_and_an_em_step_over_frames_are_those_of_hmmlearn(covariance):
    data = random_frames(20, dim=3)
    model = an_hmm(2, dim=3, covariance=covariance, pseudo_count=0.0)
    model.initialise(data, data, seed=1)
    shape = "full" if covariance == "full" else "diag"
    peer = GaussianHMM(2, shape, n_iter=1, tol=-np.inf, init_params="", covars_prior=0.0)
    peer.startprob_, peer.transmat_ = (
        model.log_start.exp().numpy(),
        model.log_transition.exp().numpy(),
    )
    peer.means_, peer.covars_ = (
        model.emission.mean.numpy().copy(),
        model.emission.covariance.numpy().copy(),
    )
    values = data.values.astype(np.float64)
    (before,) = fit_plainly(model, data)
    assert_close(before, peer.score(values, data.lengths))
    peer.fit(values, data.lengths)
    assert_close(model.log_transition.exp(), torch.from_numpy(peer.transmat_))
    assert_close(model.emission.mean, torch.from_numpy(peer.means_))
    expected = torch.from_numpy(peer.covars_)
    assert_close(
        model.emission.covariance,
        expected if covariance == "full" else expected.diagonal(dim1=1, dim2=2),
    )


def test_a_hidden_markov_model_whose_states_spell_themselves_is_a_markov_chain():
    data = random_tokens(30, n_symbols=3, seed=3)
    chain = a_chain(smoothing="additive", pseudo_count=0.0)
    hidden = an_hmm(3, 3, pseudo_count=0.0)
    set_hmm(hidden, random_shares(3), random_shares(3, 3, seed=1), torch.eye(3))
    fit_plainly(chain, data)
    fit_plainly(hidden, data)
    batch = every_sequence(3, 4)
    assert_close(hidden.step_log_prob(batch), chain.step_log_prob(batch))


def test_the_probabilities_of_all_sequences_of_a_length_sum_to_one():
    for zeros in (False, True):
        model = random_hmm(3, 3, seed=7, zeros=zeros)
        total = model.log_prob(every_sequence(3, 4)).exp().sum()
        assert_close(total.item(), 1.0)


def test_a_state_lost_to_underflow_beside_an_unreachable_one_is_not_forgotten():
    # State 2 emits the first step best and cannot be there. Beside it state 1 underflows in 32
    # bits, state 0 hardly does not; yet the second step shows that it was state 1.
    log_emission = torch.tensor([[-80.0, -95.0, 0.0], [-60.0, 0.0, -10.0]]).double()
    start = torch.tensor([0.5, 0.5, 0.0]).double().log()
    packing = Packing.of(torch.ones(1, 2, dtype=torch.bool))
    ours = scaled(start, torch.eye(3).double().log(), log_emission, packing, torch.float32)
    assert_close(ours.step_log_prob.sum().item(), -95.0 + np.log(0.5))
    assert_close(ours.state_probs[0], torch.tensor([0.0, 1.0, 0.0]))


def must_not_be_asked(steps):
    raise AssertionError(f"the recursion in log space was asked for {steps}")


def test_in_64_bits_a_hundred_nats_are_within_reach_of_the_scaled_recursion():
    log_emission = torch.tensor([[0.0, -100.0], [-300.0, 0.0]]).double()
    start = torch.tensor([0.5, 0.5]).double().log()
    emission = emission_of_density(lambda x: x, log_emission, torch.float64)
    emission = PackedEmission(emission.weights, emission.log_scale, must_not_be_asked)
    packing = Packing.of(torch.ones(1, 2, dtype=torch.bool))
    steps = forward(start, torch.eye(2).double().log(), emission, packing)
    assert_close(steps.sum().item(), -100.0 + np.log(0.5))


def test_a_backward_variable_that_could_make_up_for_underflow_is_done_in_64_bits():
    # The first state falls to e^-80 of the second, and rises by e^60: no 32-bit number overflows.
    log_emission = torch.zeros(55, 2).double()
    log_emission[:40, 0], log_emission[40:, 1] = -2.0, -4.0
    packing = Packing.of(torch.ones(1, 55, dtype=torch.bool))
    plain, asked = emission_of_density(lambda x: x, log_emission, torch.float32), []

    def log_prob_at(steps):
        asked.append(len(steps))
        return log_emission[steps]

    emission = PackedEmission(plain.weights, plain.log_scale, log_prob_at)
    start, transition = torch.tensor([0.5, 0.5]).double().log(), torch.eye(2).double().log()
    posterior = forward_backward(start, transition, emission, packing)
    assert asked == [55]
    oracle = in_log_space(start, transition, log_emission, packing)
    assert_close(posterior.start, oracle.start)
