import pytest

from seqarena.retraining.serving.requirements import pinned_requirements
from seqarena.retraining.serving.signature import inputs_of, params_of
from seqarena.schema import DataSchema


def knobs(schema):
    return {param.name: param.default for param in params_of(schema)}


@pytest.mark.parametrize(
    ("schema", "columns", "params"),
    [
        (
            DataSchema("density", n_symbols=3),
            {"text": False, "tokens": False},
            {"top_k": 5, "n_steps": 0, "temperature": 1.0, "seed": 0},
        ),
        (DataSchema("density", dim=3), {"frames": True}, {}),
        (DataSchema("classification", dim=3, n_classes=7), {"frames": True}, {"top_k": 7}),
        (
            DataSchema("tagging", n_symbols=3, n_tags=2),
            {"text": False, "tokens": False},
            {"top_k": 1},
        ),
        (
            DataSchema("recommendation", n_symbols=3),
            {"text": False, "tokens": False},
            {"top_k": 10},
        ),
        (
            DataSchema("transduction", n_symbols=3, n_target_symbols=3),
            {"text": False, "tokens": False, "target": False},
            {"beam": 0, "n_best": 1},
        ),
        (
            DataSchema("alignment", n_symbols=3, n_target_symbols=3),
            {"text": False, "tokens": False, "target": True},
            {},
        ),
    ],
)
def test_each_kind_of_task_takes_what_it_can_use(schema, columns, params):
    assert {column.name: column.required for column in inputs_of(schema).inputs} == columns
    assert knobs(schema) == {"attention": False, **params}


def test_every_requirement_is_one_version_and_says_nothing_of_a_build():
    told = pinned_requirements("gru")
    assert "torch==2.13.0" in told
    assert all(line.count("==") == 1 and "+" not in line for line in told)
    assert not [line for line in told if line.startswith(("seqarena", "aeon"))]
    assert any(line.startswith("aeon==") for line in pinned_requirements("nearest_neighbour"))
