"""A user's own pairs of texts, line by line: what is to be turned into what."""

from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from seqarena.data.own.assembly import AboutOwn, own_source
from seqarena.data.own.cells import Symbols
from seqarena.data.own.example import Example
from seqarena.data.own.files_source import OwnFilesConfig, own_provenance, split_own
from seqarena.data.own.text import complaints, read_own_text
from seqarena.data.plain_text import TextUnit, lines_of
from seqarena.data.sources.source_data import SourceData
from seqarena.data.splits import Split
from seqarena.errors import DataError


class ParallelLinesConfig(OwnFilesConfig):
    """Two text files for each split: line n of one belongs to line n of the other."""

    input_kind = "tokens"
    kind: Literal["parallel_text"]
    target_path: str
    """File of the targets of `path`."""
    valid_target_path: str | None = None
    """File of the targets of `valid_path`."""
    test_target_path: str | None = None
    """File of the targets of `test_path`."""
    unit: TextUnit = "word"
    """What a symbol of the input is."""
    target_unit: TextUnit = "word"
    """What a symbol of the target is, and so what an error rate counts."""
    min_count: int = Field(default=1, ge=1)
    """A symbol of an input that occurs less often in training is unknown everywhere."""

    @model_validator(mode="after")
    def _in_pairs(self) -> "ParallelLinesConfig":
        for name in ("valid", "test"):
            paths = getattr(self, f"{name}_path"), getattr(self, f"{name}_target_path")
            if (paths[0] is None) != (paths[1] is None):
                raise ValueError(
                    f"{name}_path and {name}_target_path belong together; give both, or neither."
                )
        return self

    def target_paths(self) -> dict[Split, Path]:
        """Return the file of the targets of each split that has one."""
        names = (self.target_path, self.valid_target_path, self.test_target_path)
        return {split: Path(name) for split, name in zip(Split, names, strict=True) if name}

    @property
    def own_paths(self) -> tuple[Path, ...]:
        """The files of both sides."""
        return (*self.paths().values(), *self.target_paths().values())

    def symbols_of(self, text: str) -> Symbols:
        """Take every character, or the words."""
        return text if self.unit == "character" else tuple(text.split())

    def mistakes_in_files(self) -> list[str]:
        """Return what is wrong with the texts, and which two are not of as many lines."""
        targets = {path: self.target_paths()[split] for split, path in self.paths().items()}
        unreadable = complaints(read_own_text, self.own_paths)
        return unreadable or complaints(lambda path: _both(path, targets[path]), targets)

    def read(self) -> SourceData:
        """Make the three parts."""
        targets = self.target_paths()
        files = {split: self._pairs(path, targets[split]) for split, path in self.paths().items()}
        splits, protocol = split_own(self, files)
        about = AboutOwn(
            task_kind="transduction",
            provenance=own_provenance("lines", self.own_paths),
            protocol={**protocol, "unit": self.unit, "target_unit": self.target_unit},
            unit=self.unit,
            target_unit=self.target_unit,
            min_count=self.min_count,
        )
        return own_source(splits, about)

    def _pairs(self, source: Path, target: Path) -> list[Example]:
        return [
            Example(
                where=f"{source}, line {number}",
                id=f"{source.name}:{number}",
                value=_symbols(one, self.unit, source, number),
                target=_symbols(other, self.target_unit, target, number),
            )
            for number, (one, other) in enumerate(zip(*_both(source, target), strict=True), start=1)
        ]


def _both(source: Path, target: Path) -> tuple[list[str], list[str]]:
    """Return the lines of both sides, which are as many."""
    sides = _lines(source), _lines(target)
    if len(sides[0]) != len(sides[1]):
        raise DataError(
            f"{source} has {len(sides[0])} lines and {target} {len(sides[1])}; line n of one "
            "belongs to line n of the other."
        )
    return sides


def _lines(path: Path) -> list[str]:
    return lines_of(read_own_text(path).replace("\r\n", "\n"))


def _symbols(line: str, unit: TextUnit, path: Path, number: int) -> Symbols:
    if not line.strip():
        raise DataError(
            f"{path}, line {number}: is empty; take it out, and its counterpart of the other file."
        )
    return line if unit == "character" else tuple(line.split())
