"""Networks without a state to carry read whole documents through windows."""

from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from seqarena.batch import collate_all, sequences_of
from seqarena.families import sliding_window
from seqarena.families.neural import RecurrentConfig, TransformerConfig, build_neural
from seqarena.families.sliding_window import (
    Sliding,
    seen_at_once,
    sliding_of,
    windows_to_score,
    windows_to_train,
)
from seqarena.fitting.protocols import (
    FitSetting,
    HardwareConfig,
    OptimiserConfig,
    TrainingConfig,
)
from seqarena.schema import DataSchema

SCHEMA = DataSchema("density", n_symbols=3, max_length=1000, stream_window=6, stream_stride=2)
STILL = OptimiserConfig(kind="sgd", learning_rate=1e-30, weight_decay=0.0)
"""Moves nothing, so that what training computes can be compared with what the model is."""
LOOKING = {
    "transformer": TransformerConfig(kind="transformer", model_dim=8, optimiser=STILL),
    "recurrent with attention": RecurrentConfig(
        kind="gru", model_dim=8, attention="weighted_sum_linear", optimiser=STILL
    ),
}


class Deaf:
    """Hears of a fit, and does not care."""

    def metric(self, name: str, value: float, step: int) -> None:
        pass


def documents(lengths=(1, 13, 6, 7)):
    draws = np.random.default_rng(0)
    return sequences_of([draws.integers(3, size=length) for length in lengths])


def build(config, schema=SCHEMA, seed=0):
    family = build_neural(config, schema, torch.Generator().manual_seed(seed))
    family.fitted.fill_(True)
    return family


@pytest.mark.parametrize("config", LOOKING.values(), ids=LOOKING)
def test_each_step_is_scored_from_its_window_alone(config):
    family, data = build(config), documents()
    answered = family.step_log_prob(collate_all(data))
    for row in range(len(data)):
        document = data.sequence(row)
        for at in range(len(document)):
            # The window that is the first to reach the step begins at a multiple of the stride.
            start = max(0, -(-(at - 5) // 2) * 2)
            seen = collate_all(sequences_of([document[start : at + 1]]))
            with torch.no_grad():
                alone = family.network.step_log_prob(seen)[0, -1]
            assert_close(answered[row, at], alone, atol=1e-5, rtol=1e-4)
    assert (answered[~collate_all(data).mask] == 0).all()


@pytest.mark.parametrize("config", LOOKING.values(), ids=LOOKING)
def test_places_are_learned_for_a_window_and_not_for_a_document(config):
    assert family_size(build(config)) < family_size(
        build(config, DataSchema("density", n_symbols=3, max_length=1000))
    )


def family_size(family):
    return family.n_free_parameters()


@pytest.mark.parametrize("config", LOOKING.values(), ids=LOOKING)
@pytest.mark.parametrize(("window", "stride"), [(3, 1), (3, 2), (2, 2)])
def test_the_probabilities_of_all_documents_of_a_length_sum_to_one(config, window, stride):
    schema = replace(SCHEMA, stream_window=window, stream_stride=stride)
    documents = sequences_of([np.array(each) for each in product(range(3), repeat=5)])
    log_prob = build(config, schema).log_prob(collate_all(documents))
    assert log_prob.exp().sum().item() == pytest.approx(1.0, abs=1e-5)


def test_many_windows_are_scored_as_few_are():
    config = LOOKING["transformer"]
    family, long, rng = build(config), 2000, np.random.default_rng(1)
    document = rng.integers(3, size=long)
    whole = family.step_log_prob(collate_all(sequences_of([document])))[0]
    # From a multiple of the stride on, all windows but the first are the same.
    tail = family.step_log_prob(collate_all(sequences_of([document[1000:]])))[0]
    assert_close(whole[1006:], tail[6:], atol=1e-5, rtol=1e-4)


def test_how_many_windows_are_scored_together_does_not_matter(monkeypatch):
    family, batch = build(LOOKING["transformer"]), collate_all(documents())
    together, calls = family.step_log_prob(batch), []
    original = family.network.step_log_prob

    def counted(part):
        calls.append(len(part))
        return original(part)

    monkeypatch.setattr(family.network, "step_log_prob", counted)
    # Two windows of 6 steps and 3 symbols.
    monkeypatch.setattr(sliding_window, "_LOGITS_AT_ONCE", 2 * 6 * 3)
    assert_close(family.step_log_prob(batch), together)
    assert calls == [2, 2, 2, 2, 1]


def test_windows_to_score_cover_each_step_once_and_windows_to_train_do_not_overlap():
    data, sliding = documents(), Sliding(6, 2)
    scored, trained = windows_to_score(data, sliding), windows_to_train(data, sliding)
    parts = [scored.sequence(row)[first:] for row, first in enumerate(scored.scored_from)]
    assert np.concatenate(parts).tolist() == data.tokens.tolist()
    assert trained.tokens.tolist() == data.tokens.tolist()
    assert trained.lengths.tolist() == [1, 6, 6, 1, 6, 6, 1]
    assert scored.lengths.max() == 6


def test_who_carries_a_state_or_has_no_stream_reads_sequences_as_they_are():
    carrying = RecurrentConfig(kind="gru", model_dim=4)
    assert sliding_of(build(carrying).network, SCHEMA) is None
    blocks = DataSchema("density", n_symbols=3, max_length=9)
    looking = LOOKING["transformer"]
    assert sliding_of(build(looking, blocks).network, blocks) is None
    assert sliding_of(build(looking).network, SCHEMA) == Sliding(6, 2)
    assert seen_at_once(blocks) is blocks
    assert seen_at_once(SCHEMA).max_length == 6


@pytest.mark.slow
@pytest.mark.parametrize("config", LOOKING.values(), ids=LOOKING)
def test_training_and_validation_read_through_the_same_windows(config, tmp_path: Path):
    family, data = build(config), documents((25, 40))
    setting = FitSetting(
        0,
        TrainingConfig(batch_size=2, max_epochs=1),
        HardwareConfig(accelerator="cpu", devices=1),
        tmp_path,
        Deaf(),
    )
    report = family.fit(data, data, setting)
    scored = -family.log_prob(collate_all(data)).sum().item() / data.n_steps
    assert report.valid_loss == pytest.approx(scored, rel=1e-5)
    with torch.no_grad():
        blocks = collate_all(windows_to_train(data, Sliding(6, 2)))
        trained = -family.network.step_log_prob(blocks).sum().item() / data.n_steps
    assert report.train_loss == pytest.approx(trained, rel=1e-5)


@pytest.mark.parametrize("config", LOOKING.values(), ids=LOOKING)
def test_what_is_expected_at_a_step_comes_from_the_window_that_scores_it(config):
    family, batch = build(config), collate_all(documents())
    expected = family.predictive_log_prob(batch)
    gold = expected.gather(2, batch.tokens[..., None])[..., 0].where(batch.mask, 0.0)
    assert_close(gold, family.step_log_prob(batch), atol=1e-6, rtol=0)
    sums = expected.exp().sum(dim=2)[batch.mask]
    assert_close(sums, torch.ones_like(sums), atol=1e-6, rtol=0)
