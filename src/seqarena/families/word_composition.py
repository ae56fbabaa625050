"""Word models joined end to end along a transcript, with silence that may be skipped."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from seqarena.inference.linear_chain import LinearChain
from seqarena.inference.word_loop import WordLoop


@dataclass(frozen=True)
class Transcripts:
    """What was said in each utterance."""

    words: Int[Tensor, "batch words"]
    """Number of each word; 0 behind the last."""
    n_words: Int[Tensor, "batch"]

    @classmethod
    def of(
        cls, tokens: Int[Tensor, "batch time"], mask: Bool[Tensor, "batch time"], end: int
    ) -> "Transcripts":
        """Take the symbols before the end symbol, which stands last or not at all."""
        is_word = mask & (tokens != end)
        n_words = is_word.sum(dim=1)
        longest = max(int(n_words.max()), 1)
        return cls(tokens.where(is_word, 0)[:, :longest], n_words)

    def pairs(self, n_words: int) -> tuple[Tensor, Tensor, Tensor]:
        """Return what comes before and after each place between words, and which places there are.

        Before the first word is the begin, and after the last the end: both are `n_words`.
        """
        border = torch.full_like(self.words[:, :1], n_words)
        before = torch.cat([border, self.words], dim=1)
        after = torch.cat([self.words, border], dim=1)
        place = torch.arange(before.shape[1], device=before.device)
        after = after.where(place < self.n_words[:, None], n_words)
        return before, after, place <= self.n_words[:, None]


@dataclass(frozen=True)
class Composition:
    """The chain of each transcript: silence, word, silence, word, ..., silence."""

    chain: LinearChain
    state: Int[Tensor, "batch positions"]
    """Which state each position is: words · states of the words, then those of the silence."""
    word: Int[Tensor, "batch positions"]
    """Which word of the transcript each position belongs to; a silence belongs to the one behind
    it, and the last silence to the end."""
    is_silence: Bool[Tensor, "batch positions"]
    is_real: Bool[Tensor, "batch positions"]


def compose(loop: WordLoop, transcripts: Transcripts) -> Composition:
    """Join the models of a loop along each transcript; probabilities of words are left out.

    A path begins in the first silence or in the first word, and ends in the last word or in the
    last silence. Chains are padded to the longest.
    """
    words, n_words = transcripts.words, transcripts.n_words[:, None]
    states, silent = loop.log_stay.shape[1], len(loop.log_stay_silent)
    unit = silent + states
    n_positions = words.shape[1] * unit + silent
    position = torch.arange(n_positions, device=words.device)
    which, offset = position // unit, position % unit
    is_silence = (offset < silent).expand(len(words), -1)
    is_real = position < n_words * unit + silent
    said = words[:, which.clamp(max=words.shape[1] - 1)]
    state = torch.where(
        is_silence, loop.n_words * states + offset, said * states + offset - silent
    ).where(is_real, 0)
    return Composition(
        chain=_chain(loop, state, offset, position, which, n_words, is_real),
        state=state,
        word=which.expand(len(words), -1),
        is_silence=is_silence,
        is_real=is_real,
    )


def along_chains(
    composition: Composition, log_emission: Float[Tensor, "batch time n_states"]
) -> Float[Tensor, "batch time positions"]:
    """Lay the emissions of the states along the positions of each chain."""
    state = composition.state[:, None].expand(-1, log_emission.shape[1], -1)
    return log_emission.gather(2, state)


def _chain(
    loop: WordLoop,
    state: Tensor,
    offset: Tensor,
    position: Tensor,
    which: Tensor,
    n_words: Tensor,
    is_real: Tensor,
) -> LinearChain:
    states, silent = loop.log_stay.shape[1], len(loop.log_stay_silent)
    unit = silent + states
    stay = torch.cat([loop.log_stay.flatten(), loop.log_stay_silent])[state]
    leave = torch.cat([loop.log_leave.flatten(), loop.log_leave_silent])[state]
    ends_word, is_last_word = offset == unit - 1, which == n_words - 1
    is_last = position == n_words * unit + silent - 1
    silence = torch.zeros_like(leave).where(~ends_word, loop.log_silence if silent else 0.0)
    no_silence = leave + (loop.log_no_silence if silent else 0.0)
    ends = is_last | (ends_word & is_last_word)
    start = torch.full_like(leave, -torch.inf)
    start[:, 0] = loop.log_silence if silent else 0.0
    start[:, silent] = loop.log_no_silence if silent else 0.0
    return LinearChain(
        log_start=_only(is_real, start),
        log_stay=_only(is_real, stay),
        log_next=_only(is_real & ~is_last, leave + silence),
        log_jump=_only(is_real & ends_word & ~is_last_word & (silent > 0), no_silence),
        log_end=_only(is_real & ends, no_silence.where(ends_word, leave)),
        jump=silent + 1,
    )


def _only(where: Tensor, log_prob: Tensor) -> Float[Tensor, "batch positions"]:
    return log_prob.masked_fill(~where, -torch.inf)


def language_log_prob(
    log_bigram: Float[Tensor, "words_plus_1 words_plus_1"], transcripts: Transcripts
) -> Float[Tensor, "batch"]:
    """Return the sum of the bigrams along each transcript, from begin to end [nats]."""
    before, after, is_real = transcripts.pairs(len(log_bigram) - 1)
    return log_bigram[before, after].where(is_real, 0.0).sum(dim=1)
