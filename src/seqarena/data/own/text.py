"""The text of a user's own file: UTF-8 without surprises, or an error that names the byte."""

import codecs
from collections.abc import Callable, Iterable
from pathlib import Path

from seqarena.errors import DataError

_OTHER_MARKS = {
    # The longer ones first: that of UTF-32 begins like that of UTF-16.
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}


def complaints(look: Callable[[Path], object], paths: Iterable[Path]) -> list[str]:
    """Return what is said of each path that is refused; one that is named twice counts once."""
    said = []
    for path in dict.fromkeys(paths):
        try:
            look(path)
        except DataError as error:
            said += str(error).splitlines()
    return said


def refuse_unreadable(path: Path) -> None:
    """Refuse a file or folder that is not there, may not be read, or holds nothing.

    Raises:
        DataError: says which.
    """
    try:
        if path.is_dir():
            is_empty = not any(path.iterdir())
        else:
            with path.open("rb") as file:
                is_empty = not file.read(1)
    except FileNotFoundError:
        raise _not_found(path) from None
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: cannot be read ({error}); a readable file is needed.") from None
    if is_empty:
        raise DataError(f"{path}: is empty; put data there, or name another path.")


def _not_found(path: Path) -> DataError:
    return DataError(f"{path}: not found; a path is read from the folder of params.yaml.")


def read_own_bytes(path: Path) -> bytes:
    """Return what a file holds.

    Raises:
        DataError: it is missing, is no file, may not be read, or is empty.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise _not_found(path) from None
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: cannot be read ({error}); a readable file is needed.") from None
    if not content.strip():
        raise DataError(f"{path}: is empty; put data there, or name another file.")
    return content


def read_own_text(path: Path) -> str:
    """Return the text of a UTF-8 file, without a byte-order mark at its beginning.

    Raises:
        DataError: as `read_own_bytes`; or it is not UTF-8, or holds a NUL byte, which no text does;
            names the line, and the byte from 0.
    """
    content = read_own_bytes(path)
    if content.startswith(b"PK\x03\x04"):
        raise DataError(
            f"{path}: is a ZIP archive, as spreadsheets (.xlsx, .ods) are; save the sheet as CSV "
            "in UTF-8, or unpack the archive."
        )
    for mark, name in _OTHER_MARKS.items():
        if content.startswith(mark):
            raise DataError(
                f"{path}: begins with the byte-order mark of {name}; save the file as UTF-8 (in "
                "Excel: CSV UTF-8)."
            )
    if (at := content.find(b"\0")) >= 0:
        raise DataError(
            f"{path}, line {_line_of(content, at)}: byte {at} is NUL, which no text holds; save "
            "the file as UTF-8 text, or repair it."
        )
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path}, line {_line_of(content, error.start)}: byte {error.start} "
            f"(0x{content[error.start]:02x}) is not UTF-8 ({error.reason}); save the file as UTF-8 "
            "(in Excel: CSV UTF-8)."
        ) from None
    return text.removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}")


def _line_of(content: bytes, at: int) -> int:
    return content.count(b"\n", 0, at) + 1
