from pathlib import Path

import pytest
from ruamel.yaml import YAML

from seqarena.errors import ConfigError
from seqarena.experiment.layout import Workspace
from seqarena.families.catalogue import parse_family
from seqarena.families.store import CONFIG_FILE, MODEL_FILE
from seqarena.retraining import starting as module
from seqarena.retraining.champion import Champion
from seqarena.retraining.config import RetrainingConfig
from seqarena.retraining.context import Context
from seqarena.retraining.package import DATA, fit_in
from seqarena.retraining.starting import place_starts

PARAMS = {
    "question": {},
    "seeds": [0],
    "tasks": {"dates": {"kind": "transduction", "source": {"kind": "dates"}}},
    "families": {"gru": {"kind": "gru"}},
    "experiments": {"dates-gru": {"task": "dates", "family": "gru"}},
}


def place(folder, monkeypatch, **settings):
    """Ask for a warm start from a champion of width 37, under other settings of the suite."""
    monkeypatch.chdir(folder)
    with Path("params.yaml").open("w") as file:
        YAML(typ="safe").dump({**PARAMS, **settings}, file)
    champion = Champion("1", None, folder / "package")
    fit_in(champion.package).mkdir(parents=True)
    (champion.package / DATA).mkdir()
    fitted = parse_family({"kind": "gru", "model_dim": 37}, "f").model_dump(mode="json")
    monkeypatch.setattr(module, "read_config", lambda _: ({"family": fitted}, None))
    for path in (fit_in(champion.package) / CONFIG_FILE, fit_in(champion.package) / MODEL_FILE):
        path.write_text("champion")
    (champion.package / DATA / "manifest.json").write_text("{}")
    config = RetrainingConfig(task="dates", experiments=["dates-gru"])
    context = Context("dates", config, Workspace(folder, folder), is_warm=True)
    place_starts(context, champion)
    return context.workspace.start("dates-gru")


def test_a_width_that_was_solved_is_no_other_setting(tmp_path, monkeypatch):
    start = place(tmp_path, monkeypatch, budget={"parameters": {"target": 10000}})
    assert (start / MODEL_FILE).read_text() == "champion"


def test_other_settings_than_the_width_are_refused(tmp_path, monkeypatch):
    families = {"gru": {"kind": "gru", "dropout": 0.5}}
    with pytest.raises(ConfigError, match="dates-gru has other settings than the champion"):
        place(tmp_path, monkeypatch, budget={"parameters": {"target": 10000}}, families=families)


def test_a_width_without_a_budget_is_refused(tmp_path, monkeypatch):
    with pytest.raises(ConfigError, match="dates-gru has other settings than the champion"):
        place(tmp_path, monkeypatch)


def test_what_is_searched_does_not_begin_from_one_fit(tmp_path, monkeypatch):
    search = {"gru": {"dropout": {"choice": [0, 0.1]}}}
    with pytest.raises(ConfigError, match="dates-gru is searched"):
        place(tmp_path, monkeypatch, budget={"trials": 2}, search=search)
