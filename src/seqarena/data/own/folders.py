"""Folders of files whose subfolder is their label."""

from collections.abc import Sequence
from pathlib import Path

from seqarena.errors import DataError


def labelled_files(folder: Path, endings: Sequence[str]) -> tuple[list[tuple[Path, str]], int]:
    """Return the files below each subfolder with its name, in the order of their paths.

    Files with other endings, and those whose name begins with a dot, are passed over. A link may
    point to a place inside the folder, and to none outside.

    Returns:
        Files and labels, and how many files were passed over.

    Raises:
        DataError: the folder is missing or holds no such file, one of them stands in no subfolder,
            or one leads out of the folder.
    """
    try:
        root = folder.resolve(strict=True)
        found = sorted(file for file in folder.rglob("*") if not file.is_dir())
    except (OSError, ValueError) as error:
        raise DataError(
            f"{folder}: cannot be read ({error}); name a folder that has one subfolder for each "
            "label."
        ) from None
    kept: list[tuple[Path, str]] = []
    for file in found:
        if file.name.startswith(".") or file.suffix.lower() not in endings:
            continue
        _refuse_outside(file, root, folder)
        below = file.relative_to(folder).parts
        if len(below) == 1:
            raise DataError(
                f"{file}: stands in no subfolder, whose name would be its label; move it into one."
            )
        kept.append((file, below[0]))
    if not kept:
        raise DataError(
            f"{folder}: holds no file that ends in {' or '.join(endings)}; put some into one "
            "subfolder for each label."
        )
    return kept, len(found) - len(kept)


def _refuse_outside(file: Path, root: Path, folder: Path) -> None:
    try:
        target = file.resolve(strict=True)
    except (OSError, RuntimeError) as error:
        raise DataError(f"{file}: a link to nothing ({error}); remove it.") from None
    if not target.is_relative_to(root):
        raise DataError(
            f"{file}: a link to {target}, outside {folder}; copy the file into the folder."
        )
    if not target.is_file():
        raise DataError(f"{file}: is no regular file; remove it.")
