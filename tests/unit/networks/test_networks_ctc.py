import pytest
import torch
from ctc_scenes import BLANK, drawn_log_probs, every_path, heard_batch, outputs_of, padded, spelled
from torch.testing import assert_close

from seqarena.errors import DataError
from seqarena.networks.ctc import best_path, ctc_log_prob, labels_of

LABELS = [(), (0,), (0, 1), (0, 0), (1, 0, 1), (1, 1, 0)]


@pytest.mark.parametrize("seed", [0, 1])
def test_the_probability_of_labels_is_the_sum_over_every_alignment(seed):
    log_probs, lengths = drawn_log_probs(seed, [5, 5, 4, 3, 4, 4])
    tokens, n_labels = padded(LABELS)
    expected = [
        outputs_of(log_probs[row, :n])[labels]
        for row, (n, labels) in enumerate(zip(lengths.tolist(), LABELS, strict=True))
    ]
    found = ctc_log_prob(log_probs, lengths, tokens, n_labels, BLANK)
    assert_close(found, torch.stack(expected))


def test_the_gradient_is_that_of_the_sum_over_every_alignment():
    logits = drawn_log_probs(3, [4])[0].requires_grad_()
    tokens, n_labels = padded([(0, 0)])
    log_probs = logits.log_softmax(-1)
    found = ctc_log_prob(log_probs, torch.tensor([4]), tokens, n_labels, BLANK)
    (gradient,) = torch.autograd.grad(found.sum(), logits)
    (expected,) = torch.autograd.grad(outputs_of(logits.log_softmax(-1)[0])[0, 0], logits)
    assert_close(gradient, expected)


def test_labels_that_no_alignment_spells_are_impossible():
    log_probs, lengths = drawn_log_probs(0, [2, 3, 1])
    tokens, n_labels = padded([(0, 1, 0), (1, 1), (0, 0)])
    found = ctc_log_prob(log_probs, lengths, tokens, n_labels, BLANK)
    assert found.isneginf().tolist() == [True, False, True]


@pytest.mark.parametrize("seed", range(4))
def test_the_best_path_is_that_of_the_likeliest_alignment(seed):
    log_probs, lengths = drawn_log_probs(seed, [5, 3, 1])
    labels, n_labels = best_path(log_probs, lengths, BLANK)
    for row, n in enumerate(lengths.tolist()):
        path, _ = max(every_path(log_probs[row, :n]), key=lambda each: float(each[1]))
        assert tuple(labels[row, : int(n_labels[row])].tolist()) == spelled(path)
        assert labels[row, int(n_labels[row]) :].eq(0).all()


def test_runs_are_one_label_and_blanks_between_equal_ones_make_two():
    path = torch.tensor([[2, 0, 0, 2, 0, 1, 1, 2], [2, 2, 2, 2, 2, 1, 1, 1]])
    log_probs = torch.nn.functional.one_hot(path, 3).double().log()
    labels, n_labels = best_path(log_probs, torch.tensor([8, 5]), BLANK)
    assert labels.tolist() == [[0, 0, 1], [0, 0, 0]]
    assert n_labels.tolist() == [3, 0]


@pytest.mark.parametrize(
    ("target", "times"), [([0, 1], 0), ([BLANK, 1, BLANK], 2), ([0, BLANK, 1], 1)]
)
def test_a_target_that_does_not_end_once_at_its_end_is_refused(target, times):
    with pytest.raises(DataError) as refusal:
        labels_of(heard_batch([[0, BLANK], target, [BLANK]]), BLANK)
    assert str(refusal.value) == (
        "target 1: CTC expects the end symbol 2 once, as the last one; it came "
        f"{times} times in {len(target)} symbols."
    )
