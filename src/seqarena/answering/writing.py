"""Symbols of a task's targets, from a text and back."""

from collections.abc import Iterable, Sequence

import numpy as np

from seqarena.data.encoding import encoded_subwords
from seqarena.data.manifest import Manifest
from seqarena.data.subwords import Subwords
from seqarena.errors import DataError


def end_of(manifest: Manifest) -> int:
    """Return the symbol that ends every target.

    Raises:
        DataError: the task has none.
    """
    end = manifest.schema.target_end
    if end is None:
        raise DataError(f"task {manifest.task!r} has no end symbol; prepare it again.")
    return end


def encoded_target(text: str, manifest: Manifest) -> np.ndarray:
    """Return the symbols of a target that somebody gives, with the end symbol.

    Symbols stand between white space; a target of characters may also be written as it is.

    Raises:
        DataError: it is empty, or the task writes no such symbol.
    """
    if manifest.tokeniser is not None:
        return np.append(encoded_subwords(text, manifest), end_of(manifest))
    names = manifest.target_symbols or ()
    words = text.split()
    is_spelled = manifest.schema.target_unit == "character" and not set(words) <= set(names)
    symbols: Sequence[str] = tuple(text) if is_spelled else words
    token = {name: index for index, name in enumerate(names)}
    unknown = [symbol for symbol in symbols if symbol not in token]
    if unknown or not symbols:
        raise DataError(
            f"--target {text!r}: task {manifest.task!r} does not write "
            f"{', '.join(map(repr, unknown[:12])) or 'nothing'}; give symbols of its targets."
        )
    found = np.array([token[symbol] for symbol in symbols], dtype=np.int64)
    return np.append(found, end_of(manifest))


def ended(tokens: np.ndarray, manifest: Manifest) -> np.ndarray:
    """Return the symbols of an output with its end, also where it was cut off before that."""
    end = end_of(manifest)
    return tokens if end in tokens else np.append(tokens, end)


def target_names(tokens: Iterable[int], manifest: Manifest) -> tuple[str, ...]:
    """Name the symbols of an output, its end symbol left out."""
    names, end = manifest.target_symbols, end_of(manifest)
    return tuple(_name(names, token) for token in tokens if token != end)


def symbol_names(tokens: Iterable[int], manifest: Manifest) -> tuple[str, ...]:
    """Name the symbols of an input."""
    return tuple(_name(manifest.symbols, token) for token in tokens)


def written(tokens: Iterable[int], manifest: Manifest) -> str:
    """Return an output as text: subwords joined, characters as they are, others with spaces."""
    end = end_of(manifest)
    inner = [token for token in tokens if token != end]
    if manifest.tokeniser is not None:
        return Subwords(manifest.tokeniser).write(inner)
    between = "" if manifest.schema.target_unit == "character" else " "
    return between.join(target_names(inner, manifest))


def written_input(tokens: Iterable[int], manifest: Manifest) -> str:
    """Return symbols of an input as text, as `written` does."""
    inner = list(tokens)
    if manifest.tokeniser is not None:
        return Subwords(manifest.tokeniser).write(inner)
    names = symbol_names(inner, manifest)
    is_spelled = all(len(name) == 1 for name in manifest.symbols or ("  ",))
    return ("" if is_spelled else " ").join(names)


def _name(names: tuple[str, ...] | None, token: int) -> str:
    return str(token) if names is None else names[token]
