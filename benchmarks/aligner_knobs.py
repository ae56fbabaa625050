"""The knobs of the aligner by the likelihood of validation pairs: `aligner_knobs.py PREPARED`.

PREPARED is the folder of a prepared alignment task. The test split is not read.
"""

import sys
import tempfile
from pathlib import Path

from seqarena.data.arrow_store import read_split
from seqarena.data.manifest import read_manifest
from seqarena.data.splits import Split
from seqarena.families.aligner import build_aligner
from seqarena.families.aligner_config import AlignerConfig
from seqarena.fitting.protocols import FitSetting, HardwareConfig, TrainingConfig

# Around the defaults, one knob at a time.
_CHANGES: list[dict[str, float]] = [
    {},
    *({"pseudo_count": value} for value in (1e-4, 3e-4, 3e-3, 1e-2)),
    *({"p_null": value} for value in (0.05, 0.2, 0.4)),
    *({"max_jump": value} for value in (5, 10, 40)),
    *({"ibm_1_passes": value} for value in (2, 8)),
]


class _Silence:
    def metric(self, name: str, value: float, step: int) -> None:
        """Take no note."""


def main(prepared: Path) -> None:
    """Print a row of a Markdown table for each setting."""
    schema = read_manifest(prepared).schema
    train, valid = (read_split(prepared, split) for split in (Split.TRAIN, Split.VALID))
    n_words = int((valid.target.lengths - 1).sum()) if valid.target is not None else 1
    for change in _CHANGES:
        model = build_aligner(AlignerConfig(kind="aligner", **change), schema)  # type: ignore[arg-type]
        with tempfile.TemporaryDirectory() as scratch:
            report = model.fit(
                train,
                valid,
                FitSetting(
                    seed=0,
                    training=TrainingConfig(max_em_epochs=12, em_tolerance=0.0),
                    hardware=HardwareConfig(accelerator="cpu", devices=1),
                    scratch=Path(scratch),
                    recorder=_Silence(),
                ),
            )
        loss = (report.valid_loss or float("inf")) * int(valid.lengths.sum()) / n_words
        text = ", ".join(f"`{name}: {value:g}`" for name, value in change.items()) or "defaults"
        sys.stdout.write(f"| {text} | {loss:.4f} | {report.best_epoch} |\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
