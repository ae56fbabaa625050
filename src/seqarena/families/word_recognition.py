"""Search of the loop of word models: the best words, and the probability of given ones."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from seqarena.batch import Batch
from seqarena.families.family import Generation
from seqarena.families.mixture_emission import MixtureEmission
from seqarena.families.word_composition import (
    Transcripts,
    along_chains,
    compose,
    language_log_prob,
)
from seqarena.families.word_expectation import log_emission_of, loop_emission_of
from seqarena.inference.linear_chain import chain_log_prob
from seqarena.inference.word_loop import WordLoop, best_words, loop_log_prob


def transcript_log_prob(
    loop: WordLoop, emission: MixtureEmission, batch: Batch, transcripts: Transcripts
) -> Float[Tensor, "batch"]:
    """Return log p(words | x) = log p(x, words) - log p(x) [nats].

    p(x) is the sum over all word sequences, by the loop's forward pass. Minus infinity where the
    transcript, or any word at all, does not fit into the utterance.

    Raises:
        DataError: a frame is not finite.
    """
    log_emission = log_emission_of(emission, batch)
    composition = compose(loop, transcripts)
    along = along_chains(composition, log_emission)
    given = chain_log_prob(composition.chain, along, batch.lengths)
    joint = given + language_log_prob(loop.log_bigram, transcripts)
    evidence = loop_log_prob(loop, loop_emission_of(loop, log_emission), batch.lengths)
    # One of the terms of a sum is never more than the sum, but for rounding.
    share = joint - evidence.where(evidence.isfinite(), 0.0)
    return share.clamp(max=0.0)


def best_transcripts(
    loop: WordLoop, emission: MixtureEmission, batch: Batch, max_length: int
) -> Generation:
    """Return the words along the best path, then the end symbol; cut to `max_length` symbols.

    Raises:
        DataError: a frame is not finite.
    """
    log_emission = log_emission_of(emission, batch)
    found, _ = best_words(loop, loop_emission_of(loop, log_emission), batch.lengths)
    rows = [torch.tensor([*words, loop.n_words][:max_length]) for words in found]
    lengths = torch.tensor([len(row) for row in rows])
    tokens = nn.utils.rnn.pad_sequence(rows, batch_first=True)
    return Generation(tokens.to(batch.lengths.device), lengths.to(batch.lengths.device))
