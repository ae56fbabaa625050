"""A user's own files: a glance at each, and a checksum of those of a task."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from seqarena.data.file_hash import path_sha256
from seqarena.errors import ConfigError
from seqarena.experiment.suite import Suite

NOTHING = "none"
"""Checksum of a task without a file of the user's own."""


def refuse_broken_files(suite: Suite) -> None:
    """Refuse files of the user's own that a glance finds to be unusable; most are only opened.

    Raises:
        ConfigError: with a line for each mistake in any of them.
    """
    mistakes = [
        f"tasks.{name}.source: {mistake}"
        for name, task in suite.tasks.items()
        for mistake in task.source.mistakes_in_files()
    ]
    if mistakes:
        raise ConfigError(mistakes)


def files_digest(paths: Iterable[Path]) -> str:
    """Return one hash over files, and over all files in folders; `NOTHING` if there are none.

    A path at which nothing is makes another hash than an empty file: `prepare` will refuse it.
    """
    given = list(paths)
    if not given:
        return NOTHING
    digest = hashlib.sha256()
    for path in given:
        content = path_sha256(path) or "nothing"
        digest.update(f"{path}\0{content}\n".encode(errors="surrogateescape"))
    return digest.hexdigest()
