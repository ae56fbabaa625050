"""All word models in a loop: what a connected-word recogniser sums over, and searches.

Every word is a left-to-right chain of states. Before the first word, between words and after the
last one a chain of silence may stand, or not. Which word follows which is a bigram. Inside words
and silences a move is a shift; only word ends × word starts is dense, so that a time step costs
O(words² + words · states), where one matrix over all states would cost (words · states)².
"""

from dataclasses import dataclass, replace

import torch
from jaxtyping import Float, Int
from torch import Tensor


@dataclass(frozen=True)
class WordLoop:
    """Transitions of the composition [nats]. There is at least one word in an utterance."""

    log_stay: Float[Tensor, "words states"]
    log_leave: Float[Tensor, "words states"]
    """To the next state; out of the word, from the last."""
    log_stay_silent: Float[Tensor, "silence_states"]
    log_leave_silent: Float[Tensor, "silence_states"]
    log_silence: Float[Tensor, ""]
    """log p(there is silence at such a place)."""
    log_no_silence: Float[Tensor, ""]
    log_bigram: Float[Tensor, "words_plus_1 words_plus_1"]
    """Row = the word before, the last row is the begin; column = the word after, the last is the
    end. Begin to end is minus infinity."""

    @property
    def n_words(self) -> int:
        """Words in the loop."""
        return len(self.log_stay)


@dataclass(frozen=True)
class LoopEmission:
    """log p(x_t | state) of a padded batch [nats]; what stands on padding is never read."""

    word: Float[Tensor, "batch time words states"]
    silence: Float[Tensor, "batch time silence_states"]


@dataclass(frozen=True)
class _Front:
    """Log-probabilities of the paths so far (or of the best of them), by where they stand."""

    word: Float[Tensor, "batch words states"]
    silence: Float[Tensor, "batch words_plus_1 silence_states"]
    """A silence remembers the word before it; the last one is before the first word."""


@dataclass(frozen=True)
class _History:
    """Which word end each path of a `_Front` comes from: step · words + word; -1 is the begin."""

    word: Int[Tensor, "batch words states"]
    silence: Int[Tensor, "batch words_plus_1 silence_states"]


def loop_log_prob(
    loop: WordLoop, emission: LoopEmission, lengths: Int[Tensor, "batch"]
) -> Float[Tensor, "batch"]:
    """Return log p(x) over all word sequences and all their paths [nats].

    Minus infinity where no word sequence fits into the utterance.
    """
    front = _start(loop, emission)
    log_prob = _ended(loop, front)
    for step in range(1, emission.word.shape[1]):
        ready = _ready(loop, front)
        entered = (ready[:, :, None] + loop.log_bigram[:, :-1]).logsumexp(dim=1)
        word = torch.logaddexp(
            front.word + loop.log_stay,
            _shift_in(entered, front.word + loop.log_leave),
        )
        silence = torch.logaddexp(
            front.silence + loop.log_stay_silent,
            _shift_in(_into_silence(loop, front), front.silence + loop.log_leave_silent),
        )
        front = _emit(_Front(word, silence), emission, step)
        log_prob = _ended(loop, front).where(lengths - 1 == step, log_prob)
    return log_prob


def best_words(
    loop: WordLoop, emission: LoopEmission, lengths: Int[Tensor, "batch"]
) -> tuple[list[list[int]], Float[Tensor, "batch"]]:
    """Return the words along the single best path, and its log-probability [nats].

    Token passing (Young, Russell & Thornton 1989): every state carries the score of its best path
    and the last word end on it, so that nothing but word ends is traced back. Ties go to staying,
    then to the lower word. An utterance into which no word fits has no words.
    """
    batch, time = emission.word.shape[:2]
    front = _start(loop, emission)
    history = _History(
        torch.full_like(front.word, -1, dtype=torch.long),
        torch.full_like(front.silence, -1, dtype=torch.long),
    )
    before = torch.full((batch, time, loop.n_words), -1, dtype=torch.long, device=lengths.device)
    final, last = _best_end(loop, front, history, 0)
    before[:, 0] = history.word[:, :, -1]
    for step in range(1, time):
        front, history = _advance(loop, front, history, step)
        front = _emit(front, emission, step)
        before[:, step] = history.word[:, :, -1]
        score, end = _best_end(loop, front, history, step)
        is_last = lengths - 1 == step
        final, last = score.where(is_last, final), end.where(is_last, last)
    last = last.masked_fill(final.isneginf(), -1)
    return _traced(before, last, loop.n_words), final


def _start(loop: WordLoop, emission: LoopEmission) -> _Front:
    batch, _, words, states = emission.word.shape
    word = emission.word.new_full((batch, words, states), -torch.inf)
    silence = word.new_full((batch, words + 1, emission.silence.shape[2]), -torch.inf)
    word[:, :, 0] = loop.log_no_silence + loop.log_bigram[-1, :-1]
    silence[:, -1, :1] = loop.log_silence
    return _emit(_Front(word, silence), emission, 0)


def _emit(front: _Front, emission: LoopEmission, step: int) -> _Front:
    return replace(
        front,
        word=front.word + emission.word[:, step],
        silence=front.silence + emission.silence[:, step, None],
    )


def _left(loop: WordLoop, front: _Front) -> Float[Tensor, "batch words"]:
    """Paths that leave a word now."""
    return front.word[:, :, -1] + loop.log_leave[:, -1]


def _left_silence(loop: WordLoop, front: _Front) -> Float[Tensor, "batch words_plus_1"]:
    """Paths that leave a silence now; none where there are no states of silence."""
    if front.silence.shape[2] == 0:
        return front.silence.new_full(front.silence.shape[:2], -torch.inf)
    return front.silence[:, :, -1] + loop.log_leave_silent[-1]


def _directly(loop: WordLoop, front: _Front) -> Float[Tensor, "batch words_plus_1"]:
    """Paths that leave a word and skip the silence behind it; none come from the begin."""
    skipped = _left(loop, front) + loop.log_no_silence
    return torch.nn.functional.pad(skipped, (0, 1), value=-torch.inf)


def _into_silence(loop: WordLoop, front: _Front) -> Float[Tensor, "batch words_plus_1"]:
    entered = _left(loop, front) + loop.log_silence
    return torch.nn.functional.pad(entered, (0, 1), value=-torch.inf)


def _ready(loop: WordLoop, front: _Front) -> Float[Tensor, "batch words_plus_1"]:
    """Paths behind which a word may begin, or the utterance end, by the word before."""
    return torch.logaddexp(_directly(loop, front), _left_silence(loop, front))


def _ended(loop: WordLoop, front: _Front) -> Float[Tensor, "batch"]:
    return (_ready(loop, front) + loop.log_bigram[:, -1]).logsumexp(dim=1)


def _shift_in(first: Tensor, moved: Tensor) -> Tensor:
    """Put what enters a chain before what moves on within it; what leaves falls out."""
    if moved.shape[2] == 0:
        return moved
    return torch.cat([first[:, :, None], moved[:, :, :-1]], dim=2)


def _ready_best(
    loop: WordLoop, front: _Front, history: _History, step: int
) -> tuple[Tensor, Tensor]:
    """Return the best path behind which a word may begin, and its last word end."""
    direct, silent = _directly(loop, front), _left_silence(loop, front)
    ends = step * loop.n_words + torch.arange(loop.n_words + 1, device=direct.device)
    if front.silence.shape[2] == 0:
        return direct, ends.expand(len(direct), -1)
    is_silent = silent > direct
    return silent.where(is_silent, direct), history.silence[:, :, -1].where(is_silent, ends)


def _best_end(loop: WordLoop, front: _Front, history: _History, step: int) -> tuple[Tensor, Tensor]:
    ready, ends = _ready_best(loop, front, history, step)
    score, word = (ready + loop.log_bigram[:, -1]).max(dim=1)
    return score, ends.gather(1, word[:, None])[:, 0]


def _advance(
    loop: WordLoop, front: _Front, history: _History, step: int
) -> tuple[_Front, _History]:
    """Take the best move into every state, and its history with it."""
    ready, ends = _ready_best(loop, front, history, step - 1)
    entered, origin = (ready[:, :, None] + loop.log_bigram[:, :-1]).max(dim=1)
    word, word_history = _better(
        front.word + loop.log_stay,
        _shift_in(entered, front.word + loop.log_leave),
        history.word,
        _shift_in(ends.gather(1, origin), history.word),
    )
    ends_now = (step - 1) * loop.n_words + torch.arange(loop.n_words + 1, device=ready.device)
    silence, silence_history = _better(
        front.silence + loop.log_stay_silent,
        _shift_in(_into_silence(loop, front), front.silence + loop.log_leave_silent),
        history.silence,
        _shift_in(ends_now.expand(len(ready), -1), history.silence),
    )
    return _Front(word, silence), _History(word_history, silence_history)


def _better(stay: Tensor, moved: Tensor, old: Tensor, new: Tensor) -> tuple[Tensor, Tensor]:
    is_moved = moved > stay
    return moved.where(is_moved, stay), new.where(is_moved, old)


def _traced(before: Tensor, last: Tensor, n_words: int) -> list[list[int]]:
    """Follow the word ends back to the begin."""
    found = []
    for table, end in zip(before.flatten(1).tolist(), last.tolist(), strict=True):
        words: list[int] = []
        while end >= 0:
            words.append(end % n_words)
            end = table[end]
        found.append(words[::-1])
    return found
