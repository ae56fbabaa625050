import json
import os
import re
import subprocess
import sys

import pytest

from seqarena.errors import SeqarenaError
from seqarena.retraining.lock import HeldError, Lock, is_held

HOLD = """
import sys
from pathlib import Path
from seqarena.retraining.lock import Lock
with Lock(Path(sys.argv[1]), "a retraining"):
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
def test_the_second_is_told_who_holds_it_where_and_since_when(holder, tmp_path):
    with pytest.raises(HeldError) as caught, Lock(tmp_path / "lock", "a retraining of moves"):
        pass
    told = json.loads((tmp_path / "lock").read_text())
    assert told["pid"] == holder.pid
    assert str(caught.value) == (
        f"a retraining of moves is running already (pid {holder.pid} since {told['since']} on "
        f"{told['host']})."
    )
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", told["since"])


@pytest.mark.slow
def test_a_holder_that_was_killed_lets_go(holder, tmp_path):
    assert is_held(tmp_path / "lock")
    holder.kill()
    holder.wait()
    assert not is_held(tmp_path / "lock")
    with Lock(tmp_path / "lock", "a retraining"):
        assert json.loads((tmp_path / "lock").read_text())["pid"] == os.getpid()


def test_it_can_be_held_again_afterwards(tmp_path):
    for _ in range(2):
        with Lock(tmp_path / "lock", "a retraining"):
            assert is_held(tmp_path / "lock")
    assert not is_held(tmp_path / "lock")
    assert not is_held(tmp_path / "another")


def test_a_child_may_hold_it_too(tmp_path):
    with Lock(tmp_path / "lock", "a run") as lock:
        child = subprocess.Popen(
            ["cat"], stdin=subprocess.PIPE, pass_fds=[lock.descriptor], text=True
        )
    try:
        assert is_held(tmp_path / "lock")
    finally:
        child.communicate()
    assert not is_held(tmp_path / "lock")
    with pytest.raises(SeqarenaError, match="the lock is not held"):
        _ = lock.descriptor
