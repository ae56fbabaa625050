"""The loop of words against every word sequence and path, and against one whole matrix."""

from itertools import pairwise, product

import pytest
import torch
from torch.testing import assert_close

from seqarena.inference.log_forward_backward import log_forward_backward
from seqarena.inference.packing import Packing
from seqarena.inference.viterbi import viterbi
from seqarena.inference.word_loop import LoopEmission, WordLoop, best_words, loop_log_prob

LENGTHS = torch.tensor([7, 3, 5])


def a_loop(words=2, states=2, silent=1, seed=0) -> WordLoop:
    draw = torch.Generator().manual_seed(seed)

    def shares(*shape):
        return 0.1 + 0.8 * torch.rand(shape, generator=draw, dtype=torch.float64)

    stay, stay_silent = shares(words, states), shares(silent)
    silence = shares() if silent else torch.tensor(0.0, dtype=torch.float64)
    bigram = shares(words + 1, words + 1)
    bigram[-1, -1] = 0.0
    bigram = bigram / bigram.sum(dim=1, keepdim=True)
    return WordLoop(
        stay.log(), (1 - stay).log(), stay_silent.log(), (1 - stay_silent).log(),
        silence.log(), (1 - silence).log(), bigram.log(),
    )  # fmt: skip


def an_emission(loop: WordLoop, seed=1, scale=1.0) -> LoopEmission:
    draw = torch.Generator().manual_seed(seed)
    batch, time = len(LENGTHS), int(LENGTHS.max())

    def numbers(*shape):
        return scale * torch.randn(batch, time, *shape, generator=draw, dtype=torch.float64)

    return LoopEmission(numbers(*loop.log_stay.shape), numbers(len(loop.log_stay_silent)))


def dense(loop: WordLoop, emission: LoopEmission, row: int):
    """One matrix over all states: words, then a silence for each word before it, then the end."""
    words, states = loop.log_stay.shape
    silent = len(loop.log_stay_silent)
    places = [("word", w, s) for w in range(words) for s in range(states)]
    places += [("silence", c, q) for c in range(words + 1) for q in range(silent)]
    places += [("end", 0, 0)]
    moves = torch.zeros(len(places), len(places), dtype=torch.float64)
    start = torch.zeros(len(places), dtype=torch.float64)
    log_emission = torch.full((int(LENGTHS[row]) + 1, len(places)), -torch.inf).double()
    at = {place: index for index, place in enumerate(places)}
    bigram = loop.log_bigram.exp()

    def behind(index, context, share):
        """From a place behind which a word may begin."""
        for word in range(words):
            moves[index, at["word", word, 0]] += share * bigram[context, word]
        moves[index, at["end", 0, 0]] += share * bigram[context, -1]

    for index, (kind, which, s) in enumerate(places[:-1]):
        stay = loop.log_stay[which, s] if kind == "word" else loop.log_stay_silent[s]
        moves[index, index] += stay.exp()
        leave = 1.0 - stay.exp()
        column = emission.word[row, :, which, s] if kind == "word" else emission.silence[row, :, s]
        log_emission[:-1, index] = column[: LENGTHS[row]]
        if (kind, which, s + 1) in at:
            moves[index, at[kind, which, s + 1]] += leave
        elif kind == "word" and silent:
            moves[index, at["silence", which, 0]] += leave * loop.log_silence.exp()
            behind(index, which, leave * loop.log_no_silence.exp())
        else:
            behind(index, which, leave)
    for word in range(words):
        start[at["word", word, 0]] = loop.log_no_silence.exp() * bigram[-1, word]
    if silent:
        start[at["silence", words, 0]] = loop.log_silence.exp()
    log_emission[-1, -1] = 0.0
    packing = Packing.of(torch.ones(1, len(log_emission), dtype=torch.bool))
    return start.log(), moves.log(), log_emission, packing, places


@pytest.mark.parametrize(
    ("words", "states", "silent"), [(2, 2, 1), (3, 1, 2), (3, 2, 0), (1, 3, 1)]
)
def test_the_loop_is_one_hidden_markov_model_over_all_states(words, states, silent):
    loop = a_loop(words, states, silent)
    emission = an_emission(loop)
    log_prob = loop_log_prob(loop, emission, LENGTHS)
    for row in range(len(LENGTHS)):
        *model, packing, _ = dense(loop, emission, row)
        assert_close(log_prob[row], log_forward_backward(*model, packing).step_log_prob.sum())


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    ("words", "states", "silent"), [(2, 2, 1), (3, 2, 2), (3, 2, 0), (1, 3, 1)]
)
def test_the_best_words_are_those_of_viterbi_over_all_states(words, states, silent, seed):
    # Two states or more: with one, a matrix cannot tell a word that goes on from one said again.
    loop = a_loop(words, states, silent, seed)
    emission = an_emission(loop, seed + 100, scale=2.0)
    found, score = best_words(loop, emission, LENGTHS)
    for row in range(len(LENGTHS)):
        *model, packing, places = dense(loop, emission, row)
        path, log_prob = viterbi(*model, packing)
        assert_close(score[row], log_prob[0])
        assert found[row] == words_along([places[index] for index in path.tolist()], states)


def words_along(path, states) -> list[int]:
    """A word is said where its first state is entered: from another state, or from its last."""
    said = []
    for before, (kind, word, state) in zip([None, *path], path, strict=False):
        if kind == "word" and state == 0 and before != (kind, word, state):
            said.append(word)
    return said


def test_an_utterance_that_is_too_short_for_any_word_is_impossible_and_has_no_words():
    loop = a_loop(2, 4, 1)
    emission = an_emission(loop)
    found, score = best_words(loop, emission, LENGTHS)
    assert loop_log_prob(loop, emission, LENGTHS)[1] == -torch.inf
    assert (found[1], score[1].item()) == ([], -torch.inf)
    assert found[0] != []


def test_what_stands_on_padding_is_never_read():
    loop = a_loop(3, 2, 1)
    one = an_emission(loop)
    word, silence = one.word.clone(), one.silence.clone()
    for row, length in enumerate(LENGTHS.tolist()):
        word[row, length:], silence[row, length:] = 5.0, -4.0
    other = LoopEmission(word, silence)
    assert_close(loop_log_prob(loop, one, LENGTHS), loop_log_prob(loop, other, LENGTHS))
    assert best_words(loop, one, LENGTHS)[0] == best_words(loop, other, LENGTHS)[0]


def test_words_that_repeat_are_told_apart_by_their_silence():
    """Worked by hand: one word of one sure state, silence of one sure state; frames w, s, w."""
    loop = a_loop(1, 1, 1)
    word = torch.tensor([0.0, -30.0, 0.0], dtype=torch.float64).view(1, 3, 1, 1)
    silence = torch.tensor([-30.0, 0.0, -30.0], dtype=torch.float64).view(1, 3, 1)
    found, _ = best_words(loop, LoopEmission(word, silence), torch.tensor([3]))
    assert found == [[0, 0]]


def test_a_bigram_decides_between_words_that_sound_alike():
    loop = a_loop(2, 1, 0)
    bigram = torch.tensor([[0.1, 0.8, 0.1], [0.8, 0.1, 0.1], [0.9, 0.1, 0.0]], dtype=torch.float64)
    stay = torch.full((2, 1), 1e-9, dtype=torch.float64)
    loop = WordLoop(
        stay.log(), (1 - stay).log(), loop.log_stay_silent, loop.log_leave_silent,
        loop.log_silence, loop.log_no_silence, bigram.log(),
    )  # fmt: skip
    alike = LoopEmission(torch.zeros(1, 4, 2, 1).double(), torch.zeros(1, 4, 0).double())
    assert best_words(loop, alike, torch.tensor([4]))[0] == [[0, 1, 0, 1]]


def test_the_words_of_every_length_are_all_that_the_loop_sums():
    """Words of one state that never stay: p(x) is a sum over word sequences as long as x."""
    loop = a_loop(2, 1, 0, seed=5)
    sure = torch.zeros(2, 1, dtype=torch.float64)
    loop = WordLoop(
        sure - torch.inf, sure, loop.log_stay_silent, loop.log_leave_silent,
        loop.log_silence, loop.log_no_silence, loop.log_bigram,
    )  # fmt: skip
    emission = an_emission(loop)
    total = []
    for said in product(range(2), repeat=3):
        log_bigram = loop.log_bigram[-1, said[0]] + loop.log_bigram[said[-1], -1]
        log_bigram = log_bigram + sum(loop.log_bigram[a, b] for a, b in pairwise(said))
        total.append(log_bigram + sum(emission.word[1, t, w, 0] for t, w in enumerate(said)))
    log_prob = loop_log_prob(loop, emission, LENGTHS)[1]
    assert_close(log_prob, torch.stack(total).logsumexp(dim=0))
