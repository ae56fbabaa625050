"""Budgets through the stages: what is solved is what is fitted, recorded and compared."""

import copy
import json

import pytest
from lagged_scenes import lagged_task
from tracking_scenes import MLFLOW_WARNS

from seqarena.errors import ConfigError
from seqarena.experiment.budget.sizing import sized
from seqarena.experiment.cells import read_cell
from seqarena.experiment.layout import Workspace
from seqarena.experiment.repro import refuse_over_budget
from seqarena.experiment.suite import parse_suite
from seqarena.experiment.train import train
from seqarena.families.store import read_config
from seqarena.tasks.prepare import prepare_task

pytestmark = [pytest.mark.filterwarnings(MLFLOW_WARNS), pytest.mark.slow]

RAW = {
    "seeds": [0],
    "hardware": {"accelerator": "cpu", "devices": 1},
    "tasks": {"lagged": {**lagged_task(max_epochs=2, max_em_epochs=2), "n_probes": 0}},
    "families": {
        "gru": {"kind": "gru"},
        "hmm": {"kind": "hidden_markov"},
        "markov": {"kind": "markov_chain"},
    },
    "experiments": {
        "lagged-gru": {"task": "lagged", "family": "gru"},
        "lagged-hmm": {"task": "lagged", "family": "hmm"},
        "lagged-markov": {"task": "lagged", "family": "markov"},
    },
    "budget": {"parameters": {"target": 700, "within": 0.5}, "minutes": 1.0},
}


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    made = Workspace.here()
    prepare_task("lagged", parse_suite(RAW).tasks["lagged"], made.prepared("lagged"))
    return made


def suite(**changes):
    return parse_suite({**copy.deepcopy(RAW), **changes})


def refusal(workspace, **changes):
    with pytest.raises(ConfigError) as caught:
        refuse_over_budget(suite(**changes), workspace)
    return caught.value.mistakes


@pytest.mark.parametrize("name", RAW["experiments"])
def test_what_was_solved_is_what_is_fitted_and_recorded(workspace, name):
    experiment = suite().experiments[name]
    solved = sized(experiment, workspace.prepared("lagged"))
    train(experiment, workspace.prepared("lagged"), workspace.fit(name))
    folder = workspace.fit(name) / "seed-0"
    n = json.loads((folder / "report.json").read_text())["n_parameters"]
    assert 350 <= n <= 1050
    content, _ = read_config(folder)
    assert content["family"] == solved.family.model_dump(mode="json")
    assert content["provenance"]["training"]["max_minutes"] == 1.0
    knob = {"lagged-gru": "model_dim", "lagged-hmm": "n_states", "lagged-markov": "order"}[name]
    journal = (folder / "journal.jsonl").read_text()
    assert f'"family.{knob}": "{getattr(solved.family, knob)}"' in journal


def test_a_budget_that_gives_the_same_width_is_the_same_fit(workspace):
    prepared = workspace.prepared("lagged")
    one = sized(suite().experiments["lagged-gru"], prepared)
    other = suite(budget={"parameters": {"target": 701, "within": 0.5}, "minutes": 1.0})
    assert sized(other.experiments["lagged-gru"], prepared).family == one.family


def test_all_that_cannot_keep_the_budget_are_refused_at_once(workspace):
    lines = refusal(workspace, budget={"parameters": {"target": 699, "within": 0.001}})
    assert [line.split(":")[0] for line in lines] == [
        f"experiments.{n}" for n in RAW["experiments"]
    ]
    assert "gru cannot have 699 ± 0.1 % parameters (budget.parameters): the nearest is" in lines[0]
    assert "model_dim" in lines[0]
    assert "or more, or name it under budget.exempt" in lines[0]


def test_the_tolerance_that_a_refusal_names_is_enough(workspace):
    (line, *_) = refusal(workspace, budget={"parameters": {"target": 699, "within": 0.001}})
    within = float(line.partition("set within to ")[2].split()[0])
    budget = {"parameters": {"target": 699, "within": within}}
    assert sized(suite(budget=budget).experiments["lagged-gru"], workspace.prepared("lagged"))


def test_a_width_set_by_hand_is_kept_or_refused_with_the_nearest(workspace):
    families = {**RAW["families"], "gru": {"kind": "gru", "model_dim": 9}}
    kept = suite(families=families).experiments["lagged-gru"]
    assert sized(kept, workspace.prepared("lagged")) == kept
    families["gru"] = {"kind": "gru", "model_dim": 90}
    (line,) = refusal(workspace, families=families)
    solved = sized(suite().experiments["lagged-gru"], workspace.prepared("lagged")).family
    assert line.startswith("experiments.lagged-gru: model_dim 90 with ")
    assert "set by hand; expected 700 ± 50 % (budget.parameters): leave model_dim out" in line
    assert f"or write the nearest: model_dim {solved.model_dim} with " in line


def test_the_report_flags_a_fit_that_the_clock_ended(workspace):
    folder = workspace.runs / "lagged-hmm"
    fit = folder / "fit" / "seed-0"
    fit.mkdir(parents=True)
    report = {
        "n_parameters": 1,
        "wall_seconds": 60.0,
        "cpu_seconds": 1.0,
        "training_flops": None,
        "stop_reason": "max_minutes",
        "valid_loss": 1.0,
    }
    (fit / "report.json").write_text(json.dumps(report))
    summary = {"seeds": {"0": {"bits_per_step": 1.0}}, "flags": {}}
    (folder / "metrics.json").write_text(json.dumps(summary))
    cell = read_cell(suite().experiments["lagged-hmm"], folder)
    assert cell.flags == ("seed 0: the fit ended because its minutes were spent",)
    assert cell.budget == "700 ± 50 % parameters, at most 1 min for a fit"
    assert (cell.search, cell.n_trials) == (None, 1)
