"""A small project that retrains one model, as a user would have it: Git, DVC, a CSV that grows."""

import csv
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
from ruamel.yaml import YAML

from seqarena.experiment.warm_start import SOCKET_VARIABLE

ROOT = Path(__file__).parents[2]

PARAMS = {
    "question": {},
    "seeds": [0],
    "hardware": {"accelerator": "cpu", "devices": 1},
    "tasks": {
        "moves": {
            "kind": "classification",
            "source": {
                "kind": "csv",
                "path": "moves.csv",
                "columns": {"input": ["x", "y"], "sequence": "trial", "label": "kind"},
                "unit": "numbers",
                "split": {"valid_share": 0.2, "test_share": 0.3},
            },
            "training": {"max_em_epochs": 8},
            "n_probes": 1,
        }
    },
    "families": {"gmm": {"kind": "gaussian_mixture", "n_components": 1}},
    "experiments": {"moves-gmm": {"task": "moves", "family": "gmm"}},
    "retraining": {"moves": {"experiments": ["moves-gmm"], "gate": {"min_test_examples": 20}}},
}


def trials(n: int, seed: int, spread: float = 1.0) -> list[list[str]]:
    """Draw rows of trials: one kind lies in two opposite corners, the other in the other two.

    One Gaussian per kind tells nothing, two tell nearly all.
    """
    draw, rows = np.random.default_rng(seed), []
    for number in range(n):
        kind = number % 2
        for _ in range(draw.integers(4, 8)):
            sign = draw.choice([-1, 1])
            x, y = draw.normal([2 * sign, 2 * sign * (1 - 2 * kind)], 1.5) * spread
            rows.append([f"{seed}-{number}", f"{x:.4f}", f"{y:.4f}", "ab"[kind]])
    return rows


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


class Project:
    """A copy of the project in a folder of its own."""

    def __init__(self, folder: Path, server: dict[str, str]) -> None:
        """Set it up; `server` are the variables of a `StageServer`."""
        self.folder = folder
        self.server = {**server, "WARM_SERVER": server[SOCKET_VARIABLE]}
        folder.mkdir(exist_ok=True)
        (folder / "warm.py").write_text(WARM)
        for name in ("dvc.yaml", "requirements.lock", "targets.yaml", ".dvcignore", ".gitignore"):
            shutil.copy(ROOT / name, folder / name)
        for name in ("pipelines", "src"):
            shutil.copytree(
                ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__")
            )
        self.params = YAML(typ="safe").load(_dumped(PARAMS))
        self.write_params()
        self.data = folder / "moves.csv"
        self.rows: list[list[str]] = []
        self.add(trials(240, seed=0))
        self.run(["git", "init", "-q"])
        self.run(["git", "config", "user.name", "a"])
        self.run(["git", "config", "user.email", "a@b.c"])
        self.run([sys.executable, "-m", "dvc", "init", "-q"])
        self.run(["git", "add", "-A"])
        self.run(["git", "commit", "-qm", "start"])

    def add(self, rows: list[list[str]]) -> None:
        """Append trials to the file."""
        self.write_rows([*self.rows, *rows])

    def write_rows(self, rows: list[list[str]]) -> None:
        """Write the file anew."""
        self.rows = rows
        with self.data.open("w", newline="") as file:
            csv.writer(file).writerows([["trial", "x", "y", "kind"], *rows])

    def write_params(self) -> None:
        """Write params.yaml."""
        with (self.folder / "params.yaml").open("w") as file:
            YAML(typ="safe").dump(self.params, file)

    def run(self, command: list[str], code: int = 0, **variables: str) -> str:
        """Run a command in the folder, and return what it wrote."""
        hidden = ("DVC_ROOT", "MLFLOW_TRACKING_URI")
        environment = {name: value for name, value in os.environ.items() if name not in hidden}
        environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
        environment["PYTHONPATH"] = f"{self.folder / 'src'}{os.pathsep}{Path(__file__).parent}"
        environment |= {"DVC_NO_ANALYTICS": "1", **variables}
        done = subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == code, f"{done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def seqarena(self, *arguments: str, code: int = 0) -> str:
        """Run a command of seqarena."""
        return self.run([sys.executable, "warm.py", *arguments], code, **self.server)

    def killed(self, step: str, *arguments: str) -> None:
        """Run a command that is killed as soon as it has passed a step."""
        self.seqarena("kill", step, *arguments, code=128 + signal.SIGKILL)


def _dumped(params: dict) -> str:
    from io import StringIO

    text = StringIO()
    YAML(typ="safe").dump(params, text)
    return text.getvalue()
