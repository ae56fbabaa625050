"""What stages are made of: a line for each file, which changes with the file alone."""

import subprocess
from pathlib import Path

import pytest

from seqarena.experiment.stage_code import write_stage_code

STAGES = """
stages:
  train_code:
    deps: [src/b, src/a.py, requirements.lock]
  prepare_code:
    deps: [src/a.py]
"""


@pytest.fixture
def written(tmp_path, monkeypatch):
    """Write two files and a folder, and return what writes down the code of a stage."""
    monkeypatch.chdir(tmp_path)
    for name in ("src/a.py", "src/b/c.py", "src/b/page/d.js", "requirements.lock"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    (tmp_path / "dvc.yaml").write_text(STAGES)

    def write(stage="train") -> str:
        path = Path("data/code") / f"{stage}.txt"
        write_stage_code(f"{stage}_code", path)
        return path.read_text()

    return write


def test_there_is_a_line_for_each_file_as_sha256sum_checks_them(written):
    lines = written().splitlines()
    names = [line.split("  ")[1] for line in lines]
    assert names == ["requirements.lock", "src/a.py", "src/b/c.py", "src/b/page/d.js"]
    subprocess.run(["sha256sum", "--check", "--quiet", "data/code/train.txt"], check=True)


@pytest.mark.parametrize("name", ["src/b/page/d.js", "src/b/new.py", "requirements.lock"])
def test_a_file_that_changes_or_comes_is_a_change_of_its_own_stage_alone(written, name):
    before = written(), written("prepare")
    Path(name).write_text("other")
    assert written() != before[0] and written("prepare") == before[1]


def test_a_file_that_moves_is_a_change(written):
    before = written()
    Path("src/b/c.py").rename("src/b/e.py")
    assert written() != before


def test_what_python_leaves_behind_is_none(written):
    before = written()
    for name in ("src/b/__pycache__/c.txt", "src/b/c.pyc", "src/b/x.egg-info/PKG-INFO"):
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_text("left")
    assert written() == before
