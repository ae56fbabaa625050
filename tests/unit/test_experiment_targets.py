"""`targets.yaml`: which experiment stands for a figure, and mistakes in the file itself."""

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from seqarena.data.manifest import Manifest, Provenance
from seqarena.errors import ConfigError
from seqarena.experiment.suite import parse_suite
from seqarena.experiment.targets import beside_published, read_targets
from seqarena.reporting.cells import Cell, SeedResult
from seqarena.schema import DataSchema

ROOT = Path(__file__).parents[2]

SUITE = {
    "seeds": [0, 1],
    "tasks": {
        "vowels": {"kind": "classification", "source": {"kind": "japanese_vowels"}},
        "pixels": {"kind": "classification", "source": {"kind": "mnist", "view": "pixels"}},
    },
    "families": {
        "hmm": {"kind": "hidden_markov"},
        "lstm": {"kind": "lstm"},
    },
    "experiments": {
        "vowels-hmm": {"task": "vowels", "family": "hmm"},
        "vowels-hmm_5": {"task": "vowels", "family": "hmm", "override": {"n_states": 5}},
        "vowels-lstm": {"task": "vowels", "family": "lstm"},
        "pixels-lstm": {"task": "pixels", "family": "lstm"},
    },
}
TARGET = {
    "source": {"kind": "japanese_vowels"},
    "family": {"kind": "hidden_markov"},
    "metric": "accuracy",
    "value": 0.96,
    "tolerance": 0.01,
    "reference": "Somebody (1999)",
    "certainty": "read",
}


def targets(tmp_path, **entries):
    path = tmp_path / "targets.yaml"
    with path.open("w") as file:
        YAML(typ="safe").dump({"targets": entries}, file)
    return read_targets(path)


def found(tmp_path, entry, losses=None, **scores):
    losses = losses or {}
    suite = parse_suite(SUITE)
    manifests = {
        name: Manifest(
            task=name,
            schema=DataSchema("classification", dim=1),
            source=Provenance("toy", "none", "none"),
            splits={},
            protocol={"split": "official"},
        )
        for name in suite.tasks
    }
    cells = {
        name: Cell(
            name,
            experiment.task_name,
            experiment.family.kind,
            None,
            None,
            tuple(
                SeedResult(seed, {"accuracy": value}, 1, 1.0, 1.0, valid_loss=losses.get(name, 1.0))
                for seed, value in enumerate(scores.get(name.replace("-", "_"), (0.5, 0.5)))
            ),
        )
        for name, experiment in suite.experiments.items()
    }
    return beside_published(targets(tmp_path, wanted=entry), suite, manifests, cells)


def test_validation_chooses_who_stands_for_a_figure_and_the_test_does_not(tmp_path):
    scores = {
        "vowels_hmm": (0.99, 0.99),
        "vowels_hmm_5": (0.95, 0.97),
        "vowels_lstm": (0.99, 1.0),
    }
    losses = {"vowels-hmm": 0.4, "vowels-hmm_5": 0.3, "vowels-lstm": 0.1}
    (only,) = found(tmp_path, TARGET, losses, **scores)
    assert (only.task, only.experiment, only.found) == ("vowels", "vowels-hmm_5", 0.96)
    assert (only.outcome, only.remark) == ("reproduced", "of 2, by validation")


def test_a_rule_that_no_setting_has_is_told_and_not_judged(tmp_path):
    entry = {**TARGET, "family": {"kind": "lstm"}, "differs": "phrases trained it too there"}
    (only,) = found(tmp_path, entry, vowels_lstm=(0.96, 0.96))
    assert (only.outcome, only.remark) == ("other protocol", "phrases trained it too there")


def test_an_infinite_seed_leaves_no_mean(tmp_path):
    entry = {**TARGET, "family": {"kind": "hidden_markov", "n_states": 5}}
    (only,) = found(tmp_path, entry, vowels_hmm_5=(0.95, None))
    assert (only.found, only.outcome) == (None, "no result")


def test_data_or_families_that_the_suite_lacks_are_no_news(tmp_path):
    assert found(tmp_path, {**TARGET, "source": {"kind": "mnist", "view": "rows"}}) == []
    assert found(tmp_path, {**TARGET, "family": {"kind": "gru"}}) == []


def test_another_protocol_is_told_and_not_judged(tmp_path):
    entry = {**TARGET, "protocol": {"valid_share": 0.5, "split": "official"}}
    (only,) = found(tmp_path, entry, vowels_hmm=(0.96, 0.96))
    assert only.outcome == "other protocol"
    assert only.remark == "valid_share is 0.2 here, 0.5 there; of 2, by validation"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"metric": "acuracy"},
            "targets.wanted.metric: 'acuracy' is not measured; did you mean 'accuracy'?",
        ),
        (
            {"protocol": {"valid_shar": 0.5}},
            "targets.wanted.protocol.valid_shar: unknown; did you mean 'valid_share'?",
        ),
    ],
)
def test_a_name_that_the_task_does_not_have_is_refused(tmp_path, change, message):
    with pytest.raises(ConfigError) as error:
        found(tmp_path, {**TARGET, **change})
    assert error.value.mistakes == [message]


def test_every_mistake_of_the_file_is_told_at_once(tmp_path):
    with pytest.raises(ConfigError) as error:
        targets(tmp_path, a={**TARGET, "tolerance": 0.0}, b={**TARGET, "certainty": "sure"})
    assert error.value.mistakes == [
        "targets.a.tolerance: got 0.0; input should be greater than 0.",
        "targets.b.certainty: 'sure' is not allowed; expected 'read', 'recomputed' or "
        "'remembered'.",
    ]
    (tmp_path / "list.yaml").write_text("targets: [1]\n")
    with pytest.raises(ConfigError, match="expected a mapping under `targets`, got \\[1\\]"):
        read_targets(tmp_path / "list.yaml")


def test_without_a_file_there_are_no_figures(tmp_path):
    assert read_targets(tmp_path / "none.yaml") == {}


def test_the_projects_own_figures_speak_of_settings_that_there_are():
    from seqarena.families.catalogue import FamilyConfig
    from seqarena.tasks.config import TaskConfig

    kinds = {}
    for union in (TaskConfig, FamilyConfig):
        for model in union.__origin__.__args__:
            sources = model.model_fields.get("source")
            for each in [model] if sources is None else sources.annotation.__args__:
                for kind in each.model_fields["kind"].annotation.__args__:
                    kinds.setdefault(kind, set()).update(each.model_fields)
    for name, target in read_targets(ROOT / "targets.yaml").items():
        assert set(target.source) <= kinds[target.source["kind"]], name
        assert set(target.family) <= kinds[target.family["kind"]], name
