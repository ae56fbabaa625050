"""Examples of one data version, numbered as another: so that both models answer the same questions.

Every version numbers the symbols, labels and tags that its own training has. What the other version
does not know becomes its unknown symbol, where it has one; what it cannot say at all is refused.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from jaxtyping import Int

from seqarena.data.alphabet import UNKNOWN
from seqarena.data.manifest import Manifest
from seqarena.data.part import Part
from seqarena.errors import DataError

Names = tuple[str, ...] | None


def translated(part: Part, of: Manifest, to: Manifest) -> Part:
    """Return the examples as a model of another data version reads them.

    Args:
        part: examples.
        of: the data version whose numbers they have.
        to: the one whose numbers they get.

    Raises:
        DataError: the versions differ in more than their alphabets and names.
    """
    _refuse_other_kinds(part, of, to)
    sequences = part.sequences
    symbols = _renumbering("symbol", of.symbols, to.symbols, to.schema.n_symbols)
    targets = _renumbering(
        "target symbol", of.target_symbols, to.target_symbols, to.schema.n_target_symbols
    )
    labels = _renumbering("label", of.class_names, to.class_names, to.schema.n_classes)
    tags = _renumbering("tag", of.tag_names, to.tag_names, to.schema.n_tags)
    target = sequences.target
    renumbered = replace(
        sequences,
        tokens=_mapped(symbols, sequences.tokens),
        labels=_mapped(labels, sequences.labels),
        tags=_mapped(tags, sequences.tags),
        target=target and replace(target, tokens=_mapped(targets, target.tokens)),
    )
    return replace(part, sequences=renumbered)


def _refuse_other_kinds(part: Part, of: Manifest, to: Manifest) -> None:
    if (of.schema.task_kind, of.schema.dim) != (to.schema.task_kind, to.schema.dim):
        raise DataError(
            f"{of.task}: the data versions differ in kind ({of.schema.task_kind}, frames of "
            f"{of.schema.dim}; {to.schema.task_kind}, frames of {to.schema.dim}); no model answers "
            "both. Retrain under another name."
        )
    if of.tokeniser != to.tokeniser:
        raise DataError(
            f"{of.task}: the data versions cut texts into other subwords, so that their steps "
            "cannot be compared; keep the tokeniser, or retrain under another name."
        )
    if part.candidates is not None and of.symbols != to.symbols:
        raise DataError(
            f"{of.task}: the data versions have other items, so that each model ranks among "
            "others; keep the catalogue of items, or retrain under another name."
        )


def _renumbering(
    what: str, of: Names, to: Names, n_names: int | None
) -> Callable[[Int[np.ndarray, "_"]], Int[np.ndarray, "_"]]:
    """Return the change of numbers; numbers without names stay, where both have as many."""
    if of == to:
        return lambda numbers: _refuse_beyond(what, numbers, n_names)
    if of is None or to is None:
        raise DataError(f"only one of two data versions names its {what}s; prepare both anew.")
    number = {name: at for at, name in enumerate(to)}
    table = np.array([number.get(name, number.get(UNKNOWN, -1)) for name in of], dtype=np.int64)

    def renumber(numbers: Int[np.ndarray, "_"]) -> Int[np.ndarray, "_"]:
        found: np.ndarray = table[numbers]
        if (found < 0).any():
            name = of[int(numbers[int((found < 0).argmax())])]
            raise DataError(
                f"{what} {name!r} is not known to the other data version, which has no unknown "
                f"{what} to read it as; the models cannot be compared on such examples."
            )
        return found

    return renumber


def _refuse_beyond(
    what: str, numbers: Int[np.ndarray, "_"], n_names: int | None
) -> Int[np.ndarray, "_"]:
    if n_names is not None and len(numbers) and int(numbers.max()) >= n_names:
        raise DataError(
            f"{what} {int(numbers.max())} is not among the {n_names} of the other data version; "
            "the models cannot be compared on such examples."
        )
    return numbers


def _mapped(
    renumber: Callable[[Int[np.ndarray, "_"]], Int[np.ndarray, "_"]],
    numbers: Int[np.ndarray, "_"] | None,
) -> Int[np.ndarray, "_"] | None:
    return None if numbers is None else renumber(numbers)
