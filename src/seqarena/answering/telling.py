"""Answers in a terminal."""

import math
from collections.abc import Iterable, Sequence

from seqarena.answering.answers import (
    Answer,
    Choice,
    DensityAnswer,
    ItemAnswer,
    LabelAnswer,
    LinkAnswer,
    OutputAnswer,
    TagAnswer,
)
from seqarena.attribution.terminal import shown_text

_NATS_PER_BIT = math.log(2.0)
_MOST_PLACES = 12


def lines_of(answer: Answer) -> list[str]:
    """Return an answer in words and numbers; no text in it can move a cursor or change a colour."""
    match answer:
        case LabelAnswer():
            head = f"label {_text(answer.label)} (p = {answer.probability:.3f})"
            return [head, *_choices(answer.probabilities)]
        case TagAnswer():
            return ["tags:", *_tags(answer)]
        case OutputAnswer():
            return _output(answer)
        case LinkAnswer():
            return [
                f"{len(answer.links)} links (log p = {answer.log_prob:.3f} nats):",
                *_links(answer),
            ]
        case ItemAnswer():
            return ["likeliest items:", *_choices(answer.items)]
        case DensityAnswer():
            return _density(answer)


def unknown_lines(unknown: Sequence[int]) -> list[str]:
    """Return a line that names the steps which training never showed; none where there are none."""
    if not unknown:
        return []
    places = ", ".join(str(step + 1) for step in unknown[:_MOST_PLACES])
    more = " ..." if len(unknown) > _MOST_PLACES else ""
    return [f"{len(unknown)} symbols that training never showed: {places}{more}"]


def _choices(choices: Iterable[Choice]) -> list[str]:
    return [f"  {each.probability:.3f}  {_text(each.name)}" for each in choices]


def _tags(answer: TagAnswer) -> list[str]:
    pairs = zip(answer.tags, answer.probabilities, strict=True)
    return [
        f"  {step:>4}  {probability:.3f}  {_text(tag)}"
        for step, (tag, probability) in enumerate(pairs, start=1)
    ]


def _output(answer: OutputAnswer) -> list[str]:
    cut = "" if answer.is_ended else ", cut off before its end"
    lines = [f"writes {_text(answer.output)} (log p = {answer.log_prob:.3f} nats{cut})"]
    if answer.target_log_prob is not None:
        lines.append(f"target given: log p = {answer.target_log_prob:.3f} nats")
    for place, one in enumerate(answer.n_best or (), start=1):
        lines.append(
            f"  {place:>2}  score {one.score:.3f}  log p {one.log_prob:.3f}  {_text(one.output)}"
        )
    return lines


def _links(answer: LinkAnswer) -> list[str]:
    return [
        f"  {shown_text(link.source_symbol)}({link.source + 1}) - "
        f"{shown_text(link.target_symbol)}({link.target + 1})"
        for link in answer.links
    ]


def _density(answer: DensityAnswer) -> list[str]:
    nats = answer.log_prob / answer.n_steps
    lines = [
        f"log p = {answer.log_prob:.3f} nats; of a step {nats:.3f} nats "
        f"({-nats / _NATS_PER_BIT:.3f} bits)"
    ]
    if answer.next is not None:
        lines += ["next:", *_choices(answer.next)]
    if answer.continuation is not None and answer.continuation_log_prob is not None:
        told = f"log p = {answer.continuation_log_prob:.3f} nats"
        lines.append(f"goes on {_text(answer.continuation)} ({told})")
    return lines


def _text(text: str) -> str:
    """Return a text as it can stand in a terminal; spaces between visible characters stay."""
    return " ".join(map(shown_text, text.split(" "))) if text.strip() else shown_text(text)
