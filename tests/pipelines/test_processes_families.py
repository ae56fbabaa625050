"""One process against two and four, family by family, through what DVC's stage runs."""

import json
import os
import shutil
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

# Mini-batches of nine: the last one of 61 or 216 sequences is smaller, and uneven over processes.
STEPWISE = {"sequences_per_update": 9}


def _cell(task, family, **override):
    return {"task": task, "family": family, "override": override}


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
            "training": {"batch_size": 7, "max_epochs": 2, "max_em_epochs": 4},
        },
        "states": {
            "kind": "tagging",
            "source": {
                "kind": "hidden_markov_states",
                "length": 12,
                "n_train": 61,
                "n_valid": 11,
                "n_test": 5,
            },
            "training": {"batch_size": 8, "max_epochs": 2},
        },
        "dates": {
            "kind": "alignment",
            "source": {"kind": "dates", "unit": "words", "n_train": 61, "n_valid": 11, "n_test": 5},
            "training": {"batch_size": 8, "max_em_epochs": 4},
            "duplicates": "count",
        },
    },
    "families": {
        "markov": {"kind": "markov_chain", "order": 3, "n_codes": 8},
        "hmm": {"kind": "hidden_markov", "n_states": 3, "precision": "float64"},
        "gmm": {"kind": "gaussian_mixture", "n_components": 2},
        "recogniser": {
            "kind": "word_recogniser",
            "n_states": 3,
            "silence_states": 1,
            "n_components": 2,
        },
        "aligner": {"kind": "aligner", "ibm_1_passes": 2, "symmetrisation": "union"},
        "gru": {"kind": "gru", "model_dim": 8},
        "gru_ctc": {
            "kind": "gru",
            "model_dim": 8,
            "attention": "softmax",
            "transduction_head": "ctc_attention",
        },
        "most_frequent_tag": {"kind": "most_frequent_tag"},
        "hmm_tagger": {"kind": "hidden_markov"},
    },
    # One line for each variant of a classical family.
    "experiments": {
        "lagged-markov": {"task": "lagged", "family": "markov"},
        "lagged-kneser_ney": _cell("lagged", "markov", smoothing="kneser_ney"),
        "lagged-hmm": {"task": "lagged", "family": "hmm"},
        "lagged-hmm_float32": _cell("lagged", "hmm", precision="float32"),
        "lagged-hmm_stepwise": _cell("lagged", "hmm", stepwise=STEPWISE),
        "lagged-hmm_restarts": _cell("lagged", "hmm", n_restarts=2),
        "vowels-hmm_mixture": _cell("vowels", "hmm", n_components=2, topology="left_to_right"),
        "vowels-hmm_stepwise": _cell("vowels", "hmm", n_restarts=2, stepwise=STEPWISE),
        "dates-aligner": {"task": "dates", "family": "aligner"},
        "vowels-gmm": {"task": "vowels", "family": "gmm"},
        "vowels-gmm_tied": _cell("vowels", "gmm", covariance="tied"),
        "vowels-gmm_stepwise": _cell("vowels", "gmm", stepwise=STEPWISE),
        "vowels-markov": {"task": "vowels", "family": "markov"},
        "words-recogniser": {"task": "words", "family": "recogniser"},
        "states-hmm": {"task": "states", "family": "hmm_tagger"},
        "states-most_frequent_tag": {"task": "states", "family": "most_frequent_tag"},
        "states-gru_crf": _cell("states", "gru", tag_head="crf", bidirectional=True),
        "vowels-gru": {"task": "vowels", "family": "gru"},
        "words-gru_ctc": {"task": "words", "family": "gru_ctc"},
    },
}
BY_STATISTICS = [name for name in PARAMS["experiments"] if "gru" not in name]
BY_GRADIENTS = [name for name in PARAMS["experiments"] if "gru" in name]
N_PROCESSES = [2, 4]


def run(folder: Path, script: Path, *arguments: str) -> None:
    command = [sys.executable, str(script), *arguments]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "DVC_ROOT": str(folder)}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def fits(tmp_path_factory):
    """Fit every experiment on one, two and four processes; return the folder of each."""
    prepared = tmp_path_factory.mktemp("prepared")
    _write_params(prepared, 1)
    for task in PARAMS["tasks"]:
        run(prepared, ROOT / "pipelines/prepare.py", task, f"data/prepared/{task}")
    folders = {}
    for n in (1, *N_PROCESSES):
        folder = tmp_path_factory.mktemp(f"processes-{n}")
        shutil.copytree(prepared / "data", folder / "data")
        _write_params(folder, n)
        run(folder, Path(__file__).with_name("fit_all.py"))
        folders[n] = folder / "runs"
    return folders


def _write_params(folder: Path, n_processes: int) -> None:
    hardware = {"accelerator": "cpu", "devices": n_processes}
    with (folder / "params.yaml").open("w") as file:
        YAML(typ="safe").dump({**PARAMS, "hardware": hardware}, file)


@pytest.mark.parametrize("n", N_PROCESSES)
@pytest.mark.parametrize("name", BY_STATISTICS)
def test_counting_and_em_give_the_parameters_of_one_process(fits, name, n):
    # Products in 32 bits round by which sequences stand beside each other; sums are in 64 bits.
    tolerance = 1e-6 if name.endswith("float32") else 1e-9
    one, more = (load_family(fits[m] / name / "fit" / "seed-0").state_dict() for m in (1, n))
    assert one.keys() == more.keys()
    for key in one:
        text = f"{key} of {n} processes: {{}}"
        assert_close(one[key], more[key], rtol=tolerance, atol=tolerance, msg=text.format)


@pytest.mark.parametrize("n", N_PROCESSES)
def test_every_process_took_part(fits, n):
    for name in PARAMS["experiments"]:
        report = json.loads((fits[n] / name / "fit" / "seed-0" / "report.json").read_text())
        assert report["n_processes"] == n


@pytest.mark.parametrize("n", N_PROCESSES)
@pytest.mark.parametrize("name", BY_GRADIENTS)
def test_gradients_give_the_loss_curve_of_one_process(fits, name, n):
    curves = []
    for m in (1, n):
        events = read_journal(fits[m] / name / "fit" / "seed-0" / "journal.jsonl")
        metrics = [event for event in events if isinstance(event, MetricLogged)]
        curves.append([e.value for e in metrics if e.name in ("train/loss", "valid/loss")])
    assert len(curves[0]) == 4
    assert_close(torch.tensor(curves[0]), torch.tensor(curves[1]), rtol=1e-5, atol=1e-6)
