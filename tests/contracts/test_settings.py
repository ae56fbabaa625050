"""Guards on the settings: each knob is documented, strict, frozen, and read by some code."""

import ast
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel

from seqarena.experiment.question import QuestionConfig
from seqarena.experiment.suite import ExperimentEntry
from seqarena.families.catalogue import FamilyConfig
from seqarena.fitting.protocols import HardwareConfig
from seqarena.retraining.config import RetrainingConfig
from seqarena.retraining.schedule.settings import ScheduleConfig
from seqarena.tasks.config import TaskConfig

SOURCE = Path(__file__).parents[2] / "src"


def models_in(annotation) -> set[type[BaseModel]]:
    """Every settings record that is reachable from a type."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        fields = annotation.model_fields.values()
        return {annotation}.union(*(models_in(field.annotation) for field in fields))
    return set().union(*(models_in(part) for part in get_args(annotation)))


ATTRIBUTES = {
    node.attr
    for path in SOURCE.rglob("*.py")
    for node in ast.walk(ast.parse(path.read_text()))
    if isinstance(node, ast.Attribute)
}
KINDS = (
    TaskConfig,
    FamilyConfig,
    HardwareConfig,
    ExperimentEntry,
    QuestionConfig,
    RetrainingConfig,
    ScheduleConfig,
)
MODELS = sorted(
    set().union(*map(models_in, KINDS)),
    key=lambda model: model.__name__,
)


def test_the_walk_finds_the_nested_records_too():
    assert {"OptimiserConfig", "TrainingConfig", "DatesConfig", "WebhookConfig"} <= {
        m.__name__ for m in MODELS
    }


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_knob_says_what_it_means(model):
    silent = [
        name
        for name, field in model.model_fields.items()
        if name != "kind" and not (field.description or "").strip()
    ]
    assert silent == []


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_settings_are_strict_and_frozen(model):
    assert model.model_config.get("extra") == "forbid"
    assert model.model_config.get("frozen") is True
    assert model.model_config.get("strict") is True


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_knob_is_read_somewhere(model):
    assert set(model.model_fields) - {"kind"} <= ATTRIBUTES
