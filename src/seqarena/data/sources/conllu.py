"""Files in CoNLL-U: words in lines, one blank line after each sentence."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from seqarena.errors import DataError

_N_COLUMNS = 10
_FORM = 1
_TAGS = {"upos": 3, "xpos": 4}

TagColumn = Literal["upos", "xpos"]
"""Universal parts of speech, or those of the language."""


class TaggedWord(NamedTuple):
    """A word as it stands in the text, its part of speech, and where it was read."""

    form: str
    tag: str
    line: int
    """Of the file, from 1."""


@dataclass(frozen=True)
class TaggedSentence:
    """Words in their order, and the name that the file gives the sentence."""

    id: str
    words: tuple[TaggedWord, ...]


def read_conllu(path: Path, column: TagColumn = "upos") -> list[TaggedSentence]:
    """Return the sentences of a file, by syntactic words.

    Lines of multiword tokens (`1-2 don't`, whose words follow) and of empty nodes (`8.1`) are
    passed over, as in every evaluation of parts of speech. A sentence without `# sent_id` is named
    by the line of its first word.

    Raises:
        DataError: the file is not UTF-8, or a line has not ten columns, no number, or no word or
            tag; names file, line and what stands there.
    """
    sentences: list[TaggedSentence] = []
    name, words = "", []
    for number, line in enumerate([*_lines(path), ""], start=1):
        if line.startswith("# sent_id ="):
            name = line.partition("=")[2].strip()
        elif line and not line.startswith("#"):
            words += _words(path, number, line, column)
        elif not line and words:
            sentences.append(TaggedSentence(name or f"line {words[0].line}", tuple(words)))
            name, words = "", []
    if not sentences:
        raise DataError(f"{path}: holds no sentence; a file of CoNLL-U is needed.")
    return sentences


def _lines(path: Path) -> list[str]:
    try:
        # Not `splitlines`: some words hold a character that it takes for the end of a line.
        return path.read_text(encoding="utf-8-sig").replace("\r\n", "\n").split("\n")
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path}: not UTF-8 (byte {error.start}: {error.reason}); CoNLL-U is."
        ) from None


def _words(path: Path, number: int, line: str, column: TagColumn) -> list[TaggedWord]:
    columns = line.split("\t")
    if len(columns) != _N_COLUMNS:
        raise DataError(
            f"{path}, line {number}: {len(columns)} columns, expected {_N_COLUMNS}, separated by "
            f"tabs: {line[:60]!r}."
        )
    index, form, tag = columns[0], columns[_FORM], columns[_TAGS[column]]
    if not index.isdigit():
        if index.replace("-", "").replace(".", "").isdigit():
            return []
        raise DataError(
            f"{path}, line {number}: {index!r} is no number of a word; expected 1, 1-2 or 1.1."
        )
    if not form or tag in ("", "_"):
        raise DataError(
            f"{path}, line {number}: word {form!r} with tag {tag!r}; each word needs a form "
            f"(column 2) and a part of speech (column {_TAGS[column] + 1})."
        )
    return [TaggedWord(form, tag, number)]
