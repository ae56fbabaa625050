"""A small Transformer, fitted in every way in which a network can be spread over processes."""

import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from left_behind import processes_naming

PROGRAM = str(Path(__file__).parent / "fit_network.py")
TORCHRUN = ["-m", "torch.distributed.run"]


def _command(folder, *kill, launcher=(), **hardware):
    folder.mkdir(exist_ok=True)
    settings = json.dumps({"accelerator": "cpu", **hardware})
    return [sys.executable, *launcher, PROGRAM, str(folder), settings, *map(str, kill)]


def _run(folder, *kill, **settings):
    command = _command(folder, *kill, **settings)
    return subprocess.run(command, timeout=300, capture_output=True, text=True, check=False)


def _results(folder, **hardware):
    done = _run(folder, **hardware)
    assert done.returncode == 0, done.stderr
    return json.loads((folder / "results.json").read_text())


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """What one process makes of the fit."""
    return _results(tmp_path_factory.mktemp("networks") / "alone")


def _assert_same_fit(result, alone):
    assert [row[::2] for row in result["metrics"]] == [row[::2] for row in alone["metrics"]]
    for own, other in zip(result["metrics"], alone["metrics"], strict=True):
        assert own[1] == pytest.approx(other[1], rel=1e-5)
    for name, values in alone["parameters"].items():
        np.testing.assert_allclose(result["parameters"][name], values, atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize(
    "hardware",
    [
        {"devices": 2, "strategy": "fsdp"},
        {"devices": 2, "strategy": "fsdp", "max_sequences_per_pass": 3},
        {"devices": 2, "launcher": [*TORCHRUN, "--standalone", "--nproc-per-node", "2"]},
        {"compile": True},
    ],
    ids=["fsdp", "fsdp in passes", "torchrun", "compile"],
)
def test_a_network_descends_along_the_same_curve_however_it_is_spread(tmp_path, alone, hardware):
    result = _results(tmp_path / "fit", **hardware)
    n_processes = hardware.get("devices", 1)
    assert result["n_processes"] == result["report"]["n_processes"] == n_processes
    _assert_same_fit(result, alone)


@pytest.mark.slow
def test_two_machines_descend_along_the_same_curve(tmp_path, alone, free_port):
    """Both are this one; torchrun does not know."""
    meeting = ["--nnodes", "2", "--master-addr", "127.0.0.1", "--master-port", str(free_port)]
    machines = []
    for node in range(2):
        launcher = [*TORCHRUN, *meeting, "--node-rank", str(node), "--nproc-per-node", "1"]
        command = _command(tmp_path / "fit", launcher=launcher, devices=1, nodes=2)
        machines.append(
            subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        )
    told = [machine.communicate(timeout=300)[0] for machine in machines]
    assert [machine.returncode for machine in machines] == [0, 0], told
    result = json.loads((tmp_path / "fit" / "results.json").read_text())
    assert result["report"]["n_processes"] == 2
    _assert_same_fit(result, alone)


@pytest.mark.slow
def test_a_decoder_that_copies_learns_the_same_when_it_is_sharded(tmp_path):
    program = Path(__file__).with_name("fit_copying.py")
    command = [sys.executable, "-W", "error", str(program), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    whole, sharded = json.loads((tmp_path / "losses.json").read_text())
    assert len(whole) == 2
    assert sharded == pytest.approx(whole, rel=1e-5)


@pytest.fixture
def free_port():
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.mark.slow
def test_a_sharded_fit_that_was_killed_goes_on_to_the_same_parameters(tmp_path, alone):
    sharded = {"devices": 2, "strategy": "fsdp"}
    # Four training and two validation batches an epoch: the middle of the third epoch.
    first = _run(tmp_path / "fit", "all", 14, **sharded)
    assert first.returncode == -signal.SIGKILL
    result = _results(tmp_path / "fit", **sharded)
    assert result["report"]["notes"] == ["resumed after 2 epochs"]
    curve = [row for row in result["metrics"] if row[0] == "valid/loss"]
    assert curve == [pytest.approx(row) for row in alone["metrics"] if row[0] == "valid/loss"][2:]
    for name, values in alone["parameters"].items():
        np.testing.assert_allclose(result["parameters"][name], values, atol=1e-5)


@pytest.mark.slow
def test_a_process_that_is_killed_ends_the_job_soon_and_leaves_none_behind(tmp_path):
    began = time.monotonic()
    done = _run(tmp_path / "fit", 1, 6, devices=2)
    assert done.returncode != 0
    assert time.monotonic() - began < 100
    assert processes_naming(str(tmp_path)) == []
