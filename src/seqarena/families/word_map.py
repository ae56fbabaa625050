"""Which frames each word of a transcript took."""

from jaxtyping import Bool, Float
from torch import Tensor

from seqarena.attention.maps import NativeMap
from seqarena.families.word_composition import Composition, Transcripts

# A target step with less than this of a frame in all has no row.
_LEAST_MASS = 1e-6


def word_map(
    composition: Composition,
    transcripts: Transcripts,
    position_probs: Float[Tensor, "batch time positions"],
    mask: Bool[Tensor, "batch time"],
) -> NativeMap:
    """Return the shares of each word's frames: row = target step, column = frame.

    A row is the posterior of being in that word at each frame, over its sum. The row of the end is
    the silence after the last word; silences before words are in no row.
    """
    is_end = composition.word == transcripts.n_words[:, None]
    taken = position_probs.where((~composition.is_silence | is_end)[:, None], 0.0)
    n_frames = position_probs.shape[1]
    n_rows = int(transcripts.n_words.max()) + 1
    rows = position_probs.new_zeros(len(position_probs), n_rows, n_frames)
    word = composition.word[:, :, None].expand(-1, -1, n_frames)
    rows = rows.scatter_add(1, word, taken.transpose(1, 2))
    mass = rows.sum(dim=2, keepdim=True)
    is_row = mass > _LEAST_MASS
    values = (rows / mass.where(is_row, 1.0)).where(is_row, 0.0).float()
    return NativeMap("decoder.cross", "posterior", values[:, None], is_row[:, :, 0], mask)
