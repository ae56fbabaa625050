"""Which word comes next, given the whole utterance and the words before."""

import torch
from jaxtyping import Float
from torch import Tensor

from seqarena.batch import Batch
from seqarena.families.mixture_emission import MixtureEmission
from seqarena.families.word_composition import Transcripts, along_chains, compose
from seqarena.families.word_expectation import log_emission_of, loop_emission_of
from seqarena.inference.linear_chain import chain_alpha
from seqarena.inference.word_loop import WordLoop
from seqarena.inference.word_loop_ahead import entry_log_prob
from seqarena.networks.transducer import target_of


def next_word_log_prob(
    loop: WordLoop, emission: MixtureEmission, batch: Batch, transcripts: Transcripts
) -> Float[Tensor, "batch target_time choices"]:
    """Return log p(word i | x, the transcript's words before it) of every word and of the end.

    The share of p(x, words before, this word, whatever follows) among those of all choices, summed
    over all places at which the word may begin: the words before by a forward pass along the
    transcript's chain, what follows by a backward pass through the loop. The product over a
    transcript and its end is p(words | x). Minus infinity throughout where the words before do not
    fit into the utterance, and behind the end.

    Raises:
        DataError: a frame is not finite.
    """
    log_emission = log_emission_of(emission, batch)
    ready = _ready(loop, transcripts, log_emission)
    entered = entry_log_prob(loop, loop_emission_of(loop, log_emission), batch.lengths)
    # A word that begins at a step finds so many frames read.
    begun = (ready[:, :, :-1, None] + entered[:, None]).logsumexp(dim=2)
    at_end = batch.lengths[:, None, None].expand(-1, ready.shape[1], 1)
    before, _, is_real = transcripts.pairs(loop.n_words)
    joint = torch.cat([begun, ready.gather(2, at_end)], dim=2) + loop.log_bigram[before]
    joint = joint.masked_fill(~is_real[..., None], -torch.inf)
    joint = joint[:, : target_of(batch).mask.shape[1]]
    total = joint.logsumexp(dim=2, keepdim=True)
    return joint - total.where(total.isfinite(), 0.0)


def _ready(
    loop: WordLoop, transcripts: Transcripts, log_emission: Float[Tensor, "batch time n_states"]
) -> Float[Tensor, "batch words frames_read"]:
    """Return log p(the frames read, the words before, and the silence behind them, if any)."""
    composition = compose(loop, transcripts)
    alpha = chain_alpha(composition.chain, along_chains(composition, log_emission)).mT
    states, silent = loop.log_stay.shape[1], len(loop.log_stay_silent)
    unit, n_words = states + silent, transcripts.words.shape[1]
    ready = alpha.new_full((len(alpha), n_words + 1, alpha.shape[2] + 1), -torch.inf)
    ready[:, 0, 0] = loop.log_no_silence
    leave = loop.log_leave[:, -1][transcripts.words] + loop.log_no_silence
    ready[:, 1:, 1:] = alpha[:, unit - 1 :: unit] + leave[:, :, None]
    if silent:
        left = alpha[:, silent - 1 :: unit] + loop.log_leave_silent[-1]
        ready[:, :, 1:] = torch.logaddexp(ready[:, :, 1:], left)
    return ready
