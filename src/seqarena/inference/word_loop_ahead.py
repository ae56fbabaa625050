"""The loop of word models read from the end: what may still follow, summed over all of it.

The backward pass to `word_loop`'s forward one, at the same price: O(words² + words · states) for
each step.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from seqarena.inference.word_loop import LoopEmission, WordLoop

_Words = Float[Tensor, "batch words states"]
_Silences = Float[Tensor, "batch words_plus_1 silence_states"]
_Borders = Float[Tensor, "batch words_plus_1"]
"""By the word before; the last is the begin."""


def entry_log_prob(
    loop: WordLoop, emission: LoopEmission, lengths: Int[Tensor, "batch"]
) -> Float[Tensor, "batch time words"]:
    """Return log p(x_t, ..., x_T, whatever words follow | a word begins at step t) [nats].

    Of every word; minus infinity on padding, and where no path to the end fits into what is left.
    """
    batch, time, words, states = emission.word.shape
    word = emission.word.new_full((batch, words, states), -torch.inf)
    silence = word.new_full((batch, words + 1, emission.silence.shape[2]), -torch.inf)
    entered = word.new_full((batch, time, words), -torch.inf)
    for step in range(time - 1, -1, -1):
        # What is still there is of the step behind this one; behind the last there is the end.
        is_last = lengths - 1 == step
        begun = (loop.log_bigram[:, :-1] + word[:, None, :, 0]).logsumexp(dim=2)
        ready = loop.log_bigram[:, -1].where(is_last[:, None], begun)
        left = _left(loop, ready, silence)[:, :-1]
        word = _moved(loop.log_stay, loop.log_leave, word, left)
        silence = _moved(loop.log_stay_silent, loop.log_leave_silent, silence, ready)
        is_real = (step < lengths)[:, None, None]
        word = (word + emission.word[:, step]).masked_fill(~is_real, -torch.inf)
        silence = silence + emission.silence[:, step, None]
        silence = silence.masked_fill(~is_real, -torch.inf)
        entered[:, step] = word[:, :, 0]
    return entered


def _left(loop: WordLoop, ready: _Borders, silence: _Silences) -> _Borders:
    """Return what follows once a word is left: silence, or none, and what comes after it."""
    skipped = loop.log_no_silence + ready
    if silence.shape[2] == 0:
        return skipped
    return torch.logaddexp(skipped, loop.log_silence + silence[:, :, 0])


def _moved(stay: Tensor, leave: Tensor, behind: Tensor, left: Tensor) -> Tensor:
    """Take one step back within chains whose last state leads to what is `left`."""
    if behind.shape[2] == 0:
        return behind
    onward = torch.cat([behind[:, :, 1:], left[:, :, None]], dim=2)
    return torch.logaddexp(stay + behind, leave + onward)
