"""A user's own text: a file, or a folder of them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, model_validator

from seqarena.data.file_hash import file_sha256
from seqarena.data.manifest import Provenance
from seqarena.data.plain_text import (
    Documents,
    DocumentUnit,
    TextUnit,
    cut_by_shares,
    documents_of,
    read_plain_text,
    symbols_of_text,
)
from seqarena.data.sources.source_data import SourceData
from seqarena.data.sources.text_windows import AboutText, TextWindowsConfig, text_source
from seqarena.data.splits import Split
from seqarena.errors import DataError


class TextFilesConfig(TextWindowsConfig):
    """Files of plain text (UTF-8), cut by shares, or with validation and test of their own."""

    kind: Literal["text"]
    path: str
    """File, or folder whose `*.txt` files are read in the order of their names."""
    valid_path: str | None = None
    """File or folder that validates, if `path` is to train as a whole; then `test_path` too."""
    test_path: str | None = None
    """File or folder that tests."""
    unit: TextUnit = "character"
    """`character`: every character, ends of lines too. `word`: what stands between white space, and
    `<eos>` at the end of each line."""
    document: DocumentUnit = "file"
    """`file`: a file is one document. `line`: each line that is not empty is one."""
    valid_share: float = Field(default=0.1, gt=0, lt=0.5)
    """Share of all symbols that validates, from the beginning, where no `valid_path` is given."""
    test_share: float = Field(default=0.1, gt=0, lt=0.5)
    """Share of all symbols that tests, from the end, where no `test_path` is given."""

    @model_validator(mode="after")
    def _both_or_neither(self) -> "TextFilesConfig":
        if (self.valid_path is None) != (self.test_path is None):
            missing = "valid_path" if self.valid_path is None else "test_path"
            raise ValueError(
                f"{missing} is missing: give validation and test files both, or neither (then "
                "valid_share and test_share cut them from path)."
            )
        return self

    @property
    def own_paths(self) -> tuple[Path, ...]:
        """The files and folders of the three splits."""
        return tuple(map(Path, filter(None, (self.path, self.valid_path, self.test_path))))

    def symbols_of(self, text: str) -> Sequence[str]:
        """Take every character, or words and the ends of lines."""
        return symbols_of_text(text, self.unit)

    def read(self) -> SourceData:
        """Make the three parts."""
        return read_text_files(self)


def read_text_files(config: TextFilesConfig) -> SourceData:
    """Read the files.

    Raises:
        DataError: a file is missing or is not UTF-8, a folder holds no text, a split is empty, or
            too many symbols of one are unknown.
    """
    paths = [config.path, *(path for path in (config.valid_path, config.test_path) if path)]
    files = [_files(Path(path)) for path in paths]
    documents = [_documents(each, config) for each in files]
    if len(documents) == 1:
        documents = list(cut_by_shares(documents[0], config.valid_share, config.test_share))
    for split, each in zip(Split, documents, strict=True):
        if not each:
            raise DataError(f"text: nothing of {', '.join(paths)} is left for {split}; add text.")
    train, valid, test = documents
    about = AboutText(
        unit=config.unit,
        document="text" if config.document == "file" else "line",
        provenance=Provenance(
            description=f"text of {', '.join(paths)}",
            licence="the user's own",
            citation="none",
            versions={str(file): file_sha256(file) for each in files for file in each},
        ),
        protocol=_protocol(config),
        counts={"files": sum(map(len, files))},
    )
    return text_source((train, valid, test), config, about)


def _files(path: Path) -> Sequence[Path]:
    if not path.is_dir():
        return [path]
    files = sorted(path.glob("*.txt"))
    if not files:
        raise DataError(f"{path}: holds no file whose name ends in .txt; put the text there.")
    return files


def _documents(files: Sequence[Path], config: TextFilesConfig) -> Documents:
    found: dict[str, Any] = {}
    for file in files:
        found |= documents_of(file.stem, read_plain_text(file), config.unit, config.document)
    return {name: symbols for name, symbols in found.items() if symbols}


def _protocol(config: TextFilesConfig) -> dict[str, str | float]:
    how: dict[str, str | float] = {"unit": config.unit, "document": config.document}
    if config.valid_path is not None:
        return {"split": "files of their own", **how}
    return {
        "split": f"of all {config.unit}s, file after file, the first {config.valid_share:g} "
        f"validate, the last {config.test_share:g} test, and what is between them trains",
        **how,
    }
