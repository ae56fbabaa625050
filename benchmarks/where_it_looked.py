"""Where families look when it is known where they should: a chain that copies from three steps ago.

    python benchmarks/where_it_looked.py [--train 3000] [--seeds 2] [--probes 24] [--epochs 8]

One operator asks the true process and every family what each step does to each prediction.
"""

import argparse
import logging
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import reduce
from itertools import combinations
from operator import add
from pathlib import Path
from typing import Any

import numpy as np
import torch
from side_by_side import RESULTS, machine

from seqarena.attribution.influence.influence_map import InfluenceMap
from seqarena.attribution.influence.measure import Influence, measure_influence
from seqarena.attribution.influence.replacements import Replacements
from seqarena.attribution.oracle.context_gain import context_gain
from seqarena.attribution.oracle.lag_influence import lag_influence
from seqarena.attribution.oracle.oracle_model import oracle_of
from seqarena.attribution.oracle.redundancy import pooled_redundancy
from seqarena.attribution.oracle.row_scores import RowScores, score_rows
from seqarena.batch import Sequences, collate, collate_all
from seqarena.data.sources.lagged_markov import LaggedMarkovSourceConfig
from seqarena.data.sources.synthetic import DrawConfig
from seqarena.data.splits import Split
from seqarena.families.hidden_markov import HiddenMarkovConfig, HiddenMarkovModel
from seqarena.families.markov_chain import MarkovChainConfig, build_markov_chain
from seqarena.families.neural import RecurrentConfig, TransformerConfig, build_neural
from seqarena.fitting.protocols import FitSetting, HardwareConfig, TrainingConfig
from seqarena.logspace import NATS_PER_BIT
from seqarena.schema import DataSchema
from seqarena.seeds import torch_generator

N_SYMBOLS, LENGTH, LAG = 8, 24, 3
LAGS, CONTEXTS = (1, 2, 3, 4, 9), (0, 1, 2, 3, 4, 6)
SCHEMA = DataSchema("density", n_symbols=N_SYMBOLS, max_length=LENGTH)


@dataclass(frozen=True)
class Asked:
    """One model, what it scores, and where it looked."""

    family: str
    bits_per_step: float
    influence: Influence
    gain: np.ndarray

    @property
    def maps(self) -> tuple[InfluenceMap, ...]:
        """The map of each probe."""
        return self.influence.maps


@dataclass(frozen=True)
class Scene:
    """The data, the probes and what is put in the place of their steps."""

    source: LaggedMarkovSourceConfig
    train: Sequences
    valid: Sequences
    test: Sequences
    replacements: Replacements
    n_probes: int

    def ask(self, family: str, model: Any) -> Asked:
        """Score a model on the whole test split, and ask where it looks on the probes."""
        rows = np.arange(self.n_probes)
        influence = measure_influence(model, self.test, rows, self.replacements)
        batch = collate_all(self.test)
        with torch.inference_mode():
            nats = -model.step_log_prob(batch)[batch.scored].double().mean()
        gain = context_gain(model, collate(self.test, rows), CONTEXTS).mean
        return Asked(family, float(nats) / NATS_PER_BIT, influence, gain)


def scene_of(n_train: int, n_probes: int) -> Scene:
    """Draw the source."""
    draw = DrawConfig(
        length=LENGTH, scored_from=LAG, n_train=n_train, n_valid=300, n_test=500, seed=0
    )
    source = LaggedMarkovSourceConfig(
        kind="lagged_markov_source", n_symbols=N_SYMBOLS, lag=LAG, copy_probability=0.6, draw=draw
    )
    train, valid, test = (source.read().parts[split].sequences for split in Split)
    return Scene(source, train, valid, test, Replacements.of(train, seed=0), n_probes)


def families() -> dict[str, tuple[Callable[[int], Any], bool]]:
    """Return how each family is built from a seed, and whether its seed matters."""

    def chain(order: int) -> Callable[[int], Any]:
        config = MarkovChainConfig(kind="markov_chain", order=order)
        return lambda _: build_markov_chain(config, N_SYMBOLS)

    def network(config: RecurrentConfig | TransformerConfig) -> Callable[[int], Any]:
        return lambda seed: build_neural(config, SCHEMA, torch_generator(seed, "parameters"))

    states = HiddenMarkovConfig(kind="hidden_markov", n_states=16)
    return {
        "Markov-3": (chain(3), False),
        "Transformer": (network(TransformerConfig(kind="transformer", model_dim=64)), True),
        "LSTM": (network(RecurrentConfig(kind="lstm", model_dim=64)), True),
        "HMM-16": (lambda _: HiddenMarkovModel(states, SCHEMA), True),
        "Markov-1": (chain(1), False),
        "unigram": (chain(0), False),
    }


def asked_families(scene: Scene, n_seeds: int, n_epochs: int) -> Iterator[Asked]:
    """Fit every family with every seed, and ask it."""
    training = TrainingConfig(batch_size=32, max_epochs=n_epochs, max_em_epochs=60)
    for family, (build, has_seeds) in families().items():
        for seed in range(n_seeds if has_seeds else 1):
            began = time.perf_counter()
            model = build(seed)
            with tempfile.TemporaryDirectory() as folder:
                hardware = HardwareConfig(accelerator="cpu", devices=1)
                setting = FitSetting(seed, training, hardware, Path(folder), _Deaf())
                model.fit(scene.train, scene.valid, setting)
            fitted = time.perf_counter() - began
            asked = scene.ask(family, model.eval())
            cost = asked.influence.cost
            print(f"{family}, seed {seed}: fitted in {fitted:.0f} s, {_cost(cost)}", flush=True)
            yield asked


class _Deaf:
    def metric(self, name: str, value: float, step: int) -> None:
        """Take no note."""


def row(family: str, fits: list[Asked], truth: Asked) -> list[str]:
    """Return a line of the first table, the mean over seeds."""
    scores = {name: each.mean for name, each in _scores(fits, truth).means().items()}
    lags = reduce(add, (lag_influence(one, LAGS, LAG) for fit in fits for one in fit.maps))
    future = max(fit.influence.cost.future for fit in fits)
    return [
        family,
        f"{np.mean([fit.bits_per_step for fit in fits]):.3f}",
        *(f"{each:.3f}" for each in lags.mean),
        f"{scores['total']:.3f}",
        _told(scores["divergence"]),
        _told(scores["outside"]),
        _told(scores["rank_correlation"], 2),
        _told(between(fits, fits)),
        _told(pooled_redundancy(one for fit in fits for one in fit.maps).mean, 2),
        f"{future:.1g}",
    ]


def between(some: list[Asked], others: list[Asked]) -> float:
    """Return the mean row divergence between different fits [bits]; NaN where there is one."""
    if some is others:
        pairs = list(combinations(some, 2))
    else:
        pairs = [(one, other) for one in some for other in others]
    if not pairs:
        return float("nan")
    return _pooled([_scores([one], other) for one, other in pairs]).means()["divergence"].mean


def _scores(fits: list[Asked], truth: Asked) -> RowScores:
    """Hold the rows of all fits against the truth, from the first whole context on."""
    return _pooled(
        [
            score_rows(_late(one), _late(other))
            for fit in fits
            for one, other in zip(fit.maps, truth.maps, strict=True)
        ]
    )


def _pooled(scores: list[RowScores]) -> RowScores:
    return reduce(add, scores)


def _late(one: InfluenceMap) -> InfluenceMap:
    """Leave out the outputs that lack a part of their context, where the truth itself is vague."""
    valid = None if one.valid is None else one.valid[LAG:]
    return InfluenceMap(one.effect[LAG:], one.change[LAG:], valid=valid)


def _told(value: float, digits: int = 3) -> str:
    return "–" if np.isnan(value) else f"{value:.{digits}f}"


def _cost(cost: Any) -> str:
    return f"{cost.n_variants:,} variants of {cost.n_examples} probes in {cost.seconds:.1f} s"


def table(head: list[str], lines: list[list[str]]) -> str:
    """Return a Markdown table."""
    rule = [":--", *["--:"] * (len(head) - 1)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [head, rule, *lines]) + "\n"


def report(scene: Scene, truth: Asked, fits: dict[str, list[Asked]]) -> str:
    """Return the page: influence and scores, distances between families, context gain."""
    lags = [f"lag {lag}" for lag in LAGS]
    scores = ["total", "row JSD", "outside", "Spearman", "seed JSD", "redundancy", "future [nats]"]
    everybody = {"oracle": [truth], **fits}
    first = [row(family, each, truth) for family, each in everybody.items()]
    pairs = [
        [f"{one} – {other}", _told(between(fits[one], fits[other]))]
        for one, other in combinations([each for each in fits if each != "unigram"], 2)
    ]
    gains = [
        [family, *(f"{gain:.3f}" for gain in np.mean([fit.gain for fit in each], axis=0))]
        for family, each in everybody.items()
    ]
    facts = ", ".join(f"{key} {value}" for key, value in machine().items())
    process = (
        f"x_t copies x_t-{LAG} with probability 0.6, else it is drawn from a row that x_t-1 "
        f"chooses; {N_SYMBOLS} symbols, sequences of {LENGTH}, {len(scene.train):,} to learn from, "
        f"{len(scene.test)} to score, {scene.n_probes} probes; means over "
        f"{max(map(len, fits.values()))} seeds where a seed matters. Influence in bits, of outputs "
        "that have their whole context; every symbol is put in the place of every step."
    )
    return (
        f"# Where families look\n\n{facts}\n\n{process}\n\n"
        f"{table(['family', 'bits/step', *lags, *scores], first)}\n"
        "row JSD: between a family's rows and the oracle's, each divided by its sum [bits]; seed "
        "JSD: the same between seeds of a family; outside: share of the influence on steps at "
        "which the oracle does not look. Spearman is printed as a caution: ties at zero favour "
        "who misses the main lag.\n\n## Between families\n\n"
        f"{table(['pair', 'row JSD'], pairs)}\n## Context gain [bits]\n\n"
        "Log-loss with the last k steps alone, less that with all.\n\n"
        f"{table(['family', *(f'k = {k}' for k in CONTEXTS)], gains)}"
    )


def main() -> None:
    """Print the page and write it to `results/`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, default in {"train": 3000, "seeds": 2, "probes": 24, "epochs": 8}.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore")
    scene = scene_of(arguments.train, arguments.probes)
    truth = scene.ask("oracle", oracle_of(scene.source))
    fits: dict[str, list[Asked]] = {}
    for asked in asked_families(scene, arguments.seeds, arguments.epochs):
        fits.setdefault(asked.family, []).append(asked)
    page = report(scene, truth, fits)
    (RESULTS / "where_it_looked.md").write_text(page)
    print(page)


if __name__ == "__main__":
    main()
