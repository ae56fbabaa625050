"""Sentence pairs small enough to try every alignment of, and the plainest way to add them up."""

import itertools
from dataclasses import dataclass

import numpy as np
import torch

from seqarena.batch import Sequences, collate_all, sequences_of
from seqarena.families.aligner import Aligner
from seqarena.families.aligner_config import AlignerConfig
from seqarena.inference.alignment_pairs import Side, word_pairs
from seqarena.schema import DataSchema

MAX_JUMP = 2


@dataclass(frozen=True)
class Enumerated:
    """What all alignments of one pair say together."""

    log_prob: float
    link_probs: np.ndarray
    """(target, 1 + source): column 0 is the empty word."""
    moves: dict[tuple[int, int], float]
    """Expected moves from a row (0: none yet; i: source word i) to a source word (from 0)."""


def weight(jumps, row, to):
    """The weight of a move, straight from the definition of the classes."""
    if row == 0:
        return float(jumps[2 * MAX_JUMP + 1 + min(to, MAX_JUMP)])
    return float(jumps[MAX_JUMP + max(-MAX_JUMP, min(MAX_JUMP, to - (row - 1)))])


def diagonal_row(step, n_target, n_source):
    return int((step + 0.5) / n_target * n_source) + 1


def enumerate_links(model, t, jumps, p_null):
    """Add up all alignments of a pair: `t` is (target, 1 + source)."""
    n_target, n_source = t.shape[0], t.shape[1] - 1
    total, links, moves = 0.0, np.zeros_like(t), {}
    for choice in itertools.product(range(n_source + 1), repeat=n_target):
        probability, remembered, made = 1.0, 0, []
        for step, link in enumerate(choice):
            row = remembered if model == "hmm" else diagonal_row(step, n_target, n_source)
            if link == 0:
                probability *= p_null * t[step, 0]
                continue
            options = sum(weight(jumps, row, to) for to in range(n_source))
            probability *= (1 - p_null) * weight(jumps, row, link - 1) / options * t[step, link]
            made.append((row, link - 1))
            remembered = link
        total += probability
        for step, link in enumerate(choice):
            links[step, link] += probability
        for move in made:
            moves[move] = moves.get(move, 0.0) + probability
    return Enumerated(
        np.log(total), links / total, {move: value / total for move, value in moves.items()}
    )


def padded(rows):
    """A side of a batch from lists of words."""
    width = max(map(len, rows))
    words = torch.tensor([[*row, *[0] * (width - len(row))] for row in rows])
    mask = torch.tensor([[step < len(row) for step in range(width)] for row in rows])
    return Side(words, mask)


def pieces(source, target, empty_word):
    return list(word_pairs(padded(source), padded(target), empty_word))


def random_jumps(seed=0):
    draw = torch.Generator().manual_seed(seed)
    return torch.rand(3 * MAX_JUMP + 2, generator=draw, dtype=torch.float64) + 0.1


def sentences(*pairs, end) -> Sequences:
    """Pairs of lists of words; the end symbol is added to the targets."""
    target = sequences_of([np.array([*words, end]) for _, words in pairs])
    return sequences_of([np.array(words) for words, _ in pairs], target=target)


def random_pairs(n, n_source=4, n_target=5, seed=0, longest=4):
    draw = np.random.default_rng(seed)
    return [
        (
            draw.integers(0, n_source, draw.integers(1, longest + 1)).tolist(),
            draw.integers(0, n_target, draw.integers(1, longest + 1)).tolist(),
        )
        for _ in range(n)
    ]


def an_aligner(n_source=4, n_target=5, longest=8, **knobs) -> Aligner:
    """An aligner over so many words; the end symbol is the target symbol after them."""
    schema = DataSchema(
        "alignment",
        n_symbols=n_source,
        n_target_symbols=n_target + 1,
        target_end=n_target,
        max_length=longest,
        max_target_length=longest + 1,
    )
    return Aligner(AlignerConfig(kind="aligner", **knobs), schema)


def em(model: Aligner, train: Sequences, *stages: tuple[str, int]) -> list[list[float]]:
    """Run EM stage by stage without a trainer; return the objectives of each."""
    model.initialise(train)
    found = []
    for name, n_passes in stages:
        model.begin(name)
        objectives = []
        for _ in range(n_passes):
            counted = model.expect(collate_all(train))
            objectives.append(float(counted.log_likelihood) + model.log_prior())
            model.maximise(counted)
        found.append(objectives)
    return found


def links_of(model: Aligner, pairs: Sequences) -> list[list[tuple[int, int]]]:
    return [list(map(tuple, links.tolist())) for links in model.links(collate_all(pairs))]
