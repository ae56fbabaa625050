import numpy as np
import pytest
from neural_scenes import (
    FRAMES,
    PAIRS,
    TOKENS,
    TRANSFORMERS,
    alone,
    classifier,
    frame_batch,
    language_model,
    pair_batch,
    recurrent,
    seeded,
    token_batch,
    transducer,
    transformer,
)
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from seqarena.batch import collate_all, sequences_of
from seqarena.networks.region_input import RegionInput


def counted(run) -> int:
    explicit = sdpa_kernel(SDPBackend.MATH)  # the fused kernel of a CPU is not counted
    with explicit, FlopCounterMode(display=False) as counter:
        run()
    return counter.get_total_flops()


@pytest.mark.parametrize(
    "attention", ["softmax_general", "softmax", "multi_head", "self_attention"]
)
@pytest.mark.parametrize(
    "build", [alone, lambda attention: transformer(pooling=attention)], ids=["alone", "transformer"]
)
def test_the_estimate_is_what_torch_counts_where_attention_pools(attention, build):
    model, batch = seeded(classifier, build(attention), FRAMES), frame_batch()
    standardising = 2 * 3 * 5 * 3
    expected = counted(lambda: model.class_log_prob(batch)) + standardising
    assert model.forward_flops(batch) == expected


@pytest.mark.parametrize("name", TRANSFORMERS)
def test_the_estimate_is_what_torch_counts_for_transformers(name):
    config = TRANSFORMERS[name]
    model, batch = seeded(language_model, config, TOKENS), token_batch()
    assert model.forward_flops(batch) == counted(lambda: model.step_log_prob(batch))
    pairs, pair = seeded(transducer, config, PAIRS), pair_batch()
    assert pairs.forward_flops(pair) == counted(lambda: pairs.target_logits(pair))


@pytest.mark.parametrize("kind", ["elman_rnn", "lstm", "gru"])
def test_a_recurrent_estimate_counts_the_products_of_every_step(kind):
    model, batch = seeded(language_model, recurrent(kind, n_layers=2), TOKENS), token_batch()
    gates = {"elman_rnn": 1, "lstm": 4, "gru": 3}[kind]
    read, written = 2 * (gates * 8 * (8 + 8)) * 2, 2 * 8 * 3
    assert model.forward_flops(batch) == 3 * (4 * read + 5 * written)


@pytest.mark.parametrize("attention", ["weighted_sum_linear", "weighted_sum_additive"])
def test_a_mechanism_costs_what_its_products_and_its_tanh_cost(attention):
    with_it = seeded(transducer, recurrent("gru", attention), PAIRS)
    without = seeded(transducer, recurrent("gru"), PAIRS)
    batch = pair_batch()
    more = with_it.forward_flops(batch) - without.forward_flops(batch)
    size, time, target_time, dim = 3, 5, 4, 8
    pairs = time * target_time
    scores = {
        "weighted_sum_linear": 2 * time * dim + 2 * pairs * dim,
        "weighted_sum_additive": 2 * (time + target_time) * dim**2 + 4 * pairs * dim,
    }[attention]
    combining = 2 * target_time * (2 * dim) * dim
    assert more == size * (scores + 2 * pairs * dim + combining)


def test_looking_back_costs_its_products_too():
    with_it = seeded(language_model, recurrent("gru", "softmax"), TOKENS)
    without = seeded(language_model, recurrent("gru"), TOKENS)
    batch = token_batch()
    more = with_it.forward_flops(batch) - without.forward_flops(batch)
    encoder = with_it.encoder
    states = encoder.recurrent(with_it.inputs(batch), batch.mask)[:, :-1]
    assert more == counted(lambda: encoder.look_back(states))


def test_a_tied_output_costs_what_an_output_costs():
    tied, untied = (
        seeded(language_model, recurrent("gru", tie_weights=tied), TOKENS) for tied in (True, False)
    )
    assert tied.forward_flops(token_batch()) == untied.forward_flops(token_batch())


def test_the_estimate_of_a_stem_is_what_torch_counts():
    stem = RegionInput((2, 2), (2, 3), model_dim=5)
    batch = collate_all(sequences_of(list(np.ones((3, 4, 6)))))
    assert stem.flops(3, 4) == counted(lambda: stem(batch))
