"""The programs of a server end with it, and say why when they do not wait for that."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from seqarena.errors import ConfigError, SeqarenaError
from seqarena.tracking_server import postgres
from seqarena.tracking_server.account import caller
from seqarena.tracking_server.child import Child
from seqarena.tracking_server.places import Places


def child(tmp_path: Path, script: str, *signals: signal.Signals) -> Child:
    (tmp_path / "logs").mkdir()
    farewells = dict.fromkeys(signals or [signal.SIGTERM], 0.2)
    return Child("Sleeper", ["sh", "-c", script], tmp_path / "logs" / "log", farewells)


def wait_for(path: Path) -> str:
    end = time.monotonic() + 10
    while not (path.exists() and path.read_text().endswith("\n")):
        assert time.monotonic() < end
        time.sleep(0.01)
    return path.read_text()


def is_alive(pid: int) -> bool:
    """Say whether it runs; what waits to be reaped by somebody else does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_one_that_ended_by_itself_is_named_with_its_last_words(tmp_path):
    one = child(tmp_path, "echo out of luck; exit 3")
    with pytest.raises(SeqarenaError) as caught:
        while True:
            one.refuse_death()
    one.stop()
    assert str(caught.value) == (
        f"Sleeper ended by itself (code 3). The end of {tmp_path}/logs/log:\nout of luck"
    )


@pytest.mark.slow
def test_one_that_hears_nothing_is_killed_with_all_that_it_started(tmp_path):
    mark = tmp_path / "pids"
    script = f"trap '' TERM INT; sleep 60 & echo $$ $! > {mark}; wait; wait"
    one = child(tmp_path, script, signal.SIGINT, signal.SIGTERM)
    pids = [int(word) for word in wait_for(mark).split()]
    one.refuse_death()
    one.stop()
    end = time.monotonic() + 5
    while any(is_alive(pid) for pid in pids):
        assert time.monotonic() < end
        time.sleep(0.01)


_STARTER = """
import signal, sys, time
from pathlib import Path
from seqarena.tracking_server.child import Child
log = Path(sys.argv[1])
Child("Sleeper", ["sh", "-c", f"echo $$ > {log}.pid; exec sleep 60"], log, {signal.SIGTERM: 1.0})
time.sleep(60)
"""


def test_one_whose_server_was_killed_does_not_outlive_it(tmp_path):
    log = tmp_path / "log"
    starter = subprocess.Popen([sys.executable, "-c", _STARTER, str(log)])
    pid = int(wait_for(tmp_path / "log.pid"))
    assert is_alive(pid)
    starter.kill()
    starter.wait()
    end = time.monotonic() + 5
    while is_alive(pid):
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_folder_has_one_server(tmp_path):
    places = Places(tmp_path)
    places.make(caller())
    with places.alone(), pytest.raises(SeqarenaError) as caught, Places(tmp_path).alone():
        pass
    assert str(caught.value) == (
        f"{tmp_path}: a server runs on it already (process {os.getpid()}); end that one, or "
        "choose another folder."
    )
    with places.alone():
        pass


def test_the_folders_are_closed_to_others(tmp_path):
    places = Places(tmp_path / "data")
    places.make(caller())
    modes = {path.name: path.stat().st_mode & 0o777 for path in places.root.iterdir()}
    names = ["artifacts", "backups", "logs", "postgres", "secrets", "tmp"]
    assert modes == dict.fromkeys(names, 0o700)


def programs(folder: Path, version: str) -> Path:
    """Lay out what Debian installs, as far as it is looked at."""
    folder.mkdir(parents=True)
    for name in ("initdb", "pg_dump"):
        (folder / name).touch(0o755)
    (folder / "postgres").write_text(
        f"#!/bin/sh\necho 'postgres (PostgreSQL) {version} (Debian)'\n"
    )
    (folder / "postgres").chmod(0o755)
    return folder


def test_the_newest_programs_make_a_cluster_and_the_same_ones_open_it(tmp_path, monkeypatch):
    monkeypatch.setattr(postgres, "_DEBIAN", tmp_path)
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    old, new = (programs(tmp_path / each / "bin", f"{each}.4") for each in ("9", "15"))
    assert postgres.find_programs() == new
    assert postgres.find_programs("9") == old
    with pytest.raises(ConfigError) as caught:
        postgres.find_programs("16")
    assert str(caught.value) == (
        "PostgreSQL 16, which made the database, is not on this machine: looked on the PATH and in "
        f"{tmp_path}, found {new}, {old}; install Debian's package postgresql-16."
    )


def test_links_on_the_path_lead_to_where_all_programs_are(tmp_path, monkeypatch):
    monkeypatch.setattr(postgres, "_DEBIAN", tmp_path / "none")
    whole, linked = programs(tmp_path / "whole", "15.4"), tmp_path / "linked"
    linked.mkdir()
    (linked / "initdb").symlink_to(whole / "initdb")
    monkeypatch.setenv("PATH", str(linked))
    assert postgres.find_programs() == whole
    (whole / "pg_dump").unlink()
    with pytest.raises(ConfigError, match="found none"):
        postgres.find_programs()


def test_a_machine_without_postgresql_is_told_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr(postgres, "_DEBIAN", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConfigError) as caught:
        postgres.find_programs()
    assert str(caught.value) == (
        "PostgreSQL is not on this machine: looked on the PATH and in "
        f"{tmp_path}, found none; install Debian's package postgresql."
    )
