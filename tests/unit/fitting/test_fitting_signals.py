import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from fitting_models import SoftmaxClassifier, a_setting, labelled_frames

from seqarena.fitting.gradient import fit_by_gradient
from seqarena.fitting.protocols import OptimiserConfig

PROGRAM = Path(__file__).with_name("fitting_program.py")


def _running(folder, process):
    until = time.monotonic() + 120
    while not (folder / "running").exists():
        assert process.poll() is None, "the program ended before it was stopped"
        assert time.monotonic() < until
        time.sleep(0.05)


@pytest.mark.slow
@pytest.mark.parametrize("n_processes", [1, 2])
def test_a_terminated_fit_exits_with_143_and_leaves_no_process_behind(tmp_path, n_processes):
    command = [sys.executable, PROGRAM, "endless", tmp_path, str(n_processes)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, start_new_session=True)
    try:
        _running(tmp_path, process)
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 143
        assert time.monotonic() - began < 20
        until = time.monotonic() + 20
        while _is_alive(process.pid) and time.monotonic() < until:
            time.sleep(0.1)
        assert not _is_alive(process.pid)
    finally:
        if _is_alive(process.pid):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def _is_alive(group):
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_after_a_fit_the_handler_is_that_of_before(tmp_path):
    before = signal.getsignal(signal.SIGTERM)
    setting = a_setting(tmp_path, batch_size=8, max_epochs=1)
    data = labelled_frames(8), labelled_frames(8, seed=1)
    fit_by_gradient(SoftmaxClassifier(), OptimiserConfig(), *data, setting)
    assert signal.getsignal(signal.SIGTERM) is before
