"""Addresses of files that lie in a repository on GitHub, at one commit: they never change."""

from seqarena.data.published.record import WholeFile


def raw_files(repository: str, commit: str, folder: str, *paths: str) -> tuple[WholeFile, ...]:
    """Return the files of a folder, each of which keeps its name; `folder` ends with a slash."""
    start = f"https://raw.githubusercontent.com/{repository}/{commit}/{folder}"
    return tuple(WholeFile(f"{start}{path}", path) for path in paths)


def archive_url(repository: str, commit: str) -> str:
    """Return the address of all files of a commit, as a tar archive."""
    return f"https://github.com/{repository}/archive/{commit}.tar.gz"


def archive_folder(repository: str, commit: str, folder: str) -> str:
    """Return how the names of a folder begin in that archive."""
    return f"{repository.split('/')[1]}-{commit}/{folder}/"


def origin(repository: str, commit: str) -> str:
    """Say where a copy lies."""
    return f"https://github.com/{repository}, commit {commit[:12]}"
