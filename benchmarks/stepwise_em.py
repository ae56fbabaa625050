"""Stepwise against batch EM: how many passes until the likelihood of 30 batch passes is reached?

    SEQARENA_MIRROR=FOLDER python benchmarks/stepwise_em.py [N_SEEDS]

Hidden Markov models of characters, from the same start, on the Python reference's text and, where
the mirror is set, on tiny Shakespeare (first 90 % to train, last 10 % to validate). The losses are
of whole splits after each pass, in nats per character. Prints a table and writes it to `results/`.
"""

import json
import os
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from side_by_side import RESULTS, machine

from seqarena.batch import Sequences, sequences_of
from seqarena.data.sources.python_reference import PythonReferenceConfig, read_python_reference
from seqarena.data.splits import Split
from seqarena.data.windows import training_windows
from seqarena.families.hidden_markov import HiddenMarkovConfig, HiddenMarkovModel
from seqarena.fitting.protocols import (
    FitSetting,
    HardwareConfig,
    StepwiseConfig,
    TrainingConfig,
)
from seqarena.schema import DataSchema

N_STATES = 64
WINDOW = 256
BATCH_PASSES = 30
STEPWISE_PASSES = 6


@dataclass(frozen=True)
class Text:
    """A text in windows."""

    name: str
    train: Sequences
    valid: Sequences
    n_symbols: int


@dataclass(frozen=True)
class Curve:
    """A loss after each pass, and the wall time of all of them without the scoring."""

    losses: list[float]
    seconds: float


@dataclass(frozen=True)
class Race:
    """One line of the table."""

    text: str
    split: str
    seed: int
    batch: Curve
    stepwise: Curve

    @property
    def passes(self) -> int | None:
        """Passes of stepwise EM until it is at least as good as batch EM at its end."""
        goal = self.batch.losses[-1]
        return next((n for n, loss in enumerate(self.stepwise.losses, 1) if loss <= goal), None)


class Losses:
    """A recorder that keeps what is said of the evaluated split."""

    def __init__(self) -> None:
        self.of_split: list[float] = []

    def metric(self, name: str, value: float, step: int) -> None:
        """Take note."""
        del step
        if name == "valid/loss":
            self.of_split.append(value)


def shakespeare(mirror: Path) -> Text:
    """Read the characters, and cut both parts into windows."""
    text = (mirror / "lm_tinyshakespeare/input.txt").read_text()
    symbols, codes = np.unique(np.array(list(text)), return_inverse=True)
    cut = int(0.9 * len(codes))
    train, valid = (_windows(part) for part in (codes[:cut], codes[cut:]))
    return Text("tiny Shakespeare", train, valid, len(symbols))


def python_reference() -> Text:
    """Read the task's source in windows that do not overlap."""
    config = PythonReferenceConfig(kind="python_reference", window=WINDOW, stride=WINDOW)
    source = read_python_reference(config)
    train, valid = (source.parts[split].sequences for split in (Split.TRAIN, Split.VALID))
    return Text("Python reference", train, valid, len(source.symbols or ()))


def curve(text: Text, scored: Sequences, seed: int, stepwise: StepwiseConfig | None) -> Curve:
    """Fit from the seed's start, and return the loss of `scored` after each pass."""
    config = HiddenMarkovConfig(
        kind="hidden_markov", n_states=N_STATES, precision="float32", stepwise=stepwise
    )
    model = HiddenMarkovModel(config, DataSchema("density", n_symbols=text.n_symbols))
    losses = Losses()
    passes = BATCH_PASSES if stepwise is None else STEPWISE_PASSES
    with tempfile.TemporaryDirectory() as scratch:
        setting = FitSetting(
            seed=seed,
            training=TrainingConfig(max_em_epochs=passes, em_tolerance=0.0),
            hardware=HardwareConfig(accelerator="cpu"),
            scratch=Path(scratch),
            recorder=losses,
        )
        began = time.perf_counter()
        model.fit(text.train, scored, setting)
    return Curve(losses.of_split, time.perf_counter() - began)


def races(text: Text, seed: int) -> list[Race]:
    """Let both run from the same start, scored on either split."""
    return [
        Race(
            text.name,
            split,
            seed,
            *(curve(text, scored, seed, how) for how in (None, StepwiseConfig())),
        )
        for split, scored in (("training", text.train), ("validation", text.valid))
    ]


def table(found: list[Race]) -> str:
    """Return the races as a Markdown table."""
    head = [
        "text",
        "split",
        "seed",
        f"batch, {BATCH_PASSES} passes [nats]",
        *(f"stepwise, pass {n}" for n in range(1, STEPWISE_PASSES + 1)),
        "passes needed",
        "batch [s]",
        "stepwise [s]",
    ]
    lines = [head, [":--", ":--", *["--:"] * (len(head) - 2)]]
    for race in found:
        seconds = [f"{each.seconds:.1f}" for each in (race.batch, race.stepwise)]
        losses = [race.batch.losses[-1], *race.stepwise.losses]
        needed = str(race.passes or f"more than {STEPWISE_PASSES}")
        shown = [f"{loss:.4f}" for loss in losses]
        lines.append([race.text, race.split, str(race.seed), *shown, needed, *seconds])
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines) + "\n"


def _windows(codes: np.ndarray) -> Sequences:
    return sequences_of(
        [codes[each.start : each.end] for each in training_windows(len(codes), WINDOW)]
    )


def main(n_seeds: int) -> None:
    """Run every race, print the table and write it."""
    texts = [python_reference()]
    if "SEQARENA_MIRROR" in os.environ:
        texts.append(shakespeare(Path(os.environ["SEQARENA_MIRROR"])))
    else:
        print("tiny Shakespeare is left out: SEQARENA_MIRROR is not set.")
    found = [race for text in texts for seed in range(n_seeds) for race in races(text, seed)]
    knobs = StepwiseConfig()
    title = (
        f"# Stepwise EM: {N_STATES} states, windows of {WINDOW} characters,"
        f" {knobs.sequences_per_update} of them per update,"
        f" weight (t + {knobs.delay})^-{knobs.exponent:g}"
    )
    facts = ", ".join(f"{key} {value}" for key, value in machine().items())
    text = f"{title}\n\n{facts}; seconds are of the fit with the scoring\n\n{table(found)}"
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "stepwise_em.md").write_text(text)
    content = {"machine": machine(), "races": [asdict(race) for race in found]}
    (RESULTS / "stepwise_em.json").write_text(json.dumps(content, indent=2) + "\n")
    print(text)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
