import subprocess
from pathlib import Path

import pytest

from seqarena.tracking.provenance import provenance_tags

IDENTITY = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]


def git(folder: Path, *arguments: str) -> str:
    command = ["git", "-C", str(folder), *IDENTITY, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q")
    (tmp_path / "code.py").write_text("a")
    (tmp_path / "dvc.lock").write_text("a")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "first")
    return tmp_path


def test_a_clean_tree_names_its_commit(repository: Path) -> None:
    commit = git(repository, "rev-parse", "HEAD")
    assert provenance_tags(repository, {}) == {
        "git.commit": commit,
        "mlflow.source.git.commit": commit,
        "git.dirty": "false",
    }


def test_a_changed_file_makes_it_dirty_even_seen_from_a_folder_below(repository: Path) -> None:
    (repository / "code.py").write_text("b")
    (repository / "below").mkdir()
    assert provenance_tags(repository / "below", {})["git.dirty"] == "true"


def test_the_lock_file_that_dvc_rewrites_does_not_make_it_dirty(repository: Path) -> None:
    (repository / "dvc.lock").write_text("b")
    assert provenance_tags(repository, {})["git.dirty"] == "false"


def test_outside_a_repository_only_dvc_speaks(tmp_path: Path) -> None:
    environment = {"DVC_STAGE": "train@lstm", "DVC_EXP_NAME": "wide", "DVC_EXP_BASELINE_REV": ""}
    assert provenance_tags(tmp_path, environment) == {
        "dvc.stage": "train@lstm",
        "dvc.exp_name": "wide",
    }


def test_a_repository_without_a_commit_and_a_machine_without_git_are_tolerated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(tmp_path, "init", "-q")
    assert provenance_tags(tmp_path, {}) == {}
    monkeypatch.setenv("PATH", str(tmp_path))
    assert provenance_tags(tmp_path, {}) == {}
