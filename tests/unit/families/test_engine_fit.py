import pytest

from seqarena.families.engine_fit import iterate
from seqarena.fitting.protocols import TrainingConfig


def run(objectives, **training):
    return iterate(iter(objectives).__next__, 10, TrainingConfig(**training))


def test_an_engine_stops_when_a_step_gains_too_little_per_scored_step():
    assert run([-50.0, -40.0, -39.5, -39.4], em_tolerance=0.1) == (3, True)


def test_an_engine_stops_when_the_budget_is_spent():
    assert run([-50.0, -40.0, -30.0], em_tolerance=0.1, max_em_epochs=2) == (2, False)


@pytest.mark.parametrize("objective", [-50.0, -50.1])
def test_without_a_tolerance_an_engine_never_stops_early(objective):
    assert run([-50.0, objective, -49.0], em_tolerance=0.0, max_em_epochs=3) == (3, False)
