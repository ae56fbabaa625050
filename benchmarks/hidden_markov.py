"""EM iterations and best paths of hidden Markov models, beside hmmlearn, pomegranate and dynamax.

    python benchmarks/hidden_markov.py [--quick]

Sequences have lognormal lengths (mean 98, at most 400) unless a row says otherwise, 64 symbols or
8 dimensions. hmmlearn runs its faster `implementation="scaling"`. An iteration is an E-step and an
M-step, of the same parameters on the same data. The threads are torch's: compiled loops and
hmmlearn have one whatever they are, and dynamax as many as the machine has processors. Peers that
are not installed are left out.
"""

import itertools
import logging
import math
import sys
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from typing import Any

import numpy as np
import torch
from hmmlearn.hmm import CategoricalHMM, GaussianHMM
from side_by_side import RESULTS, Row, medians, write

from seqarena.batch import Sequences, collate, collate_all, sequences_of
from seqarena.families.hidden_markov import HiddenMarkovConfig, HiddenMarkovModel
from seqarena.families.statistics_fit import STEPS_AT_ONCE
from seqarena.inference.forward_backward import forward_backward
from seqarena.inference.packed_emission import emission_of_table
from seqarena.inference.packing import Packing
from seqarena.schema import DataSchema

QUICK = "--quick" in sys.argv
ROUNDS = 2 if QUICK else 7
# A turn of short work lasts about this long [seconds].
TURN = 0.02
SYMBOLS, DIM = 64, 8
Work = Callable[[], object]


def ragged(n: int, is_frames: bool = False) -> Sequences:
    """Draw sequences of unequal length: symbols, or frames around eight centres."""
    draw = np.random.default_rng(0)
    lengths = np.clip(draw.lognormal(4.38, 0.64, n).astype(int), 2, 400)
    return _sequences(lengths, is_frames)


def equal(n: int, n_time: int, is_frames: bool = False) -> Sequences:
    """Draw sequences of one length."""
    return _sequences(np.full(n, n_time), is_frames)


def _sequences(lengths: np.ndarray, is_frames: bool) -> Sequences:
    draw = np.random.default_rng(1)
    if is_frames:
        centres = 3.0 * draw.integers(0, 8, (int(lengths.sum()), 1))
        values = draw.normal(size=(int(lengths.sum()), DIM)) + centres
    else:
        values = draw.integers(0, SYMBOLS, int(lengths.sum()))
    return sequences_of(np.split(values, np.cumsum(lengths)[:-1]))


def a_model(data: Sequences, n_states: int, precision: str = "float32") -> HiddenMarkovModel:
    """Return a model that was started on the data."""
    schema = DataSchema(
        "density",
        n_symbols=SYMBOLS if data.tokens is not None else None,
        dim=DIM if data.tokens is None else None,
    )
    config = HiddenMarkovConfig(kind="hidden_markov", n_states=n_states, precision=precision)
    model = HiddenMarkovModel(config, schema)
    model.initialise(data, data, 1)
    return model


def our_iteration(data: Sequences, n_states: int, precision: str = "float32") -> Work:
    """Return one EM iteration over one batch."""
    model, batch = a_model(data, n_states, precision), collate_all(data)
    return lambda: model.maximise(model.expect(batch))


def hmmlearn_twin(data: Sequences, model: HiddenMarkovModel) -> tuple[Any, np.ndarray]:
    """Return hmmlearn's model with our parameters, and the data as it wants it."""
    prior = 1.0 + model.config.pseudo_count
    knobs = {"implementation": "scaling", "n_iter": 1, "tol": -np.inf, "init_params": ""}
    knobs |= {"startprob_prior": prior, "transmat_prior": prior}
    n_states = len(model.log_start)
    if data.tokens is not None:
        peer = CategoricalHMM(n_states, n_features=SYMBOLS, emissionprob_prior=prior, **knobs)
        peer.emissionprob_ = model.emission.log_emission.exp().numpy()
        values = data.values[:, None]
    else:
        peer = GaussianHMM(n_states, "diag", **knobs)
        peer.means_ = model.emission.mean.numpy().copy()
        peer.covars_ = model.emission.covariance.numpy().copy()
        values = data.values.astype(np.float64)
    peer.startprob_ = model.log_start.exp().numpy()
    peer.transmat_ = model.log_transition.exp().numpy()
    return peer, values


def hmmlearn_iteration(data: Sequences, n_states: int) -> Work:
    """Return hmmlearn's EM iteration."""
    peer, values = hmmlearn_twin(data, a_model(data, n_states))
    lengths = data.lengths
    return lambda: peer.fit(values, lengths)


def per_call(contestants: dict[str, Work], rounds: int = ROUNDS) -> dict[str, float]:
    """Return the median wall time of a call of each contestant [seconds].

    Short work, ours and the peer's alike, is done several times in one turn: a single call after
    another contestant's turn and a collection of garbage would tell of cold caches, where EM makes
    one iteration after the other.
    """
    repeats = {name: _calls_in_a_turn(run) for name, run in contestants.items()}
    turns = {
        name: lambda run=run, n=repeats[name]: [run() for _ in range(n)]
        for name, run in contestants.items()
    }
    return {name: taken / repeats[name] for name, taken in medians(turns, rounds).items()}


def _calls_in_a_turn(run: Work) -> int:
    run()
    began = time.perf_counter()
    run()
    return max(1, math.ceil(TURN / (time.perf_counter() - began)))


def row(work: str, peer: str, taken: dict[str, float], wanted: float, n_threads: int = 1) -> Row:
    """Return the line of the contestants `ours` and `peer`; torch had so many threads."""
    return Row(work, peer, taken["ours"], taken["peer"], wanted, n_threads)


def compared(
    work: str,
    data: Sequences,
    n_states: int,
    wanted: dict[str, float],
    rounds: int = ROUNDS,
    thread_counts: tuple[int, ...] = (1,),
) -> Iterator[Row]:
    """Time hmmlearn beside us in each precision, and with each number of torch's threads."""
    contestants: dict[str, Work] = {"peer": hmmlearn_iteration(data, n_states)}
    contestants |= {each: our_iteration(data, n_states, each) for each in wanted}
    for n_threads in thread_counts:
        torch.set_num_threads(n_threads)
        taken = per_call(contestants, rounds)
        for precision, least in wanted.items():
            both = {"ours": taken[precision], "peer": taken["peer"]}
            name = f"EM, {work}, K={n_states}, {precision}"
            yield row(name, "hmmlearn scaling", both, least, n_threads)
    torch.set_num_threads(1)


def batches_of_sequences() -> Iterator[Row]:
    """The rows that goals are set for."""
    goals = {16: (8.0, 3.0), 32: (12.0, 4.0), 64: (18.0, 6.0)}
    for n_states, (narrow, wide) in goals.items():
        n = 1000 if n_states == 64 else 2000
        work, data = f"symbols, N={n}", ragged(n)
        yield from compared(work, data, n_states, {"float32": narrow}, ROUNDS, (1, 2))
        yield from compared(work, data, n_states, {"float64": wide}, 3)
    for n_states in (16, 64) if QUICK else (16, 32, 64):
        n = 1000 if n_states == 64 else 2000
        data = ragged(n, is_frames=True)
        threads = (1, 2) if n_states == 16 else (1,)
        yield from compared(f"frames, N={n}", data, n_states, {"float32": 8.0}, 5, threads)


def few_long_and_small() -> Iterator[Row]:
    """Where torch alone would lose: never slower than hmmlearn."""
    for n_states in (4, 16, 32):
        data = equal(1, 50_000)
        yield from compared("one sequence of 50,000", data, n_states, {"float32": 1.0}, 3)
    for n, n_time in ((1, 30), *itertools.product((1, 10, 100), (10, 100, 1000))):
        for n_states in (4,) if QUICK else (4, 16):
            work = f"N={n}, T={n_time}"
            yield from compared(work, equal(n, n_time), n_states, {"float32": 1.0})
            if n < 100 and n_states < n_time:
                data = equal(n, n_time, is_frames=True)
                yield from compared(f"frames, {work}", data, n_states, {"float32": 1.0})


def best_paths() -> Iterator[Row]:
    """Viterbi, beside hmmlearn's decode."""
    for n_states, data, work in (
        (16, ragged(2000), "N=2000"),
        (64, ragged(500), "N=500"),
        (16, equal(1, 50_000), "one sequence of 50,000"),
        (8, equal(20, 50), "N=20, T=50"),
    ):
        model, batch = a_model(data, n_states), collate_all(data)
        peer, values = hmmlearn_twin(data, model)
        model.fitted.fill_(True)
        taken = per_call(
            {
                "ours": lambda: model.decode(batch),  # noqa: B023  # runs before the next turn
                "peer": lambda: peer.decode(values, data.lengths),  # noqa: B023
            }
        )
        yield row(f"best paths, {work}, K={n_states}", "hmmlearn decode", taken, 1.0)


def models_side_by_side() -> Iterator[Row]:
    """Several models as one batch, beside the same one after the other."""
    for n_models, n_states, n in ((8, 8, 1000), (9, 5, 1000), (8, 8, 100), (9, 5, 100)):
        batch = collate_all(ragged(n))
        packing = Packing.of(batch.mask)
        symbols = packing.pack(batch.tokens)
        draw = torch.Generator().manual_seed(0)
        shapes = ((n_models, n_states), (n_models, n_states, n_states), (n_models, n_states, 64))
        start, transition, table = (
            torch.rand(shape, generator=draw, dtype=torch.float64).log_softmax(-1)
            for shape in shapes
        )

        def each() -> None:
            for own in zip(start, transition, table, strict=True):  # noqa: B023
                emission = emission_of_table(own[2], symbols, torch.float32)  # noqa: B023
                forward_backward(own[0], own[1], emission, packing)  # noqa: B023

        def together() -> None:
            emission = emission_of_table(table, symbols, torch.float32)  # noqa: B023
            forward_backward(start, transition, emission, packing)  # noqa: B023

        taken = per_call({"peer": each, "ours": together})
        work = f"E-step, {n_models} models at once, N={n}, K={n_states}"
        yield row(work, "one after the other", taken, 1.0)


def pomegranate_iteration(data: Sequences, n_states: int) -> Work:
    """Return pomegranate's EM iteration: equal lengths in a batch of their own."""
    from pomegranate.distributions import Categorical, Normal
    from pomegranate.hmm import DenseHMM

    model = a_model(data, n_states)
    if data.tokens is not None:
        emissions = [Categorical(own[None]) for own in model.emission.log_emission.exp().float()]
    else:
        parameters = zip(model.emission.mean, model.emission.covariance, strict=True)
        emissions = [
            Normal(mean.float(), variance.float(), covariance_type="diag")
            for mean, variance in parameters
        ]
    peer = DenseHMM(
        emissions,
        edges=model.log_transition.exp().float(),
        starts=model.log_start.exp().float(),
        max_iter=1,
    )
    by_length: dict[int, list[torch.Tensor]] = {}
    for at in range(len(data)):
        values = torch.from_numpy(data.sequence(at))
        values = values[:, None] if data.tokens is not None else values
        by_length.setdefault(len(values), []).append(values)
    groups = [torch.stack(group) for group in by_length.values()]

    def iterate() -> None:
        for group in groups:
            peer.summarize(group)
        peer.from_summaries()

    return iterate


def dynamax_iteration(data: Sequences, n_states: int) -> Work:
    """Return dynamax's EM iteration, compiled, of sequences of one length."""
    import jax.numpy as jnp
    import jax.random as jr
    from dynamax import hidden_markov_model as dynamax
    from jax import jit, vmap

    if data.tokens is not None:
        peer = dynamax.CategoricalHMM(n_states, 1, SYMBOLS)
    else:
        peer = dynamax.DiagonalGaussianHMM(n_states, DIM)
    values = jnp.asarray(data.values.reshape(len(data), int(data.lengths[0]), -1))
    params, props = peer.initialize(jr.PRNGKey(0))
    state = peer.initialize_m_step_state(params, props)

    @jit
    def iterate(params: Any) -> Any:
        statistics, _ = vmap(lambda row: peer.e_step(params, row))(values)
        return peer.m_step(params, props, statistics, state)[0]

    return lambda: iterate(params).initial.probs.block_until_ready()


def other_peers() -> Iterator[Row]:
    """Pomegranate on unequal lengths, dynamax on equal ones: it knows no others."""
    contestants = (
        ("pomegranate", pomegranate_iteration, ragged, (100,), "N=100"),
        ("dynamax", dynamax_iteration, equal, (300, 100), "N=300, T=100"),
    )
    for name, iteration, draw, sizes, size in contestants:
        if find_spec(name) is None:
            print(f"{name} is not installed: its rows are left out.")
            continue
        for kind in ("symbols", "frames"):
            data = draw(*sizes, is_frames=kind == "frames")
            works = {"ours": our_iteration(data, 16), "peer": iteration(data, 16)}
            # Peers set the number of threads when they are imported.
            torch.set_num_threads(1)
            yield row(f"EM, {kind}, {size}, K=16, float32", name, per_call(works, 3), 1.0)


def peak_of_an_e_step(data: Sequences, n_states: int, precision: str) -> int:
    """Return the most bytes that torch held at once above a batch, over all batches of a pass."""
    model = a_model(data, n_states, precision)
    size = min(len(data), STEPS_AT_ONCE // int(data.lengths.max()))
    most, total = 0, model.no_statistics()
    for at in range(0, len(data), size):
        batch = collate(data, np.arange(at, min(at + size, len(data))))
        with torch.profiler.profile(profile_memory=True, record_shapes=False) as profile:
            total = total + model.expect(batch)
        most = max(most, _highest(profile))
    return most


def _highest(profile: Any) -> int:
    """Return the highest sum of the allocations and releases that a profile saw, in their order."""
    held = highest = 0
    for event in profile.profiler.kineto_results.events():
        if event.name() == "[memory]":
            held += event.nbytes()
            highest = max(highest, held)
    return highest


def memory() -> list[str]:
    """Return lines on the memory of an E-step, of N and of 10 N sequences."""
    lines = ["| E-step | batch | peak above the batch [MB] | bytes per token and state |"]
    lines.append("| :-- | --: | --: | --: |")
    for precision in ("float32", "float64"):
        for n in (1000, 10_000):
            data = ragged(n)
            size = min(len(data), STEPS_AT_ONCE // int(data.lengths.max()))
            tokens = max(
                int(data.lengths[at : at + size].sum()) for at in range(0, len(data), size)
            )
            peak = peak_of_an_e_step(data, 16, precision)
            lines.append(
                f"| symbols, N={n}, K=16, {precision} | {size} sequences, {tokens} tokens | "
                f"{peak / 1e6:.1f} | {peak / tokens / 16:.1f} |"
            )
    return lines


def main() -> None:
    """Time everything, print the tables and write them to results/."""
    logging.getLogger("hmmlearn").setLevel(logging.ERROR)
    torch.set_num_threads(1)
    rows = [
        line
        for part in (
            batches_of_sequences,
            few_long_and_small,
            best_paths,
            models_side_by_side,
            other_peers,
        )
        for line in part()
    ]
    text = write("hidden_markov", "Hidden Markov models", rows)
    more = "\n".join(memory()) + "\n"
    (RESULTS / "hidden_markov.md").write_text(f"{text}\n{more}")
    print(f"{text}\n{more}")


if __name__ == "__main__":
    main()
