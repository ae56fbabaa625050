"""What is said of published data sets: the table of all, and all of one."""

from collections.abc import Iterator

from seqarena.data.published.catalogue import PUBLISHED
from seqarena.data.published.checksums import refuse_another
from seqarena.data.published.places import VARIABLE, find, place_of
from seqarena.data.published.record import Published, PublishedFile
from seqarena.errors import DataError

_HEADINGS = ("name", "task", "size", "where", "licence")
_TERMS = ("title", "licence", "citation", "official", "from")


def table() -> str:
    """Return a line for each data set: task, size, whether it is here (unchecked), and licence."""
    rows = [
        (each.name, each.task, f"{each.n_bytes / 1e6:.1f} MB", place_of(each), each.licence)
        for each in PUBLISHED
    ]
    widths = [max(map(len, column)) for column in zip(_HEADINGS, *rows, strict=True)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (_HEADINGS, *rows)
    ]
    return "\n".join(lines)


def description(published: Published) -> str:
    """Return all that is declared, and the state of each file after comparing its checksum."""
    lines = [_line(label, text) for label, text in _facts(published)]
    for file in published.files:
        lines.append(f"{file.path}: {file.n_bytes:,} bytes, {_state(published, file)}")
        lines.append(f"  SHA-256 of its {file.checked} as published: {file.sha256}")
    return "\n".join(lines)


def terms(published: Published) -> str:
    """Return what a user is to read before the first download."""
    return "\n".join(_line(*fact) for fact in _facts(published) if fact[0] in _TERMS)


def _line(label: str, text: str) -> str:
    return f"{label + ':':<11}{text}"


def _facts(published: Published) -> Iterator[tuple[str, str]]:
    yield "name", published.name
    yield "title", published.title
    yield "task", published.task
    yield "examples", published.size
    yield "protocol", published.protocol
    yield "licence", published.licence
    yield "citation", published.citation
    for address in published.official:
        yield "official", address
    if published.downloads:
        yield "from", published.origin or "the official address"
    if published.by_hand:
        yield "by hand", published.by_hand
    yield "mirror", f"{published.folder} below the folder that {VARIABLE} names"
    yield "read by", f"source: {{kind: {' | '.join(published.read_by)}}}"


def _state(published: Published, file: PublishedFile) -> str:
    path = find(published, file.path)
    if path is None:
        return "not here"
    try:
        refuse_another(path, file)
    except DataError as error:
        return f"NOT as published. {error}"
    return f"as published, {path}"
