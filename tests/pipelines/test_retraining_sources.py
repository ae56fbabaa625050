"""Imported sources: updated by a real DVC, and refused when they are gone."""

import hashlib
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from seqarena.retraining import sources
from seqarena.retraining.outcomes import RefusedError
from seqarena.retraining.remembered import Remembered
from seqarena.retraining.sources import sources_changed, update_sources

pytestmark = pytest.mark.slow


NOTHING = Remembered(Path("nothing"))


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    folder = tmp_path / "workspace"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    monkeypatch.setenv("DVC_NO_ANALYTICS", "1")
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "source.csv").write_text("a\n")
    dvc("init", "-q", "--no-scm")
    return folder


@pytest.fixture
def commands(monkeypatch):
    """What DVC is told to do."""
    found: list[str] = []

    def run(*words: str):
        found.append(words[0])
        return really(*words)

    really = sources._dvc
    monkeypatch.setattr(sources, "_dvc", run)
    return found


class WithTags(SimpleHTTPRequestHandler):
    """Files with an ETag each, as web servers and buckets send them."""

    def end_headers(self) -> None:
        path = Path(self.translate_path(self.path))
        if path.is_file():
            self.send_header("ETag", f'"{hashlib.md5(path.read_bytes()).hexdigest()}"')
        super().end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def address(tmp_path) -> Iterator[str]:
    handler = partial(WithTags, directory=str(tmp_path / "shared"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/source.csv"
        server.shutdown()


def dvc(*words: str) -> None:
    subprocess.run([sys.executable, "-m", "dvc", *words], check=True, capture_output=True)


@pytest.mark.parametrize("is_served", [False, True])
def test_an_import_follows_its_source_and_is_refused_without_it(
    workspace, tmp_path, commands, address, is_served
):
    source, own = tmp_path / "shared" / "source.csv", workspace / "own"
    place = address if is_served else str(source)
    dvc("import-url", place, "own")
    update_sources(["own.dvc"], NOTHING)
    assert (sources_changed(["own.dvc"], NOTHING), commands) == ({}, [])

    source.write_text("a\nb\n")
    assert sources_changed(["own.dvc"], NOTHING) == {"own.dvc": [place]}
    assert own.read_text() == "a\n"
    update_sources(["own.dvc"], NOTHING)
    assert own.read_text() == "a\nb\n"
    update_sources(["own.dvc"], NOTHING)
    assert commands == ["update"]

    source.unlink()
    with pytest.raises(RefusedError) as caught:
        update_sources(["own.dvc"], NOTHING)
    assert "`dvc update own.dvc` ended with code" in str(caught.value)
    assert "The source vanished, moved, or cannot be reached" in str(caught.value)
    assert own.read_text() == "a\nb\n"


def test_a_file_that_was_altered_here_is_imported_again(workspace, tmp_path, commands):
    dvc("import-url", str(tmp_path / "shared" / "source.csv"), "own")
    (workspace / "own").unlink()
    (workspace / "own").write_text("altered\n")
    update_sources(["own.dvc"], NOTHING)
    assert commands == ["update"]
    assert (workspace / "own").read_text() == "a\n"


def test_a_source_inside_the_workspace_is_seen_from_its_note(workspace, commands):
    (workspace / "given").mkdir()
    (workspace / "given" / "source.csv").write_text("a\n")
    (workspace / "taken").mkdir()
    dvc("import-url", "given/source.csv", "taken/own")
    update_sources(["taken/own.dvc"], NOTHING)
    assert commands == []
    (workspace / "given" / "source.csv").write_text("b\n")
    assert sources_changed(["taken/own.dvc"], NOTHING)


def test_a_folder_is_left_to_dvc(workspace, tmp_path, commands):
    dvc("import-url", str(tmp_path / "shared"), "own")
    (tmp_path / "shared" / "more.csv").write_text("b\n")
    assert sources_changed(["own.dvc"], NOTHING) == {}
    update_sources(["own.dvc"], NOTHING)
    assert (workspace / "own" / "more.csv").read_text() == "b\n"
    assert commands == ["update"]


def test_nothing_is_run_where_nothing_is_imported():
    update_sources([], NOTHING)
    assert sources_changed([], NOTHING) == {}
