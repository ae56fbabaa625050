"""Answers, one record for each kind of task; `as_json` makes what a server can send."""

import math
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from jaxtyping import Float
from torch import Tensor


@dataclass(frozen=True)
class Choice:
    """One of several things that could be said."""

    name: str
    probability: float


@dataclass(frozen=True)
class DensityAnswer:
    """How probable a sequence is, and what may follow it."""

    n_steps: int
    log_prob: float
    """Of the whole sequence [nats]; of frames a log-density."""
    step_log_prob: tuple[float, ...]
    """log p(x_t | x_1, ..., x_{t-1}) [nats]."""
    next: tuple[Choice, ...] | None = None
    """The likeliest next symbols; None: frames, or a family that does not say."""
    continuation: str | None = None
    """None: nobody asked."""
    continuation_log_prob: float | None = None
    """Of the continuation, given the sequence [nats]."""


@dataclass(frozen=True)
class LabelAnswer:
    """The label of a sequence."""

    label: str
    probability: float
    probabilities: tuple[Choice, ...]
    """Of the likeliest labels, the chosen one first."""


@dataclass(frozen=True)
class TagAnswer:
    """The tag of each step."""

    tags: tuple[str, ...]
    """What the family chooses, which need not be the likeliest tag of each step by itself."""
    probabilities: tuple[float, ...]
    """p(tag_t | x) of each chosen tag."""
    choices: tuple[tuple[Choice, ...], ...] | None = None
    """The likeliest tags of each step; None: one of each is enough."""


@dataclass(frozen=True)
class Written:
    """One of several outputs."""

    output: str
    symbols: tuple[str, ...]
    log_prob: float
    """log p(output | input), its end included [nats]."""
    score: float
    """What outputs are ordered by: `log_prob` over a factor of the length."""


@dataclass(frozen=True)
class OutputAnswer:
    """What a sequence is turned into."""

    output: str
    symbols: tuple[str, ...]
    log_prob: float
    """log p(output | input), its end included [nats]."""
    is_ended: bool
    """Whether the end came before the most symbols that any target of the task has."""
    n_best: tuple[Written, ...] | None = None
    """The best outputs, best first; None: only one was kept."""
    target_log_prob: float | None = None
    """log p(target | input) of a target that was given [nats]; None: there was none."""


@dataclass(frozen=True)
class Link:
    """Two steps that translate each other, from 0, and what stands there."""

    source: int
    target: int
    source_symbol: str
    target_symbol: str


@dataclass(frozen=True)
class LinkAnswer:
    """Which step of the input each step of the target comes from."""

    links: tuple[Link, ...]
    log_prob: float
    """log p(target | input) [nats]."""


@dataclass(frozen=True)
class ItemAnswer:
    """What is chosen next."""

    items: tuple[Choice, ...]
    """The likeliest items; a probability is among all items, those left out too."""


Answer = DensityAnswer | LabelAnswer | TagAnswer | OutputAnswer | LinkAnswer | ItemAnswer


@dataclass(frozen=True)
class ToldMap:
    """A native map of one example."""

    name: str
    kind: str
    first_row: int
    """Step of the first row: steps that have nothing to look at have no row."""
    values: list[list[list[float]]]
    """[head][row][column], shares from 0 to 1; a row is who looks."""


@dataclass(frozen=True)
class Attention:
    """Where a model looked in one example."""

    steps: tuple[str, ...] | None
    """The symbols of the input, as the maps count them; None: frames."""
    maps: tuple[ToldMap, ...]
    """None in it: the family has none."""


@dataclass(frozen=True)
class Told:
    """An answer, and what a caller should know beside it."""

    answer: Answer
    unknown: tuple[int, ...] = ()
    """Steps of the input that are the unknown symbol."""
    attention: Attention | None = None
    """None: nobody asked."""


def likeliest(
    log_prob: Float[Tensor, "choices"], names: tuple[str, ...], top_k: int
) -> tuple[Choice, ...]:
    """Return the `top_k` likeliest choices, in order; of equal ones the first comes first."""
    found, order = log_prob.double().sort(descending=True, stable=True)
    pairs = zip(order[:top_k].tolist(), found[:top_k].exp().tolist(), strict=True)
    return tuple(Choice(names[index], probability) for index, probability in pairs)


def as_json(told: Told) -> dict[str, Any]:
    """Return an answer as JSON holds it: without what nobody asked for, and null for infinities.

    JSON has no infinity: the log-probability of something impossible is null.
    """
    found: dict[str, Any] = _ready(told.answer)
    if told.unknown:
        found["unknown_steps"] = list(told.unknown)
    if told.attention is not None:
        found["attention"] = _ready(told.attention)
    return found


def _ready(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, list | tuple):
        return [_ready(each) for each in value]
    if is_dataclass(value):
        named = {field.name: getattr(value, field.name) for field in fields(value)}
        return {name: _ready(each) for name, each in named.items() if each is not None}
    return value
