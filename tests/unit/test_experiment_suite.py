from pathlib import Path

import pytest
from ruamel.yaml import YAML

from seqarena.errors import ConfigError
from seqarena.experiment.suite import parse_suite, read_experiment, read_suite

PARAMS = Path(__file__).parents[2] / "params.yaml"


@pytest.fixture
def raw():
    return {
        "seeds": [0, 1],
        "tasks": {
            "vowels": {"kind": "classification", "source": {"kind": "japanese_vowels"}},
            "lagged": {"kind": "density", "source": {"kind": "lagged_markov_source"}},
        },
        "families": {
            "gmm": {"kind": "gaussian_mixture"},
            "lstm": {"kind": "lstm", "model_dim": 16},
        },
        "experiments": {
            "vowels-gmm": {"task": "vowels", "family": "gmm"},
            "lagged-lstm": {"task": "lagged", "family": "lstm"},
        },
    }


def mistakes(raw):
    with pytest.raises(ConfigError) as caught:
        parse_suite(raw)
    return caught.value.mistakes


def test_a_sound_suite_resolves_every_experiment(raw):
    suite = parse_suite(raw)
    assert list(suite.experiments) == ["vowels-gmm", "lagged-lstm"]
    assert suite.experiments["lagged-lstm"].family.model_dim == 16
    assert suite.experiments["vowels-gmm"].seeds == (0, 1)


def test_an_override_changes_the_family_of_its_cell_alone(raw):
    raw["experiments"]["wide"] = {"task": "lagged", "family": "lstm", "override": {"model_dim": 32}}
    suite = parse_suite(raw)
    assert suite.experiments["wide"].family.model_dim == 32
    assert suite.experiments["lagged-lstm"].family.model_dim == 16


def test_an_override_inside_a_record_leaves_its_other_knobs_alone(raw):
    raw["families"]["lstm"]["optimiser"] = {"kind": "sgd", "learning_rate": 0.5}
    override = {"optimiser": {"learning_rate": 0.1}}
    raw["experiments"]["slow"] = {"task": "lagged", "family": "lstm", "override": override}
    optimiser = parse_suite(raw).experiments["slow"].family.optimiser
    assert (optimiser.kind, optimiser.learning_rate) == ("sgd", 0.1)


def test_every_mistake_of_every_section_is_reported_at_once(raw):
    raw["seed"] = 3
    raw["seeds"] = [0, 0]
    raw["families"]["lstm"]["model_dims"] = 8
    raw["experiments"]["a.b"] = {"task": "vowel", "family": "lst"}
    assert mistakes(raw) == [
        "seed: unknown; did you mean 'seeds'?",
        "seeds: got [0, 0]; expected different whole numbers from 0 up.",
        "families.lstm.model_dims: unknown; did you mean 'model_dim'?",
        "experiments.a.b: a name holds letters, digits, '_' and '-' only, for it becomes a folder "
        "and a stage of DVC.",
        "experiments.a.b.task: there is no task 'vowel'; did you mean 'vowels'?",
        "experiments.a.b.family: there is no family 'lst'; did you mean 'lstm'?",
    ]


def test_a_stream_is_read_by_families_with_and_without_a_state_to_carry(raw):
    source = {"kind": "python_reference", "context": "stream"}
    raw["tasks"]["python"] = {"kind": "density", "source": source, "n_probes": 0}
    raw["families"] |= {
        "transformer": {"kind": "transformer"},
        "markov": {"kind": "markov_chain"},
        "looking": {"kind": "gru", "attention": "softmax"},
    }
    raw["experiments"] = {
        name: {"task": "python", "family": name}
        for name in ("transformer", "markov", "lstm", "looking")
    }
    assert set(parse_suite(raw).experiments) == set(raw["experiments"])


def test_a_stem_is_refused_where_the_steps_are_no_regions_of_a_picture(raw):
    raw["tasks"]["digits"] = {"kind": "classification", "source": {"kind": "handwritten_digits"}}
    raw["families"]["seeing"] = {"kind": "attention", "attention": "softmax", "stem": "conv"}
    raw["experiments"] = {"x": {"task": "digits", "family": "seeing"}}
    assert mistakes(raw) == [
        "experiments.x: 'seeing' cannot do 'digits': stem 'conv' reads regions of a picture, and "
        "the steps of this task are none; set it to 'none'"
    ]
    raw["tasks"]["digits"]["source"]["view"] = "regions"
    assert list(parse_suite(raw).experiments) == ["x"]


def test_a_network_is_a_density_of_frames_of_zeros_and_ones_and_of_no_others(raw):
    own = {"kind": "csv", "path": "own.csv", "columns": {"input": ["a", "b"]}, "unit": "numbers"}
    raw["tasks"]["numbers"] = {"kind": "density", "source": own}
    raw["tasks"]["music"] = {"kind": "density", "source": {"kind": "polyphonic_music"}}
    raw["families"]["transformer"] = {"kind": "transformer"}
    raw["families"]["hmm"] = {"kind": "hidden_markov"}
    names = ["lstm", "transformer", "hmm"]
    raw["experiments"] = {name: {"task": "music", "family": name} for name in names}
    assert list(parse_suite(raw).experiments) == names
    raw["experiments"] = {name: {"task": "numbers", "family": name} for name in names}
    assert mistakes(raw) == [
        f"experiments.{name}: {name!r} cannot do 'numbers': a network's density is one of tokens, "
        "or of frames of zeros and ones, and these frames are real numbers; use hidden_markov, "
        "whose emissions take them, or, where a table of your own holds zeros and ones alone, "
        "say `numbers: binary` in its source"
        for name in names[:2]
    ]


def test_a_family_that_cannot_do_a_task_is_named_with_the_reason(raw):
    raw["experiments"]["x"] = {"task": "lagged", "family": "gmm"}
    (line,) = mistakes(raw)
    assert line.startswith("experiments.x: 'gmm' cannot do 'lagged': ")
    assert len(line) > len("experiments.x: 'gmm' cannot do 'lagged': ") + 10


def test_an_override_is_as_strict_as_the_family(raw):
    raw["experiments"]["lagged-lstm"]["override"] = {"model_dimm": 3, "kind": "gru"}
    assert mistakes(raw) == [
        "experiments.lagged-lstm.override.kind: an override cannot change the kind of a family."
    ]
    del raw["experiments"]["lagged-lstm"]["override"]["kind"]
    assert mistakes(raw) == [
        "experiments.lagged-lstm.override.model_dimm: unknown; did you mean 'model_dim'?"
    ]


def test_a_missing_section_is_named(raw):
    del raw["tasks"]
    assert "tasks: expected a mapping with at least one entry, got None." in mistakes(raw)


def test_one_experiment_is_read_without_the_others(raw, tmp_path):
    raw["experiments"]["broken"] = {"task": "nowhere", "family": "lstm"}
    path = tmp_path / "params.yaml"
    with path.open("w") as file:
        YAML(typ="safe").dump(raw, file)
    assert read_experiment("lagged-lstm", path).task_name == "lagged"
    with pytest.raises(ConfigError) as caught:
        read_experiment("lagged-lst", path)
    assert str(caught.value) == ("experiments.lagged-lst: not there; did you mean 'lagged-lstm'?")


def test_the_params_file_of_the_project_holds_no_mistake():
    suite = read_suite(PARAMS)
    assert len(suite.seeds) == 3
    assert {experiment.task_name for experiment in suite.experiments.values()} == set(suite.tasks)
