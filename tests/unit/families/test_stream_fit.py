"""A recurrent language model fitted to whole documents, piece by piece from a carried state."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from seqarena.batch import collate_all, sequences_of
from seqarena.errors import ConfigError, DataError
from seqarena.families.neural import AttentionConfig, RecurrentConfig, build_neural
from seqarena.fitting import loader
from seqarena.fitting.protocols import (
    FitSetting,
    HardwareConfig,
    OptimiserConfig,
    TrainingConfig,
)
from seqarena.fitting.streams import StreamFit, StreamLoader, StreamModel
from seqarena.schema import DataSchema

WINDOW = 4
SCHEMA = DataSchema("density", n_symbols=3, max_length=30, stream_window=WINDOW)
STILL = OptimiserConfig(kind="sgd", learning_rate=1e-30, weight_decay=0.0)
"""Moves nothing, so that what training computes can be compared with what the model is."""


class Deaf:
    def metric(self, name: str, value: float, step: int) -> None:
        pass


def documents(lengths=(11, 4, 1, 30, 9)):
    draws = np.random.default_rng(0)
    return sequences_of([draws.integers(3, size=length) for length in lengths])


def build(kind="lstm", optimiser=STILL, **settings):
    config = RecurrentConfig(kind=kind, model_dim=4, optimiser=optimiser, **settings)
    family = build_neural(config, SCHEMA, torch.Generator().manual_seed(0))
    for parameter in family.parameters():
        if parameter.requires_grad:
            parameter.data.add_(0.5)
    return family


def setting(folder, batch_size=1, max_epochs=1, **hardware):
    return FitSetting(
        0,
        TrainingConfig(batch_size=batch_size, max_epochs=max_epochs),
        HardwareConfig(accelerator="cpu", devices=1, **hardware),
        folder,
        Deaf(),
    )


def whole_loss(family, data):
    """Nats per symbol of documents that are read at once."""
    steps = family.network.step_log_prob(collate_all(data)).detach()
    return -float(steps.sum()) / data.n_steps


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["elman_rnn", "lstm", "gru"])
def test_in_one_lane_the_training_loss_is_that_of_whole_documents(kind, tmp_path: Path):
    family, data = build(kind, n_layers=2, layer_norm=True, tie_weights=True), documents()
    expected = whole_loss(family, data)
    report = family.fit(data, data, setting(tmp_path))
    assert report.train_loss == pytest.approx(expected, rel=1e-5)
    assert report.valid_loss == pytest.approx(expected, rel=1e-5)


@pytest.mark.slow
def test_a_lane_that_begins_within_a_document_knows_nothing_of_it(tmp_path: Path):
    family, (text,) = build(), (documents((24,)),)
    halves = sequences_of([text.tokens[:12], text.tokens[12:]])
    expected = whole_loss(family, halves)
    assert abs(expected - whole_loss(family, text)) > 1e-4
    report = family.fit(text, text, setting(tmp_path, batch_size=2))
    assert report.train_loss == pytest.approx(expected, rel=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["32-true", "bf16-mixed"])
def test_a_stream_is_learned(precision, tmp_path: Path):
    quick = OptimiserConfig(learning_rate=0.03, warmup_steps=0, max_gradient_norm=None)
    family = build("gru", quick, dropout=0.1, weight_drop=0.1)
    text = sequences_of([np.tile([0, 1, 2, 2], 60), np.tile([0, 1, 2, 2], 30)])
    report = family.fit(text, text, setting(tmp_path, 4, 12, precision=precision))
    assert report.valid_loss < 0.5 * np.log(3)


def stream_fit(family, data, batch_size, folder):
    fit = StreamFit(family, STILL, WINDOW, data, data, setting(folder, batch_size))
    fit.lanes = StreamLoader(data, WINDOW, batch_size, seed=0, epoch=lambda: 0)
    fit.train_loader = fit.lanes
    return fit


def losses_of_steps(fit):
    """Sum and weight of every step of an epoch; nothing where the share does not count."""
    objectives = [(fit.objective_of(share), share.counts) for share in fit.train_loader]
    return [(each.total.item() * counts, each.weight * counts) for each, counts in objectives]


@pytest.mark.parametrize("n_ranks", [2, 3])
def test_processes_that_share_the_lanes_lose_together_what_one_loses(
    n_ranks, monkeypatch, tmp_path
):
    family, data = build(), documents()
    alone = losses_of_steps(stream_fit(family, data, 5, tmp_path))
    monkeypatch.setattr(loader, "n_processes", lambda: n_ranks)
    shares = []
    for rank in range(n_ranks):
        monkeypatch.setattr(loader, "rank", lambda rank=rank: rank)
        shares.append(losses_of_steps(stream_fit(family, data, 5, tmp_path)))
    together = [tuple(map(sum, zip(*step, strict=True))) for step in zip(*shares, strict=True)]
    assert_close(torch.tensor(together), torch.tensor(alone))


def test_a_piece_gets_the_gradient_of_its_own_symbols_from_a_state_that_is_given(tmp_path):
    family, data = build(), documents((8,))
    fit = stream_fit(family, data, 1, tmp_path)
    fit.on_train_epoch_start()
    first, second = (fit.objective_of(share) for share in fit.train_loader)
    first.total.backward()
    family.zero_grad()
    second.total.backward()
    got = {n: p.grad for n, p in family.named_parameters() if p.grad is not None}
    tokens, mask = torch.from_numpy(data.tokens)[None], torch.ones(1, 4, dtype=torch.bool)
    with torch.no_grad():
        _, carried = family.network.read_on(tokens[:, :4], mask, family.network.begin(1))
    family.zero_grad()
    steps, _ = family.network.read_on(tokens[:, 4:], mask, carried)
    (-steps.sum()).backward()
    wanted = {n: p.grad for n, p in family.named_parameters() if p.grad is not None}
    # The vector before the first symbol has no part in the second piece.
    assert got.pop("network.start").abs().max() == 0
    assert_close(got, wanted)


def test_nothing_is_carried_over_the_start_of_an_epoch(tmp_path):
    fit = stream_fit(build(), documents((12,)), 1, tmp_path)
    first, second = (
        loader.share_for_process(fit.lanes.pieces, np.array([row]), "train") for row in (0, 1)
    )
    fresh = fit.objective_of(second).total.item()
    fit.on_train_epoch_start()
    fit.objective_of(first)
    assert abs(fit.objective_of(second).total.item() - fresh) > 1e-4
    fit.on_train_epoch_start()
    fit.objective_of(first)
    fit.on_train_epoch_start()
    assert fit.objective_of(second).total.item() == pytest.approx(fresh)


def test_another_length_of_a_piece_is_another_fit(tmp_path):
    family, data = build(), documents()
    fits = [StreamFit(family, STILL, window, data, data, setting(tmp_path)) for window in (4, 5, 4)]
    identities = [fit.identity for fit in fits]
    assert identities[0] == identities[2] != identities[1]


def test_a_density_is_what_a_stream_is_fitted_to():
    assert isinstance(build(), StreamModel)


def test_context_steps_have_no_place_in_a_stream(tmp_path):
    data = replace(documents((4, 4)), scored_from=np.array([0, 2]))
    with pytest.raises(DataError) as refusal:
        build().fit(data, data, setting(tmp_path))
    assert str(refusal.value) == (
        "a training sequence of a stream begins with context steps; in a stream all steps are "
        "scored, and the context is what was read before."
    )


def test_attention_alone_is_refused_for_what_it_cannot_do_first():
    config = AttentionConfig(kind="attention", attention="softmax")
    with pytest.raises(ConfigError) as refusal:
        build_neural(config, SCHEMA, torch.Generator())
    assert refusal.value.mistakes == [
        "attention: attention alone classifies and tags; it has no order in which to do density."
    ]
