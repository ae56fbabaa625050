"""How long the judgement of a large report takes: 100 experiments of 3 seeds, by chance.

    python benchmarks/judgement.py [EXPERIMENTS] [EXAMPLES]

Writes predictions as `evaluate` does into a temporary folder, on ten tasks, and times reading and
judging all of them: every pair of a task, 10,000 draws each.
"""

import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from seqarena.data.manifest import Manifest, Provenance, SplitRecord
from seqarena.evaluation.predictions import metrics_of, write_predictions
from seqarena.evaluation.stamp import Stamp
from seqarena.evaluation.summary import summarise_seeds, write_metrics
from seqarena.experiment.judge import judge
from seqarena.experiment.question import QuestionConfig, parse_asked, resolve
from seqarena.experiment.stamping import rules_of
from seqarena.experiment.suite import Suite
from seqarena.metrics.metric import headline_metric
from seqarena.schema import DataSchema

N_TASKS, N_SEEDS = 10, 3
SCHEMA = DataSchema("density", n_symbols=4)
HASH = "0" * 64
RESULTS = Path(__file__).parent / "results" / "judgement.md"


def main(n_experiments: int = 100, n_examples: int = 1000) -> None:
    """Print one line per task, and the sum; write them to `results/judgement.md`."""
    suite, question = settings(n_experiments)
    with tempfile.TemporaryDirectory() as folder:
        for task in suite.tasks:
            leave(Path(folder), suite, task, n_examples)
        rows = list(timed(Path(folder), suite, question))
    total = ("all", n_experiments, *(sum(row[place] for row in rows) for place in (2, 3, 4)))
    lines = [
        "# Judging a report",
        "",
        f"{n_experiments} experiments, 10,000 draws for each pair; one process.",
        "",
        "| task | experiments | seeds | examples | pairs | seconds | of a core |",
        "| :-- | --: | --: | --: | --: | --: | --: |",
    ]
    for name, n_cells, n_pairs, seconds, cpu in [*rows, total]:
        sizes = f"{n_cells} | {N_SEEDS} | {n_examples} | {n_pairs}"
        lines.append(f"| {name} | {sizes} | {seconds:.2f} | {cpu:.2f} |")
    text = "\n".join(lines) + "\n"
    print(text)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(text)


def settings(n_experiments: int) -> tuple[Suite, QuestionConfig]:
    """Return as many experiments, spread over the tasks."""
    tasks = [f"task_{number}" for number in range(N_TASKS)]
    names = [f"family_{number}" for number in range(n_experiments // N_TASKS)]
    raw = {
        "seeds": list(range(N_SEEDS)),
        "question": {"tasks": {task: {"region": 0.01} for task in tasks}},
        "tasks": {
            task: {"kind": "density", "source": {"kind": "lagged_markov_source"}} for task in tasks
        },
        "families": {name: {"kind": "markov_chain", "order": 1} for name in names},
        "experiments": {
            f"{task}-{name}": {"task": task, "family": name} for task in tasks for name in names
        },
    }
    return parse_asked(raw)


def leave(folder: Path, suite: Suite, task: str, n_examples: int) -> None:
    """Write what the experiments of a task leave: the same hard examples, and some luck."""
    stamp = Stamp(rules_of(suite.tasks[task], manifest(task)))
    hard = 1 + 0.1 * np.random.default_rng(0).standard_normal(n_examples)
    own = [each for each in suite.experiments.values() if each.task_name == task]
    for place, experiment in enumerate(own):
        rng = np.random.default_rng(place)
        found = {}
        for seed in experiment.seeds:
            bits = 1.5 + 0.005 * place + 0.005 * rng.standard_normal()
            noise = 0.02 * rng.standard_normal(n_examples)
            nats = -20 * np.log(2) * bits * (hard + noise)
            rows = list(range(n_examples))
            table = pa.table(
                {
                    "row": rows,
                    "id": list(map(str, rows)),
                    "n_scored": [20] * n_examples,
                    "log_prob": nats,
                }
            )
            write_predictions(folder / experiment.name / "evaluation" / f"seed-{seed}", table)
            found[seed] = metrics_of(table, SCHEMA)
        summary = summarise_seeds({"task": task}, headline_metric(SCHEMA), found)
        path = folder / experiment.name / "metrics.json"
        write_metrics(path, {**summary, "protocol": stamp.as_dict()})


def timed(
    folder: Path, suite: Suite, question: QuestionConfig
) -> Iterator[tuple[str, int, int, float, float]]:
    """Judge task by task."""
    for task in suite.tasks:
        began, spent = time.perf_counter(), time.process_time()
        asked = resolve(question, suite, task, SCHEMA)
        found = judge(asked, question, suite, manifest(task), folder)
        seconds, cpu = time.perf_counter() - began, time.process_time() - spent
        yield task, len(found.cells), len(found.pairs), seconds, cpu


def manifest(task: str) -> Manifest:
    """Return what `prepare` would have written."""
    splits = {name: SplitRecord(1, 1, 1, HASH, HASH) for name in ("train", "valid", "test")}
    return Manifest(task, SCHEMA, Provenance("By chance.", "none", "nobody"), splits)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
