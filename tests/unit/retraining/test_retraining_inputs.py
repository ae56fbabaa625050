import importlib
import importlib.metadata
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from seqarena.errors import SeqarenaError
from seqarena.experiment.layout import Workspace
from seqarena.families.discovery import GROUP
from seqarena.retraining import inputs as module
from seqarena.retraining import retrain as retraining
from seqarena.retraining.config import RetrainingConfig, read_retraining
from seqarena.retraining.context import Context
from seqarena.retraining.inputs import read_inputs
from seqarena.retraining.outcomes import ExitCode, Outcome
from seqarena.retraining.remembered import Remembered

PARAMS = {
    "seeds": [0],
    "hardware": {},
    "tasks": {
        "reviews": {
            "kind": "classification",
            "source": {
                "kind": "csv",
                "path": "reviews.csv",
                "columns": {"input": "text", "label": "stars"},
            },
        },
        "other": {"kind": "transduction", "source": {"kind": "dates"}},
    },
    "families": {"gru": {"kind": "gru"}, "lstm": {"kind": "lstm"}},
    "experiments": {
        "reviews-gru": {"task": "reviews", "family": "gru"},
        "other-lstm": {"task": "other", "family": "lstm"},
    },
    "retraining": {"reviews": {"experiments": ["reviews-gru"]}},
}
STAGES = {
    "stages": {
        "prepare_code": {"deps": ["src"]},
        "train_code": {"deps": ["src"]},
        "evaluate_code": {"deps": ["requirements.lock"]},
    }
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "code.py").write_text("1")
    (tmp_path / "requirements.lock").write_text("torch")
    (tmp_path / "reviews.csv").write_text("text,stars\n")
    write(tmp_path / "params.yaml", PARAMS)
    write(tmp_path / "dvc.yaml", STAGES)
    return tmp_path


def write(path, content):
    with path.open("w") as file:
        YAML(typ="safe").dump(content, file)


def inputs():
    """Look as one run after the other does: each knows what the last one found."""
    remembered = Remembered(Path("remembered.json"))
    found = read_inputs("reviews", read_retraining("reviews"), remembered)
    remembered.keep()
    forgetful = Remembered(Path("nothing"))
    assert found == read_inputs("reviews", read_retraining("reviews"), forgetful)
    return found


def changed(before):
    return inputs().changes(before.components)


def test_the_same_files_are_the_same_inputs(folder):
    assert inputs().digest == inputs().digest
    assert changed(inputs()) == []


def test_a_row_of_the_users_file_is_a_change_of_data(folder):
    before = inputs()
    (folder / "reviews.csv").write_text("text,stars\nfine,5\n")
    assert changed(before) == ["the data"]
    assert inputs().data_changed(before.components)


def test_a_source_that_is_gone_is_a_change_of_data(folder):
    before = inputs()
    (folder / "reviews.csv").unlink()
    assert changed(before) == ["the data"]


@pytest.mark.parametrize(
    ("section", "entry", "what"),
    [
        ("tasks", {"reviews": {**PARAMS["tasks"]["reviews"], "n_probes": 1}}, "the task"),
        ("families", {"gru": {"kind": "gru", "model_dim": 8}}, "the settings of a model"),
        ("retraining", {"reviews": {"experiments": ["reviews-gru"], "gate": {}}}, "the gate"),
    ],
)
def test_an_entry_that_is_its_own_is_a_change(folder, section, entry, what):
    before = inputs()
    write(folder / "params.yaml", {**PARAMS, section: {**PARAMS[section], **entry}})
    (found,) = changed(before)
    assert found.startswith(what)


BUDGET = {"trials": 2, "tasks": {"other": {"minutes": 5}}}
SEARCH = {"gru": {"dropout": {"choice": [0, 0.1]}}, "lstm": {"dropout": {"choice": [0, 0.1]}}}


@pytest.mark.parametrize(
    ("budget", "space"),
    [({"parameters": {"target": 1000}}, {}), ({"trials": 3}, {}), ({}, {"choice": [0, 0.2]})],
)
def test_what_an_experiment_may_cost_is_a_setting_of_its_model(folder, budget, space):
    write(folder / "params.yaml", {**PARAMS, "budget": BUDGET, "search": SEARCH})
    before = inputs()
    search = {**SEARCH, "gru": {"dropout": space}} if space else SEARCH
    write(folder / "params.yaml", {**PARAMS, "budget": {**BUDGET, **budget}, "search": search})
    assert changed(before) == ["the settings of a model"]


def test_what_experiments_of_others_may_cost_is_none(folder):
    write(folder / "params.yaml", {**PARAMS, "budget": BUDGET, "search": SEARCH})
    before = inputs()
    budget = {**BUDGET, "tasks": {"other": {"minutes": 9}}, "exempt": ["other-lstm"]}
    search = {**SEARCH, "lstm": {"dropout": {"choice": [0, 0.5]}}}
    write(folder / "params.yaml", {**PARAMS, "budget": budget, "search": search})
    assert changed(before) == []


def test_an_entry_of_others_is_none(folder):
    before = inputs()
    families = {**PARAMS["families"], "lstm": {"kind": "lstm", "model_dim": 8}}
    write(folder / "params.yaml", {**PARAMS, "families": families})
    assert changed(before) == []


def test_code_and_lock_that_a_stage_declares_are_a_change(folder):
    before = inputs()
    (folder / "src" / "code.py").write_text("2")
    assert changed(before) == ["the code"]
    (folder / "src" / "code.py").write_text("1")
    (folder / "requirements.lock").write_text("torch 2")
    assert changed(before) == ["the code"]


def test_where_fits_begin_is_none(folder):
    before = inputs()
    warm = {"reviews": {"experiments": ["reviews-gru"], "warm_start": True}}
    write(folder / "params.yaml", {**PARAMS, "retraining": warm})
    assert changed(before) == []


def test_everything_is_new_to_the_first(folder):
    config = RetrainingConfig(task="reviews", experiments=["reviews-gru"])
    found = read_inputs("reviews", config, Remembered(folder / "nothing"))
    assert len(found.changes({})) == 5


def test_what_nobody_touched_is_not_parsed_again(folder, monkeypatch):
    before = inputs()
    remembered = Remembered(folder / "remembered.json")
    monkeypatch.setattr(module, "_parsed_settings", None)
    assert read_inputs("reviews", read_retraining("reviews"), remembered) == before


def test_a_family_of_the_users_own_is_code(folder, monkeypatch):
    (folder / "mine.py").write_text("1")
    monkeypatch.syspath_prepend(str(folder))
    entry = importlib.metadata.EntryPoint("gru", "mine:Config", GROUP)
    found = {"group": GROUP, "name": "gru"}
    monkeypatch.setattr(
        importlib.metadata, "entry_points", lambda **asked: [entry] if asked == found else []
    )
    before = inputs()
    (folder / "mine.py").write_text("2")
    assert changed(before) == ["the code"]
    (folder / "mine.py").unlink()
    importlib.invalidate_caches()
    assert changed(before) == ["the code"]


def test_a_family_that_is_installed_from_elsewhere_is_other_code(folder, monkeypatch):
    for checkout in ("one", "other"):
        (folder / checkout).mkdir()
        (folder / checkout / "mine.py").write_text(checkout)
    entry = importlib.metadata.EntryPoint("gru", "mine:Config", GROUP)
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda **_: [entry])
    monkeypatch.syspath_prepend(str(folder / "one"))
    before = inputs()
    monkeypatch.syspath_prepend(str(folder / "other"))
    assert changed(before) == ["the code"]


def test_what_was_seen_before_a_failure_is_looked_at_again(folder, monkeypatch):
    def fail(*_):
        raise SeqarenaError("a family is not installed")

    context = Context("reviews", read_retraining("reviews"), Workspace(folder, folder))
    monkeypatch.setattr(retraining, "_reconciled", lambda _: [])
    monkeypatch.setattr(retraining, "_tried", fail)
    with pytest.raises(SeqarenaError, match="not installed"):
        retraining.retrain(context)
    assert not context.home.remembered.exists()
    answered = Outcome(ExitCode.REJECTED, ("no better",))
    monkeypatch.setattr(retraining, "_tried", lambda *_: answered)
    assert retraining.retrain(context) == answered
    assert context.home.remembered.exists()
