"""How soon a packaged model answers, in process and over HTTP: latency, and rows a second.

    python benchmarks/serving.py [--quick]

A classifier (frames of the Japanese vowels), a transducer (dates) and a density (characters) of 64
units are fitted for one epoch in a temporary folder, packaged, and asked about test examples of
their own lengths, one or 32 at once. "In process" is the model as `mlflow.pyfunc.load_model`
returns it, its check of the signature included; "HTTP" is `mlflow models serve` with one worker on
this machine, asked by one client over one connection, one request after the other, so that rows a
second are those of one client. A transducer after one epoch may write longer than a good one: its
cost is an upper end.
"""

import http.client
import json
import os
import pydoc_data.topics
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
import torch
from side_by_side import RESULTS, machine

from seqarena.data.arrow_store import read_split
from seqarena.data.splits import Split
from seqarena.experiment.fit_seed import fit_seed
from seqarena.experiment.layout import Workspace
from seqarena.experiment.suite import Experiment, read_suite
from seqarena.retraining.serving.package import package
from seqarena.tasks.prepare import prepare_task

QUICK = "--quick" in sys.argv
N_REQUESTS = {1: 20, 32: 5} if QUICK else {1: 500, 32: 100}
_CHARACTERS = 60_000
_PATIENCE = 900
"""Seconds in which a server must have begun to answer."""

PARAMS = """
seeds: [0]
hardware: {accelerator: cpu, devices: 1}
tasks:
  vowels:
    kind: classification
    source: {kind: japanese_vowels}
    training: {batch_size: 16, max_epochs: 1}
  dates:
    kind: transduction
    source: {kind: dates, n_train: 4000, n_valid: 100, n_test: 100}
    training: {batch_size: 64, max_epochs: 1}
  text:
    kind: density
    source: {kind: text, path: text.txt, window: 128, stride: 64, unit: character}
    training: {batch_size: 16, max_epochs: 1}
    duplicates: count
families:
  gru: {kind: gru, model_dim: 64}
  gru_softmax: {kind: gru, model_dim: 64, attention: softmax}
experiments:
  classifier: {task: vowels, family: gru_softmax}
  transducer: {task: dates, family: gru_softmax}
  density: {task: text, family: gru}
"""

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Timing:
    """One line of the table."""

    model: str
    way: str
    batch: int
    seconds: np.ndarray
    """Of each request."""

    def cells(self) -> list[str]:
        """Return the line."""
        p50, p99 = np.percentile(self.seconds, [50, 99]) * 1e3
        per_second = self.batch * len(self.seconds) / self.seconds.sum()
        figures = [f"{p50:.2f}", f"{p99:.2f}", f"{per_second:,.0f}", str(len(self.seconds))]
        return [self.model, self.way, str(self.batch), *figures]


def packages(root: Path) -> dict[str, tuple[Path, Rows]]:
    """Fit and package everything; return each model with its rows."""
    os.chdir(root)
    (root / "params.yaml").write_text(PARAMS)
    topics = "\n".join(pydoc_data.topics.topics.values())
    (root / "text.txt").write_text(topics[:_CHARACTERS])
    workspace, suite = Workspace(root, root), read_suite()
    for name, task in suite.tasks.items():
        prepare_task(name, task, workspace.prepared(name))
    return {name: _packaged(cell, workspace) for name, cell in suite.experiments.items()}


def _packaged(cell: Experiment, workspace: Workspace) -> tuple[Path, Rows]:
    prepared = workspace.prepared(cell.task_name)
    fit = fit_seed(cell, 0, prepared, workspace, show_progress=False)
    test = read_split(prepared, Split.TEST)
    name = "tokens" if test.tokens is not None else "frames"
    rows = [{name: test.sequence(row % len(test)).tolist()} for row in range(256)]
    return package(fit, prepared, workspace.root / "models" / cell.name, cell.task), rows


def timed(ask: Callable[[Rows], object], rows: Rows, batch: int) -> np.ndarray:
    """Return the seconds of each request, after a few that are not counted."""
    seconds = []
    n_warm = 3
    for number in range(N_REQUESTS[batch] + n_warm):
        first = number * batch % len(rows)
        asked = rows[first : first + batch]
        began = time.perf_counter()
        ask(asked)
        seconds.append(time.perf_counter() - began)
    return np.array(seconds[n_warm:])


def in_process(model: Path) -> Callable[[Rows], object]:
    """Return who asks a loaded model."""
    loaded = mlflow.pyfunc.load_model(str(model))
    return lambda rows: loaded.predict(pd.DataFrame(rows))


@contextmanager
def over_http(model: Path) -> Iterator[Callable[[Rows], object]]:
    """Serve a model, yield who asks it, and end the server."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    command = [sys.executable, "-m", "mlflow", "models", "serve", "-m", str(model)]
    command += ["-h", "127.0.0.1", "-p", str(port), "--env-manager", "local"]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    with (model.parent / f"{model.name}.log").open("w") as log:
        server = subprocess.Popen(
            command, env={**os.environ, "PATH": path}, stdout=log, stderr=subprocess.STDOUT
        )
    try:
        yield _client(port)
    finally:
        server.terminate()
        server.wait(timeout=30)


def _client(port: int) -> Callable[[Rows], object]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    ends = time.monotonic() + _PATIENCE
    while True:
        try:
            connection.request("GET", "/ping")
            connection.getresponse().read()
            break
        except OSError:
            connection.close()
            if time.monotonic() > ends:
                raise
            time.sleep(0.2)

    def ask(rows: Rows) -> object:
        body = json.dumps({"dataframe_records": rows})
        connection.request("POST", "/invocations", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        said = answer.read()
        if answer.status != http.HTTPStatus.OK:
            sys.exit(f"HTTP {answer.status}: {said.decode()[:500]}")
        return json.loads(said)

    return ask


def main() -> None:
    """Time everything, print the table and write it to results/."""
    torch.set_num_threads(1)
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    results = RESULTS.resolve()
    timings, loads = [], [os.getloadavg()[0]]
    with tempfile.TemporaryDirectory() as folder:
        for name, (model, rows) in packages(Path(folder)).items():
            ask = in_process(model)
            for batch in N_REQUESTS:
                timings.append(Timing(name, "in process", batch, timed(ask, rows, batch)))
            with over_http(model) as ask:
                for batch in N_REQUESTS:
                    timings.append(Timing(name, "HTTP", batch, timed(ask, rows, batch)))
            loads.append(os.getloadavg()[0])
        os.chdir(results)
    head = ["model", "way", "rows at once", "p50 [ms]", "p99 [ms]", "rows a second", "requests"]
    lines = [head, [":--", ":--", "--:", "--:", "--:", "--:", "--:"]]
    lines += [timing.cells() for timing in timings]
    table = "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
    where = ", ".join(f"{key} {value}" for key, value in machine().items())
    # What else the machine did: every time here is of the clock on the wall.
    load = f"load average {min(loads):.1f} to {max(loads):.1f}"
    text = f"# Serving\n\n`python benchmarks/serving.py`\n\n{where}, {load}\n\n{table}\n"
    (results / "serving.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
