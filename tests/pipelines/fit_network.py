"""A program that fits a small Transformer: fit_network.py FOLDER HARDWARE [KILL_RANK KILL_CALL].

HARDWARE is the JSON of a `HardwareConfig`. The results go to FOLDER/results.json. With a rank and a
call, that process (or, for "all", every one) kills itself at that call of the objective.
"""

import json
import os
import signal
import sys
from pathlib import Path

import numpy as np
import torch

from seqarena.batch import sequences_of
from seqarena.families.catalogue import build_family
from seqarena.families.transformer import TransformerConfig
from seqarena.fitting import module
from seqarena.fitting.processes import is_main_process, n_processes, rank
from seqarena.fitting.protocols import FitSetting, HardwareConfig, OptimiserConfig, TrainingConfig
from seqarena.schema import DataSchema


class Notes:
    """A recorder that remembers."""

    def __init__(self):
        self.rows = []

    def metric(self, name, value, step):
        self.rows.append((name, value, step))


def steps_of_a_cycle(n, seed):
    generator = np.random.default_rng(seed)
    starts, lengths = generator.integers(0, 5, n), generator.integers(3, 9, n)
    pairs = zip(starts, lengths, strict=True)
    return sequences_of([np.arange(start, start + length) % 5 for start, length in pairs])


def main(folder: Path, hardware: HardwareConfig, kill_rank: str, kill_call: int) -> None:
    """Fit, and store parameters, report and what was recorded."""
    module.SECONDS_BETWEEN_CHECKPOINTS = 0.0
    config = TransformerConfig(
        kind="transformer",
        model_dim=16,
        n_layers=2,
        n_heads=2,
        optimiser=OptimiserConfig(warmup_steps=5, max_gradient_norm=0.5),
    )
    family = build_family(config, DataSchema("density", n_symbols=5, max_length=9), 0)
    original, calls = type(family).objective, iter(range(10**6))

    def counted(self, batch):
        if next(calls) == kill_call and kill_rank in ("all", str(rank())):
            os.kill(os.getpid(), signal.SIGKILL)
        return original(self, batch)

    if kill_rank:
        # Of the class: a sharded fit trains a copy of the family.
        type(family).objective = counted
    notes = Notes()
    training = TrainingConfig(batch_size=8, max_epochs=4)
    setting = FitSetting(0, training, hardware, folder / "scratch", notes)
    report = family.fit(steps_of_a_cycle(29, 0), steps_of_a_cycle(9, 1), setting)
    if is_main_process():
        results = {
            "parameters": {name: value.tolist() for name, value in family.state_dict().items()},
            "report": report.as_dict(),
            "metrics": notes.rows,
            "n_processes": n_processes(),
        }
        (folder / "results.json").write_text(json.dumps(results))


if __name__ == "__main__":
    torch.set_num_threads(1)
    where, how, *kill = sys.argv[1:]
    kill_rank, kill_call = kill or ("", "-1")
    main(Path(where), HardwareConfig.model_validate_json(how), kill_rank, int(kill_call))
