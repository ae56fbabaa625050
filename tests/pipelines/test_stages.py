"""The stages as functions, where something goes wrong."""

import dataclasses
import json
import shutil
from pathlib import Path

import pytest
from lagged_scenes import lagged_task
from tracking_scenes import MLFLOW_WARNS

from seqarena.errors import ArtifactError, ConvergenceError
from seqarena.experiment.compare import compare
from seqarena.experiment.compare_scores import compare_scores
from seqarena.experiment.evaluate import evaluate
from seqarena.experiment.fit_seed import fit_seed
from seqarena.experiment.layout import Workspace
from seqarena.experiment.question import QuestionConfig
from seqarena.experiment.suite import parse_suite
from seqarena.experiment.synchronise import synchronise
from seqarena.experiment.train import train
from seqarena.tasks.prepare import prepare_task
from seqarena.tracking.events import RunEnded
from seqarena.tracking.location import locate_store
from seqarena.tracking.reading import read_journal

pytestmark = [pytest.mark.filterwarnings(MLFLOW_WARNS), pytest.mark.slow]


def suite_with(**gru):
    return parse_suite(
        {
            "seeds": [0],
            "hardware": {"accelerator": "cpu", "devices": 1},
            "tasks": {"lagged": lagged_task(max_epochs=2)},
            "families": {"gru": {"kind": "gru", "model_dim": 8, **gru}},
            "experiments": {"lagged-gru": {"task": "lagged", "family": "gru"}},
        }
    )


def with_seeds(suite, seeds):
    experiments = {
        name: dataclasses.replace(each, seeds=seeds) for name, each in suite.experiments.items()
    }
    return dataclasses.replace(suite, experiments=experiments)


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    return Workspace.here()


def prepared(workspace, suite) -> Path:
    folder = workspace.prepared("lagged")
    prepare_task("lagged", suite.tasks["lagged"], folder)
    return folder


def fit(workspace, suite, folder) -> Path:
    return fit_seed(suite.experiments["lagged-gru"], 0, folder, workspace, show_progress=False)


def test_a_finished_fit_is_not_begun_again(workspace):
    suite = suite_with()
    folder = prepared(workspace, suite)
    run = fit(workspace, suite, folder)
    before = {path.name: path.read_bytes() for path in run.iterdir()}
    assert set(before) == {"config.json", "model.safetensors", "journal.jsonl", "report.json"}
    assert fit(workspace, suite, folder) == run
    assert {path.name: path.read_bytes() for path in run.iterdir()} == before


def test_another_knob_or_seed_is_another_fit(workspace):
    folder = prepared(workspace, suite_with())
    runs = {fit(workspace, suite_with(), folder), fit(workspace, suite_with(n_layers=2), folder)}
    assert len(runs) == 2


def test_a_fit_that_diverges_is_an_error_and_its_run_is_marked_failed(workspace):
    suite = suite_with(optimiser={"learning_rate": 1e30, "max_gradient_norm": None})
    folder = prepared(workspace, suite)
    with pytest.raises(ConvergenceError, match="lagged-gru seed 0: the training loss is") as caught:
        fit(workspace, suite, folder)
    (journal,) = workspace.fits.glob("*/run/journal.jsonl")
    last = read_journal(journal)[-1]
    assert isinstance(last, RunEnded)
    assert last.status == "FAILED"
    assert last.message == f"ConvergenceError: {caught.value}"
    # What is known to diverge is not tried again.
    before = journal.read_bytes()
    with pytest.raises(ConvergenceError) as again:
        fit(workspace, suite, folder)
    assert (str(again.value), journal.read_bytes()) == (str(caught.value), before)


def test_an_experiment_that_diverges_is_a_row_and_keeps_no_other_from_being_judged(
    workspace, capsys
):
    suite = suite_with(optimiser={"learning_rate": 1e30, "max_gradient_norm": None})
    folder = prepared(workspace, suite)
    evaluated(workspace, suite, folder)
    out = capsys.readouterr()
    message = "lagged-gru seed 0: the training loss is nan in epoch 0"
    assert message in out.err and "The other seeds go on" in out.err
    assert "lagged-gru: every seed diverged (1)" in out.out
    # DVC refuses a stage that leaves an output out.
    assert workspace.evaluation("lagged-gru").is_dir()
    assert json.loads(workspace.metrics("lagged-gru").read_text())["mean"] == {
        "bits_per_step": None
    }
    reported(workspace, suite)
    (row,) = told(workspace)["experiments"].values()
    (failure,) = row["failures"]
    assert row["n_seeds"] == 0 and failure.startswith(f"seed 0: diverged: {message}")
    words = " ".join(told(workspace)["judgement"]["words"]["not_concluded"])
    assert "gru left no score at all (1 seed): seed 0: diverged: " in words


def test_a_seed_that_diverges_is_counted_and_the_others_are_judged(workspace, monkeypatch):
    suite = with_seeds(suite_with(), (0, 1, 2))
    folder = prepared(workspace, suite)

    def one_diverges(experiment, seed, *rest, **settings):
        if seed == 1:
            raise ConvergenceError("it left the numbers.")
        return fit_seed(experiment, seed, *rest, **settings)

    monkeypatch.setattr("seqarena.experiment.train.fit_seed", one_diverges)
    evaluated(workspace, suite, folder)
    metrics = json.loads(workspace.metrics("lagged-gru").read_text())
    assert (list(metrics["seeds"]), metrics["diverged"]) == (
        ["0", "2"],
        {"1": "it left the numbers."},
    )
    # The run of the means counts it too.
    journal = read_journal(workspace.evaluation("lagged-gru") / "journal.jsonl")
    text = " ".join(map(repr, journal))
    assert "n_diverged" in text and "1 seed diverged." in text
    reported(workspace, suite)
    (row,) = told(workspace)["experiments"].values()
    assert (row["n_seeds"], row["failures"]) == (2, ["seed 1: diverged: it left the numbers."])
    assert "1: diverged" in (workspace.reports / "comparison.md").read_text()
    # The next fits are all well: the note goes.
    monkeypatch.setattr("seqarena.experiment.train.fit_seed", fit_seed)
    shutil.rmtree(workspace.evaluation("lagged-gru"))
    evaluated(workspace, suite, folder)
    assert json.loads(workspace.metrics("lagged-gru").read_text())["diverged"] == {}


def test_a_model_is_not_judged_on_other_data_than_its_own(workspace):
    suite = suite_with()
    folder = prepared(workspace, suite)
    fits = workspace.fit("lagged-gru")
    fits.mkdir(parents=True)
    fit(workspace, suite, folder).rename(fits / "seed-0")
    manifest = json.loads((folder / "manifest.json").read_text())
    other = suite_with().tasks["lagged"]
    draw = other.source.draw.model_copy(update={"seed": 7})
    source = other.source.model_copy(update={"draw": draw})
    prepare_task("lagged", other.model_copy(update={"source": source}), folder)
    with pytest.raises(ArtifactError) as caught:
        evaluate(
            suite.experiments["lagged-gru"],
            folder,
            fits,
            workspace.evaluation("lagged-gru"),
            workspace.metrics("lagged-gru"),
        )
    old = manifest["splits"]["train"]["content_sha256"][:12]
    assert f"was fitted to other data (train {old}) than is prepared now" in str(caught.value)


def test_a_cell_that_left_no_metrics_is_named(workspace):
    suite = suite_with()
    prepared(workspace, suite)
    reported(workspace, suite)
    (row,) = told(workspace)["experiments"].values()
    missing = (
        f"{workspace.metrics('lagged-gru')}: missing; params.yaml lists this experiment, so train "
        "and evaluate it first (`dvc repro`)."
    )
    assert (row["n_seeds"], row["failures"]) == (0, [missing])
    words = told(workspace)["judgement"]["words"]
    assert words["concluded"] == [
        "No experiment of this task has a result, so nothing can be concluded."
    ]
    assert f"gru left no score at all (1 seed): {missing}" in words["not_concluded"]


def reported(workspace, suite) -> None:
    compare(
        suite, QuestionConfig(), workspace.root / "data/prepared", workspace.runs, workspace.reports
    )


def told(workspace) -> dict:
    return json.loads((workspace.reports / "comparison.json").read_text())["tasks"]["lagged"]


def evaluated(workspace, suite, folder) -> None:
    fits = workspace.fit("lagged-gru")
    train(suite.experiments["lagged-gru"], folder, fits)
    evaluate(
        suite.experiments["lagged-gru"],
        folder,
        fits,
        workspace.evaluation("lagged-gru"),
        workspace.metrics("lagged-gru"),
    )


def test_a_cell_of_an_older_preparation_stands_in_no_table_and_the_report_says_why(workspace):
    suite = suite_with()
    folder = prepared(workspace, suite)
    evaluated(workspace, suite, folder)
    reported(workspace, suite)
    assert list(told(workspace)["experiments"]) == ["lagged-gru"]
    assert told(workspace)["judgement"]["set_aside"] == []
    other = suite.tasks["lagged"].source
    draw = other.draw.model_copy(update={"seed": 7})
    source = other.model_copy(update={"draw": draw})
    prepare_task("lagged", suite.tasks["lagged"].model_copy(update={"source": source}), folder)
    reported(workspace, suite)
    assert told(workspace)["experiments"] == {}
    text = (workspace.reports / "comparison.md").read_text()
    assert "gru is in no table with the others" in text and "train split: " in text


def test_runs_in_mlflow_are_compared_by_their_ids(workspace):
    from mlflow import MlflowClient

    suite = with_seeds(suite_with(), (0, 1))
    evaluated(workspace, suite, prepared(workspace, suite))
    # On a busy machine the store may lag behind the journals.
    assert not synchronise(workspace, False).failed
    client = MlflowClient(locate_store(workspace.home).tracking_uri)
    runs = client.search_runs([client.get_experiment_by_name("lagged").experiment_id])
    ids = {run.data.tags.get("seed"): run for run in runs}
    metrics = json.loads(workspace.metrics("lagged-gru").read_text())
    assert {ids[seed].data.tags["protocol"] for seed in "01"} == {metrics["protocol"]["stamp"]}
    lines = list(compare_scores(ids["0"].info.run_id, ids["1"].info.run_id, workspace))
    assert lines[2].startswith("lagged-gru (seed 0)  1 ")
    assert "  of the families: not known. There is one seed of " in "\n".join(lines)
    both = ",".join(ids[seed].info.run_id for seed in "01")
    lines = list(compare_scores(both, "lagged-gru", workspace))
    assert lines[2].startswith("lagged-gru (seed 0, 1)  2 ")
    aggregate = next(run for run in runs if run.data.tags["role"] == "aggregate")
    with pytest.raises(ArtifactError, match="give the run of one seed that was evaluated"):
        list(compare_scores(aggregate.info.run_id, "lagged-gru", workspace))


def test_the_layout_is_that_of_dvc_yaml(workspace):
    text = (Path(__file__).parents[2] / "dvc.yaml").read_text()
    names = {"${key}": "E", "${item.task}": "T"}
    for placeholder, name in names.items():
        text = text.replace(placeholder, name)
    for path in (
        workspace.prepared("T"),
        workspace.fit("E"),
        workspace.evaluation("E"),
        workspace.metrics("E"),
        workspace.reports,
    ):
        assert f"- {path.relative_to(workspace.root)}" in text
