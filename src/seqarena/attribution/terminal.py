"""A map in a terminal: a block for each step, and the steps that count most in words."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

_BLOCKS = " ▁▂▃▄▅▆▇█"
_SYMBOLS = {" ": "␣", "\n": "↵", "\r": "⏎", "\t": "⇥"}
_LONGEST_LABEL = 12
_MAX_ROWS = 40
_N_TOP = 3
_BESIDE_BLOCKS = 44
"""Characters of a line that are no blocks: number, label, and the steps in words."""


@dataclass(frozen=True)
class PrintedMap:
    """One matrix, and what its sides are called."""

    title: str
    unit: str
    values: Float[np.ndarray, "row column"]
    """From 0 up; NaN: nothing is known."""
    rows: Sequence[str]
    columns: Sequence[str]
    first_row: int = 0
    """Number of the first row, from 0."""


def print_map(one: PrintedMap, width: int = 100) -> list[str]:
    """Return the lines of a map, none wider than `width` where labels allow it.

    Each line is an output; its blocks are the steps of the input from left to right, a full block
    the largest value of the map; behind them stand the steps with the largest values. Where there
    are more steps than room, a block is the largest of several. No character of a text can move
    the cursor or change a colour.
    """
    known = np.nan_to_num(one.values.astype(np.float64))
    largest = float(known.max(initial=0.0))
    room = max(8, width - _BESIDE_BLOCKS)
    per_block = max(1, -(-known.shape[1] // room))
    several = f", each of {per_block} steps" if per_block > 1 else ""
    head = f"{one.title} [{one.unit}], █ = {_number(largest)}{several}"
    if not known.size or largest <= 0:
        return [f"{one.title} [{one.unit}]: nothing; no step makes a difference"]
    lines = [
        _line(row, known[row], one, largest, per_block) for row in range(min(len(known), _MAX_ROWS))
    ]
    if len(known) > _MAX_ROWS:
        lines.append(f"... and {len(known) - _MAX_ROWS} more rows; --out writes a page with all.")
    return [head, *lines]


def shown_text(text: str) -> str:
    """Return a text that can do nothing to a terminal: control characters as code points."""
    return "".join(_SYMBOLS.get(each) or _visible(each) for each in text)


def _line(row: int, values: np.ndarray, one: PrintedMap, largest: float, per_block: int) -> str:
    number = one.first_row + row + 1
    label = _padded(shown_text(one.rows[row]) if row < len(one.rows) else "")
    return f"{number:>4} {label} │{_blocks(values, largest, per_block)}│ {_top(values, one)}"


def _blocks(values: np.ndarray, largest: float, per_block: int) -> str:
    n_blocks = -(-len(values) // per_block)
    padded = np.pad(values, (0, n_blocks * per_block - len(values)))
    level = padded.reshape(n_blocks, per_block).max(axis=1) / largest * (len(_BLOCKS) - 1)
    # A value that is there at all is seen.
    steps = np.where(level > 0, np.ceil(level - 1e-9), 0).astype(int)
    return "".join(_BLOCKS[step] for step in steps)


def _top(values: np.ndarray, one: PrintedMap) -> str:
    order = np.argsort(-values, kind="stable")[:_N_TOP]
    return ", ".join(
        f"{_cut(shown_text(one.columns[step]))}({step + 1}) {_number(float(values[step]))}"
        for step in order
        if values[step] > 0
    )


def _number(value: float) -> str:
    return f"{value:.3f}" if value >= 0.001 or value == 0 else f"{value:.0e}"


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_LABEL else f"{text[: _LONGEST_LABEL - 1]}…"


def _padded(text: str) -> str:
    """Fill up to one width; a wide character takes two places."""
    cut = _cut(text)
    wide = sum(unicodedata.east_asian_width(each) in "WF" for each in cut)
    return cut + " " * max(0, _LONGEST_LABEL - len(cut) - wide)


def _visible(character: str) -> str:
    category = unicodedata.category(character)
    is_hidden = category.startswith("C") or category in ("Zs", "Zl", "Zp")
    return f"U+{ord(character):04X}" if is_hidden else character
