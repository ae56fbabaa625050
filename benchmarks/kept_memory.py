"""Fits in a process that keeps its memory, beside fits in one that hands it back after each step.

    python benchmarks/kept_memory.py

The stages of the pipeline keep it (`seqarena.kept_memory`). Each fit is the same, in a process of
its own; they take turns. Prints a table and writes it to `results/kept_memory.md`.
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from side_by_side import Row, write
from training import told

from seqarena.batch import sequences_of
from seqarena.families.catalogue import build_family, parse_family
from seqarena.fitting.protocols import FitSetting, HardwareConfig, TrainingConfig
from seqarena.kept_memory import keep_memory
from seqarena.schema import DataSchema

HANDED_BACK = {"MALLOC_MMAP_MAX_": "65536"}
"""What glibc does anyway, said aloud: `keep_memory` then leaves it."""


@dataclass(frozen=True)
class Work:
    """A family, and batches of sequences of several lengths."""

    name: str
    family: dict[str, Any]
    n_symbols: int
    batch_size: int
    longest: int
    n_steps: int
    """Steps of a pass; a fit makes two passes."""


WORKS = [
    Work(
        "GRU, 256 wide, 6,000 symbols, 64 x 10 to 40",
        {"kind": "gru", "model_dim": 256},
        6000,
        64,
        40,
        8,
    ),
    Work(
        "Transformer, 2 x 64, 12,000 symbols, 64 x 13 to 50",
        {"kind": "transformer", "model_dim": 64, "n_layers": 2, "n_heads": 2, "tie_weights": True},
        12000,
        64,
        50,
        8,
    ),
    Work(
        "LSTM, 128 wide, 65 symbols, 32 x 16 to 64",
        {"kind": "lstm", "model_dim": 128},
        65,
        32,
        64,
        40,
    ),
    Work(
        "HMM, 64 states, 65 symbols, 500 x 25 to 100",
        {"kind": "hidden_markov", "n_states": 64},
        65,
        500,
        100,
        4,
    ),
]


def fit(work: Work) -> dict[str, float]:
    """Return the seconds of a step and the peak of the memory of this process [MiB]."""
    generator = np.random.default_rng(0)
    lengths = generator.integers(
        work.longest // 4, work.longest + 1, work.n_steps * work.batch_size
    )
    data = sequences_of([generator.integers(0, work.n_symbols, length) for length in lengths])
    schema = DataSchema("density", n_symbols=work.n_symbols, max_length=work.longest)
    family = build_family(parse_family(work.family, "family"), schema, 0)
    training = TrainingConfig(batch_size=work.batch_size, max_epochs=2, max_em_epochs=2)
    with told() as (folder, journal):
        setting = FitSetting(0, training, HardwareConfig(accelerator="cpu"), folder, journal)
        began = time.perf_counter()
        family.fit(data, data.select(np.arange(work.batch_size)), setting)
        seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": seconds / (2 * work.n_steps), "peak": peak}


def in_a_process(index: int, environment: dict[str, str]) -> dict[str, float]:
    """Fit in a process of its own."""
    command = [sys.executable, __file__, str(index)]
    done = subprocess.run(
        command, env={**os.environ, **environment}, check=True, capture_output=True, text=True
    )
    said: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return said


def main(n_rounds: int = 5) -> None:
    """Print the table, and write it."""
    rows = []
    for index, work in enumerate(WORKS):
        taken: dict[str, list[dict[str, float]]] = {"kept": [], "back": []}
        for _ in range(n_rounds):
            taken["kept"].append(in_a_process(index, {}))
            taken["back"].append(in_a_process(index, HANDED_BACK))
        kept, back = (
            {name: statistics.median(each[name] for each in rounds) for name in ("seconds", "peak")}
            for rounds in taken.values()
        )
        note = f"peak {kept['peak']:.0f} MiB, {back['peak']:.0f} where handed back"
        rows.append(Row(work.name, "handed back", kept["seconds"], back["seconds"], 1.0, 1, note))
    print(write("kept_memory", "Memory kept between steps", rows))


if __name__ == "__main__":
    match sys.argv[1:]:
        case [index]:
            torch.set_num_threads(1)
            keep_memory()
            print(json.dumps(fit(WORKS[int(index)])))
        case _:
            main()
