import torch
from torch.testing import assert_close

from seqarena.inference.word_loop import LoopEmission, WordLoop, loop_log_prob
from seqarena.inference.word_loop_ahead import entry_log_prob


def shares(draw, *shape):
    weights = 0.1 + torch.rand(shape, generator=draw, dtype=torch.float64)
    return (weights / weights.sum(dim=-1, keepdims=True)).log()


def a_loop(silent, seed=0, words=3, states=2):
    draw = torch.Generator().manual_seed(seed)
    move, still = shares(draw, words, states, 2), shares(draw, silent, 2)
    bigram = shares(draw, words + 1, words + 1)
    bigram[-1, -1] = -torch.inf
    silence = shares(draw, 2) if silent else torch.tensor([-torch.inf, 0.0]).double()
    return WordLoop(
        *(move[..., 0], move[..., 1], still[:, 0], still[:, 1]), silence[0], silence[1], bigram
    )


def emissions(loop, silent, batch, time, seed=1):
    draw = torch.Generator().manual_seed(seed)
    shape = (batch, time, *loop.log_stay.shape)
    word = torch.randn(shape, generator=draw, dtype=torch.float64)
    return LoopEmission(word, torch.randn(batch, time, silent, generator=draw).double())


def test_read_from_the_end_the_loop_says_what_it_says_read_from_the_beginning():
    loop, lengths = a_loop(0), torch.tensor([9, 4, 6])
    emission = emissions(loop, 0, 3, 9)
    entered = entry_log_prob(loop, emission, lengths)
    whole = (loop.log_bigram[-1, :-1] + entered[:, 0]).logsumexp(dim=1)
    assert_close(whole, loop_log_prob(loop, emission, lengths))


def test_with_silence_a_path_may_begin_in_it_too():
    loop, lengths = a_loop(1), torch.tensor([7])
    emission = emissions(loop, 1, 1, 7)
    entered = entry_log_prob(loop, emission, lengths)[0]
    # A silence of n frames stands before the first word.
    before = [loop.log_no_silence]
    for n in range(1, 7):
        kept = loop.log_stay_silent[0] * (n - 1) + emission.silence[0, :n, 0].sum()
        before.append(loop.log_silence + kept + loop.log_leave_silent[0])
    begun = torch.stack(before)[:, None] + loop.log_bigram[-1, :-1] + entered
    assert_close(begun.flatten().logsumexp(dim=0), loop_log_prob(loop, emission, lengths)[0])


def test_nothing_is_entered_on_padding_or_where_no_word_fits():
    loop = a_loop(1)
    entered = entry_log_prob(loop, emissions(loop, 1, 2, 5), torch.tensor([5, 3]))
    assert entered[1, 3:].isneginf().all()
    assert entered[0, 4].isneginf().all() and entered[1, 2].isneginf().all()
    assert entered[0, :4].isfinite().all() and not entered.isnan().any()
