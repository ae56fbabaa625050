"""The stages as functions, where something goes wrong."""

import json
from pathlib import Path

import pytest
from tracking_scenes import MLFLOW_WARNS

from seqarena.errors import ArtifactError, ConvergenceError
from seqarena.experiment.compare import compare
from seqarena.experiment.evaluate import evaluate
from seqarena.experiment.fit_seed import fit_seed
from seqarena.experiment.layout import Workspace
from seqarena.experiment.suite import parse_suite
from seqarena.tasks.prepare import prepare_task
from seqarena.tracking.events import RunEnded
from seqarena.tracking.reading import read_journal

pytestmark = [pytest.mark.filterwarnings(MLFLOW_WARNS), pytest.mark.slow]


def suite_with(**gru):
    return parse_suite(
        {
            "seeds": [0],
            "hardware": {"accelerator": "cpu", "devices": 1},
            "tasks": {
                "lagged": {
                    "kind": "density",
                    "source": {
                        "kind": "lagged_markov_source",
                        "draw": {"length": 20, "n_train": 16, "n_valid": 4, "n_test": 4},
                    },
                    "training": {"batch_size": 4, "max_epochs": 2},
                }
            },
            "families": {"gru": {"kind": "gru", "model_dim": 8, **gru}},
            "experiments": {"lagged-gru": {"task": "lagged", "family": "gru"}},
        }
    )


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
    with pytest.raises(ArtifactError) as caught:
        compare(suite, workspace.root / "data/prepared", workspace.runs, workspace.reports)
    assert str(caught.value) == (
        f"{workspace.metrics('lagged-gru')}: missing; params.yaml lists this experiment, so train "
        "and evaluate it first (`dvc repro`)."
    )


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
