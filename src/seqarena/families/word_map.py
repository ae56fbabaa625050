"""Which frames each word of a transcript took."""

from jaxtyping import Float
from torch import Tensor

from seqarena.attention.maps import NativeMap
from seqarena.batch import Batch
from seqarena.families.mixture_emission import MixtureEmission
from seqarena.families.word_composition import Composition, Transcripts, along_chains, compose
from seqarena.families.word_expectation import log_emission_of
from seqarena.inference.linear_chain import chain_posterior
from seqarena.inference.word_loop import WordLoop

# A target step with less than this of a frame in all has no row.
_LEAST_MASS = 1e-6


def word_map(
    loop: WordLoop, emission: MixtureEmission, batch: Batch, transcripts: Transcripts
) -> NativeMap:
    """Return the shares of each word's frames: row = target step, column = frame.

    A row is the posterior of being in that word at each frame, over its sum. The row of the end is
    the silence after the last word; silences before words are in no row.

    Raises:
        DataError: a frame is not finite.
    """
    composition = compose(loop, transcripts)
    along = along_chains(composition, log_emission_of(emission, batch))
    probs = chain_posterior(composition.chain, along, batch.lengths).position_probs
    rows = _taken(composition, transcripts, probs)
    mass = rows.sum(dim=2, keepdim=True)
    is_row = mass > _LEAST_MASS
    values = (rows / mass.where(is_row, 1.0)).where(is_row, 0.0).float()
    return NativeMap("decoder.cross", "posterior", values[:, None], is_row[:, :, 0], batch.mask)


def _taken(
    composition: Composition,
    transcripts: Transcripts,
    position_probs: Float[Tensor, "batch time positions"],
) -> Float[Tensor, "batch words_plus_1 time"]:
    """Return how probable it is that each word has each frame."""
    is_end = composition.word == transcripts.n_words[:, None]
    taken = position_probs.where((~composition.is_silence | is_end)[:, None], 0.0)
    n_frames = position_probs.shape[1]
    n_rows = int(transcripts.n_words.max()) + 1
    rows = position_probs.new_zeros(len(position_probs), n_rows, n_frames)
    word = composition.word[:, :, None].expand(-1, -1, n_frames)
    return rows.scatter_add(1, word, taken.transpose(1, 2))
