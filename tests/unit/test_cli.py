import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from seqarena.cli import main

PARAMS = """
seeds: [0]
hardware: {}
question: {}
tasks:
  toy: {kind: density, source: {kind: hidden_markov_source}}
families:
  markov: {kind: markov_chain, order: 1}
experiments:
  one: {task: toy, family: markov}
"""


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def said(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, arguments)
    return done.exit_code, done.output


def test_where_there_are_no_suites_it_is_said_where_to_look_for_them(empty: Path) -> None:
    assert said("suites") == (
        2,
        f"{empty}: holds no suite under pipelines/suites; run `seqarena suites` in your checkout, "
        "in the folder of params.yaml.\n",
    )


def test_one_of_a_kind_is_told_in_the_singular(empty: Path) -> None:
    (empty / "params.yaml").write_text(PARAMS)
    assert said("check") == (0, "params.yaml: 1 experiment on 1 task, 1 seed each.\n")


@pytest.mark.slow
@pytest.mark.parametrize(
    "words",
    [
        "--help",
        "suites",
        "data list",
        "data show mr",
        "schedule --file deploy/schedule/schedule.yaml status",
    ],
)
def test_a_command_that_only_tells_does_not_wait_for_torch(words: str) -> None:
    code = (
        "import sys; from seqarena.cli import main; main(sys.argv[1:], standalone_mode=False); "
        "assert not {'torch', 'mlflow', 'pytorch_lightning', 'apscheduler'} & sys.modules.keys()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *words.split()],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
