"""How long a report of 100 experiments with 3 seeds each takes, and what its page weighs.

    python benchmarks/report.py [FOLDER]

Ten tasks with ten experiments each, every one with three learning curves of 60 epochs, a
reliability and two slicings: what the suites have at most. Reading the files is not in it.
"""

import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from seqarena.data.manifest import BestPossible
from seqarena.metrics.reliability import reliability_bins
from seqarena.reporting.cells import Cell, SeedResult, TaskFacts
from seqarena.reporting.details import Curve, Details, Reliability, SliceScore
from seqarena.reporting.report import whole_report, write_report
from seqarena.schema import DataSchema
from seqarena.significance.calibration import calibration_band

_FAMILIES = (
    *("markov_chain", "hidden_markov", "gaussian_mixture", "elman_rnn", "lstm"),
    *("gru", "attention", "transformer", "aligner", "nearest_neighbour"),
)
_N_TASKS, _N_SEEDS, _N_EPOCHS = 10, 3, 60


def main(folder: Path) -> None:
    """Write the report into a folder, and print what it took."""
    tasks = [_task(number) for number in range(_N_TASKS)]
    rng = np.random.default_rng(0)
    cells = [_cell(task, place, rng) for task in tasks for place in range(len(_FAMILIES))]
    began, own = time.monotonic(), time.process_time()
    whole = whole_report(tasks, cells)
    files = write_report(folder, whole)
    seconds, own = time.monotonic() - began, time.process_time() - own
    size = (folder / "comparison.html").stat().st_size
    n_charts = sum(len(section.charts) for section in whole.sections)
    print(
        f"{len(cells)} experiments x {_N_SEEDS} seeds: {seconds:.1f} s ({own:.1f} s of processor), "
        f"{n_charts} charts, {len(files)} files, page {size / 1e6:.2f} MB"
    )


def _task(number: int) -> TaskFacts:
    if number % 2:
        return TaskFacts(f"labels_{number}", DataSchema("classification", n_classes=8))
    best = BestPossible(1.5, "bits", 0.01, 1.4, 1.6, "forward recursion", on_test=1.48)
    return TaskFacts(
        f"source_{number}", DataSchema("density", n_symbols=8), best_possible=best, n_test=500
    )


def _cell(task: TaskFacts, place: int, rng: np.random.Generator) -> Cell:
    is_high = task.metric.higher_is_better
    level = 0.95 - 0.05 * place if is_high else 1.5 + 0.05 * place
    scores = level + rng.normal(0, 0.01, _N_SEEDS)
    seeds = [
        SeedResult(
            seed,
            {task.metric.name: float(score)},
            n_parameters=int(10 ** rng.uniform(2, 5)),
            wall_seconds=float(rng.uniform(1, 60)),
            cpu_seconds=1.0,
            training_flops=float(10 ** rng.uniform(8, 12)),
        )
        for seed, score in enumerate(scores)
    ]
    return Cell(
        f"{task.name}-{_FAMILIES[place]}",
        task.name,
        _FAMILIES[place],
        "none",
        "seqarena",
        tuple(seeds),
        baseline="n-gram" if place == 0 and not is_high else "",
        details=_details(level, rng, has_labels=is_high),
    )


def _details(level: float, rng: np.random.Generator, *, has_labels: bool) -> Details:
    confidence = rng.uniform(0.3, 1.0, 500)
    is_right = rng.random(500) < confidence
    return Details(
        curves=tuple(_curve(seed, rng) for seed in range(_N_SEEDS)),
        reliability=_reliability(confidence, is_right, rng) if has_labels else None,
        slices=tuple(
            SliceScore(by, f"{start}–{start + 9}", float(start), start + 9.0, 125, (level, level))
            for by in ("length", "rarity")
            for start in (10, 20, 30, 40)
        ),
    )


def _reliability(
    confidence: np.ndarray, is_right: np.ndarray, rng: np.random.Generator
) -> Reliability:
    bins = reliability_bins(confidence, is_right, rng)
    return Reliability(0, bins, calibration_band(confidence, is_right))


def _curve(seed: int, rng: np.random.Generator) -> Curve:
    epochs = np.arange(1, _N_EPOCHS + 1)
    losses = 1.0 + np.exp(-epochs / 10) + rng.normal(0, 0.01, _N_EPOCHS)
    return Curve(
        seed, tuple(epochs.tolist()), tuple((0.4 * epochs).tolist()), tuple(losses.tolist())
    )


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory() as scratch:
            main(Path(scratch))
