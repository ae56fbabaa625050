import pytest
import torch
from ctc_scenes import BLANK, N_SYMBOLS, drawn_log_probs, mask_of, outputs_of, padded
from decoding_scenes import is_allowed, scored, told
from torch.testing import assert_close

from seqarena.networks.beam_search import beam_search
from seqarena.networks.ctc_prefixes import PrefixStepper
from seqarena.networks.decoding import DecodingConfig

LENGTHS = [4, 3, 1]
WHOLE_SPACE = 40


def searched(log_probs, lengths, max_length=9, **settings):
    stepper = PrefixStepper(BLANK)
    start = torch.full_like(lengths, N_SYMBOLS)
    memory = stepper.begin(log_probs, mask_of(lengths))
    return beam_search(stepper, memory, start, BLANK, max_length, DecodingConfig(**settings))


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize(
    "settings",
    [
        {"length_penalty": 0.0, "n_best": WHOLE_SPACE},
        {"length_penalty": 1.5, "n_best": 5},
        {"min_length": 2, "n_best": 4},
        {"no_repeat_ngram": 1, "n_best": 3},
    ],
)
def test_a_beam_as_wide_as_the_space_finds_the_best_of_all_outputs(seed, settings):
    log_probs, lengths = drawn_log_probs(seed, LENGTHS)
    decoding = DecodingConfig(beam=WHOLE_SPACE, **settings)
    found = searched(log_probs, lengths, beam=WHOLE_SPACE, **settings)
    for row, n in enumerate(LENGTHS):
        if decoding.min_length > n:
            continue
        every = [
            scored((*labels, BLANK), float(log_prob), decoding)
            for labels, log_prob in outputs_of(log_probs[row, :n]).items()
            if is_allowed((*labels, BLANK), BLANK, decoding)
        ]
        expected = sorted(every, key=lambda each: -each.score)[: decoding.n_best]
        got = told(found, row)
        assert [each.tokens for each in got] == [each.tokens for each in expected]
        assert [each.log_prob for each in got] == pytest.approx([e.log_prob for e in expected])
        assert [each.score for each in got] == pytest.approx([each.score for each in expected])


def test_what_an_output_begins_with_is_as_likely_as_all_outputs_that_begin_so():
    log_probs, lengths = drawn_log_probs(5, [4])
    stepper = PrefixStepper(BLANK)
    memory = stepper.begin(log_probs, mask_of(lengths))
    every, prefix = outputs_of(log_probs[0]), ()
    for symbol in (0, 0, 1):
        logits, memory = stepper.advance(torch.tensor([prefix[-1] if prefix else 3]), memory)
        for following in range(BLANK):
            begun = (*prefix, following)
            those = [p for labels, p in every.items() if labels[: len(begun)] == begun]
            expected = torch.stack(those).logsumexp(0) if those else torch.tensor(-torch.inf)
            assert_close(logits[0, following], expected.double())
        assert_close(logits[0, BLANK], every[prefix])
        prefix = (*prefix, symbol)


def test_an_output_cut_short_counts_as_all_that_begin_so():
    log_probs, lengths = drawn_log_probs(2, LENGTHS)
    found = searched(log_probs, lengths, max_length=2, beam=WHOLE_SPACE, n_best=9)
    assert found.log_prob.exp().sum(dim=1).tolist() == pytest.approx([1.0] * len(LENGTHS))


@pytest.mark.parametrize("beam", [1, 3])
def test_a_batch_is_searched_as_its_examples_one_by_one(beam):
    log_probs, lengths = drawn_log_probs(4, [6, 2, 4, 1], n_symbols=N_SYMBOLS)
    together = searched(log_probs, lengths, beam=beam, n_best=beam)
    for row, n in enumerate(lengths.tolist()):
        alone = searched(
            log_probs[row : row + 1, :n], lengths[row : row + 1], beam=beam, n_best=beam
        )
        assert [each.tokens for each in told(together, row)] == [
            each.tokens for each in told(alone, 0)
        ]
        assert [each.log_prob for each in told(together, row)] == pytest.approx(
            [each.log_prob for each in told(alone, 0)]
        )


def test_the_likeliest_labels_can_have_no_likeliest_alignment():
    """Blank 0.6 at both steps: the best path is empty (0.36), but one label has 0.4 and more."""
    log_probs = torch.tensor([[[0.4, 0.0, 0.6], [0.4, 0.0, 0.6]]], dtype=torch.float64).log()
    found = searched(log_probs, torch.tensor([2]), beam=2, length_penalty=0.0)
    assert told(found, 0)[0].tokens == (0, BLANK)
    assert told(found, 0)[0].log_prob == pytest.approx(torch.tensor(0.64).log().item())


def test_steps_at_which_a_symbol_is_impossible_are_counted_too():
    probs = torch.tensor([[0.4, 0.0, 0.6], [0.0, 0.5, 0.5], [1.0, 0.0, 0.0]], dtype=torch.float64)
    found = searched(probs.log()[None], torch.tensor([3]), beam=WHOLE_SPACE, n_best=WHOLE_SPACE)
    got = {each.tokens[:-1]: each.log_prob for each in told(found, 0) if each.log_prob > -1e3}
    every = {k: float(v) for k, v in outputs_of(probs.log()).items() if v > -torch.inf}
    assert got == pytest.approx(every)
    assert not found.scores.isnan().any()


def test_long_inputs_lose_no_digits():
    """Two thousand steps, whose product of probabilities is far below what a float can hold."""
    log_probs, lengths = drawn_log_probs(6, [2000])
    labels = torch.tensor([[0, 1, 0]])
    stepper = PrefixStepper(BLANK)
    memory = stepper.begin(log_probs, mask_of(lengths))
    for symbol in (3, 0, 1, 0):
        logits, memory = stepper.advance(torch.tensor([symbol]), memory)
    expected = -torch.nn.functional.ctc_loss(
        log_probs.transpose(0, 1), labels, lengths, torch.tensor([3]), BLANK, reduction="none"
    )
    assert_close(logits[:, BLANK], expected)


SAID = [(0, 1, 0), (1, 1), ()]
"""Targets of four, three and one steps: equal neighbours and nothing at all among them."""


def predicted(log_probs, lengths, said):
    """log p of every next symbol after each beginning of some targets."""
    stepper, (labels, _) = PrefixStepper(BLANK), padded(said)
    memory, steps = stepper.begin(log_probs, mask_of(lengths)), []
    for previous in torch.cat([torch.full_like(labels[:, :1], N_SYMBOLS), labels], dim=1).T:
        logits, memory = stepper.advance(previous, memory)
        steps.append(logits.log_softmax(dim=1))
    return torch.stack(steps, dim=1)


def gold(found, said):
    """Of each target, log p of its symbols and of its end."""
    whole = [(*labels, BLANK) for labels in said]
    return [found[row, range(len(each)), each] for row, each in enumerate(whole)]


def listed_gold(log_probs, said):
    """The same by listing every alignment."""
    every = outputs_of(log_probs)
    begun = [
        torch.stack([p for labels, p in every.items() if labels[:n] == said[:n]]).logsumexp(0)
        for n in range(len(said) + 1)
    ]
    parts = torch.stack([*begun, every[said]])
    return parts.diff()


def test_the_slope_of_a_next_symbol_is_that_of_the_sum_over_every_alignment():
    drawn, lengths = drawn_log_probs(7, LENGTHS)
    ours, listed = (drawn.clone().requires_grad_() for _ in range(2))
    # Scores before a softmax: what divides symbols adds up to the prefix's own only behind it.
    found = gold(predicted(ours.log_softmax(2), lengths, SAID), SAID)
    for row, (n, said) in enumerate(zip(LENGTHS, SAID, strict=True)):
        expected = listed_gold(listed[row, :n].log_softmax(1), said)
        assert_close(found[row], expected)
        for output in range(len(said) + 1):
            (slope,) = torch.autograd.grad(found[row][output], ours, retain_graph=True)
            (other,) = torch.autograd.grad(expected[output], listed, retain_graph=True)
            assert_close(slope, other)


def test_no_slope_is_lost_where_symbols_or_whole_targets_are_impossible():
    """No alignment spells the second target, and the third begins with what has probability 0."""
    drawn, lengths = drawn_log_probs(8, [3, 2, 2])
    drawn[0, 0, 1], drawn[2, :, 0] = -torch.inf, -torch.inf
    said = [(0, 1), (1, 1), (0,)]
    ours, listed = (drawn.clone().requires_grad_() for _ in range(2))
    found = gold(predicted(ours.log_softmax(2), lengths, said), said)
    assert found[1][1].isneginf()
    assert found[2][0] < -1e3
    for output in torch.cat(found):
        (slope,) = torch.autograd.grad(output, ours, retain_graph=True)
        assert slope.isfinite().all()
    (slope,) = torch.autograd.grad(found[0].sum(), ours)
    kept = listed_gold(listed[0].log_softmax(1).clamp_min(-1e4), said[0])
    (other,) = torch.autograd.grad(kept.sum(), listed)
    assert_close(slope, other)


def test_slopes_of_long_inputs_lose_no_digits():
    drawn, lengths = drawn_log_probs(6, [2000])
    given, labels = drawn.requires_grad_(), torch.tensor([[0, 1, 0]])
    log_probs = given.log_softmax(2)
    (found,) = gold(predicted(log_probs, lengths, [(0, 1, 0)]), [(0, 1, 0)])
    expected = -torch.nn.functional.ctc_loss(
        log_probs.transpose(0, 1), labels, lengths, torch.tensor([3]), BLANK, reduction="none"
    )
    slopes = [
        torch.autograd.grad(each.sum(), given, retain_graph=True)[0] for each in (found, expected)
    ]
    assert_close(*slopes)
