import subprocess
import sys
from pathlib import Path

import pytest

from seqarena.data.manifest import verify_prepared

SCRIPT = Path(__file__).parents[2] / "pipelines" / "prepare.py"
PARAMS = """
tasks:
  lagged:
    kind: density
    source: {kind: lagged_markov_source, draw: {n_train: 9, n_valid: 3, n_test: 3, length: 20}}
  nowhere:
    kind: transduction
    source: {kind: dates, locales: [xx]}
"""


def _run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    (folder / "params.yaml").write_text(PARAMS)
    return subprocess.run(
        [sys.executable, str(SCRIPT), *arguments], cwd=folder, capture_output=True, text=True
    )


@pytest.mark.slow
def test_a_task_is_prepared_and_one_line_says_so(tmp_path: Path) -> None:
    done = _run(tmp_path, "lagged", "out/lagged")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("lagged: train 9, valid 3, test 3 sequences in ")
    assert done.stdout.count("\n") == 1
    assert verify_prepared(tmp_path / "out/lagged").task == "lagged"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["laged", "out"], "tasks.laged: there is no such task; did you mean 'lagged'?"),
        (["nowhere", "out"], "dates: 'xx' is not a locale of CLDR; write it like 'de' or 'en_GB'."),
        (["lagged"], "prepare.py: expected a task and a folder, got ['lagged']."),
    ],
)
def test_a_mistake_ends_with_two_and_one_line(
    tmp_path: Path, arguments: list[str], message: str
) -> None:
    failed = _run(tmp_path, *arguments)
    assert (failed.returncode, failed.stderr, failed.stdout) == (2, f"{message}\n", "")
    assert not (tmp_path / "out").exists()
