"""A fortnight of retraining in minutes, on real speech: each day is printed and checked.

    python benchmarks/fortnight.py [FOLDER]

The 640 utterances of the Japanese vowels (Kudo et al. 1999; shipped with aeon) arrive in portions,
as rows of a CSV. A project is set up in FOLDER (a temporary one, unless it is named): Git, DVC,
and a model that `seqarena retrain vowels` keeps fresh. Days go by with nothing new, with better
and worse models, with a poisoned batch, a truncated file, an unknown speaker, a vanished source, a
crash, an overlap, and a rollback. Every day says what it expects, and the script stops at the
first day that goes otherwise. No part of it is simulated but the calendar.
"""

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from ruamel.yaml import YAML

from seqarena.data.sources.japanese_vowels import JapaneseVowelsConfig
from seqarena.experiment.warm_start import SOCKET_VARIABLE, StageServer
from seqarena.retraining.ledger import read_ledger
from seqarena.retraining.lock import Lock

ROOT = Path(__file__).parents[1]
NAMES = [f"c{number}" for number in range(1, 13)]

BASELINE = {"kind": "markov_chain", "order": 0, "n_codes": 4}
MIXTURE = {"kind": "gaussian_mixture", "n_components": 2}
FULL = {"kind": "gaussian_mixture", "n_components": 2, "covariance": "full"}

PARAMS = {
    "question": {},
    "seeds": [0],
    "hardware": {"accelerator": "cpu", "devices": 1},
    "tasks": {
        "vowels": {
            "kind": "classification",
            "source": {
                "kind": "csv",
                "path": "vowels.csv",
                "unit": "numbers",
                "columns": {"input": NAMES, "sequence": "utterance", "label": "speaker"},
                "split": {"valid_share": 0.15, "test_share": 0.35},
            },
            "training": {"max_em_epochs": 20},
            "n_probes": 2,
        }
    },
    "families": {"model": BASELINE},
    "experiments": {"vowels-model": {"task": "vowels", "family": "model"}},
    "retraining": {
        "vowels": {
            "experiments": ["vowels-model"],
            "gate": {"min_test_examples": 60, "max_calibration_loss": None},
        }
    },
}

# Commands of seqarena, and the stages that they start, as children of a process that has imported
# everything: each would import for ten seconds otherwise.
WARM = """
import os
from seqarena.experiment.warm_start import SOCKET_VARIABLE, run_stage


def main(argv):
    os.environ[SOCKET_VARIABLE] = os.environ["WARM_SERVER"]
    if argv[0] == "kill":
        from seqarena.retraining import steps

        _, step, *argv = argv
        steps.passed = lambda now: os.kill(os.getpid(), 9) if now == step else None
    from seqarena.cli import main as command

    command(argv)


run_stage(main)
"""

Row = list[str]


def utterances() -> list[list[Row]]:
    """Return the rows of each utterance, in an order that mixes speakers."""
    data = JapaneseVowelsConfig(kind="japanese_vowels").read()
    found: list[list[Row]] = []
    for part in data.parts.values():
        sequences = part.sequences
        for row in range(len(sequences)):
            speaker = (data.class_names or ())[int(sequences.labels[row])]
            name = f"u{len(found):03d}"
            frames = sequences.sequence(row).tolist()
            found.append([[name, *(f"{x:.6f}" for x in frame), speaker] for frame in frames])
    order = np.random.default_rng(0).permutation(len(found))
    return [found[place] for place in order]


class Fortnight:
    """The project, and the days that went by."""

    def __init__(self, folder: Path, server: dict[str, str]) -> None:
        """Set it up; `server` are the variables of a `StageServer`."""
        self.folder = folder
        self.server = {**server, "WARM_SERVER": server[SOCKET_VARIABLE]}
        (folder / "warm.py").write_text(WARM)
        self.params = json.loads(json.dumps(PARAMS))
        self.coming = utterances()
        self.rows: list[Row] = []
        self.day = 0
        self._set_up()

    def _set_up(self) -> None:
        for name in ("dvc.yaml", "requirements.lock", "targets.yaml", ".dvcignore", ".gitignore"):
            shutil.copy(ROOT / name, self.folder / name)
        for name in ("pipelines", "src"):
            left_out = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / name, self.folder / name, ignore=left_out)
        self.arrive(330)
        self.set_model(BASELINE)
        for words in (
            ["git", "init", "-q"],
            ["git", "config", "user.name", "fortnight"],
            ["git", "config", "user.email", "fortnight@example.org"],
            [sys.executable, "-m", "dvc", "init", "-q"],
            ["git", "add", "-A"],
            ["git", "commit", "-qm", "Begin"],
        ):
            self.run(words, 0)

    def arrive(self, n: int) -> None:
        """Let some utterances come in."""
        portion, self.coming = self.coming[:n], self.coming[n:]
        self.write([*self.rows, *(row for rows in portion for row in rows)])

    def write(self, rows: list[Row]) -> None:
        """Write the file anew."""
        self.rows = rows
        with (self.folder / "vowels.csv").open("w", newline="") as file:
            csv.writer(file).writerows([["utterance", *NAMES, "speaker"], *rows])

    def set_model(self, settings: dict) -> None:
        """Let the challengers be of other settings from now on."""
        self.params["families"]["model"] = settings
        with (self.folder / "params.yaml").open("w") as file:
            YAML(typ="safe").dump(self.params, file)

    def run(self, words: list[str], code: int) -> str:
        """Run a command, and return what it says last; stop if it ends otherwise."""
        hidden = ("DVC_ROOT", "MLFLOW_TRACKING_URI")
        environment = {k: v for k, v in os.environ.items() if k not in hidden}
        environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
        environment |= {"DVC_NO_ANALYTICS": "1", **self.server}
        done = subprocess.run(
            words, cwd=self.folder, env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode != code:
            raise SystemExit(
                f"day {self.day}: {' '.join(words[-3:])} ended with {done.returncode}, expected "
                f"{code}:\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
            )
        said = (done.stdout.strip() or done.stderr.strip()).splitlines()
        return said[-1] if said else ""

    def begin(self, what: str) -> None:
        """Begin a day."""
        self.day += 1
        print(f"day {self.day:2d}  {what}", flush=True)

    def retrain(self, code: int, *options: str) -> str:
        """Run the command of every morning."""
        return self.command(code, "retrain", "vowels", *options)

    def command(self, code: int, *words: str) -> str:
        """Run a command of seqarena; print its last line, its exit code and its time."""
        began = time.monotonic()
        line = self.run([sys.executable, "warm.py", *words], code)
        print(f"        [{code}, {time.monotonic() - began:.1f} s] {line}", flush=True)
        return line

    def serving(self) -> str:
        """Return the version that serves, and how many there are."""
        from seqarena.retraining.glance import serving_version
        from seqarena.tracking.location import locate_store

        return str(serving_version(locate_store(self.folder, {}), "vowels"))

    def says(self, words: str, line: str) -> None:
        """Stop unless a command said these words."""
        if words not in line:
            raise SystemExit(f"day {self.day}: expected {words!r}, got {line!r}.")

    def expect(self, version: str) -> None:
        """Stop unless this version serves."""
        if self.serving() != version:
            raise SystemExit(f"day {self.day}: {self.serving()} serves, expected {version}.")


def scaled(rows: list[Row], factor: float) -> list[Row]:
    """Return rows as a recorder in other units would write them."""
    return [[row[0], *(f"{float(x) * factor:.6f}" for x in row[1:-1]), row[-1]] for row in rows]


def first_week(days: Fortnight) -> None:
    """A first model, better and worse ones, and data that must not be trusted."""
    days.begin("330 utterances, and a baseline: a first model serves")
    days.retrain(0, "--commit")
    days.expect("1")

    days.begin("nothing new")
    days.says("nothing new", days.retrain(0))
    days.expect("1")

    days.begin("a better model: two Gaussians per speaker; promoted on evidence")
    days.set_model(MIXTURE)
    days.retrain(0, "--commit")
    days.expect("2")

    days.begin("30 utterances of a recorder in other units: refused, the champion untouched")
    good = days.rows
    days.arrive(30)
    healthy = days.rows
    days.write([*good, *scaled(healthy[len(good) :], 3.0)])
    days.retrain(4)
    days.expect("2")

    days.begin("still there: not tried again")
    days.says("nothing new since", days.retrain(0))

    days.begin("the batch comes again, in the right units: judged, and no better than by chance")
    days.write(healthy)
    days.retrain(3)
    days.expect("2")

    days.begin("somebody sets the baseline again, with 30 utterances more: worse, rejected")
    days.arrive(30)
    days.set_model(BASELINE)
    days.retrain(3)
    days.expect("2")


def second_week(days: Fortnight) -> None:
    """Faults of the world around: crashes, overlaps, broken sources; and a way back."""
    days.begin("full covariances, and all utterances; the process is killed on its way to serve")
    days.arrive(len(days.coming))
    days.params["retraining"]["vowels"]["gate"]["min_gain"] = -0.05
    days.set_model(FULL)
    killed = ["warm.py", "kill", "registered", "retrain", "vowels"]
    days.run([sys.executable, *killed], 128 + signal.SIGKILL)
    print("        killed behind the step 'registered'")
    days.expect("2")

    days.begin("the next morning picks it up")
    days.retrain(0, "--commit")
    days.expect("3")

    days.begin("two at once: the second says who runs, and leaves")
    with Lock(days.folder / "retraining" / "vowels" / "lock", "a retraining of vowels"):
        days.says(f"running already (pid {os.getpid()} since ", days.retrain(5))

    days.begin("an utterance of nobody known: refused")
    whole = days.rows
    strange = [[f"x{n // 20}", *row[1:-1], "nobody"] for n, row in enumerate(whole[:200])]
    days.write([*whole, *strange])
    days.retrain(4)

    days.begin("a download that stopped half way: refused")
    days.write(whole[: len(whole) // 2])
    days.retrain(4)

    days.begin("the source vanished: refused; then it is back")
    (days.folder / "vowels.csv").unlink()
    days.retrain(4)
    days.write(whole)
    days.says("nothing new", days.retrain(0))
    days.expect("3")

    days.begin("users complain: back to the version before, if it is still 3 that serves")
    days.command(6, "rollback", "vowels", "--expect", "2")
    days.command(0, "rollback", "vowels", "--expect", "3")
    days.expect("2")
    days.command(1, "versions", "vowels", "--delete", "2")
    days.retrain(0)
    days.expect("2")


def main(folder: Path) -> None:
    """Let the fortnight go by, and print the ledger."""
    began = time.monotonic()
    with StageServer() as server:
        days = Fortnight(folder, server.environment)
        first_week(days)
        second_week(days)
    print(f"\n{'entry':>5}  {'event':<15} why")
    for entry in read_ledger(folder / "retraining" / "vowels" / "ledger.jsonl"):
        facts = entry.facts
        about = facts.get("why") or facts.get("decision") or ", ".join(facts.get("changed", []))
        print(f"{entry.number:5d}  {entry.event:<15} {str(about)[:90]}")
    print(f"\n{days.day} days in {(time.monotonic() - began) / 60:.1f} min, all as expected.")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        Path(sys.argv[1]).mkdir(parents=True)
        main(Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory(prefix="fortnight-") as made:
            main(Path(made))
