"""What the sections `budget` and `search` say of each experiment, and what is refused at once."""

import copy

import pytest
from ruamel.yaml import YAML

from seqarena.errors import ConfigError
from seqarena.experiment.own_files import NOTHING
from seqarena.experiment.stage_parameters import write_stage_parameters
from seqarena.experiment.suite import parse_suite, read_experiment

RAW = {
    "seeds": [0],
    "tasks": {
        "vowels": {"kind": "classification", "source": {"kind": "japanese_vowels"}},
        "lagged": {"kind": "density", "source": {"kind": "lagged_markov_source"}},
    },
    "families": {
        "gmm": {"kind": "gaussian_mixture"},
        "lstm": {"kind": "lstm"},
        "majority": {"kind": "most_frequent_class"},
    },
    "experiments": {
        "vowels-gmm": {"task": "vowels", "family": "gmm"},
        "vowels-lstm": {"task": "vowels", "family": "lstm"},
        "lagged-lstm": {"task": "lagged", "family": "lstm"},
    },
}
PARAMETERS = {"target": 5000, "within": 0.1}
RATES = {"optimiser.learning_rate": {"log_uniform": [0.0001, 0.01]}}
FLOORS = {"variance_floor": {"log_uniform": [0.001, 0.1]}}


def suite(**sections):
    return parse_suite({**copy.deepcopy(RAW), **sections})


def mistakes(**sections):
    with pytest.raises(ConfigError) as caught:
        suite(**sections)
    return caught.value.mistakes


def test_without_the_sections_nothing_is_budgeted(tmp_path):
    found = suite()
    assert {each.budget.as_dict() for each in found.experiments.values()} == {None}
    write_stage_parameters(found, tmp_path / "own.json")
    assert f'"lagged-lstm": "{NOTHING}"' in (tmp_path / "own.json").read_text()


def test_a_task_may_have_another_budget():
    own = {"lagged": {"parameters": {"target": 70, "within": 0.2}, "minutes": 2.0}}
    found = suite(budget={"parameters": PARAMETERS, "minutes": 1.0, "tasks": own}).experiments
    assert found["vowels-gmm"].budget.parameters.target == 5000
    assert found["lagged-lstm"].budget.parameters.target == 70
    minutes = {name: each.task.training.max_minutes for name, each in found.items()}
    assert minutes == {"vowels-gmm": 1.0, "vowels-lstm": 1.0, "lagged-lstm": 2.0}


def test_an_exempt_experiment_keeps_the_time_alone():
    budget = {"parameters": PARAMETERS, "minutes": 1.0, "exempt": ["vowels-gmm"]}
    found = suite(budget=budget).experiments["vowels-gmm"]
    assert (found.budget.parameters, found.budget.is_exempt) == (None, True)
    assert found.task.training.max_minutes == 1.0


def test_an_experiment_that_is_read_alone_has_the_same_budget(tmp_path):
    own = {"lagged": {"trials": None}, "vowels": {"minutes": 3.0}}
    budget = {"parameters": PARAMETERS, "trials": 2, "exempt": ["vowels-gmm"], "tasks": own}
    raw = {**RAW, "budget": budget, "search": {"lstm": RATES}}
    with (tmp_path / "params.yaml").open("w") as file:
        YAML(typ="safe").dump(raw, file)
    whole = parse_suite(raw).experiments
    assert whole["vowels-lstm"].budget.trials == 2
    for name, each in whole.items():
        assert read_experiment(name, tmp_path / "params.yaml") == each


@pytest.mark.parametrize(
    ("sections", "line"),
    [
        (
            {"budget": {"parameters": PARAMETERS, "tasks": {"lagge": {}}, "exempt": ["vowels-gm"]}},
            "budget.tasks.lagge: there is no such task; did you mean 'lagged'?",
        ),
        (
            {"budget": {"exempt": ["vowels-gm"]}},
            "budget.exempt: 'vowels-gm' is no experiment; did you mean 'vowels-gmm'?",
        ),
        ({"budget": {"parametres": 5}}, "budget.parametres: unknown; did you mean 'parameters'?"),
        ({"search": {"lstm": RATES}}, "search: nothing is searched without budget.trials"),
        (
            {"budget": {"trials": 2}, "search": {"gmm": FLOORS}},
            "experiments.vowels-lstm: nothing to search, and budget.trials gives every experiment "
            "2; write its knobs under search.lstm or search.vowels-lstm",
        ),
        (
            {"budget": {"trials": 2}, "search": {"gmm": FLOORS, "lstm": RATES, "gru": RATES}},
            "search.gru: is no experiment and no family",
        ),
        (
            {
                "budget": {"trials": 2},
                "search": {"gmm": FLOORS, "lstm": {"optimiser.learning_rat": {"choice": [1.0]}}},
            },
            "search.lstm.optimiser.learning_rat: no knob of lstm; did you mean "
            "'optimiser.learning_rate'?",
        ),
        (
            {
                "budget": {"trials": 2},
                "search": {"gmm": FLOORS, "lstm": {"trials": {"choice": [9]}}},
            },
            "search.lstm.trials: no knob of lstm",
        ),
        (
            {
                "budget": {"trials": 2},
                "search": {"gmm": FLOORS, "lstm": {"dropout": {"uniform": [0.0, 1.5]}}},
            },
            "search.lstm.dropout: got 1.5; input should be less than 1.",
        ),
        (
            {
                "budget": {"trials": 2, "parameters": PARAMETERS},
                "search": {"gmm": FLOORS, "lstm": {"model_dim": {"integers": [8, 16]}}},
            },
            "search.lstm.model_dim: is the width, which budget.parameters decides",
        ),
        (
            {
                "budget": {"trials": 9},
                "search": {
                    "gmm": FLOORS,
                    "lstm": {"attention": {"choice": ["softmax", "self_attention"]}},
                },
            },
            "of lagged-lstm ({'attention': 'self_attention'}): in a recurrent density it is the "
            "recurrence that looks back",
        ),
        (
            {"budget": {"trials": 1}, "search": {"lstm": {"dropout": {}}}},
            "search.lstm.dropout: got none; expected one of choice, uniform, log_uniform and",
        ),
        (
            {"budget": {"trials": 1}, "search": {"lstm": {"dropout": {"uniform": [0.5, 0.1]}}}},
            "search.lstm.dropout: got [0.5, 0.1]; expected the lower end, then the upper one.",
        ),
    ],
)
def test_what_cannot_be_kept_is_refused_with_what_to_do(sections, line):
    found = mistakes(**sections)
    assert any(line in each for each in found), found


def test_a_family_without_a_width_is_refused():
    experiments = {**RAW["experiments"], "vowels-m": {"task": "vowels", "family": "majority"}}
    budget = {"parameters": PARAMETERS}
    (line,) = mistakes(experiments=experiments, budget=budget)
    assert line.startswith("experiments.vowels-m: most_frequent_class has no width that can be")
    assert "budget.exempt" in line


def test_two_times_for_a_fit_are_refused():
    tasks = copy.deepcopy(RAW["tasks"])
    tasks["lagged"]["training"] = {"max_minutes": 4.0}
    (line,) = mistakes(tasks=tasks, budget={"minutes": 2.0})
    assert line.startswith("tasks.lagged.training.max_minutes: 4, and budget.minutes is 2;")
