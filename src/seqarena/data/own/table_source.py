"""A user's own table: CSV, JSON Lines or Parquet, for every kind of task that it can be."""

from dataclasses import replace
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from seqarena.data.manifest import Fact
from seqarena.data.own.assembly import AboutOwn, groups_of, own_source, times_of
from seqarena.data.own.cells import InputUnit, Symbols
from seqarena.data.own.columns import ColumnsConfig, LabelledColumns, TaggedColumns, TargetColumns
from seqarena.data.own.csv_table import read_csv
from seqarena.data.own.example import Example
from seqarena.data.own.files_source import (
    LabelledFilesConfig,
    OwnFilesConfig,
    own_provenance,
    split_own,
)
from seqarena.data.own.jsonl_table import read_jsonl
from seqarena.data.own.parquet_table import read_parquet
from seqarena.data.own.splitting import SplitRule
from seqarena.data.own.table import DecimalMark, Spelling, Table, checked_table
from seqarena.data.own.table_examples import MissingPolicy, Reading, examples_of
from seqarena.data.own.text import complaints
from seqarena.data.part import Part
from seqarena.data.plain_text import Documents
from seqarena.data.sources.source_data import SourceData
from seqarena.data.sources.text_windows import AboutText, TextWindowsConfig, text_source
from seqarena.data.splits import Split
from seqarena.errors import DataError
from seqarena.schema import FrameKind, InputKind, TaskKind

_GLANCE_ROWS = 20


class TableConfig(OwnFilesConfig):
    """A table, which of its columns is what, and how it is split."""

    kind: Literal["csv", "jsonl", "parquet"]
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    """What stands between the fields of a CSV file."""
    decimal: DecimalMark = "."
    """What stands before the fraction of a number that a text spells: a point, or a comma as in
    `3,14`. A list in square brackets is JSON, whose numbers have points."""
    columns: ColumnsConfig
    """Which column is what."""
    unit: InputUnit = "word"
    """What a step of the input is: a character of its text; a word (what stands between white
    space, or an entry of a list); or numbers (a list of them, or of steps of several)."""
    numbers: FrameKind = "real"
    """What the numbers are, where a step is numbers: any; `binary`, each 0 or 1; or `count`, whole
    numbers from 0 on. A density of binary frames or of counts is a probability of each."""
    min_count: int = Field(default=1, ge=1)
    """A symbol that occurs less often in training is unknown everywhere."""
    missing: MissingPolicy = "refuse"
    """A row that lacks something that is needed: refuse it, or drop it and count it."""
    missing_values: list[str] | None = None
    """Texts that say that a cell is empty, like `NA`, in every mapped column. An empty list: none
    does. Without the setting none does either, and a label that looks like one is refused."""

    @model_validator(mode="after")
    def _fits_together(self) -> "TableConfig":
        if len(self.columns.inputs) != 1 and self.unit != "numbers":
            raise ValueError(
                f"columns.input names {len(self.columns.inputs)} columns, and unit is "
                f"{self.unit!r}; several stand side by side with unit 'numbers' only."
            )
        if self.numbers != "real" and self.unit != "numbers":
            raise ValueError(
                f"numbers is {self.numbers!r}, and unit is {self.unit!r}, so that no step is "
                "numbers; leave numbers out, or set unit: numbers."
            )
        if not self.columns.inputs:
            raise ValueError("columns.input names no column; name one or more.")
        if self.columns.sequence and self.unit == "character":
            raise ValueError(
                "columns.sequence makes each row a step, which is a word or numbers; unit is "
                "'character'."
            )
        if self.columns.split and (self.valid_path or self.test_path):
            raise ValueError(
                "columns.split and valid_path or test_path both say what validates and tests; give "
                "one of them."
            )
        return self

    @property
    def input_kind(self) -> InputKind:  # type: ignore[override]
        """Say what the unit says."""
        return "frames" if self.unit == "numbers" else "tokens"

    @property
    def frame_kind(self) -> FrameKind:  # type: ignore[override]
        """Say what is said of the numbers."""
        return self.numbers

    def symbols_of(self, text: str) -> Symbols:
        """Take every character, or the words."""
        return text if self.unit == "character" else tuple(text.split())

    def mistakes_in_files(self) -> list[str]:
        """Return what the names of the columns and the first rows show to be wrong."""
        return complaints(lambda path: _glance(path, self), self.own_paths)

    @property
    def spelling(self) -> Spelling:
        """How the cells are spelled."""
        told = self.missing_values
        return Spelling(self.decimal, None if told is None else tuple(told))

    @property
    def rule(self) -> SplitRule:
        """What decides in which split an example stands."""
        if self.valid_path and self.test_path:
            return "files"
        if self.columns.split:
            return "column"
        if self.columns.group:
            return "group"
        return "time" if self.columns.time else "hash"


class ClassificationTableConfig(TableConfig, LabelledFilesConfig):
    """A sequence and its label in each row."""

    columns: LabelledColumns
    """Which column is what."""

    def read(self) -> SourceData:
        """Make the three parts."""
        return read_table(self, "classification")


class TaggingTableConfig(TableConfig):
    """A sequence and its tags in each row, or a step and its tag."""

    columns: TaggedColumns
    """Which column is what."""

    def read(self) -> SourceData:
        """Make the three parts."""
        return read_table(self, "tagging")


class TransductionTableConfig(TableConfig):
    """A sequence and what it is to be turned into in each row."""

    columns: TargetColumns
    """Which column is what."""
    target_unit: Literal["character", "word"] = "character"
    """What a symbol of the target is, and so what an error rate counts."""

    def read(self) -> SourceData:
        """Make the three parts."""
        return read_table(self, "transduction", self.target_unit)


# What the input is depends on the unit here, and on nothing there.
class DensityTableConfig(TableConfig, TextWindowsConfig):  # type: ignore[misc]
    """A sequence in each row: of text, a document under one context protocol."""

    def read(self) -> SourceData:
        """Make the three parts."""
        return read_table(self, "density")


def read_table(
    config: TableConfig,
    task_kind: TaskKind,
    target_unit: Literal["character", "word"] = "character",
) -> SourceData:
    """Read the files of a table, split their examples, and number what training has.

    Raises:
        DataError: a file, a row or a cell is not what it should be; names it, says what came, what
            was expected, and what to do.
    """
    reading = _reading(config, target_unit)
    files: dict[Split, list[Example]] = {}
    n_dropped = 0
    for split, path in config.paths().items():
        files[split], dropped = examples_of(_table(path, config), reading)
        n_dropped += dropped
    splits, how = split_own(config, files)
    about = AboutOwn(
        task_kind=task_kind,
        provenance=own_provenance("rows", config.own_paths),
        protocol={**how, **_protocol(config)},
        unit="character" if config.unit == "character" else "word",
        target_unit=target_unit,
        min_count=config.min_count,
        counts={"examples_dropped_for_a_missing_cell": n_dropped},
        frame_kind=config.numbers,
    )
    if isinstance(config, DensityTableConfig) and config.unit != "numbers":
        return _text(config, {split: list(each) for split, each in splits.items()}, about)
    return own_source(splits, about)


def _reading(config: TableConfig, target_unit: Literal["character", "word"]) -> Reading:
    return Reading(config.columns, config.unit, target_unit, config.missing)


def _glance(path: Path, config: TableConfig) -> None:
    """Make examples of the first rows: a whole file takes long, and most mistakes are in every row.

    Raises:
        DataError: as reading the whole file does.
    """
    try:
        table = _table(path, config, _GLANCE_ROWS)
    except DataError:
        # An object of JSON Lines may lack a key that others have.
        table = _table(path, config, _GLANCE_ROWS if config.kind != "jsonl" else None)
    examples_of(table, _reading(config, "character"))


def _table(path: Path, config: TableConfig, most_rows: int | None = None) -> Table:
    wanted = list(dict.fromkeys([*config.columns.inputs, *config.columns.named().values()]))
    match config.kind:
        case "csv":
            table = read_csv(path, config.delimiter, most_rows)
        case "jsonl":
            table = read_jsonl(path, most_rows)
        case "parquet":
            table = read_parquet(path, wanted, most_rows)
    return checked_table(table, wanted, config.spelling)


def _text(
    config: DensityTableConfig, splits: dict[Split, list[Example]], about: AboutOwn
) -> SourceData:
    """Lay the context protocol of texts over rows that are documents."""
    documents: dict[Split, Documents] = {
        split: {each.id: each.value for each in examples if not hasattr(each.value, "dtype")}
        for split, examples in splits.items()
    }
    source = text_source(
        (documents[Split.TRAIN], documents[Split.VALID], documents[Split.TEST]),
        config,
        AboutText(about.unit, "row", about.provenance, about.protocol, about.counts),
    )
    told = {split: _told_by_rows(part, splits[split]) for split, part in source.parts.items()}
    return replace(source, parts=told)


def _told_by_rows(part: Part, examples: list[Example]) -> Part:
    """Return windows of documents with the group and the time of their rows."""
    rows = {each.id: each for each in examples}
    own = [rows[id_.rpartition(":")[0]] for id_ in part.sequences.ids]
    return replace(part, groups=groups_of(own), times=times_of(own))


def _protocol(config: TableConfig) -> dict[str, Fact]:
    mapped = {"input": ", ".join(config.columns.inputs), **config.columns.named()}
    return {
        "unit": config.unit,
        **({"numbers": config.numbers} if config.unit == "numbers" else {}),
        "columns": [f"{role}: {name}" for role, name in mapped.items()],
        "decimal": config.decimal,
        "missing": config.missing,
        "missing_values": config.missing_values,
    }
