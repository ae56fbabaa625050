import json
import os
import socket
import subprocess
import sys

import pytest

from seqarena.retraining.lock import sole_retraining
from seqarena.retraining.outcomes import BusyError

HOLD = """
import sys
from pathlib import Path
from seqarena.retraining.lock import sole_retraining
with sole_retraining(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path):
    command = [sys.executable, "-c", HOLD, str(tmp_path / "lock")]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


@pytest.mark.slow
def test_the_second_is_told_who_runs_where_and_since_when(holder, tmp_path):
    with pytest.raises(BusyError) as caught, sole_retraining(tmp_path / "lock"):
        pass
    told = json.loads((tmp_path / "lock").read_text())
    assert told["pid"] == holder.pid
    assert f"process {holder.pid} on {socket.gethostname()} since {told['since']}" in str(
        caught.value
    )


@pytest.mark.slow
def test_a_holder_that_was_killed_lets_go(holder, tmp_path):
    holder.kill()
    holder.wait()
    with sole_retraining(tmp_path / "lock"):
        assert json.loads((tmp_path / "lock").read_text())["pid"] == os.getpid()


def test_it_can_be_held_again_afterwards(tmp_path):
    for _ in range(2):
        with sole_retraining(tmp_path / "lock"):
            pass
