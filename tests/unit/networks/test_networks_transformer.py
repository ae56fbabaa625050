"""The causal Transformer step by step."""

import pytest
import torch
from neural_scenes import TOKENS, TRANSFORMERS, language_model, seeded
from torch.testing import assert_close


@pytest.mark.parametrize("name", TRANSFORMERS)
@torch.no_grad()
def test_advancing_step_by_step_is_the_whole_causal_encoder(name):
    encoder = seeded(language_model, TRANSFORMERS[name], TOKENS).encoder.eval()
    steps = torch.randn(3, 6, 8).double()
    past, encoded = encoder.nothing_yet(), []
    for step in steps.split(1, dim=1):
        newest, past = encoder.advance(step, past)
        encoded.append(newest)
    assert past.place == 6
    whole = encoder(steps, torch.ones(3, 6, dtype=torch.bool))
    assert_close(torch.cat(encoded, dim=1), whole)


@pytest.mark.parametrize("name", TRANSFORMERS)
@torch.no_grad()
def test_the_past_of_chosen_rows_goes_on_as_they_would(name):
    encoder = seeded(language_model, TRANSFORMERS[name], TOKENS).encoder.eval()
    steps, rows = torch.randn(3, 3, 8).double(), torch.tensor([2, 0, 2, 1])
    past = encoder.nothing_yet().select(torch.arange(3))
    for step in steps[:, :2].split(1, dim=1):
        _, past = encoder.advance(step, past)
    expected, _ = encoder.advance(steps[:, 2:], past)
    chosen, _ = encoder.advance(steps[rows, 2:], past.select(rows))
    assert_close(chosen, expected[rows])


@pytest.mark.parametrize("name", TRANSFORMERS)
@torch.no_grad()
def test_who_asks_for_weights_gets_the_same_encoding(name):
    encoder = seeded(language_model, TRANSFORMERS[name], TOKENS).encoder.eval()
    steps = torch.randn(3, 6, 8).double()
    mask = torch.arange(6) < torch.tensor([6, 3, 1])[:, None]
    encoded, layers = encoder.with_weights(steps, mask)
    assert torch.equal(encoded, encoder(steps, mask))
    assert [each.shape for each in layers] == [(3, 2, 6, 6)] * 2
