"""Imported sources: updated by a real DVC, and refused when they are gone."""

import subprocess
import sys

import pytest

from seqarena.retraining.outcomes import RefusedError
from seqarena.retraining.sources import sources_changed, update_sources

pytestmark = pytest.mark.slow


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    folder = tmp_path / "workspace"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    monkeypatch.setenv("DVC_NO_ANALYTICS", "1")
    (tmp_path / "source.csv").write_text("a\n")
    for words in (["init", "-q", "--no-scm"], ["import-url", str(tmp_path / "source.csv"), "own"]):
        subprocess.run([sys.executable, "-m", "dvc", *words], check=True, capture_output=True)
    return folder


def test_an_import_follows_its_source_and_is_refused_without_it(workspace, tmp_path):
    assert sources_changed(["own.dvc"]) == {}
    (tmp_path / "source.csv").write_text("a\nb\n")
    assert list(sources_changed(["own.dvc"])) == ["own.dvc"]
    assert (workspace / "own").read_text() == "a\n"
    update_sources(["own.dvc"])
    assert (workspace / "own").read_text() == "a\nb\n"
    (tmp_path / "source.csv").unlink()
    with pytest.raises(RefusedError) as caught:
        update_sources(["own.dvc"])
    assert "`dvc update own.dvc` ended with code" in str(caught.value)
    assert "The source vanished, moved, or cannot be reached" in str(caught.value)
    assert (workspace / "own").read_text() == "a\nb\n"


def test_nothing_is_run_where_nothing_is_imported():
    update_sources([])
    assert sources_changed([]) == {}
