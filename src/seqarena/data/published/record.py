"""What is known of a published data set: its files, where they come from, and under which terms."""

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal

from seqarena.data.manifest import Provenance
from seqarena.errors import DataError

Checked = Literal["bytes", "content", "members"]
"""What the checksum of a file is of: `bytes`, the file itself; `content`, what a gzip file holds;
`members`, the names and contents of an archive's files. The last two do not depend on the program
that compressed them."""


@dataclass(frozen=True)
class PublishedFile:
    """One file that a reader opens."""

    path: str
    """Below the data set's folder, in the mirror as among the fetched files."""
    sha256: str
    n_bytes: int
    """Size in the mirror [bytes]; of a file that is checked by content or members, about."""
    checked: Checked = "bytes"


@dataclass(frozen=True)
class WholeFile:
    """A URL that is one of the files, or what one of the gzip files holds."""

    url: str
    path: str
    compress: bool = False
    """Whether what comes is to be compressed to become the file."""

    @property
    def paths(self) -> tuple[str, ...]:
        """The files that come of it."""
        return (self.path,)

    @property
    def saved_as(self) -> str:
        """Where DVC puts what comes, below the data set's folder."""
        return self.path.removesuffix(".gz") if self.compress else self.path


@dataclass(frozen=True)
class ArchiveOfFiles:
    """A URL of an archive (tar or zip) that holds some of the files."""

    url: str
    members: tuple[tuple[str, str], ...]
    """Name in the archive, and the file that it becomes."""

    @property
    def paths(self) -> tuple[str, ...]:
        """The files that come of it."""
        return tuple(path for _, path in self.members)

    @property
    def saved_as(self) -> str:
        """Where DVC puts what comes, below the data set's folder."""
        return PurePosixPath(self.url).name


@dataclass(frozen=True)
class FolderOfArchive:
    """A URL of an archive of which one folder, packed again, is one of the files."""

    url: str
    folder: str
    """Beginning of the names that are taken, with its last slash; it is cut off."""
    path: str

    @property
    def paths(self) -> tuple[str, ...]:
        """The files that come of it."""
        return (self.path,)

    @property
    def saved_as(self) -> str:
        """Where DVC puts what comes, below the data set's folder."""
        return PurePosixPath(self.url).name


Download = WholeFile | ArchiveOfFiles | FolderOfArchive


@dataclass(frozen=True)
class Published:
    """A published data set. Nothing of it is part of seqarena."""

    name: str
    title: str
    task: str
    """What is asked of it, in a few words."""
    official: tuple[str, ...]
    """Official addresses; most are pages, not files."""
    folder: str
    """Its folder in a mirror."""
    files: tuple[PublishedFile, ...]
    size: str
    """How many examples, by split."""
    licence: str
    """As stated, or `unclear` with the reason."""
    citation: str
    protocol: str
    """How its published numbers were obtained: the split, and what is scored."""
    read_by: tuple[str, ...] = ()
    """Kinds of `source` in params.yaml that read it."""
    downloads: tuple[Download, ...] = ()
    """What `fetch` asks for; empty: no official address is a file."""
    origin: str = ""
    """Where the downloads come from, if that is not the official address."""
    by_hand: str = ""
    """How to get the files where there is no download."""

    @property
    def short_licence(self) -> str:
        """The licence up to its first `;`, comma or bracket."""
        return re.split(r"[;,]| \(", self.licence, maxsplit=1)[0]

    @property
    def n_bytes(self) -> int:
        """Size of all files [bytes]."""
        return sum(file.n_bytes for file in self.files)

    def file(self, path: str) -> PublishedFile:
        """Return the file of that name.

        Raises:
            DataError: there is none.
        """
        for file in self.files:
            if file.path == path:
                return file
        known = ", ".join(file.path for file in self.files)
        raise DataError(f"{self.name}: no file is named {path!r}; it has {known}.")

    def provenance(self, description: str, *paths: str) -> Provenance:
        """Return what a manifest says of data that came out of these files."""
        return Provenance(
            description=description,
            licence=self.licence,
            citation=self.citation,
            versions={path: _version(self.file(path)) for path in paths},
        )


def _version(file: PublishedFile) -> str:
    of = {"bytes": "sha256", "content": "sha256 of the content", "members": "sha256 of the members"}
    return f"{of[file.checked]} {file.sha256}"
