"""Densities: how probable a sequence is, what comes next, and how it goes on."""

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from seqarena.answering.answers import DensityAnswer, likeliest
from seqarena.answering.wanted import Wanted
from seqarena.answering.writing import written_input
from seqarena.batch import Sequences, collate_all, sequences_of
from seqarena.data.manifest import Manifest
from seqarena.data.windows import Window, scoring_windows
from seqarena.errors import DataError
from seqarena.families.family import DensityFamily, RecommenderFamily
from seqarena.networks.sampling import Sampling, next_probs

LONGEST_TEXT = 100_000
"""Most steps of a text that is scored in windows."""


def longest_of(manifest: Manifest) -> int:
    """Return the most steps of an input; a text in windows may be far longer than one."""
    longest = manifest.schema.max_length
    return LONGEST_TEXT if _protocol(manifest) is not None else longest


def densities_of(
    family: DensityFamily, sequences: Sequences, manifest: Manifest, wanted: Wanted
) -> list[DensityAnswer]:
    """Score each sequence as the task scores its test, and continue it.

    A text that is longer than a window is cut into windows by the protocol of the task, so that
    each of its steps is scored once, with as much context as in the test.

    Raises:
        DataError: a continuation is wanted of frames, or of a family that does not say what is
            next.
    """
    steps = [_step_log_prob(family, values, manifest) for values in _each(sequences)]
    answers = [DensityAnswer(len(own), float(own.sum()), tuple(own.tolist())) for own in steps]
    if not isinstance(family, RecommenderFamily) or sequences.tokens is None:
        if wanted.n_steps:
            raise DataError(
                f"n_steps: {wanted.n_steps} came, and {type(family).__name__} does not say which "
                f"symbol is next on task {manifest.task!r}; leave it out."
            )
        return answers
    return [
        _with_next(answer, family, values, manifest, wanted)
        for answer, values in zip(answers, _each(sequences), strict=True)
    ]


def _each(sequences: Sequences) -> list[np.ndarray]:
    return [sequences.sequence(row) for row in range(len(sequences))]


def _step_log_prob(
    family: DensityFamily, values: np.ndarray, manifest: Manifest
) -> Float[Tensor, "time"]:
    """Return log p of each step [nats], in 64 bits."""
    windows = _windows(len(values), manifest)
    cut = sequences_of([values[each.start : each.end] for each in windows])
    found = family.step_log_prob(collate_all(cut)).double()
    return torch.cat(
        [
            own[each.scored_from : each.end - each.start]
            for own, each in zip(found, windows, strict=True)
        ]
    )


def _protocol(manifest: Manifest) -> tuple[int, int] | None:
    """Return window and stride of a task that is scored in windows of a text."""
    rules = manifest.protocol
    window, stride = rules.get("window"), rules.get("stride")
    if rules.get("context") != "blocks":
        return None
    return (window, stride) if isinstance(window, int) and isinstance(stride, int) else None


def _windows(length: int, manifest: Manifest) -> list[Window]:
    protocol = _protocol(manifest)
    return [Window(0, length, 0)] if protocol is None else scoring_windows(length, *protocol)


def _with_next(
    answer: DensityAnswer,
    family: RecommenderFamily,
    values: Int[np.ndarray, "time"],
    manifest: Manifest,
    wanted: Wanted,
) -> DensityAnswer:
    names = manifest.symbols or tuple(map(str, range(manifest.schema.n_symbols or 0)))
    log_prob = _next_log_prob(family, values, manifest)
    choices = likeliest(log_prob, names, wanted.top_k)
    said = (answer.n_steps, answer.log_prob, answer.step_log_prob, choices)
    if not wanted.n_steps:
        return DensityAnswer(*said)
    drawn, total = _drawn(family, values, manifest, wanted)
    return DensityAnswer(*said, written_input(drawn, manifest), total)


def _next_log_prob(
    family: RecommenderFamily, values: Int[np.ndarray, "time"], manifest: Manifest
) -> Float[Tensor, "symbols"]:
    """Return log p of the next symbol given the last steps, as many as a window has beside it."""
    schema = manifest.schema
    protocol = _protocol(manifest)
    most = schema.stream_window or (protocol[0] if protocol else schema.max_length)
    seen = values[-max(most - 1, 1) :]
    return family.next_log_prob(collate_all(sequences_of([seen])))[0]


def _drawn(
    family: RecommenderFamily, values: np.ndarray, manifest: Manifest, wanted: Wanted
) -> tuple[list[int], float]:
    """Draw symbols one after the other; return them, and log p of all under the model [nats]."""
    generator = torch.Generator().manual_seed(wanted.seed)
    sampling = Sampling(temperature=wanted.temperature)
    symbols: list[int] = []
    total = 0.0
    for _ in range(wanted.n_steps):
        read = np.append(values, np.array(symbols, dtype=np.int64))
        log_prob = _next_log_prob(family, read, manifest)
        probs = next_probs(log_prob[None], sampling)
        symbol = int(torch.multinomial(probs, 1, generator=generator))
        symbols.append(symbol)
        total += float(log_prob[symbol])
    return symbols, total
