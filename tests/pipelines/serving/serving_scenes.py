"""A small workspace with a fit of every kind of task, and servers of what was packaged from it."""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import mlflow
import numpy as np
import pandas as pd
import pytest

from seqarena.data.arrow_store import read_part
from seqarena.data.manifest import read_manifest
from seqarena.data.splits import Split
from seqarena.experiment.fit_seed import fit_seed
from seqarena.experiment.layout import Workspace
from seqarena.experiment.suite import Suite, read_suite
from seqarena.families.store import load_family
from seqarena.retraining.serving.package import package
from seqarena.tasks.prepare import prepare_task

MARKS = [
    # MLflow 3.17 itself uses what SQLAlchemy 2.1 deprecates, and warns of its own type hints.
    pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy is deprecated"),
    pytest.mark.filterwarnings("ignore:.*Any type hint is inferred as AnyType:UserWarning"),
    pytest.mark.slow,
]

_PATIENCE = 400
"""Seconds in which a server must have begun to answer: it imports MLflow and torch, twice."""

PARAMS = """
seeds: [0]
hardware: {accelerator: cpu, devices: 1}
tasks:
  lagged:
    kind: density
    source:
      kind: lagged_markov_source
      draw: {length: 20, n_train: 16, n_valid: 4, n_test: 4}
    training: {batch_size: 4, max_epochs: 1}
  prose:
    kind: density
    source: {kind: text, path: prose.txt, window: 16, stride: 8, unit: character}
    training: {batch_size: 8, max_epochs: 1}
    duplicates: count
  walks:
    kind: density
    source: {kind: jsonl, path: walks.jsonl, columns: {input: x}, unit: numbers}
    training: {batch_size: 8, max_em_epochs: 3}
  dates:
    kind: transduction
    source: {kind: dates, n_train: 200, n_valid: 16, n_test: 8, locales: [en]}
    training: {batch_size: 16, max_epochs: 2}
  words:
    kind: alignment
    source: {kind: dates, unit: words, n_train: 40, n_valid: 8, n_test: 8, locales: [en]}
    training: {max_em_epochs: 2}
  states:
    kind: tagging
    source: {kind: hidden_markov_states, length: 12, n_train: 16, n_valid: 4, n_test: 4}
    training: {batch_size: 4, max_epochs: 1}
  digits:
    kind: classification
    source: {kind: handwritten_digits, view: rows}
    training: {batch_size: 64, max_epochs: 1}
  items:
    kind: recommendation
    source: {kind: item_markov_source, n_items: 30, n_users: 60, longest: 12}
    training: {batch_size: 16, max_epochs: 1}
families:
  markov: {kind: markov_chain, order: 1}
  gru: {kind: gru, model_dim: 8}
  gru_softmax: {kind: gru, model_dim: 8, attention: softmax}
  transformer: {kind: transformer, model_dim: 8, n_layers: 1, n_heads: 2}
  gmm: {kind: gaussian_mixture, n_components: 2}
  hmm: {kind: hidden_markov, n_states: 2}
  ibm: {kind: aligner, model: ibm_1}
experiments:
  lagged-markov: {task: lagged, family: markov}
  lagged-hmm: {task: lagged, family: hmm}
  lagged-transformer: {task: lagged, family: transformer}
  prose-gru: {task: prose, family: gru}
  walks-gmm: {task: walks, family: gmm}
  dates-gru: {task: dates, family: gru_softmax}
  words-ibm: {task: words, family: ibm}
  states-gru: {task: states, family: gru}
  digits-gru: {task: digits, family: gru_softmax}
  digits-hmm: {task: digits, family: hmm}
  items-markov: {task: items, family: markov}
  items-gru: {task: items, family: gru}
"""


def fit_everything(root: Path) -> Suite:
    """Prepare and fit all of `PARAMS` in `root`, which is the present folder."""
    (root / "params.yaml").write_text(PARAMS)
    (root / "prose.txt").write_text("the cat sat on the mat, and the dog sat by the door.\n" * 20)
    (root / "walks.jsonl").write_text("".join(walks()))
    workspace, suite = Workspace.here(), read_suite()
    for name, task in suite.tasks.items():
        prepare_task(name, task, workspace.prepared(name))
    for name, experiment in suite.experiments.items():
        prepared = workspace.prepared(experiment.task_name)
        run = fit_seed(experiment, 0, prepared, workspace, show_progress=False)
        shutil.copytree(run, workspace.fit(name) / "seed-0")
    return suite


def walks() -> Iterator[str]:
    """Yield random walks of three numbers a step, of 5 to 9 steps, as JSON Lines."""
    draws = np.random.default_rng(0)
    for _ in range(40):
        steps = draws.normal(size=(int(draws.integers(5, 10)), 3)).cumsum(axis=0)
        yield json.dumps({"x": steps.round(3).tolist()}) + "\n"


def packaged(root: Path, experiment: str, out: Path) -> Path:
    """Package a fit of the workspace in `root`."""
    workspace, cell = (
        Workspace(root, root),
        read_suite(root / "params.yaml").experiments[experiment],
    )
    fit = workspace.fit(experiment) / "seed-0"
    return package(fit, workspace.prepared(cell.task_name), out, cell.task)


@contextmanager
def served(model: str, **environment: str) -> Iterator[str]:
    """Yield the address of `mlflow models serve`, which answers; it is ended afterwards."""
    port = _free_port()
    command = [sys.executable, "-m", "mlflow", "models", "serve", "-m", model, "-h", "127.0.0.1"]
    command += ["-p", str(port), "--env-manager", "local"]
    quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false"}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    with tempfile.TemporaryFile("w+") as log:
        server = subprocess.Popen(
            command,
            env={**os.environ, **quiet, "PATH": path, **environment},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            address = f"http://127.0.0.1:{port}"
            _wait(address, server, log)
            yield address
        finally:
            server.terminate()
            server.wait(timeout=30)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _wait(address: str, server: "subprocess.Popen[bytes]", log: TextIO) -> None:
    ends = time.monotonic() + _PATIENCE
    while time.monotonic() < ends:
        if server.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{address}/ping", timeout=2) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    log.seek(0)
    pytest.fail(f"{address} did not answer (exit {server.poll()}): {log.read()[-3000:]}")


def posted(address: str, **body: object) -> tuple[int, dict]:
    """Return the status of a request, and what came back."""
    request = urllib.request.Request(
        f"{address}/invocations",
        json.dumps(body).encode(),
        {"Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def asked(folder, rows, **params):
    """Ask as MLflow does, in process."""
    return mlflow.pyfunc.load_model(str(folder)).predict(pd.DataFrame(rows), params=params or None)


def scene(root, experiment, n=5):
    """The family itself, its manifest, and the first test examples."""
    folder = Workspace(root, root).fit(experiment) / "seed-0"
    prepared = Workspace(root, root).prepared(experiment.split("-")[0])
    part = read_part(prepared, Split.TEST).select(np.arange(n))
    return load_family(folder), read_manifest(prepared), part.sequences


def rows_of(sequences, cut=None):
    name = "tokens" if sequences.tokens is not None else "frames"
    values = [sequences.sequence(row)[:cut].tolist() for row in range(len(sequences))]
    return [{name: value} for value in values]


def assert_near(one, other):
    if isinstance(one, dict):
        assert one.keys() == other.keys()
        for key in one:
            assert_near(one[key], other[key])
    elif isinstance(one, list):
        assert len(one) == len(other)
        for pair in zip(one, other, strict=True):
            assert_near(*pair)
    else:
        assert one == (pytest.approx(other, abs=1e-5) if isinstance(one, float) else other)
