"""Transcripts of a split: what is refused about them, what they count, where their words start."""

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from seqarena.batch import Batch, Sequences, collate_all
from seqarena.errors import DataError
from seqarena.families.word_composition import Composition, Transcripts


def transcripts_of(batch: Batch, n_words: int) -> Transcripts:
    """Return what was said in each utterance of a batch.

    Raises:
        DataError: the batch has no target of tokens, or one with a word outside the vocabulary.
    """
    target = batch.target
    if target is None or target.tokens is None:
        raise DataError("the batch has no transcripts; a recogniser is judged against them.")
    unknown = target.mask & ((target.tokens < 0) | (target.tokens > n_words))
    for row, place in unknown.nonzero()[:1].tolist():
        word = int(target.tokens[row, place])
        raise _unknown_word(f"utterance {int(batch.rows[row])}", place, word, n_words)
    return Transcripts.of(target.tokens, target.mask, n_words)


def require_transcripts(
    train: Sequences, valid: Sequences, n_words: int, states_per_word: int
) -> None:
    """Raise unless every transcript can be learned from, and every word has something to learn.

    Raises:
        DataError: names the split, the utterance, and what is wrong with its transcript; or the
            word that no training transcript holds.
    """
    for split, sequences in (("train", train), ("valid", valid)):
        target = _target(sequences, split)
        for row, frames in enumerate(sequences.lengths.tolist()):
            where = f"{split} {_name(sequences, row)}"
            _require_transcript(where, target.sequence(row), frames, n_words, states_per_word)
    heard = np.unique(_target(train, "train").values)
    for word in np.setdiff1d(np.arange(n_words), heard)[:1]:
        raise DataError(
            f"word {word} of {n_words} is in no training transcript, so that its model has nothing "
            "to learn from; split the data anew, or take the word out of the vocabulary."
        )


def _require_transcript(
    where: str, target: np.ndarray, frames: int, n_words: int, states_per_word: int
) -> None:
    for place in np.flatnonzero((target < 0) | (target > n_words))[:1].tolist():
        raise _unknown_word(where, place, int(target[place]), n_words)
    said = int((target != n_words).sum())
    if said == 0:
        raise DataError(f"{where}: its transcript holds no word; drop it.")
    if frames < said * states_per_word:
        raise DataError(
            f"{where}: has {frames} frames, but its transcript of {said} words needs at least "
            f"{said * states_per_word} ({states_per_word} states a word); lower n_states, or drop "
            "the utterance."
        )


def count_bigrams(transcripts: Transcripts, n_words: int) -> Float[Tensor, "contexts nexts"]:
    """Count which word follows which; the last row is the begin, and the last column the end."""
    before, after, is_real = transcripts.pairs(n_words)
    flat = (before * (n_words + 1) + after)[is_real]
    counts = torch.bincount(flat, minlength=(n_words + 1) ** 2)
    return counts.double().view(n_words + 1, n_words + 1)


def smoothed_log_shares(
    counts: Float[Tensor, "contexts nexts"], extra: float
) -> Float[Tensor, "contexts nexts"]:
    """Return log p(next | before); begin to end is impossible: an utterance has a word."""
    smoothed = counts.double() + extra
    smoothed[-1, -1] = 0.0
    total = smoothed.sum(dim=1, keepdim=True)
    even = torch.full_like(smoothed, 1.0 / len(smoothed))
    return (smoothed / total.where(total > 0, 1.0)).where(total > 0, even).log()


def equal_parts_of(composition: Composition, train: Sequences) -> Int[Tensor, "steps"]:
    """Return the state of each step when every utterance is cut equally along its chain."""
    state, n_positions = composition.state.numpy(), composition.is_real.sum(dim=1).numpy()
    parts = [
        state[row, np.arange(length) * n_positions[row] // length]
        for row, length in enumerate(train.lengths)
    ]
    return torch.from_numpy(np.concatenate(parts))


def transcripts_of_all(train: Sequences, n_words: int) -> Transcripts:
    """Return the transcripts of a split that has them, padded to the longest."""
    target = collate_all(_target(train, "train"))
    return Transcripts.of(_tokens(target), target.mask, n_words)


def _target(sequences: Sequences, split: str) -> Sequences:
    if sequences.target is None or sequences.target.tokens is None:
        raise DataError(f"{split}: has no transcripts; a recogniser learns from them.")
    return sequences.target


def _tokens(target: Batch) -> Tensor:
    if target.tokens is None:
        raise DataError("transcripts hold frames; a recogniser writes words.")
    return target.tokens


def _name(sequences: Sequences, row: int) -> str:
    return f"utterance {row} ({sequences.ids[row]})" if sequences.ids else f"utterance {row}"


def _unknown_word(where: str, place: int, word: int, n_words: int) -> DataError:
    return DataError(
        f"{where}: word {place} of its transcript is {word}, outside the vocabulary "
        f"(0 to {n_words - 1}, and {n_words} for the end); map it to a known word, or drop the "
        "utterance."
    )
