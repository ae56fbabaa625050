"""Checksums of files and folders; a module that imports nothing heavy."""

import hashlib
from collections.abc import Callable
from pathlib import Path


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, as hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def path_sha256(path: Path, of_file: Callable[[Path], str] = file_sha256) -> str | None:
    """Return the SHA-256 of a file's bytes, or one over the names and bytes of a folder's files.

    That of a folder is of the lines that `sha256sum` prints of its files, in order of their paths
    below the folder; it stays the same where the folder is moved. None: nothing is there.

    Args:
        path: file or folder.
        of_file: returns the SHA-256 of a file's bytes, where somebody knows it without reading.
    """
    if path.is_dir():
        digest = hashlib.sha256()
        files = {file.relative_to(path).as_posix(): file for file in path.rglob("*")}
        for name in sorted(name for name, file in files.items() if file.is_file()):
            line = f"{of_file(files[name])}  {name}\n"
            digest.update(line.encode(errors="surrogateescape"))
        return digest.hexdigest()
    return of_file(path) if path.is_file() else None


def code_files(path: Path) -> list[Path]:
    """Return a file, or the files of a folder and all below it, without what Python leaves there.

    What `.dvcignore` hides from DVC is hidden here too.
    """
    if not path.is_dir():
        return [path]
    return [
        file
        for file in path.rglob("*")
        if file.is_file()
        and file.suffix != ".pyc"
        and not any(part == "__pycache__" or part.endswith(".egg-info") for part in file.parts)
    ]
