"""Networks that tag: what they are fitted by, and what each step may see."""

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from seqarena.batch import collate, collate_all, sequences_of
from seqarena.errors import ConfigError, DataError
from seqarena.families.attention_pooling import AttentionConfig
from seqarena.families.neural import NeuralTagger, build_neural
from seqarena.families.recurrent import RecurrentConfig
from seqarena.families.transformer import TransformerConfig
from seqarena.fitting.protocols import OptimiserConfig
from seqarena.schema import DataSchema
from seqarena.seeds import torch_generator

SCHEMA = DataSchema("tagging", n_symbols=4, n_tags=3, max_length=6)
GRU = RecurrentConfig(kind="gru", model_dim=8)
CONFIGS = {
    "gru": GRU,
    "gru_both_ways": RecurrentConfig(kind="gru", model_dim=8, bidirectional=True),
    "elman_self_attention": RecurrentConfig(
        kind="elman_rnn", model_dim=8, attention="self_attention"
    ),
    "self_attention": AttentionConfig(kind="attention", attention="self_attention", model_dim=8),
    "transformer": TransformerConfig(kind="transformer", model_dim=8, n_layers=1),
}


def random_tagged(n=9, seed=0):
    draw = np.random.default_rng(seed)
    lengths = draw.integers(1, 7, n)
    return sequences_of(
        [draw.integers(0, 4, length) for length in lengths],
        tags=[draw.integers(0, 3, length) for length in lengths],
    )


def tagger(config, head="softmax", **more) -> NeuralTagger:
    config = config.model_copy(update={"tag_head": head, **more})
    made = build_neural(config, SCHEMA, torch_generator(0, "initialise"))
    # As after a fit: scores of moves that are not 0.
    draw = torch.Generator().manual_seed(1)
    for parameter in made.network.head.parameters():
        torch.nn.init.normal_(parameter, std=0.1, generator=draw)
    made.fitted.fill_(True)
    return made


@pytest.mark.slow
@pytest.mark.parametrize("head", ["softmax", "crf"])
def test_losses_and_weights_of_parts_add_to_those_of_the_whole(head):
    # So that any number of processes descends along the same gradient.
    data, made = random_tagged(), tagger(GRU, head)
    whole = made.objective(collate_all(data))
    shares = [made.objective(collate(data, np.arange(9)[rank::4])) for rank in range(4)]
    assert whole.weight == data.n_steps == sum(share.weight for share in shares)
    summed = sum(share.total for share in shares)
    assert_close(summed, whole.total)
    parameters = list(made.parameters())
    for one, other in zip(
        torch.autograd.grad(summed, parameters),
        torch.autograd.grad(whole.total, parameters),
        strict=True,
    ):
        assert_close(one, other, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("head", ["softmax", "crf"])
def test_the_loss_is_the_negative_log_probability_of_the_tags(head):
    data, made = random_tagged(), tagger(GRU, head)
    batch = collate_all(data)
    assert_close(made.objective(batch).total, -made.log_prob(batch).sum())


def test_smoothing_is_for_training_alone():
    smooth = OptimiserConfig(label_smoothing=0.3)
    plain, smoothed = tagger(GRU), tagger(GRU, optimiser=smooth)
    batch = collate_all(random_tagged())
    for made in (plain, smoothed):
        made.train()
    assert smoothed.objective(batch).total != plain.objective(batch).total
    smoothed.eval()
    assert_close(smoothed.objective(batch).total, plain.objective(batch).total)


@pytest.mark.parametrize("name", CONFIGS)
def test_a_step_sees_what_its_encoder_sees(name):
    made = tagger(CONFIGS[name])
    before, after = (
        made.tag_probs(collate_all(sequences_of([np.array([0, 1, 2, last])])))[0, 0]
        for last in (0, 3)
    )
    # One recurrence alone knows nothing of what comes; all others see the whole sequence.
    assert torch.equal(before, after) == (name == "gru")


@pytest.mark.slow
@pytest.mark.parametrize("head", ["softmax", "crf"])
def test_posterior_and_viterbi_choose_as_they_say(head):
    batch = collate_all(random_tagged(40))
    by_step, by_path = (
        tagger(GRU, head, tag_decoding=decoding) for decoding in ("posterior", "viterbi")
    )
    assert torch.equal(by_step.tag(batch), by_step.tag_probs(batch).argmax(dim=2))
    differ = not torch.equal(by_step.tag(batch), by_path.tag(batch))
    # Only of a chain the most probable tags of all steps need not be the most probable path.
    assert differ == (head == "crf")

    def worth(chosen):
        own = [row[:n].numpy() for row, n in zip(chosen, batch.lengths, strict=True)]
        symbols = [row[:n].numpy() for row, n in zip(batch.tokens, batch.lengths, strict=True)]
        return by_path.log_prob(collate_all(sequences_of(symbols, tags=own)))

    assert (worth(by_path.tag(batch)) >= worth(by_step.tag(batch)) - 1e-5).all()


def test_self_attention_shows_where_each_step_looked():
    batch = collate_all(random_tagged(3))
    names = {
        name: [each.name for each in tagger(CONFIGS[name]).native_maps(batch)] for name in CONFIGS
    }
    assert names == {
        "gru": [],
        "gru_both_ways": [],
        "elman_self_attention": ["encoder.0.self"],
        "self_attention": ["encoder.0.self"],
        "transformer": ["encoder.0.self"],
    }


def test_the_work_of_a_forward_pass_is_counted():
    batch = collate_all(random_tagged())
    plain, chain = (tagger(GRU, head).forward_flops(batch) for head in ("softmax", "crf"))
    assert chain - plain == 3 * batch.mask.numel() * 9
    assert plain > 2 * batch.mask.numel() * tagger(GRU).network.output.weight.numel()


def test_bad_batches_and_schemas_are_refused():
    made = tagger(GRU)
    with pytest.raises(DataError) as caught:
        made.objective(collate_all(sequences_of([np.array([1])])))
    assert str(caught.value) == (
        "the batch has no tags; a tagger learns from them and is judged by them."
    )
    with pytest.raises(ConfigError) as caught:
        build_neural(GRU, DataSchema("tagging", n_symbols=4), torch.Generator())
    assert str(caught.value) == "schema.n_tags: missing; the task's data must say it."
    looking = RecurrentConfig(kind="gru", attention="softmax")
    with pytest.raises(ConfigError, match="gru: attention 'softmax' makes one vector"):
        build_neural(looking, SCHEMA, torch.Generator())


def test_under_autocast_the_loss_is_summed_in_32_bits():
    batch = collate_all(random_tagged())
    for head in ("softmax", "crf"):
        made = tagger(GRU, head)
        plain = made.objective(batch).total
        with torch.autocast("cpu", dtype=torch.bfloat16):
            total = made.objective(batch).total
        assert total.dtype == torch.float32
        assert_close(total, plain, rtol=0.02, atol=0.0)
