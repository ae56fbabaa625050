"""Fetching a published data set as DVC does it, so that `dvc update` sees a changed source.

DVC's command is run, not imported: a stage that only reads data does not load it. Every file is
compared with what was published before it is put where readers look.
"""

import gzip
import io
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import assert_never
from urllib.parse import urlsplit

from seqarena.data.published.archives import read_members
from seqarena.data.published.checkout import checkout
from seqarena.data.published.checksums import refuse_another
from seqarena.data.published.network import unreachable
from seqarena.data.published.places import VARIABLE, fetched_folder
from seqarena.data.published.record import (
    ArchiveOfFiles,
    Download,
    FolderOfArchive,
    Published,
    WholeFile,
)
from seqarena.errors import DataError

_UNPACKING = ".unpacking"


def missing_downloads(published: Published) -> list[Download]:
    """Return what is still to be fetched: a download of which no file is missing or altered is not.

    Raises:
        DataError: no official address of the data set is a file.
    """
    if not published.downloads:
        raise DataError(
            f"{published.name}: no official address is a file that could be fetched "
            f"({' ; '.join(published.official)}). {published.by_hand} Put the files into "
            f"{fetched_folder(published)}, or into {published.folder} of a mirror."
        )
    return [each for each in published.downloads if not _is_here(published, each)]


def fetch(published: Published, download: Download) -> None:
    """Download, compare and put in place; nothing is left of a download that is refused.

    Raises:
        DataError: its host cannot be reached, DVC could not download it, or it is truncated,
            altered, or no archive that could be unpacked safely.
    """
    folder = fetched_folder(published)
    saved = folder / download.saved_as
    saved.parent.mkdir(parents=True, exist_ok=True)
    unpacking = folder / _UNPACKING
    # What a killed process has left.
    shutil.rmtree(unpacking, ignore_errors=True)
    with ExitStack() as undone:
        undone.callback(_forget, saved, folder)
        undone.callback(shutil.rmtree, unpacking, ignore_errors=True)
        _import(published, download.url, saved)
        for path, content in _files(download, saved):
            made = unpacking / path
            made.parent.mkdir(parents=True, exist_ok=True)
            made.write_bytes(content)
        _check_and_place(published, download, unpacking)
        undone.pop_all()
    shutil.rmtree(unpacking, ignore_errors=True)


def _is_here(published: Published, download: Download) -> bool:
    for path in download.paths:
        place = fetched_folder(published) / path
        if not place.is_file():
            return False
        try:
            refuse_another(place, published.file(path))
        except DataError:
            return False
    return True


def _import(published: Published, url: str, saved: Path) -> None:
    out = saved.relative_to(checkout())
    command = [sys.executable, "-m", "dvc", "import-url", "--force", url, str(out)]
    done = subprocess.run(command, cwd=checkout(), capture_output=True, text=True, check=False)
    if done.returncode != 0 or not saved.is_file():
        errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR: ")]
        if why := unreachable(url):
            raise DataError(
                f"{published.name}: {urlsplit(url).hostname} cannot be reached ({why}). Is there a "
                "network? Try again when there is (HTTPS_PROXY names a proxy), or put the files "
                f"into {published.folder} of a mirror ({VARIABLE})."
            )
        said = " ".join(errors) or f"it ended with {done.returncode}: {done.stderr.strip()}"
        raise DataError(
            f"{published.name}: DVC could not fetch {url}: {said}. Try again, or put the files "
            f"into {published.folder} of a mirror."
        )


def _files(download: Download, saved: Path) -> Iterator[tuple[str, bytes]]:
    """Yield each file that is to be made of a download, and what is in it."""
    match download:
        case WholeFile(path=path, compress=True):
            yield path, gzip.compress(saved.read_bytes(), mtime=0)
        case WholeFile():
            pass
        case ArchiveOfFiles(members=members):
            yield from _chosen(saved, dict(members))
        case FolderOfArchive(folder=folder, path=path):
            yield path, _packed(saved, folder)
        case _:
            assert_never(download)


def _chosen(archive: Path, files: dict[str, str]) -> Iterator[tuple[str, bytes]]:
    """Yield the members that become files; `./` before a name says nothing."""
    wanted = {name.removeprefix("./"): path for name, path in files.items()}
    found = set()
    for name, content in read_members(archive, lambda name: name.removeprefix("./") in wanted):
        found.add(name.removeprefix("./"))
        yield wanted[name.removeprefix("./")], content
    for name in sorted(wanted.keys() - found):
        raise DataError(f"{archive}: has no member {name!r}; its source has changed.")


def _packed(archive: Path, folder: str) -> bytes:
    """Pack the files of a folder again, by name, without times or owners: always the same bytes."""
    members = dict(read_members(archive, lambda name: name.startswith(folder)))
    if not members:
        raise DataError(f"{archive}: has no member below {folder!r}; its source has changed.")
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as out:
        for name in sorted(members):
            info = tarfile.TarInfo(name.removeprefix(folder))
            info.size = len(members[name])
            out.addfile(info, io.BytesIO(members[name]))
    return gzip.compress(packed.getvalue(), mtime=0)


def _check_and_place(published: Published, download: Download, unpacking: Path) -> None:
    folder = fetched_folder(published)
    made = [path for path in download.paths if (unpacking / path).is_file()]
    for path in download.paths:
        # A file that came as it is lies in its place already.
        refuse_another((unpacking if path in made else folder) / path, published.file(path))
    for path in made:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (unpacking / path).replace(folder / path)


def _forget(saved: Path, folder: Path) -> None:
    """Delete what came, DVC's note of it, and what is then empty, up to the folder `data`."""
    for path in (saved, saved.with_name(f"{saved.name}.dvc")):
        path.unlink(missing_ok=True)
    for empty in (saved.parent, *saved.parent.parents):
        if not empty.is_relative_to(folder.parent.parent) or any(empty.iterdir()):
            return
        empty.rmdir()
