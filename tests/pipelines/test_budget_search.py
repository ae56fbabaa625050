"""Random search before the fits that are judged, through the stage `train`."""

import copy
import json

import pytest
import torch
from lagged_scenes import lagged_task
from tracking_scenes import MLFLOW_WARNS

from seqarena.data.arrow_store import read_split
from seqarena.data.splits import Split
from seqarena.errors import ConfigError, ConvergenceError
from seqarena.experiment.as_fitted import as_fitted
from seqarena.experiment.budget.search_record import read_record
from seqarena.experiment.budget.searching import settled
from seqarena.experiment.budget.trial import run_trial, trial_of
from seqarena.experiment.diverged import read_diverged
from seqarena.experiment.layout import Workspace
from seqarena.experiment.suite import parse_suite
from seqarena.experiment.train import train
from seqarena.families.engine_fit import batches_by_length
from seqarena.families.store import load_family, read_config
from seqarena.tasks.prepare import prepare_task

pytestmark = [pytest.mark.filterwarnings(MLFLOW_WARNS), pytest.mark.slow]

RAW = {
    "seeds": [0],
    "hardware": {"accelerator": "cpu", "devices": 1},
    "tasks": {
        "lagged": lagged_task(max_em_epochs=3),
    },
    "families": {"hmm": {"kind": "hidden_markov", "n_states": 2}},
    "experiments": {"lagged-hmm": {"task": "lagged", "family": "hmm"}},
    "budget": {"trials": 3},
    "search": {"hmm": {"pseudo_count": {"log_uniform": [0.001, 10.0]}}},
}
NAME = "lagged-hmm"


def experiment(**changes):
    return parse_suite({**copy.deepcopy(RAW), **changes}).experiments[NAME]


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    made = Workspace.here()
    prepare_task("lagged", parse_suite(RAW).tasks["lagged"], made.prepared("lagged"))
    return made


def test_the_best_trial_is_fitted_with_the_seeds_and_all_are_kept(workspace):
    fits = workspace.fit(NAME)
    train(experiment(), workspace.prepared("lagged"), fits)
    record = read_record(fits)
    losses = [each.loss for each in record.trials]
    assert len(losses) == 3 and record.n_failed == 0
    assert record.selected.loss == min(losses)
    assert record.median.loss == sorted(losses)[1]
    for trial in record.trials:
        folder = fits / "trials" / f"trial-{trial.number}"
        content, _ = read_config(folder)
        assert content["family"]["pseudo_count"] == trial.settings["pseudo_count"]
        report = json.loads((folder / "report.json").read_text())
        assert trial.loss == report["valid_loss"]
        begun = (folder / "journal.jsonl").read_text().splitlines()[0]
        assert f"{NAME}/trial-{trial.number}" in begun and '"role": "trial"' in begun
    content, _ = read_config(fits / "seed-0")
    assert content["family"]["pseudo_count"] == record.selected.settings["pseudo_count"]
    assert content["provenance"]["seed"] == 0
    assert 0 not in {trial.seed for trial in record.trials}
    selected = fits / "trials" / f"trial-{record.selected.number}" / "search" / "journal.jsonl"
    assert '"search": "selected"' in selected.read_text()
    family = as_fitted(experiment(), fits).family
    assert family.pseudo_count == record.selected.settings["pseudo_count"]
    # Nothing is fitted twice, and the same comes out.
    before = {path: path.stat().st_mtime_ns for path in workspace.fits.glob("*/complete")}
    train(experiment(), workspace.prepared("lagged"), fits)
    assert {path: path.stat().st_mtime_ns for path in workspace.fits.glob("*/complete")} == before
    assert read_record(fits) == record
    assert len(before) == 4


def test_more_trials_and_other_knobs_leave_the_earlier_ones_as_they_were(workspace):
    prepared = workspace.prepared("lagged")
    few = [trial_of(experiment(), n, prepared) for n in range(3)]
    space = {"hmm": {"n_restarts": {"integers": [1, 3]}, **RAW["search"]["hmm"]}}
    many = experiment(budget={"trials": 9}, search=space)
    again = [trial_of(many, n, prepared) for n in range(9)]
    counts = [each.family.pseudo_count for each in again]
    assert [each.family.pseudo_count for each in few] == counts[:3]
    assert [each.seeds for each in few] == [each.seeds for each in again[:3]]
    assert len(set(counts)) == len({each.seeds for each in again}) == 9
    other = trial_of(experiment(budget={"trials": 3, "seed": 1}), 0, prepared)
    assert other.family.pseudo_count != few[0].family.pseudo_count
    assert {each.family.n_restarts for each in again} == {1, 2, 3}


def test_a_trial_that_diverges_is_counted_and_never_selected(workspace):
    families = {"hmm": {"kind": "gru", "model_dim": 4, "optimiser": {"max_gradient_norm": None}}}
    # Of the first three draws some diverge, and some do not.
    space = {"hmm": {"optimiser.learning_rate": {"choice": [0.01, 1e30]}}}
    one = experiment(families=families, search=space)
    train(one, workspace.prepared("lagged"), workspace.fit(NAME))
    record = read_record(workspace.fit(NAME))
    rates = [each.settings["optimiser.learning_rate"] for each in record.trials]
    assert {0.01, 1e30} == set(rates)
    assert [each.loss is None for each in record.trials] == [rate == 1e30 for rate in rates]
    assert "the training loss is" in record.trials[rates.index(1e30)].message
    assert record.selected.settings["optimiser.learning_rate"] == 0.01
    assert record.n_failed == rates.count(1e30)
    assert record.n_different == 2


def test_a_search_in_which_every_trial_fails_says_so(workspace):
    families = {"hmm": {"kind": "gru", "model_dim": 4, "optimiser": {"max_gradient_norm": None}}}
    space = {"hmm": {"optimiser.learning_rate": {"choice": [1e30]}}}
    one = experiment(families=families, search=space, budget={"trials": 1})
    with pytest.raises(
        ConvergenceError, match=r"all 1 trials failed, the first because: .*loss is"
    ):
        settled(one, workspace.prepared("lagged"), workspace)
    # It stops no other experiment: its seeds are counted, and the record of the search is kept.
    train(one, workspace.prepared("lagged"), workspace.fit(NAME))
    assert "all 1 trials failed" in read_diverged(workspace.fit(NAME))[0]
    assert read_record(workspace.fit(NAME)).n_failed == 1
    assert not (workspace.fit(NAME) / "seed-0").exists()


def test_the_width_is_solved_anew_for_the_settings_of_each_trial(workspace):
    families = {"hmm": {"kind": "gru"}}
    space = {"hmm": {"n_layers": {"choice": [1, 2]}}}
    budget = {"trials": 6, "parameters": {"target": 2000, "within": 0.1}}
    one = experiment(families=families, search=space, budget=budget)
    prepared = workspace.prepared("lagged")
    found = [trial_of(one, number, prepared).family for number in range(6)]
    assert {each.n_layers for each in found} == {1, 2}
    assert len({each.model_dim for each in found}) == 2


def test_fits_of_several_processes_are_not_searched(workspace):
    one = experiment(hardware={"accelerator": "cpu", "devices": 2})
    with pytest.raises(ConfigError, match=r"hardware.devices: 2, and budget.trials"):
        settled(one, workspace.prepared("lagged"), workspace)


def test_classifiers_are_chosen_by_what_they_say_of_labels(workspace):
    tasks = {
        "vowels": {
            "kind": "classification",
            "source": {"kind": "japanese_vowels"},
            "training": {"max_em_epochs": 2},
        }
    }
    families = {"gmm": {"kind": "gaussian_mixture", "n_components": 1}}
    cells = {NAME: {"task": "vowels", "family": "gmm"}}
    space = {"gmm": {"variance_floor": {"choice": [0.1]}}}
    suite = parse_suite(
        {
            **RAW,
            "tasks": tasks,
            "families": families,
            "experiments": cells,
            "search": space,
            "budget": {"trials": 1},
        }
    )
    prepared = workspace.prepared("vowels")
    prepare_task("vowels", suite.tasks["vowels"], prepared)
    trial, run = run_trial(suite.experiments[NAME], 0, prepared, workspace, show_progress=False)
    valid, family = read_split(prepared, Split.VALID), load_family(run)
    probabilities = torch.cat(
        [
            family.class_log_prob(batch).exp()[torch.arange(len(batch)), batch.labels]
            for batch in batches_by_length(valid)
        ]
    )
    assert trial.loss == pytest.approx(float(-probabilities.log().mean()))
    assert trial.loss != json.loads((run / "report.json").read_text())["valid_loss"]
