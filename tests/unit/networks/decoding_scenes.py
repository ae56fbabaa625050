"""Outputs by enumeration and by plain search, to hold against what the beam finds."""

from dataclasses import dataclass, replace
from itertools import product

import torch

from seqarena.batch import Batch
from seqarena.networks.generation import Stepper, kept_examples

END = 2
N_SYMBOLS = 3


class Prefixes(Stepper):
    """Gives every prefix of every example a distribution of its own, drawn from a seed."""

    def __init__(self, seed: int = 0, spread: float = 2.0) -> None:
        self.seed, self.spread = seed, spread
        self.n_rows: list[int] = []

    def begin(self, n_examples: int):
        return torch.arange(n_examples), torch.zeros(n_examples, 0, dtype=torch.int64)

    def advance(self, previous, memory):
        examples, read = memory
        self.n_rows.append(len(previous))
        read = torch.cat([read, previous[:, None]], dim=1)
        owners = examples.repeat_interleave(len(read) // len(examples)).tolist()
        logits = [
            self.logits(owner, tuple(row[1:]))
            for owner, row in zip(owners, read.tolist(), strict=True)
        ]
        return torch.stack(logits), (examples, read)

    def select(self, memory, rows):
        examples, read = memory
        kept = kept_examples(rows, len(read), len(examples))
        return examples if kept is None else examples[kept], read[rows.flatten()]

    def logits(self, example: int, prefix: tuple[int, ...]) -> torch.Tensor:
        code = hash((self.seed, example, *prefix)) % 2**40
        draws = torch.Generator().manual_seed(code)
        return self.spread * torch.randn(N_SYMBOLS, generator=draws, dtype=torch.float64)


@dataclass(frozen=True)
class Found:
    """An output of one example."""

    tokens: tuple[int, ...]
    log_prob: float
    score: float


def is_allowed(tokens: tuple[int, ...], end: int, decoding) -> bool:
    n = decoding.no_repeat_ngram
    runs = [tokens[i : i + n] for i in range(len(tokens) - n + 1)] if n else []
    ends_early = tokens[-1] == end and len(tokens) - 1 < decoding.min_length
    return len(set(runs)) == len(runs) and not ends_early


def scored(tokens: tuple[int, ...], log_prob: float, decoding) -> Found:
    return Found(tokens, log_prob, log_prob / ((5 + len(tokens)) / 6) ** decoding.length_penalty)


def every_output(max_length: int):
    """All outputs that end, and all that are cut."""
    for n in range(max_length):
        for words in product(range(END), repeat=n):
            yield (*words, END)
    yield from product(range(END), repeat=max_length)


def best_of_all(stepper: Prefixes, example: int, max_length: int, decoding) -> list[Found]:
    found = []
    for tokens in every_output(max_length):
        if is_allowed(tokens, END, decoding):
            steps = [
                stepper.logits(example, tokens[:i]).log_softmax(0)[symbol]
                for i, symbol in enumerate(tokens)
            ]
            found.append(scored(tokens, float(sum(steps)), decoding))
    return sorted(found, key=lambda each: -each.score)[: decoding.n_best]


def told(hypotheses, example: int) -> list[Found]:
    """What a search found for one example."""
    return [
        Found(tuple(tokens[:length].tolist()), float(log_prob), float(score))
        for tokens, length, log_prob, score in zip(
            hypotheses.tokens[example],
            hypotheses.lengths[example],
            hypotheses.log_prob[example],
            hypotheses.scores[example],
            strict=True,
        )
        if length
    ]


def example_of(batch: Batch, row: int) -> Batch:
    """One example of a batch, its own padding cut off."""
    n, one = int(batch.lengths[row]), slice(row, row + 1)
    return Batch(
        rows=batch.rows[one],
        lengths=batch.lengths[one],
        mask=batch.mask[one, :n],
        scored=batch.scored[one, :n],
        tokens=batch.tokens[one, :n],
    )


def reading(batch: Batch, outputs: list[tuple[int, ...]]) -> Batch:
    """One example as often as there are outputs (all as long), which are its targets."""
    tokens = torch.tensor(outputs)
    n, time = tokens.shape
    mask = torch.ones(n, time, dtype=torch.bool)
    target = Batch(
        rows=torch.zeros(n, dtype=torch.int64),
        lengths=torch.full((n,), time),
        mask=mask,
        scored=mask,
        tokens=tokens,
    )
    fields = ("rows", "lengths", "mask", "scored", "tokens")
    copies = {name: getattr(batch, name).repeat_interleave(n, dim=0) for name in fields}
    return replace(batch, **copies, target=target)


def search_plainly(model, example: Batch, max_length: int, decoding) -> list[Found]:
    """One example, no cache: every prefix is read again from its beginning at every step."""
    open_, finished = [((), 0.0)], []
    for n_written in range(1, max_length + 1):
        asked = reading(example, [(*tokens, 0) for tokens, _ in open_])
        steps = model.target_logits(asked)[:, -1].log_softmax(-1).tolist()
        candidates = [
            ((*tokens, symbol), log_prob + step)
            for (tokens, log_prob), line in zip(open_, steps, strict=True)
            for symbol, step in enumerate(line)
            if is_allowed((*tokens, symbol), model.end_symbol, decoding)
        ]
        best = sorted(candidates, key=lambda each: -each[1])[: decoding.beam]
        ends = [each for each in best if each[0][-1] == model.end_symbol or n_written == max_length]
        finished += [scored(*each, decoding) for each in ends]
        open_ = [each for each in best if each not in ends]
        if not open_:
            break
    return sorted(finished, key=lambda each: -each.score)[: decoding.n_best]
