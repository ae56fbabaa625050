"""A long text under one context protocol for every family: in blocks, or as a stream.

In blocks a training window stands alone, and each of its characters is scored. In validation and
test each window begins `stride` characters after the one before; all of it but the last `stride`
characters is context, already scored by earlier windows. So every character is scored exactly once,
with between `window - stride` and `window - 1` characters of its document before it (fewer only at
the beginning of a document). A model that could use more context has none to use, and a model that
needs less loses nothing: the count model and the network see the same.

As a stream each document is one sequence, in training, validation and test, and every character of
it is scored with all of the document before it, as far as a family can look. A family that counts
reads it at once; a recurrent network is trained on pieces of `window` characters, each read from
the state after the one before; a network without a state to carry sees windows of the document, as
of blocks. The characters that are scored are the same for all of them, and as in blocks.
"""

from dataclasses import dataclass
from typing import Literal

ContextProtocol = Literal["blocks", "stream"]
"""What stands before a step that is scored: a stretch of its document, or all of it."""


@dataclass(frozen=True)
class Window:
    """The steps `start` to `end` of a document, scored from step `start + scored_from` on."""

    start: int
    end: int
    scored_from: int


def whole_document(length: int) -> list[Window]:
    """Return a document of `length` steps as one window: a stream."""
    return [Window(0, length, 0)]


def training_windows(length: int, window: int) -> list[Window]:
    """Cut a document of `length` steps into windows that do not overlap."""
    return [Window(at, min(at + window, length), 0) for at in range(0, length, window)]


def scoring_windows(length: int, window: int, stride: int) -> list[Window]:
    """Cut a document into overlapping windows that score each of its steps exactly once."""
    # The last window is the first that reaches the end.
    n_windows = 1 + max(0, -(-(length - window) // stride))
    starts = range(0, n_windows * stride, stride)
    return [
        Window(start, min(start + window, length), window - stride if start else 0)
        for start in starts
    ]


def describe_context(
    context: ContextProtocol, window: int, stride: int, unit: str, document: str
) -> dict[str, str | int]:
    """Say in a manifest what is context, in the task's own words for a step and a document."""
    if context == "stream":
        return {
            "context": context,
            "window": window,
            "stride": stride,
            "scored": f"every {unit} exactly once, with all of its {document} before it as context;"
            f" in training, gradients go back through {window} {unit}s at most; a network that has "
            f"no state to carry sees {window - stride} to {window - 1} {unit}s before one",
        }
    return {
        "context": context,
        "window": window,
        "stride": stride,
        "scored": f"validation and test: every {unit} exactly once, with between {window - stride} "
        f"and {window - 1} {unit}s of its {document} as context (fewer only at a {document}'s "
        f"beginning); training: every {unit}, in windows that do not overlap",
    }
