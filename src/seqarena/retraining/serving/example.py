"""What a packaged model is shown to take: two examples of validation, as somebody gives them."""

from pathlib import Path
from typing import Any

import numpy as np

from seqarena.answering.fitted_task import FittedTask
from seqarena.answering.own_input import FRAMES, TARGET, TEXT, TOKENS
from seqarena.answering.writing import target_names, written_input
from seqarena.data.arrow_store import read_split
from seqarena.data.splits import Split
from seqarena.errors import DataError

_LONGEST = 64
"""Steps of a text that are shown; of densities alone, whose examples may be whole documents."""


def input_example(fitted: FittedTask, prepared: Path) -> list[dict[str, Any]]:
    """Return two rows: the shortest example of validation, and the next one that is longer."""
    valid = read_split(prepared, Split.VALID)
    order = np.argsort(valid.lengths, kind="stable")
    longer = order[valid.lengths[order] > valid.lengths[order[0]]]
    rows = [int(order[0]), int(longer[0] if len(longer) else order[-1])]
    of_density = fitted.manifest.schema.task_kind == "density"
    examples = []
    for row in dict.fromkeys(rows):
        values = valid.sequence(row)[: _LONGEST if of_density else None]
        example = _row(values, fitted)
        if fitted.manifest.schema.task_kind == "alignment" and valid.target is not None:
            names = target_names(valid.target.sequence(row).tolist(), fitted.manifest)
            example[TARGET] = " ".join(names)
        examples.append(example)
    return examples


def _row(values: np.ndarray, fitted: FittedTask) -> dict[str, Any]:
    if fitted.manifest.schema.input_kind == "frames":
        return {FRAMES: values.tolist()}
    text = written_input(values.tolist(), fitted.manifest)
    return {TEXT: text} if _reads_as(text, values, fitted) else {TOKENS: values.tolist()}


def _reads_as(text: str, values: np.ndarray, fitted: FittedTask) -> bool:
    """Tell whether a text is read as those symbols: unknown ones cannot be written, for example."""
    try:
        return np.array_equal(fitted.config.source.tokens_of(text, fitted.manifest), values)
    except DataError:
        return False
