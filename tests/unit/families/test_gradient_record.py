from pathlib import Path

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from seqarena.batch import collate_all, sequences_of
from seqarena.families.gradient_record import record_gradient_norms
from seqarena.families.neural import RecurrentConfig, build_neural
from seqarena.fitting.protocols import FitSetting, HardwareConfig, TrainingConfig
from seqarena.networks.gradient_lags import gradient_norm_by_lag
from seqarena.schema import DataSchema

TOKENS = DataSchema("density", n_symbols=3, max_length=80)
LABELLED = DataSchema("classification", n_symbols=3, n_classes=2, max_length=80)


class Notes:
    def __init__(self):
        self.taken = []

    def metric(self, name: str, value: float, step: int) -> None:
        self.taken.append((name, value, step))


def build(schema, **settings):
    config = RecurrentConfig(kind="gru", model_dim=4, **settings)
    return build_neural(config, schema, torch.Generator().manual_seed(0)).eval()


def symbols(lengths):
    draws = np.random.default_rng(0)
    return [draws.integers(3, size=length) for length in lengths]


@pytest.mark.slow
def test_a_density_is_measured_on_the_beginnings_of_sequences_spread_over_the_data():
    network, notes = build(TOKENS).network, Notes()
    values = symbols([80] * 31)
    record_gradient_norms(network, sequences_of(values), 2, notes)
    sample = collate_all(sequences_of([value[:66] for value in values[::2]]))
    expected = gradient_norm_by_lag(network, sample, 2).tolist()
    assert notes.taken == [("gradient_norm/by_lag", norm, lag) for lag, norm in enumerate(expected)]


def test_a_classifier_is_measured_from_the_end_of_whole_sequences():
    network, notes = build(LABELLED).network, Notes()
    data = sequences_of(symbols([80, 75]), labels=[0, 1])
    record_gradient_norms(network, data, 3, notes)
    expected = gradient_norm_by_lag(network, collate_all(data), 3)
    assert_close(torch.tensor([value for _, value, _ in notes.taken]).double(), expected)


def test_nothing_is_told_unless_lags_are_asked_for():
    notes = Notes()
    record_gradient_norms(build(TOKENS).network, sequences_of(symbols([5])), 0, notes)
    assert notes.taken == []


@pytest.mark.parametrize("lags", [0, 3])
def test_a_fit_tells_its_gradients_by_lag_where_its_settings_ask(lags, tmp_path: Path):
    family, notes, data = build(TOKENS, gradient_lags=lags), Notes(), sequences_of(symbols([6, 4]))
    setting = FitSetting(
        0,
        TrainingConfig(max_epochs=1),
        HardwareConfig(accelerator="cpu", devices=1),
        tmp_path,
        notes,
    )
    family.fit(data, data, setting)
    told = [(value, lag) for name, value, lag in notes.taken if name == "gradient_norm/by_lag"]
    assert [lag for _, lag in told] == list(range(lags + 1 if lags else 0))
    if lags:
        expected = gradient_norm_by_lag(family.network, collate_all(data), lags)
        assert_close(torch.tensor([value for value, _ in told]).double(), expected)
