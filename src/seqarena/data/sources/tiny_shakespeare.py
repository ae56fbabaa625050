"""Forty thousand lines of Shakespeare's plays, character by character."""

from typing import Literal

from pydantic import Field

from seqarena.data.plain_text import cut_by_shares, documents_of, read_plain_text
from seqarena.data.published.checked_files import published_file
from seqarena.data.published.record import Published
from seqarena.data.published.running_text import TINY_SHAKESPEARE
from seqarena.data.sources.source_data import SourceData
from seqarena.data.sources.text_windows import AboutText, TextWindowsConfig, text_source

_FILE = "input.txt"
_TEST_SHARE = 0.1


class TinyShakespeareConfig(TextWindowsConfig):
    """The last tenth tests, as published (`seqarena data show tiny_shakespeare`)."""

    kind: Literal["tiny_shakespeare"]
    valid_share: float = Field(default=0.05, gt=0, lt=0.5)
    """Share of all characters that validates: the first ones."""
    valid_in_train: bool = False
    """Whether the validation part is trained on too, so that training is the first nine tenths as
    published; what validation then chooses (the epoch that is kept) is chosen on training data."""

    @property
    def needs(self) -> tuple[Published, ...]:
        """Published data sets that these settings read."""
        return (TINY_SHAKESPEARE,)

    def symbols_of(self, text: str) -> str:
        """Take every character."""
        return text

    def read(self) -> SourceData:
        """Make the three parts."""
        return read_tiny_shakespeare(self)


def read_tiny_shakespeare(config: TinyShakespeareConfig) -> SourceData:
    """Read the text as one document, cut in three.

    Validation stands at the beginning, because the play in which the last tenth begins is the one
    that the nine tenths end with: who speaks in it is known from there alone.

    Raises:
        DataError: the file is missing or another one.
    """
    text = read_plain_text(published_file(TINY_SHAKESPEARE, _FILE))
    documents = documents_of("shakespeare", text, "character", "file")
    train, valid, test = cut_by_shares(documents, config.valid_share, _TEST_SHARE)
    if config.valid_in_train:
        train = cut_by_shares(documents, 0.0, _TEST_SHARE)[0]
    about = AboutText(
        unit="character",
        document="text",
        provenance=TINY_SHAKESPEARE.provenance(
            f"{TINY_SHAKESPEARE.title} ({TINY_SHAKESPEARE.official[0]})", _FILE
        ),
        protocol={
            "split": "the last tenth of the characters tests, as published; the first "
            f"{config.valid_share:g} of all validate; training is what stands between them"
            + (", and the validation part" if config.valid_in_train else ""),
            "valid_in_train": config.valid_in_train,
        },
        counts={},
    )
    return text_source((train, valid, test), config, about)
