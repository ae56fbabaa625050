"""A user's own files in a subfolder for each label: which there are, and who each is of."""

import re
from pathlib import Path
from typing import ClassVar, NamedTuple

from pydantic import field_validator

from seqarena.data.own.files_source import LabelledFilesConfig
from seqarena.data.own.folders import labelled_files
from seqarena.data.own.splitting import SplitRule
from seqarena.data.own.text import complaints
from seqarena.data.splits import Split
from seqarena.errors import DataError


class LabelledFile(NamedTuple):
    """A file, and what its path says."""

    path: Path
    name: str
    """Path below the folder of its split."""
    label: str
    group: str | None


class LabelledFoldersConfig(LabelledFilesConfig):
    """A folder for all or one for each split, with a subfolder for each label."""

    endings: ClassVar[tuple[str, ...]]
    """Files with others are passed over."""
    group_pattern: str | None = None
    """Regular expression that is sought in a file's path below its folder; its one part in
    parentheses names who or what the file is of (a speaker, say), and no group stands in two
    splits."""

    @field_validator("group_pattern")
    @classmethod
    def _has_one_part(cls, pattern: str | None) -> str | None:
        if pattern is None:
            return None
        try:
            n_parts = re.compile(pattern).groups
        except re.error as error:
            raise ValueError(f"{pattern!r} is no regular expression: {error}.") from None
        if n_parts != 1:
            raise ValueError(
                f"{pattern!r} has {n_parts} parts in parentheses, expected one, the group's name, "
                "like '_([a-z]+)_'; further ones begin with '?:'."
            )
        return pattern

    @property
    def rule(self) -> SplitRule:
        """What decides in which split a file stands."""
        inherited = super().rule
        return "group" if self.group_pattern and inherited == "hash" else inherited

    def mistakes_in_files(self) -> list[str]:
        """Return what is wrong with the names of files and folders; no file is opened."""
        return complaints(self._files_in, self.own_paths)

    def files(self) -> tuple[dict[Split, list[LabelledFile]], int]:
        """Return the files of each split that has a folder, and how many were passed over.

        Raises:
            DataError: as `labelled_files`, or a file's path does not say its group.
        """
        found = {split: self._files_in(folder) for split, folder in self.paths().items()}
        own = {split: files for split, (files, _) in found.items()}
        return own, sum(n_others for _, n_others in found.values())

    def _files_in(self, folder: Path) -> tuple[list[LabelledFile], int]:
        found, n_others = labelled_files(folder, self.endings)
        files = []
        for path, label in found:
            name = path.relative_to(folder).as_posix()
            files.append(LabelledFile(path, name, label, self._group_of(path, name)))
        return files, n_others

    def _group_of(self, path: Path, name: str) -> str | None:
        if self.group_pattern is None:
            return None
        match = re.search(self.group_pattern, name)
        if match is None or not match[1]:
            raise DataError(
                f"{path}: group_pattern {self.group_pattern!r} finds no group in {name!r}; name "
                "the file as the others are, or change the pattern."
            )
        return str(match[1])
