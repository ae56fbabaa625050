import pytest
import torch
from neural_scenes import (
    FRAMES,
    PAIRS,
    classifier,
    frame_batch,
    pair_batch,
    recurrent,
    seeded,
    transducer,
)
from recurrent_scenes import KINDS, MASK, RECURRENCES, weights_of, with_any_biases
from torch import nn
from torch.testing import assert_close

from seqarena.networks.bidirectional import (
    BidirectionalRecurrent,
    mirrored_places,
    rearranged,
)
from seqarena.networks.fused_layers import Recurrence
from seqarena.networks.recurrent import last_real

TORCH = {"elman_rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}


def torchs_own(recurrence, ours):
    """The bidirectional network of torch with the weights of ours."""
    more = {"nonlinearity": recurrence.nonlinearity} if recurrence.kind == "elman_rnn" else {}
    theirs = TORCH[recurrence.kind](
        3, 4, num_layers=2, batch_first=True, bidirectional=True, **more
    ).double()
    with torch.no_grad():
        for layer in range(2):
            for stack, ending in ((ours.rightward, ""), (ours.leftward, "_reverse")):
                wanted = weights_of(stack[layer].layers)
                for mine, other in zip(weights_of(theirs, layer, ending), wanted, strict=True):
                    mine.copy_(other)
    return theirs


@pytest.mark.parametrize("name", RECURRENCES)
def test_it_is_the_packed_bidirectional_network_of_torch(name):
    recurrence = RECURRENCES[name]
    ours = with_any_biases(BidirectionalRecurrent(recurrence, 3, 4, n_layers=2))
    theirs, inputs = torchs_own(recurrence, ours), torch.randn(2, 6, 3).double()
    packed = nn.utils.rnn.pack_padded_sequence(inputs, MASK.sum(1), batch_first=True)
    outputs, final = theirs(packed)
    expected, _ = nn.utils.rnn.pad_packed_sequence(outputs, batch_first=True)
    steps = ours(inputs, MASK)
    assert_close(steps[MASK], expected[MASK])
    hidden = final[0] if recurrence.kind == "lstm" else final
    assert_close(
        last_real(steps, MASK, ours.backward_dim), torch.cat([hidden[-2], hidden[-1]], dim=-1)
    )


@pytest.mark.parametrize("layer_norm", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_what_stands_on_padding_reaches_no_real_step_of_either_direction(kind, layer_norm):
    encoder = with_any_biases(
        BidirectionalRecurrent(Recurrence(kind, layer_norm=layer_norm), 3, 4, n_layers=2)
    )
    inputs = torch.randn(2, 6, 3).double()
    spoilt = inputs.where(MASK[..., None], 50.0)
    assert torch.equal(encoder(inputs, MASK)[MASK], encoder(spoilt, MASK)[MASK])
    assert_close(encoder(inputs, MASK)[1:, :3], encoder(inputs[1:, :3], MASK[1:, :3]))


def test_a_sequence_is_mirrored_within_its_own_length():
    places = mirrored_places(MASK)
    assert places.tolist() == [[5, 4, 3, 2, 1, 0], [2, 1, 0, 3, 4, 5]]
    steps = torch.arange(12.0).view(2, 6, 1)
    assert rearranged(steps, places)[1, :, 0].tolist() == [8, 7, 6, 9, 10, 11]


def test_each_direction_sees_what_the_other_does_not():
    encoder = BidirectionalRecurrent(Recurrence("gru"), 3, 4, n_layers=1).double()
    inputs = torch.randn(1, 6, 3).double().requires_grad_()
    steps = encoder(inputs, MASK[:1])
    (ahead,) = torch.autograd.grad(steps[0, 2, :4].sum(), inputs, retain_graph=True)
    (back,) = torch.autograd.grad(steps[0, 2, 4:].sum(), inputs)
    assert ahead[0].abs().sum(-1).gt(0).tolist() == [True, True, True, False, False, False]
    assert back[0].abs().sum(-1).gt(0).tolist() == [False, False, True, True, True, True]


BOTH_WAYS = recurrent("gru", bidirectional=True)


def final_states(model, batch):
    """The last real state of the forward direction and the first of the backward one, 8 each."""
    steps = model.encoder(model.inputs(batch), batch.mask)
    ahead = torch.stack([row[n - 1, :8] for row, n in zip(steps, batch.lengths, strict=True)])
    return torch.cat([ahead, steps[:, 0, 8:]], dim=-1)


def test_a_classifier_that_pools_the_last_state_reads_the_end_of_both_directions():
    model, batch = seeded(classifier, BOTH_WAYS, FRAMES), frame_batch()
    pooled = final_states(model, batch)
    assert_close(model.class_log_prob(batch), model.output(pooled).log_softmax(-1))


def test_a_decoder_starts_from_the_end_of_both_directions():
    model, batch = seeded(transducer, BOTH_WAYS, PAIRS), pair_batch()
    seen = []
    model.bridge.register_forward_hook(lambda _module, given, _made: seen.append(given[0]))
    model.target_logits(batch)
    assert_close(seen[0], final_states(model, batch))


def test_layer_norm_and_dropout_act_on_the_joined_vector():
    recurrence = Recurrence("gru", layer_norm=True, dropout=0.5)
    encoder = BidirectionalRecurrent(recurrence, 3, 32, n_layers=1)
    inputs = torch.randn(2, 6, 3)
    assert 0.3 < encoder(inputs, MASK).eq(0).float().mean() < 0.7
    steps = encoder.eval()(inputs, MASK)
    assert_close(steps.mean(-1), torch.zeros(2, 6), atol=1e-5, rtol=0)
    assert_close(steps.square().mean(-1), torch.ones(2, 6), atol=1e-2, rtol=0)


def test_the_estimate_of_operations_counts_both_directions():
    encoder = BidirectionalRecurrent(Recurrence("lstm"), 3, 4, n_layers=2)
    per_step = 2 * 2 * (4 * 4 * (3 + 4) + 4 * 4 * (8 + 4))
    assert encoder.flops(batch=2, time=6) == 12 * per_step
