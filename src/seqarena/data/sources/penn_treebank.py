"""The Penn Treebank's newspaper text in T. Mikolov's form: ten thousand words, by sentences."""

from typing import Literal

from seqarena.data.manifest import Provenance
from seqarena.data.mirror import mirrored_file
from seqarena.data.plain_text import (
    Documents,
    DocumentUnit,
    TextUnit,
    documents_of,
    lines_of,
    read_plain_text,
)
from seqarena.data.sources.source_data import SourceData
from seqarena.data.sources.text_windows import AboutText, TextWindowsConfig, text_source
from seqarena.data.splits import Split

_FOLDER = "lm_ptb"
_OFFICIAL = "http://www.fit.vutbr.cz/~imikolov/rnnlm/simple-examples.tgz"
_SHA256 = {
    Split.TRAIN: "fcea919f6cf83f35d4d00c6cbf08040d13d4155226340912e2fef9c9c4102cbf",
    Split.VALID: "c9fe6985fe0d4ccb578183407d7668fc6066c20700cb4cf87d8ff1cc34df1bf2",
    Split.TEST: "dd65dff31e70846b2a6030a87482edcd5d199130cdcfa1f3dccbb033728deee0",
}


class PennTreebankConfig(TextWindowsConfig):
    """The official split; the files lie in the folder that SEQARENA_MIRROR names."""

    kind: Literal["penn_treebank"]
    unit: TextUnit = "word"
    """`word`: words and `<eos>` at the end of each sentence, 10,000 in all. `character`: the
    sentences as they are written in the file, a space between words, and a newline at the end."""
    document: DocumentUnit = "file"
    """`file`: the sentences of a split are one text, read on from one to the next. `line`: each
    sentence begins without a past, as n-gram tools read them."""

    def read(self) -> SourceData:
        """Make the three parts."""
        return read_penn_treebank(self)


def read_penn_treebank(config: PennTreebankConfig) -> SourceData:
    """Read the three official files.

    Raises:
        DataError: the mirror is not set, or a file is missing or another one.
    """
    train, valid, test = (_documents(split, config) for split in Split)
    about = AboutText(
        unit=config.unit,
        document="text" if config.document == "file" else "sentence",
        provenance=Provenance(
            description="Penn Treebank, sections 0-20, 21-22 and 23-24 of the Wall Street Journal "
            f"as prepared by T. Mikolov ({_OFFICIAL})",
            licence="unclear: LDC99T42 is licensed, and these files state none",
            citation="M. Marcus, B. Santorini, M. A. Marcinkiewicz (1993). Building a large "
            "annotated corpus of English: the Penn Treebank. Computational Linguistics 19(2).",
            versions={_file(split): f"sha256 {digest}" for split, digest in _SHA256.items()},
        ),
        protocol={"split": "official", "unit": config.unit, "document": config.document},
        counts={},
    )
    return text_source((train, valid, test), config, about)


def _documents(split: Split, config: PennTreebankConfig) -> Documents:
    text = read_plain_text(mirrored_file(_FOLDER, _file(split), _SHA256[split], _OFFICIAL))
    # A line of the file begins and ends with a space.
    tidy = "".join(f"{line.strip()}\n" for line in lines_of(text))
    return documents_of(split.value, tidy, config.unit, config.document)


def _file(split: Split) -> str:
    return f"ptb.{split.value}.txt"
