"""Utterances of several words, drawn and joined from recordings of one word each."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from seqarena.data.alignment import NOWHERE, alignment_of
from seqarena.data.part import Part
from seqarena.data.spectra import Hear
from seqarena.data.spectra import joined as joined_spectra
from seqarena.data.splits import Split
from seqarena.errors import DataError
from seqarena.sequences import sequences_of


@dataclass(frozen=True)
class Pool:
    """What the utterances of one split are made of."""

    by_voice: dict[str, dict[int, list[np.ndarray]]]
    """Recordings of each word by each speaker."""
    tells_voices: bool = True
    """Whether the speakers are known, so that no voice may stand in two splits."""


@dataclass(frozen=True)
class Joined:
    """One utterance."""

    frames: np.ndarray
    spans: Int[np.ndarray, "words 2"]
    """First frame and the frame after the last, of each word."""
    hear: Hear
    """Returns what the utterance sounds like."""


Join = Callable[[list[np.ndarray], np.random.Generator], Joined]
"""From recordings in their order to an utterance."""


@dataclass(frozen=True)
class JoinPlan:
    """How many utterances of how many words."""

    split: Split
    """The ids begin with its name."""
    n: int
    n_words: tuple[int, int]
    """Fewest and most words of an utterance."""
    words: tuple[str, ...]
    """The vocabulary."""


def joined_part(pool: Pool, plan: JoinPlan, join: Join, generator: np.random.Generator) -> Part:
    """Draw utterances: a speaker, a number of words, the words, and a recording of each, evenly.

    Those of training have no spectra: nobody is shown them.

    Raises:
        DataError: a speaker lacks a word.
    """
    frames, targets, spans, hear, ids, of_voice = [], [], [], [], [], []
    voices = sorted(pool.by_voice)
    for row in range(plan.n):
        voice = voices[generator.integers(len(voices))]
        n_words = generator.integers(plan.n_words[0], plan.n_words[1] + 1)
        said = generator.integers(0, len(plan.words), n_words)
        joined = join([_take(pool, plan, voice, int(word), generator) for word in said], generator)
        frames.append(joined.frames)
        hear.append(joined.hear)
        targets.append(np.append(said, len(plan.words)))
        spans.append(np.concatenate([joined.spans, [NOWHERE]]))
        ids.append(f"{plan.split.value}-{row}-{voice}")
        of_voice.append(voice)
    return Part(
        sequences_of(frames, target=sequences_of(targets), ids=tuple(ids)),
        alignment_of(spans),
        groups=tuple(of_voice) if pool.tells_voices else None,
        spectra=None if plan.split is Split.TRAIN else joined_spectra(each() for each in hear),
    )


def spans_of(words: list[np.ndarray]) -> Int[np.ndarray, "words 2"]:
    """Return where each word begins and ends, when one follows the other at once."""
    ends = np.cumsum([len(word) for word in words])
    return np.stack([np.append(0, ends[:-1]), ends], axis=1)


def _take(
    pool: Pool, plan: JoinPlan, voice: str, word: int, generator: np.random.Generator
) -> np.ndarray:
    takes = pool.by_voice[voice].get(word, [])
    if not takes:
        raise DataError(
            f"speaker {voice!r} has no recording of {plan.words[word]!r}; take another."
        )
    return takes[generator.integers(len(takes))]
