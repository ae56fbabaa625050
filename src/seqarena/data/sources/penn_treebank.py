"""The Penn Treebank's newspaper text in T. Mikolov's form: ten thousand words, by sentences."""

from collections.abc import Sequence
from typing import Literal

from seqarena.data.plain_text import (
    Documents,
    DocumentUnit,
    TextUnit,
    documents_of,
    lines_of,
    read_plain_text,
    symbols_of_text,
)
from seqarena.data.published.checked_files import published_file
from seqarena.data.published.record import Published
from seqarena.data.published.running_text import PENN_TREEBANK
from seqarena.data.sources.source_data import SourceData
from seqarena.data.sources.text_windows import AboutText, TextWindowsConfig, text_source
from seqarena.data.splits import Split


class PennTreebankConfig(TextWindowsConfig):
    """The official split of a published data set (`seqarena data show penn_treebank`)."""

    kind: Literal["penn_treebank"]
    unit: TextUnit = "word"
    """`word`: words and `<eos>` at the end of each sentence, 10,000 in all. `character`: the
    sentences as they are written in the file, a space between words, and a newline at the end."""
    document: DocumentUnit = "file"
    """`file`: the sentences of a split are one text, read on from one to the next. `line`: each
    sentence begins without a past, as n-gram tools read them."""

    @property
    def needs(self) -> tuple[Published, ...]:
        """Published data sets that these settings read."""
        return (PENN_TREEBANK,)

    def symbols_of(self, text: str) -> Sequence[str]:
        """Take every character, or words and the ends of lines."""
        return symbols_of_text(text, self.unit)

    def read(self) -> SourceData:
        """Make the three parts."""
        return read_penn_treebank(self)


def read_penn_treebank(config: PennTreebankConfig) -> SourceData:
    """Read the three official files.

    Raises:
        DataError: a file is missing or another one.
    """
    train, valid, test = (_documents(split, config) for split in Split)
    about = AboutText(
        unit=config.unit,
        document="text" if config.document == "file" else "sentence",
        provenance=PENN_TREEBANK.provenance(
            "Penn Treebank, sections 0-20, 21-22 and 23-24 of the Wall Street Journal as prepared "
            f"by T. Mikolov ({PENN_TREEBANK.official[0]})",
            *map(_file, Split),
        ),
        protocol={"split": "official", "unit": config.unit, "document": config.document},
        counts={},
    )
    return text_source((train, valid, test), config, about)


def _documents(split: Split, config: PennTreebankConfig) -> Documents:
    text = read_plain_text(published_file(PENN_TREEBANK, _file(split)))
    # A line of the file begins and ends with a space.
    tidy = "".join(f"{line.strip()}\n" for line in lines_of(text))
    return documents_of(split.value, tidy, config.unit, config.document)


def _file(split: Split) -> str:
    return f"ptb.{split.value}.txt"
