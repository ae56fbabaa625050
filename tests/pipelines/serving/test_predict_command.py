"""`seqarena predict` and `seqarena package`."""

import json

import pytest
from click.testing import CliRunner
from serving_scenes import MARKS, asked

from seqarena.cli import main
from seqarena.retraining.serving.loader import DATA_FOLDER

pytestmark = MARKS


def run_command(*arguments, command="predict"):
    done = CliRunner().invoke(main, [command, *arguments])
    return done.exit_code, done.output


def test_the_command_looks_at_experiments_and_at_the_registry(root, model, registry, monkeypatch):
    code, by_experiment = run_command("dates-gru", "--text", "May 5, 1999")
    assert code == 0
    head, written = by_experiment.splitlines()
    assert head == "dates-gru, seed 0 · dates (transduction)"
    assert written.startswith("writes ") and "(log p = -" in written
    monkeypatch.setenv("MLFLOW_TRACKING_URI", registry)
    assert run_command("models:/dates@champion", "--text", "May 5, 1999") == (0, by_experiment)
    assert run_command("dates", "--text", "May 5, 1999") == (0, by_experiment)
    code, said = run_command("models:/dates@nobody", "--text", "May 5, 1999")
    assert code == 1 and said.startswith("ArtifactError: models:/dates@nobody: cannot be had from")
    code, said = run_command("lagged", "--text", "0 1")
    assert code == 1 and said.startswith("ArtifactError: models:/lagged@champion: cannot be had")


def test_the_command_packages_what_an_experiment_is(model, tmp_path):
    out = tmp_path / "models" / "dates"
    code, said = run_command("dates-gru", "--out", str(out), command="package")
    assert code == 0 and said.startswith(f"{out}: serve it with `mlflow models serve -m {out}")
    again = model("dates-gru") / DATA_FOLDER / "contents.json"
    assert (out / DATA_FOLDER / "contents.json").read_bytes() == again.read_bytes()
    code, said = run_command("dates-gru", "--out", str(out), command="package")
    assert code == 1 and f"{out}: is there already" in said


def test_what_the_command_prints_as_json_is_what_a_server_sends(model):
    code, said = run_command("lagged-markov", "--tokens", "0, 1 2", "--top-k", "2", "--json")
    assert code == 0
    (wanted,) = asked(model("lagged-markov"), [{"tokens": [0, 1, 2]}], top_k=2)
    assert json.loads(said) == wanted


@pytest.mark.parametrize(
    ("experiment", "given", "beginning"),
    [
        ("states-gru", ("--text", "0 1 2"), "tags:"),
        ("items-markov", ("--tokens", "1 2", "--top-k", "3"), "likeliest items:"),
        ("words-ibm", ("--text", "May 5 , 1999", "--target", "1999 05 05"), "3 links (log p = -"),
        ("prose-gru", ("--text", "the", "--continue", "5"), "log p = -"),
        ("walks-gmm", ("--file", "walk.csv"), "log p = "),
        ("digits-gru", ("--file", "digit.csv"), "label "),
    ],
)
def test_the_command_says_each_kind_of_answer(root, experiment, given, beginning):
    (root / "walk.csv").write_text("1,2,3\n2,3,4\n")
    (root / "digit.csv").write_text("0 0 1 1 1 1 0 0\n" * 8)
    code, said = run_command(experiment, *given)
    assert code == 0, said
    assert said.splitlines()[1].startswith(beginning)


def test_the_command_refuses_what_it_cannot_read():
    assert run_command("lagged-markov") == (
        2,
        "row 0: nothing came; expected exactly one input: text or tokens or file.\n",
    )
    code, said = run_command("lagged-markov", "--tokens", "a")
    assert (code, said) == (2, "--tokens 'a': expected whole numbers between spaces.\n")
    code, said = run_command("words-ibm", "--text", "May 5 , 1999", "--beam", "3")
    assert code == 2 and "no target came; give both" in said
