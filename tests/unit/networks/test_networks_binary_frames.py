"""The density of frames of zeros and ones, against sums and loops written out."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
import torch
from neural_scenes import ROLLS, TRANSFORMER, TRANSFORMERS, recurrent, seeded, token_batch
from torch.testing import assert_close
from torch.utils.flop_counter import FlopCounterMode

from seqarena.batch import collate_all, sequences_of
from seqarena.errors import DataError
from seqarena.families.assembly import binary_frame_model
from seqarena.networks.binary_frame_model import frame_log_prob
from seqarena.networks.gradient_lags import gradient_norm_by_lag

CONFIGS = {
    "elman": recurrent("elman_rnn"),
    "lstm": recurrent("lstm", n_layers=2),
    "gru": recurrent("gru", layer_norm=True),
    "gru-softmax": recurrent("gru", "softmax"),
    "lstm-multi_head": recurrent("lstm", "multi_head"),
    **TRANSFORMERS,
}
EVERY_FRAME = [np.array(bits, dtype=np.float32) for bits in product((0, 1), repeat=3)]


def a_model(name):
    """A density of three keys with a start and biases such as training leaves."""
    model = seeded(binary_frame_model, CONFIGS[name], ROLLS)
    for parameter in model.parameters():
        if parameter.dim() == 1:
            torch.nn.init.normal_(parameter)
    return model.eval()


def rolls(n_steps=(5, 2, 1)):
    draws = np.random.default_rng(0)
    return sequences_of([draws.integers(0, 2, (n, 3)).astype(np.float32) for n in n_steps])


@pytest.mark.parametrize("name", CONFIGS)
def test_the_probabilities_of_all_frames_sum_to_one_after_any_beginning(name):
    model = a_model(name)
    for beginning in ([], [EVERY_FRAME[5]], [EVERY_FRAME[3], EVERY_FRAME[0]]):
        every = sequences_of([np.stack([*beginning, frame]) for frame in EVERY_FRAME])
        assert_close(model.step_log_prob(collate_all(every))[:, -1].exp().sum().item(), 1.0)


def test_the_probabilities_of_all_pairs_of_frames_sum_to_one():
    every = sequences_of([np.stack(pair) for pair in product(EVERY_FRAME, repeat=2)])
    for name in CONFIGS:
        total = a_model(name).step_log_prob(collate_all(every)).sum(dim=1).exp().sum()
        assert_close(total.item(), 1.0)


@pytest.mark.parametrize("name", CONFIGS)
def test_each_frame_is_scored_given_all_before_it_and_nothing_after(name):
    model, whole = a_model(name), rolls().sequence(0)
    steps = model.step_log_prob(collate_all(rolls()))
    assert steps[1, 2:].abs().sum() == 0
    for n in range(1, 6):
        alone = model.step_log_prob(collate_all(sequences_of([whole[:n]])))[0]
        assert_close(steps[0, :n], alone)
    other = whole.copy()
    other[1] = 1 - other[1]
    changed = model.step_log_prob(collate_all(sequences_of([other])))[0]
    assert_close(changed[0], steps[0, 0])
    reach = 2 if name == "transformer-window" else 5
    assert not torch.isclose(changed[2:reach], steps[0, 2:reach]).any()


def test_a_frame_costs_the_nats_of_all_its_keys():
    logits = torch.tensor([[0.0, np.log(3.0)]]).double()
    on_off = torch.tensor([[1.0, 0.0]]).double()
    # p(on) is 1/2 and 3/4.
    assert_close(frame_log_prob(logits, on_off), torch.tensor([np.log(0.5 * 0.25)]).double())


def test_smoothing_gives_a_share_to_both_values_of_a_key():
    logits, frames = torch.randn(4, 3).double(), torch.ones(4, 3).double()
    both = [frame_log_prob(logits, value) for value in (frames, 1 - frames)]
    expected = 0.8 * both[0] + 0.2 * (both[0] + both[1]) / 2
    assert_close(frame_log_prob(logits, frames, smoothing=0.2), expected)


def test_frames_are_read_as_they_are():
    model = a_model("lstm")
    assert_close(model.inputs(collate_all(rolls())), collate_all(rolls()).features.double())


def test_tokens_are_refused():
    with pytest.raises(DataError, match=r"^the model reads frames, but the batch holds tokens\.$"):
        a_model("gru").step_log_prob(token_batch())


@pytest.mark.parametrize("name", ["gru-softmax", *TRANSFORMERS])
def test_a_map_has_a_row_for_each_frame_that_has_a_past(name):
    model, batch = a_model(name), collate_all(rolls())
    for one in model.native_maps(batch):
        assert one.row_mask.tolist() == [
            [False, *[True] * 4],
            [False, True, *[False] * 3],
            [False] * 5,
        ]
        assert one.values.triu().abs().sum() == 0
        assert_close(one.values.sum(dim=-1)[0, :, 1:], torch.ones(one.values.shape[1], 4).double())


def test_the_estimate_of_operations_is_what_torch_counts():
    model, batch = a_model("transformer"), collate_all(rolls())
    with torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH):
        with FlopCounterMode(display=False) as counter:
            model.step_log_prob(batch)
    standardising = 2 * 3 * 4 * 3
    assert model.forward_flops(batch) == counter.get_total_flops() + standardising


def test_gradients_by_lag_are_those_of_the_frames_after_a_state():
    model, batch = a_model("elman"), collate_all(rolls((2,)))
    found = gradient_norm_by_lag(model, batch, 3)
    state = model.encoder(batch.features[:, :1].double(), batch.mask[:, :1])[0, 0].detach()
    state.requires_grad_()
    loss = frame_log_prob(model.output(state), batch.features[0, 1].double())
    (gradient,) = torch.autograd.grad(loss, state)
    assert_close(found, gradient.norm()[None].double())


def test_what_a_transformer_reads_of_a_key_is_as_large_as_a_symbol():
    wide = TRANSFORMER.model_copy(update={"model_dim": 512})
    schema = replace(ROLLS, dim=88)
    projection = seeded(binary_frame_model, wide, schema).inputs.projection
    assert abs(projection.weight.std().item() - 0.3) < 0.01
