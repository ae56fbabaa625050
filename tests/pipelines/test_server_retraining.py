"""Two checkouts retrain against one server that comes and goes; nothing that they told is lost."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from retraining_scenes import Project
from server_scenes import (
    PATIENCE,
    ServerProcess,
    Visitor,
    environment_of_a_user,
    reachable_folder,
    running,
    skip_without_postgresql,
    told,
)
from tracking_scenes import MLFLOW_WARNS

from seqarena.experiment.warm_start import SOCKET_VARIABLE

pytestmark = [pytest.mark.filterwarnings(MLFLOW_WARNS), pytest.mark.slow]
NAMES = ("moves", "turns")
FAILED = 1


def project_of(folder: Path, name: str) -> Project:
    """Make a checkout whose task, experiment and model are called after `name`."""
    folder.mkdir()
    made = Project(folder, {SOCKET_VARIABLE: ""})
    for part in ("tasks", "retraining"):
        made.params[part] = {name: made.params[part]["moves"]}
    experiment = f"{name}-gmm"
    made.params["experiments"] = {experiment: {"task": name, "family": "gmm"}}
    made.params["retraining"][name]["experiments"] = [experiment]
    made.write_params()
    made.run(["git", "commit", "-qa", "--allow-empty", "-m", "name it"])
    return made


def job(project: Project, server: ServerProcess, name: str) -> "subprocess.Popen[str]":
    """Start what each of two processes does: one retraining."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    variables = {"PATH": path, "PYTHONPATH": f"{project.folder}/src", "DVC_NO_ANALYTICS": "1"}
    return subprocess.Popen(
        [sys.executable, "-m", "seqarena.cli", "retrain", name],
        cwd=project.folder,
        env={**environment_of_a_user(), **server.client, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def words_of(process: "subprocess.Popen[str]") -> str:
    """Wait for the end of a program, and return what it said."""
    return process.communicate(timeout=PATIENCE)[0]


@contextmanager
def jobs(
    projects: dict[str, Project], server: ServerProcess
) -> Iterator[dict[str, "subprocess.Popen[str]"]]:
    """Run the jobs of all projects at once; none is left when the block ends."""
    begun = {name: job(project, server, name) for name, project in projects.items()}
    try:
        yield begun
    finally:
        for each in begun.values():
            if each.returncode is None:
                each.kill()
                sys.stdout.write(each.communicate()[0])


def test_two_retrainings_lose_nothing_when_the_server_is_restarted_under_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    skip_without_postgresql()
    with reachable_folder() as folder, running(folder / "data") as server:
        projects = {name: project_of(folder / name, name) for name in NAMES}
        visitor = Visitor(server, folder, monkeypatch)
        with jobs(projects, server) as retrainings:
            end = time.monotonic() + PATIENCE
            while not all(visitor.runs(name) for name in NAMES):
                assert time.monotonic() < end
                time.sleep(0.2)
            assert server.end() == 0
            polled = [each.poll() for each in retrainings.values()]
            assert polled == [None, None], "the retrainings must outlast this moment"
            time.sleep(5)
            server.start()
            ends = {
                name: each.communicate(timeout=PATIENCE)[0] for name, each in retrainings.items()
            }
        for name, project in projects.items():
            if retrainings[name].returncode:
                # It met no server at a moment when it needs one; the next run goes on from there.
                assert retrainings[name].returncode == FAILED, ends[name]
                again = job(project, server, name)
                ends[name] = words_of(again)
                assert again.returncode == 0, ends[name]
            assert f"{name} version 1 serves" in ends[name]
            project.run([sys.executable, "-m", "seqarena.cli", "sync"], **server.client)
        for name, project in projects.items():
            expected = {k: rows for k, rows in told(project.folder).items() if name in k}
            assert any(key.startswith(f"retraining/{name}/") for key in expected)
            assert any(key.startswith(f"{name}-gmm/seed-0/") for key in expected)
            assert sum(map(len, expected.values())) > 20
            stored = visitor.rows(name)
            assert {key: stored.get(key) for key in expected} == expected
            assert {run.info.status for run in visitor.runs(name).values()} == {"FINISHED"}
            assert visitor.serving(name) == "1"
