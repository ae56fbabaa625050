"""A program that fits a Transformer that copies, whole and sharded: fit_copying.py FOLDER.

The validation losses of both fits go to FOLDER/losses.json.
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch

from seqarena.batch import sequences_of
from seqarena.families.catalogue import build_family
from seqarena.families.transformer import TransformerConfig
from seqarena.fitting.protocols import FitSetting, HardwareConfig, TrainingConfig
from seqarena.schema import DataSchema


class Notes:
    """A recorder that remembers the validation losses."""

    def __init__(self):
        self.losses = []

    def metric(self, name, value, step):
        if name == "valid/loss":
            assert step == len(self.losses)
            self.losses.append(value)


def reversed_strings(n, seed):
    draws = np.random.default_rng(seed)
    strings = [draws.integers(0, 5, draws.integers(2, 5)) for _ in range(n)]
    return sequences_of(strings, target=sequences_of([np.append(s[::-1], 5) for s in strings]))


def losses(folder: Path, strategy: str) -> list[float]:
    schema = DataSchema(
        "transduction",
        n_symbols=5,
        n_target_symbols=6,
        target_end=5,
        target_of_symbol=(0, 1, 2, 3, 4),
        max_length=4,
        max_target_length=5,
    )
    config = TransformerConfig(kind="transformer", model_dim=8, n_heads=2, n_layers=2, copies=True)
    hardware = HardwareConfig(accelerator="cpu", devices=1, strategy=strategy)
    notes = Notes()
    setting = FitSetting(0, TrainingConfig(batch_size=8, max_epochs=2), hardware, folder, notes)
    family = build_family(config, schema, 0)
    family.fit(reversed_strings(16, 0), reversed_strings(8, 1), setting)
    return notes.losses


if __name__ == "__main__":
    torch.set_num_threads(1)
    where = Path(sys.argv[1])
    both = [losses(where / strategy, strategy) for strategy in ("auto", "fsdp")]
    (where / "losses.json").write_text(json.dumps(both))
