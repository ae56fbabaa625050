"""A long text in windows, under one context protocol for every family.

A training window stands alone, and each of its characters is scored. In validation and test each
window begins `stride` characters after the one before; all of it but the last `stride` characters
is context, already scored by earlier windows. So every character is scored exactly once, with
between `window - stride` and `window - 1` characters of its document before it (fewer only at the
beginning of a document). A model that could use more context has none to use, and a model that
needs less loses nothing: the count model and the network see the same.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Window:
    """The steps `start` to `end` of a document, scored from step `start + scored_from` on."""

    start: int
    end: int
    scored_from: int


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
