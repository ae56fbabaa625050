"""Small recognisers with given parameters, and utterances of words that can be told apart."""

from itertools import product

import numpy as np
import torch

from seqarena.batch import Sequences, sequences_of
from seqarena.families.word_recogniser import WordRecogniser
from seqarena.families.word_recogniser_config import WordRecogniserConfig

N_WORDS = 3
END = N_WORDS


def a_recogniser(n_words=N_WORDS, dim=2, **knobs) -> WordRecogniser:
    settings = {"n_states": 2, "silence_states": 1, "n_components": 2} | knobs
    config = WordRecogniserConfig(kind="word_recogniser", **settings)
    return WordRecogniser(config, dim, n_words)


def random_recogniser(seed=0, **knobs) -> WordRecogniser:
    """A fitted recogniser whose every number was drawn."""
    model = a_recogniser(**knobs)
    draw = torch.Generator().manual_seed(seed)

    def shares(*shape):
        weights = 0.1 + torch.rand(shape, generator=draw, dtype=torch.float64)
        return (weights / weights.sum(dim=-1, keepdim=True)).log()

    model.log_stay.copy_(shares(len(model.log_stay), 2)[:, 0])
    model.log_leave.copy_(model.log_stay.exp().neg().log1p())
    if model.config.silence_states:
        model.log_silence.copy_(shares(2))
    bigram = shares(*model.log_bigram.shape).exp()
    bigram[-1, -1] = 0.0
    model.log_bigram.copy_((bigram / bigram.sum(dim=1, keepdim=True)).log())
    gaussians = model.emission.components
    gaussians.mean.copy_(torch.randn(gaussians.mean.shape, generator=draw, dtype=torch.float64))
    by_state = (*model.emission.log_weight.shape, gaussians.mean.shape[1])
    gaussians.covariance.copy_((shares(*by_state).exp() + 0.5).view_as(gaussians.mean))
    model.emission.log_weight.copy_(shares(*model.emission.log_weight.shape))
    model.fitted.fill_(True)
    return model


def utterances(frames: list[np.ndarray], said: list[list[int]], end=END) -> Sequences:
    target = sequences_of([np.array([*words, end], dtype=np.int64) for words in said])
    return sequences_of(frames, target=target)


def spoken(n=40, seed=0, n_words=N_WORDS, with_silence=True, most=4) -> Sequences:
    """Word w moves from (w, 0) to (w, 4) in four to seven frames; silence lies at (-4, -4)."""
    draw = np.random.default_rng(seed)
    frames, said = [], []
    for _ in range(n):
        words = draw.integers(0, n_words, draw.integers(1, most + 1)).tolist()
        parts = []
        for word in words:
            if with_silence and draw.random() < 0.5:
                parts.append(np.full((draw.integers(1, 4), 2), -4.0))
            length = int(draw.integers(4, 8))
            parts.append(np.stack([np.full(length, 3.0 * word), np.linspace(0, 4, length)], axis=1))
        joined = np.concatenate(parts)
        frames.append(joined + 0.5 * draw.normal(size=joined.shape))
        said.append(words)
    return utterances(frames, said, end=n_words)


def every_transcript(n_words: int, most: int) -> list[list[int]]:
    return [list(said) for n in range(1, most + 1) for said in product(range(n_words), repeat=n)]
