"""E-step of a word recogniser: what the paths along the transcripts are expected to do."""

import torch
from jaxtyping import Float
from torch import Tensor

from seqarena.batch import Batch
from seqarena.families.mixture_emission import MixtureEmission
from seqarena.families.word_composition import (
    Composition,
    Transcripts,
    along_chains,
    compose,
    language_log_prob,
)
from seqarena.families.word_statistics import WordStatistics
from seqarena.inference.linear_chain import ChainPosterior, chain_posterior
from seqarena.inference.word_loop import LoopEmission, WordLoop


def expect_words(
    loop: WordLoop,
    log_bigram: Float[Tensor, "words_plus_1 words_plus_1"],
    emission: MixtureEmission,
    batch: Batch,
    transcripts: Transcripts,
) -> WordStatistics:
    """Return the expected statistics of the paths along the transcripts.

    Young et al. (2006), section 8.8: the words' places are summed over, never decided.

    Args:
        loop: the word models; its probabilities of words are not used.
        log_bigram: log p(next word | word), neither scaled nor penalised.
        emission: of every state, the words' before the silence's.
        batch: utterances.
        transcripts: what was said in them.
    """
    composition = compose(loop, transcripts)
    log_emission = log_emission_of(emission, batch)
    posterior = chain_posterior(
        composition.chain, along_chains(composition, log_emission), batch.lengths
    )
    state_probs = _state_probs(composition, posterior, batch, len(emission.log_weight))
    stay = posterior.n_stays.new_zeros(state_probs.shape[1])
    stay.index_add_(0, composition.state.flatten(), posterior.n_stays.flatten())
    leave = (state_probs.sum(dim=0) - stay).clamp(min=0.0)
    # Each silence ends once, in its last state.
    n_silences = leave[-1] if len(loop.log_stay_silent) else leave.new_zeros(())
    n_places = (transcripts.n_words + 1).where(~posterior.log_prob.isneginf(), 0).sum()
    language = language_log_prob(log_bigram, transcripts)
    return WordStatistics(
        log_likelihood=(posterior.log_prob + language).sum(),
        stay=stay,
        leave=leave,
        silence=torch.stack([n_silences, (n_places - n_silences).clamp(min=0.0)]),
        sums=emission.sums(_frames_of(emission, batch), state_probs),
    )


def log_emission_of(
    emission: MixtureEmission, batch: Batch
) -> Float[Tensor, "batch time n_states"]:
    """Return log p(frame | state), in 64 bits; 0 on padding [nats].

    Raises:
        DataError: a frame is not finite.
    """
    padded = emission.log_weight.new_zeros(*batch.mask.shape, len(emission.log_weight))
    padded[batch.mask] = emission.log_prob(_frames_of(emission, batch))
    return padded


def loop_emission_of(
    loop: WordLoop, log_emission: Float[Tensor, "batch time n_states"]
) -> LoopEmission:
    """Tell the states of the words from those of the silence behind them."""
    n, shape = loop.log_stay.numel(), log_emission.shape[:2]
    words = log_emission[:, :, :n].reshape(*shape, loop.n_words, -1)
    return LoopEmission(words, log_emission[:, :, n:])


def _frames_of(emission: MixtureEmission, batch: Batch) -> Float[Tensor, "steps dim"]:
    return emission.values(batch)[batch.mask]


def _state_probs(
    composition: Composition, posterior: ChainPosterior, batch: Batch, n_states: int
) -> Float[Tensor, "steps n_states"]:
    """Return the probability of each state at each real step, over all positions that are in it."""
    probs = posterior.position_probs
    padded = probs.new_zeros(*batch.mask.shape, n_states)
    state = composition.state[:, None].expand_as(probs)
    return padded.scatter_add_(2, state, probs)[batch.mask]
