"""Whole documents for a network that has no state to carry: windows that move along them.

In training the windows do not overlap, and each of their steps is scored. Otherwise a window begins
`stride` steps after the one before and all of it but its last `stride` steps is context, so that
each step of a document is scored once, given `window - stride` to `window - 1` steps before it.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from seqarena.batch import Batch, Sequences
from seqarena.data.windows import Window, scoring_windows, training_windows
from seqarena.networks.language_model import LanguageModel
from seqarena.networks.token_scores import tokens_of
from seqarena.schema import DataSchema

_WINDOWS_AT_ONCE = 256
_LOGITS_AT_ONCE = 2**24
"""Windows that are scored together, and logits of all their steps, at most: more take more memory,
and no less time."""


class Sliding(NamedTuple):
    """A window, and by how much it moves."""

    window: int
    """Steps of a window."""
    stride: int
    """Steps from the beginning of one to that of the next, when they are scored."""


def sliding_of(network: object, schema: DataSchema) -> Sliding | None:
    """Return through which windows a network reads; None if it reads its sequences as they are."""
    window = schema.stream_window
    if window is None or not isinstance(network, LanguageModel) or network.carries_state:
        return None
    return Sliding(window, schema.stream_stride or window)


def seen_at_once(schema: DataSchema) -> DataSchema:
    """Return the schema of what a network without a state gets to see: no more than a window."""
    if schema.stream_window is None:
        return schema
    return replace(schema, max_length=min(schema.max_length, schema.stream_window))


def windows_to_train(documents: Sequences, sliding: Sliding) -> Sequences:
    """Return documents in windows that do not overlap."""
    return _cut(documents, lambda length: training_windows(length, sliding.window))


def windows_to_score(documents: Sequences, sliding: Sliding) -> Sequences:
    """Return documents in windows of which each step is scored once."""
    return _cut(documents, lambda length: scoring_windows(length, *sliding))


def step_log_prob_by_windows(
    network: LanguageModel, batch: Batch, sliding: Sliding
) -> Float[Tensor, "batch time"]:
    """Return log p of each step given those before it in its window [nats]; 0 on padding."""
    steps = torch.zeros(batch.mask.shape, device=batch.mask.device)
    return _filled(steps, network.step_log_prob, network, batch, sliding)


def predictive_log_prob_by_windows(
    network: LanguageModel, batch: Batch, sliding: Sliding
) -> Float[Tensor, "batch time symbols"]:
    """Return log p of every symbol at each step, given those before it in its window [nats]."""
    n_symbols = network.inputs.embedding.num_embeddings
    steps = torch.zeros(*batch.mask.shape, n_symbols, device=batch.mask.device)
    return _filled(
        steps, lambda part: network.logits(part).log_softmax(dim=-1), network, batch, sliding
    )


def _filled(
    steps: Float[Tensor, "batch time *symbols"],
    answer: Callable[[Batch], Tensor],
    network: LanguageModel,
    batch: Batch,
    sliding: Sliding,
) -> Float[Tensor, "batch time *symbols"]:
    """Write into `steps` what is answered about each scored step of the windows; return it."""
    tokens = tokens_of(batch)
    cuts = [
        (row, each.start, each.scored_from)
        for row, length in enumerate(batch.lengths.tolist())
        for each in scoring_windows(length, *sliding)
    ]
    places = torch.tensor(cuts, device=tokens.device)
    per_window = sliding.window * network.inputs.embedding.num_embeddings
    n_at_once = max(min(_WINDOWS_AT_ONCE, _LOGITS_AT_ONCE // per_window), 1)
    for some in torch.split(places, n_at_once):
        part, rows, at = _windows_of(batch, some, sliding.window)
        scores = answer(part).to(steps.dtype)
        steps[rows[part.scored], at[part.scored]] = scores[part.scored]
    return steps


def _windows_of(
    batch: Batch, places: Int[Tensor, "windows 3"], window: int
) -> tuple[Batch, Int[Tensor, "windows time"], Int[Tensor, "windows time"]]:
    """Return windows as a batch, and the row and the step that each of their steps has in `batch`.

    Args:
        batch: of documents.
        places: row, first step, and first scored step of each window.
        window: most steps of a window.
    """
    first, scored_from = places[:, 1:2], places[:, 2:3]
    within = torch.arange(min(window, batch.mask.shape[1]), device=places.device)
    at = first + within
    rows = places[:, :1].expand_as(at)
    mask = at < batch.lengths[rows]
    at = at.where(mask, 0)
    part = Batch(
        rows=batch.rows[places[:, 0]],
        lengths=mask.sum(dim=1),
        mask=mask,
        scored=mask & (within >= scored_from),
        tokens=tokens_of(batch)[rows, at].where(mask, 0),
    )
    return part, rows, at


def _cut(documents: Sequences, windows: Callable[[int], list[Window]]) -> Sequences:
    places = [
        (int(first), each)
        for first, length in zip(documents.offsets, documents.lengths, strict=False)
        for each in windows(int(length))
    ]
    ends = np.cumsum([each.end - each.start for _, each in places])
    values = [documents.values[first + each.start : first + each.end] for first, each in places]
    return Sequences(
        offsets=np.concatenate([[0], ends]).astype(np.int64),
        tokens=np.concatenate(values),
        scored_from=np.array([each.scored_from for _, each in places], dtype=np.int64),
    )
