from itertools import product

import pytest
import torch
from ctc_scenes import BLANK, HEARD, every_path, heard_batch, outputs_of
from decoding_scenes import scored, told
from neural_scenes import recurrent, seeded, transducer, transformer
from torch.testing import assert_close

from seqarena.batch import collate, sequences_of
from seqarena.networks.decoding import DecodingConfig
from seqarena.networks.joint_transducer import JointTransducer

CTC = {
    "gru": recurrent("gru", bidirectional=True, transduction_head="ctc"),
    "lstm": recurrent("lstm", n_layers=2, transduction_head="ctc"),
    "transformer": transformer(transduction_head="ctc"),
}
JOINT = {
    "gru": recurrent("gru", "softmax", transduction_head="ctc_attention"),
    "coverage": recurrent(
        "gru", "weighted_sum_additive", coverage=True, transduction_head="ctc_attention"
    ),
    "transformer": transformer(transduction_head="ctc_attention", ctc_weight=0.6),
}
WIDE = DecodingConfig(beam=64, n_best=8, length_penalty=0.0)


def sharp(config):
    """A transducer that has preferences."""
    model = seeded(transducer, config, HEARD).eval()
    with torch.no_grad():
        model.head.output.weight.mul_(8.0)
    return model


def with_outputs(batch, row: int, outputs):
    """One utterance as often as there are outputs, which are its targets."""
    n = int(batch.lengths[row])
    frames = [batch.features[row, :n].numpy() for _ in outputs]
    said = sequences_of([torch.tensor(each).numpy() for each in outputs])
    return collate(sequences_of(frames, target=said), torch.arange(len(outputs)).numpy())


@pytest.mark.parametrize("name", CTC)
@torch.no_grad()
def test_ctc_gives_every_target_the_sum_over_its_alignments(name):
    model, batch = sharp(CTC[name]), heard_batch()
    log_probs = model.head(model.encoder(model.inputs(batch), batch.mask))
    found = model.target_log_prob(batch)
    for row, labels in enumerate([(0, 1, 0), (1, 1), ()]):
        own = log_probs[row, : int(batch.lengths[row])]
        assert_close(found[row], outputs_of(own)[labels])


@pytest.mark.parametrize("name", CTC)
@torch.no_grad()
def test_greedy_writing_is_the_best_path_and_then_the_end(name):
    model, batch = sharp(CTC[name]), heard_batch()
    log_probs = model.head(model.encoder(model.inputs(batch), batch.mask))
    tokens, lengths = model.generate(batch, 9)
    for row, n in enumerate(batch.lengths.tolist()):
        path, _ = max(every_path(log_probs[row, :n]), key=lambda each: float(each[1]))
        labels = [s for i, s in enumerate(path) if s != BLANK and (i == 0 or path[i - 1] != s)]
        assert tokens[row, : int(lengths[row])].tolist() == [*labels, BLANK]
    cut, cut_lengths = model.generate(batch, 1)
    assert torch.equal(cut, tokens[:, :1])
    assert cut_lengths.tolist() == [1, 1, 1]


@pytest.mark.parametrize("name", [*CTC, *(f"joint {name}" for name in JOINT)])
@torch.no_grad()
def test_the_search_finds_the_best_outputs_each_with_its_exact_log_prob(name):
    is_joint = name.startswith("joint ")
    model = sharp(JOINT[name.removeprefix("joint ")] if is_joint else CTC[name])
    # A learned position stands for each of four symbols.
    batch, longest = heard_batch(), 4
    found = model.search(batch, longest, WIDE)
    for row, n in enumerate(batch.lengths.tolist()):
        every = [
            (*labels, BLANK)
            for k in range(min(n, longest - 1) + 1)
            for labels in product(range(BLANK), repeat=k)
        ]
        log_probs = model.target_log_prob(with_outputs(batch, row, every)).tolist()
        wanted = [scored(tokens, p, WIDE) for tokens, p in zip(every, log_probs, strict=True)]
        best = sorted(wanted, key=lambda each: -each.score)
        got = [each for each in told(found, row) if each.tokens[-1] == BLANK]
        assert got
        assert [each.tokens for each in got] == [each.tokens for each in best[: len(got)]]
        assert [e.log_prob for e in got] == pytest.approx([e.log_prob for e in best[: len(got)]])


@pytest.mark.parametrize("name", JOINT)
@torch.no_grad()
def test_a_joint_log_prob_weighs_its_parts_and_is_one_of_them_at_the_ends(name):
    joint, batch = sharp(JOINT[name]), heard_batch()
    by_decoder = joint.decoder.target_log_prob(batch, smoothing=0.1)
    log_probs = joint.head(joint.decoder.encode(batch))
    by_ctc = joint.head.log_prob(log_probs, batch)
    weight = JOINT[name].ctc_weight
    expected = weight * by_ctc + (1 - weight) * by_decoder
    assert_close(joint.target_log_prob(batch, smoothing=0.1), expected)
    for end, part in ((0.0, by_decoder), (1.0, by_ctc)):
        model = JointTransducer(joint.decoder, joint.head, end)
        assert_close(model.target_log_prob(batch, smoothing=0.1), part)


@pytest.mark.parametrize("name", JOINT)
@torch.no_grad()
def test_joint_decoding_is_that_of_one_part_at_the_ends(name):
    joint, batch, decoding = sharp(JOINT[name]), heard_batch(), DecodingConfig(beam=3, n_best=3)
    decoder, head = joint.decoder, joint.head
    alone = JointTransducer(decoder, head, 0.0).search(batch, 4, decoding)
    expected = decoder.search(batch, 4, decoding)
    assert torch.equal(alone.tokens, expected.tokens)
    assert_close(alone.log_prob, expected.log_prob)
    greedy = JointTransducer(decoder, head, 0.0).generate(batch, 4)
    assert torch.equal(greedy[0], decoder.generate(batch, 4)[0])
    by_ctc = JointTransducer(decoder, head, 1.0).search(batch, 4, decoding)
    ctc = seeded(transducer, CTC["gru"], HEARD)
    ctc.inputs, ctc.encoder, ctc.head = decoder.inputs, decoder.encoder, head
    expected = ctc.search(batch, 4, decoding)
    assert torch.equal(by_ctc.tokens, expected.tokens)
    assert_close(by_ctc.log_prob, expected.log_prob)


@pytest.mark.parametrize("name", CTC)
@torch.no_grad()
def test_the_map_is_the_posterior_of_the_steps_that_each_label_took(name):
    model, batch = sharp(CTC[name]), heard_batch()
    log_probs = model.head(model.encoder(model.inputs(batch), batch.mask))
    native = model.native_maps(batch)[-1]
    assert (native.name, native.kind) == ("decoder.ctc_cross", "posterior")
    assert native.row_mask.tolist() == [[1, 1, 1, 0], [1, 1, 0, 0], [0, 0, 0, 0]]
    for row, labels in enumerate([(0, 1, 0), (1, 1)]):
        n = int(batch.lengths[row])
        taken = torch.zeros(len(labels), n, dtype=torch.float64)
        for path, log_prob in every_path(log_probs[row, :n]):
            places = [
                sum(
                    s != BLANK and (i == 0 or path[i - 1] != s) for i, s in enumerate(path[: t + 1])
                )
                for t in range(n)
            ]
            if (
                tuple(s for i, s in enumerate(path) if s != BLANK and path[i - 1 : i] != (s,))
                == labels
            ):
                for step, symbol in enumerate(path):
                    if symbol != BLANK:
                        taken[places[step] - 1, step] += log_prob.exp()
        expected = (taken / taken.sum(dim=1, keepdim=True)).float()
        assert_close(native.values[row, 0, : len(labels), :n], expected)


def test_a_joint_transducer_shows_where_both_of_its_heads_looked():
    names = {
        name: [m.name for m in sharp(JOINT[name]).native_maps(heard_batch())] for name in JOINT
    }
    assert names["gru"] == names["coverage"] == ["decoder.ctc_cross", "decoder.cross"]
    assert names["transformer"][0] == "decoder.ctc_cross"
    assert names["transformer"][-1] == "decoder.1.cross"


def test_the_heads_share_one_encoder_and_both_descend():
    joint, batch = sharp(JOINT["gru"]), heard_batch()
    joint.target_log_prob(batch).sum().backward()
    assert all(p.grad is not None for p in joint.parameters())
    alone = seeded(transducer, recurrent("gru", "softmax"), HEARD)
    assert sum(p.numel() for p in joint.parameters()) == (
        sum(p.numel() for p in alone.parameters()) + (8 + 1) * 3
    )
