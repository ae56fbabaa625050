"""One process against two, family by family, through the script that DVC runs."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from ruamel.yaml import YAML
from torch.testing import assert_close

from seqarena.families.store import load_family
from seqarena.tracking.events import MetricLogged
from seqarena.tracking.reading import read_journal

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.slow

# 61 sequences in batches of 8: the last is smaller, and its shares are uneven.
PARAMS = {
    "seeds": [0],
    "tasks": {
        "lagged": {
            "kind": "density",
            "source": {
                "kind": "lagged_markov_source",
                "draw": {"length": 24, "n_train": 61, "n_valid": 11, "n_test": 5},
            },
            "training": {"batch_size": 8, "max_epochs": 2, "max_em_epochs": 4},
        },
        "vowels": {
            "kind": "classification",
            "source": {"kind": "japanese_vowels"},
            "training": {"batch_size": 7, "max_epochs": 2, "max_em_epochs": 4},
        },
        "words": {
            "kind": "transduction",
            "source": {
                "kind": "connected_words",
                "recordings": {"kind": "japanese_vowels"},
                "n_train": 31,
                "n_valid": 5,
                "n_test": 2,
            },
            "training": {"batch_size": 7, "max_em_epochs": 4},
        },
    },
    "families": {
        "markov": {"kind": "markov_chain", "order": 3, "n_codes": 8},
        "hmm": {"kind": "hidden_markov", "n_states": 3},
        "gmm": {"kind": "gaussian_mixture", "n_components": 2},
        "recogniser": {
            "kind": "word_recogniser",
            "n_states": 3,
            "silence_states": 1,
            "n_components": 2,
        },
        "gru": {"kind": "gru", "model_dim": 8},
    },
    "experiments": {
        "lagged-markov": {"task": "lagged", "family": "markov"},
        "lagged-hmm": {"task": "lagged", "family": "hmm"},
        "vowels-gmm": {"task": "vowels", "family": "gmm"},
        "vowels-markov": {"task": "vowels", "family": "markov"},
        "words-recogniser": {"task": "words", "family": "recogniser"},
        "vowels-gru": {"task": "vowels", "family": "gru"},
    },
}


def run(folder: Path, script: str, *arguments: str) -> None:
    command = [sys.executable, str(ROOT / "pipelines" / script), *arguments]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "DVC_ROOT": str(folder)}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def fits(tmp_path_factory):
    """Fit every experiment on one process and on two; return the folders of both."""
    folders = {}
    for n_processes in (1, 2):
        folder = tmp_path_factory.mktemp(f"processes-{n_processes}")
        hardware = {"accelerator": "cpu", "devices": n_processes}
        with (folder / "params.yaml").open("w") as file:
            YAML(typ="safe").dump({**PARAMS, "hardware": hardware}, file)
        for task in PARAMS["tasks"]:
            run(folder, "prepare.py", task, f"data/prepared/{task}")
        for name, entry in PARAMS["experiments"].items():
            run(folder, "train.py", name, f"data/prepared/{entry['task']}", f"runs/{name}/fit")
        folders[n_processes] = folder / "runs"
    return folders


@pytest.mark.parametrize("name", [name for name in PARAMS["experiments"] if "gru" not in name])
def test_counting_and_em_give_the_parameters_of_one_process(fits, name):
    one, two = (load_family(fits[n] / name / "fit" / "seed-0").state_dict() for n in (1, 2))
    assert one.keys() == two.keys()
    for key in one:
        assert_close(
            one[key], two[key], rtol=1e-9, atol=1e-9, msg=lambda text, k=key: f"{k}: {text}"
        )


def test_gradients_give_the_loss_curve_of_one_process(fits):
    curves = []
    for n in (1, 2):
        events = read_journal(fits[n] / "vowels-gru" / "fit" / "seed-0" / "journal.jsonl")
        metrics = [event for event in events if isinstance(event, MetricLogged)]
        curves.append([e.value for e in metrics if e.name in ("train/loss", "valid/loss")])
    assert len(curves[0]) == 4
    assert_close(torch.tensor(curves[0]), torch.tensor(curves[1]), rtol=1e-5, atol=1e-6)
