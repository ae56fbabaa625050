"""The whole pipeline on a small configuration, as a user runs it."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML
from tracking_scenes import MLFLOW_WARNS

ROOT = Path(__file__).parents[2]
pytestmark = [pytest.mark.filterwarnings(MLFLOW_WARNS), pytest.mark.slow]

SMOKE = {
    "seeds": [0, 1],
    "question": {"n_draws": 1000, "tasks": {"digits": {"region": 0.01}}},
    "hardware": {"accelerator": "cpu", "devices": 1},
    "tasks": {
        "digits": {
            "kind": "classification",
            "source": {"kind": "handwritten_digits", "view": "regions"},
            "training": {"max_epochs": 2, "max_em_epochs": 3},
            "n_probes": 2,
        },
        "lagged": {
            "kind": "density",
            "source": {
                "kind": "lagged_markov_source",
                "draw": {"length": 32, "n_train": 60, "n_valid": 20, "n_test": 30},
            },
            "training": {"max_epochs": 2},
        },
    },
    "families": {
        "markov_1": {"kind": "markov_chain", "order": 1},
        "gmm": {"kind": "gaussian_mixture", "n_components": 2},
        "additive": {
            "kind": "attention",
            "attention": "weighted_sum_additive",
            "model_dim": 8,
            "n_heads": 2,
        },
    },
    "experiments": {
        "digits-gmm": {"task": "digits", "family": "gmm"},
        "digits-additive": {"task": "digits", "family": "additive"},
        "lagged-markov_1": {"task": "lagged", "family": "markov_1"},
    },
}


class Checkout:
    """A copy of the project with a configuration of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("dvc.yaml", "requirements.lock", "targets.yaml", ".dvcignore", ".gitignore"):
            shutil.copy(ROOT / name, folder / name)
        for name in ("pipelines", "src"):
            shutil.copytree(
                ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__")
            )
        self.write_params(SMOKE)
        for command in (["git", "init", "-q"], [sys.executable, "-m", "dvc", "init", "-q"]):
            self.run(command)
        self.run(["git", "add", "-A"])
        self.run(["git", "-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-qm", "start"])

    def write_params(self, params: dict) -> None:
        with (self.folder / "params.yaml").open("w") as file:
            YAML(typ="safe").dump(params, file)

    def run(self, command: list[str], code: int = 0) -> str:
        environment = {name: value for name, value in os.environ.items() if name != "DVC_ROOT"}
        environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
        environment["DVC_NO_ANALYTICS"] = "1"
        done = subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def seqarena(self, *arguments: str, code: int = 0) -> str:
        return self.run([sys.executable, "-m", "seqarena.cli", *arguments], code)

    def dvc(self, *arguments: str, code: int = 0) -> str:
        return self.run([sys.executable, "-m", "dvc", *arguments], code)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    made = Checkout(tmp_path_factory.mktemp("project"))
    made.words = made.seqarena("repro", "--jobs", "2")
    return made


def stages_run(words: str) -> set[str]:
    """The stages that DVC says to have run."""
    return {line.split("'")[1] for line in words.splitlines() if line.startswith("Running stage")}


def runs_of(checkout, experiment):
    from mlflow import MlflowClient
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    # Open connections would go on reading a file that was deleted since.
    for engine in SqlAlchemyStore._engine_map.values():
        engine.dispose()
    client = MlflowClient(f"sqlite:///{checkout.folder / 'mlflow.db'}")
    found = client.get_experiment_by_name(experiment)
    return client.search_runs([found.experiment_id])


def test_the_last_line_says_where_the_report_is(checkout):
    assert "The report: reports/comparison.html" in checkout.words
    assert "make ui" in checkout.words


def test_a_line_per_experiment_gives_its_headline_metric(checkout):
    for name in SMOKE["experiments"]:
        (line,) = [
            each
            for each in checkout.words.splitlines()
            if each.startswith(f"{name}: ") and "over 2 seeds" in each
        ]
        assert "accuracy" in line or "bits per symbol" in line


def test_every_experiment_stands_in_the_report(checkout):
    report = (checkout.folder / "reports" / "comparison.md").read_text()
    for label in ("gmm", "additive", "markov_1"):
        assert label in report
    assert (checkout.folder / "reports" / "comparison.html").stat().st_size > 5_000


def test_a_second_repro_runs_the_check_alone(checkout):
    assert stages_run(checkout.dvc("repro")) == {"check"}


SUITE = {
    "about": {"title": "A lagged source.", "minutes": 1},
    "question": {},
    **{key: SMOKE[key] for key in ("seeds", "hardware")},
    "tasks": {"suite_lagged": SMOKE["tasks"]["lagged"]},
    "families": {"markov_1": SMOKE["families"]["markov_1"]},
    "experiments": {"suite_lagged-markov_1": {"task": "suite_lagged", "family": "markov_1"}},
}


def test_a_suite_runs_in_a_workspace_of_its_own_and_is_tracked_with_the_others(checkout):
    folder = checkout.folder / "pipelines" / "suites"
    folder.mkdir(exist_ok=True)
    with (folder / "small.yaml").open("w") as file:
        YAML(typ="safe").dump(SUITE, file)
    assert "small: A lagged source." in checkout.seqarena("suites")
    words = checkout.seqarena("repro", "--suite", "small", "--jobs", "2")
    assert "2 fits; an estimate: 1 min on two cores without a GPU" in words
    assert "The report: suites/small/reports/comparison.html" in words
    workspace = checkout.folder / "suites" / "small"
    assert not (workspace / "mlflow.db").exists()
    assert {run.data.tags["role"] for run in runs_of(checkout, "suite_lagged")} == {
        "seed",
        "aggregate",
    }
    assert stages_run(checkout.seqarena("repro", "--suite", "small")) == {"check"}
    # A plain DVC knows the way too, and neither repository sees the other.
    plain = checkout.run([sys.executable, "-m", "dvc", "--cd", str(workspace), "repro"])
    assert stages_run(plain) == {"check"}
    assert "small" not in checkout.dvc("status", "--json")
    assert stages_run(checkout.dvc("repro")) == {"check"}
    shutil.rmtree(folder)
    checkout.dvc("repro")


def test_a_suite_that_is_not_there_is_refused_with_the_nearest(checkout):
    words = checkout.seqarena("repro", "--suite", "smal", code=2)
    assert "suite 'smal': not there; " in words
    assert not (checkout.folder / "suites" / "smal").exists()


def test_every_run_is_finished_in_mlflow_with_its_tags(checkout):
    runs = [*runs_of(checkout, "digits"), *runs_of(checkout, "lagged")]
    assert {run.info.status for run in runs} == {"FINISHED"}
    seeds = [run for run in runs if run.data.tags["role"] == "seed"]
    assert len(seeds) == 6
    assert {run.data.tags["family"] for run in seeds} == {
        "gaussian_mixture",
        "attention",
        "markov_chain",
    }
    assert all("test/accuracy" in run.data.metrics for run in runs_of(checkout, "digits"))
    assert len([run for run in runs if run.data.tags["role"] == "aggregate"]) == 3


def test_a_store_that_was_lost_is_rebuilt_from_the_journals(checkout):
    def content():
        return sorted(
            (run.info.run_name, sorted(run.data.metrics.items()), sorted(run.data.params.items()))
            for name in ("digits", "lagged", "comparison")
            for run in runs_of(checkout, name)
        )

    before = content()
    for path in checkout.folder.glob("mlflow.db*"):
        path.unlink()
    shutil.rmtree(checkout.folder / "mlartifacts")
    checkout.seqarena("sync")
    assert content() == before


def test_one_familys_knob_runs_its_own_cells_and_the_comparison_again(checkout):
    changed = {**SMOKE, "families": {**SMOKE["families"]}}
    changed["families"]["gmm"] = {"kind": "gaussian_mixture", "n_components": 3}
    checkout.write_params(changed)
    status = json.loads(checkout.dvc("status", "--json"))
    # `evaluate` and `compare` follow from the outputs of `train`.
    assert {name for name in status if name.startswith(("train", "prepare"))} == {
        "train@digits-gmm"
    }
    words = checkout.dvc("repro")
    assert stages_run(words) == {"check", "train@digits-gmm", "evaluate@digits-gmm", "compare"}
    metrics = json.loads(checkout.dvc("metrics", "show", "--json"))
    assert "runs/digits-gmm/metrics.json" in str(metrics)


def test_another_question_runs_the_comparison_alone(checkout):
    path = checkout.folder / "reports" / "comparison.json"
    before = json.loads(path.read_text())["facts"]["question"]
    params = YAML(typ="safe").load(checkout.folder / "params.yaml")
    checkout.write_params({**params, "question": {"n_draws": 1000, "confidence": 0.9}})
    assert stages_run(checkout.dvc("repro")) == {"check", "compare"}
    report = json.loads(path.read_text())
    assert report["tasks"]["digits"]["judgement"]["question"]["confidence"] == 0.9
    # What was concluded on the question before is kept beside it.
    asked = [run.data.tags["question"] for run in runs_of(checkout, "comparison")]
    assert report["facts"]["question"] != before
    assert {report["facts"]["question"], before} <= set(asked)


def test_a_new_seed_is_fitted_and_the_old_ones_are_kept(checkout):
    kept = sorted((checkout.folder / ".scratch" / "fits").iterdir())
    times = {path: (path / "complete").stat().st_mtime_ns for path in kept}
    params = YAML(typ="safe").load(checkout.folder / "params.yaml")
    checkout.write_params({**params, "seeds": [0, 1, 2]})
    checkout.dvc("repro", "train@lagged-markov_1")
    after = sorted((checkout.folder / ".scratch" / "fits").iterdir())
    assert len(after) == len(kept) + 1
    assert all((path / "complete").stat().st_mtime_ns == times[path] for path in kept)


def test_dvcs_own_commands_work_on_it(checkout):
    checkout.dvc("repro")
    checkout.run(["git", "add", "-A"])
    checkout.run(["git", "-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-qm", "ran"])
    checkout.dvc("exp", "run", "-S", "families.markov_1.order=2")
    diff = json.loads(checkout.dvc("metrics", "diff", "--json"))
    change = diff["runs/lagged-markov_1/metrics.json"]["mean.bits_per_step"]
    assert change["new"] != change["old"]
    checkout.dvc("plots", "show", "reports/plots", "-o", "plots")
    assert "lagged-markov_1" in (checkout.folder / "plots" / "index.html").read_text()


def test_a_stage_that_fails_is_named_and_the_report_is_seen_to_be_old(checkout):
    checkout.dvc("repro")
    page = checkout.folder / "reports" / "comparison.html"
    before = page.read_text()
    assert "Out of date." not in before
    # Too far down for the glance of the stage `check`.
    (checkout.folder / "own.csv").write_text("text,kind\n" + "a,x\n" * 40 + "c,NA\n")
    params = YAML(typ="safe").load(checkout.folder / "params.yaml")
    columns = {"input": "text", "label": "kind"}
    own = {"kind": "csv", "path": "own.csv", "columns": columns}
    tasks = {**params["tasks"], "own": {"kind": "classification", "source": own}}
    checkout.write_params({**params, "tasks": tasks})
    words = checkout.seqarena("repro", code=1)
    assert "stage prepare@own failed: own.csv, line 42, column 'kind': 'NA' is how" in words
    assert "`dvc repro prepare@own` runs it" in words
    assert ": stage prepare@own failed: own.csv, line 42, " in page.read_text()
    # What was before is there again without any work.
    checkout.write_params(params)
    checkout.dvc("repro")
    assert page.read_text() == before


def test_a_mistake_runs_nothing_and_deletes_nothing(checkout):
    before = sorted(path for path in (checkout.folder / "runs").rglob("*") if path.is_file())
    params = YAML(typ="safe").load(checkout.folder / "params.yaml")
    wrong = {**params, "families": {**params["families"], "markov_1": {"kind": "markov_chian"}}}
    checkout.write_params(wrong)
    words = checkout.seqarena("repro", code=2)
    assert "did you mean 'markov_chain'?" in words
    assert "The report is of an earlier run, and now says so." in words
    assert "families.markov_1.kind: 'markov_chian' is not a kind" in checkout.dvc("repro", code=255)
    assert (
        sorted(path for path in (checkout.folder / "runs").rglob("*") if path.is_file()) == before
    )
    checkout.write_params(params)
