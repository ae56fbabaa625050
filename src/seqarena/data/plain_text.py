"""Text files, and the symbols that a text is made of: characters, or words."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from seqarena.errors import DataError

TextUnit = Literal["character", "word"]
"""What a symbol of a text is."""
DocumentUnit = Literal["file", "line"]
"""What a document is: that behind whose beginning nothing is known."""

Documents = Mapping[str, Sequence[str]]
"""The symbols of each document, by its name: a string is a sequence of characters."""

END_OF_LINE = "<eos>"
"""The word that ends a line, as in published word-level results."""


def read_plain_text(path: Path) -> str:
    """Return the text of a UTF-8 file, without a byte-order mark.

    Raises:
        DataError: it is missing, or not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise DataError(
            f"{path}: not found; a path is read from the folder of params.yaml."
        ) from None
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: not UTF-8 ({error}); convert it first.") from None


def lines_of(text: str) -> list[str]:
    """Return the lines of a text without their ends; a last end of line begins no further one."""
    return text.removesuffix("\n").split("\n")


def symbols_of_text(text: str, unit: TextUnit) -> Sequence[str]:
    """Return the characters of a text as they are, or its words, with an end after each line."""
    if unit == "character":
        return text
    return [word for line in lines_of(text) for word in (*line.split(), END_OF_LINE)]


def documents_of(name: str, text: str, unit: TextUnit, document: DocumentUnit) -> Documents:
    """Return a text as one document, or each of its lines that is not empty as one.

    A line keeps its end: the newline character, or the word `END_OF_LINE`.
    """
    if document == "file":
        return {name: symbols_of_text(text, unit)}
    return {
        f"{name}:{number}": symbols_of_text(f"{line}\n", unit)
        for number, line in enumerate(lines_of(text), start=1)
        if line.strip()
    }


def cut_by_shares(
    documents: Documents, valid_share: float, test_share: float
) -> tuple[Documents, Documents, Documents]:
    """Cut documents, laid end to end, into training, validation and test.

    The first `valid_share` of the symbols validates, the last `test_share` tests, and what is
    between them trains: so the text before the test stays in training. A document over which a cut
    falls is divided.
    """
    n_symbols = sum(map(len, documents.values()))
    n_valid, n_before_test = int(n_symbols * valid_share), int(n_symbols * (1 - test_share))
    return (
        _between(documents, n_valid, n_before_test),
        _between(documents, 0, n_valid),
        _between(documents, n_before_test, n_symbols),
    )


def _between(documents: Documents, first: int, end: int) -> Documents:
    """Return what stands between two places of documents that are laid end to end."""
    kept: dict[str, Sequence[str]] = {}
    at = 0
    for name, symbols in documents.items():
        piece = symbols[max(first - at, 0) : max(end - at, 0)]
        if piece:
            kept[name] = piece
        at += len(symbols)
    return kept
