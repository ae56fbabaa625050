"""A table of the report, whatever it tells: the page, Markdown, JSON, CSV and MLflow show it."""

from collections.abc import Sequence
from dataclasses import dataclass

from seqarena.reporting import formatting
from seqarena.significance.seeds import Interval


@dataclass(frozen=True)
class Value:
    """A cell, as text and as what it is sorted by."""

    text: str
    sort: float | str
    """Missing values, "", come last, whatever the direction."""
    ends: tuple[float, float] | None = None
    """Of its interval."""


@dataclass(frozen=True)
class Column:
    """A named column with one value per row."""

    title: str
    hint: str
    """What the values are, in a sentence."""
    is_number: bool
    values: tuple[Value, ...]


@dataclass(frozen=True)
class RowMark:
    """Who a row is about."""

    series: str = ""
    """Name of the experiment, for a legend; empty: nobody's."""
    family: str = ""
    kind: str = ""
    """`best`, or `reference` for what is no experiment of this report."""
    links: tuple[tuple[str, str], ...] = ()
    """Runs of it in MLflow: what each is, and its id."""


@dataclass(frozen=True)
class Sheet:
    """A whole table."""

    name: str
    """Part of a file name: letters, digits, hyphens."""
    title: str
    columns: tuple[Column, ...]
    marks: tuple[RowMark, ...] = ()
    """One for each row; empty: no row is anybody's."""
    about: str = ""
    """How to read it."""
    is_folded: bool = False
    """Whether the page shows it only when asked."""
    csv: str = ""
    """Its CSV file, where that tells more than the page; empty: what the page tells."""

    @property
    def n_rows(self) -> int:
        """How many rows it has."""
        return len(self.columns[0].values) if self.columns else 0

    def texts(self) -> list[tuple[str, ...]]:
        """Return its rows as text."""
        return [
            tuple(column.values[index].text for column in self.columns)
            for index in range(self.n_rows)
        ]

    def mark(self, index: int) -> RowMark:
        """Return who a row is about."""
        return self.marks[index] if self.marks else RowMark()


def numbers(title: str, hint: str, texts: Sequence[tuple[str, float | int | None]]) -> Column:
    """Return a column of numbers, each as text and as itself; None: missing."""
    values = [Value(text, "" if sort is None else float(sort)) for text, sort in texts]
    return Column(title, hint, True, tuple(values))


def measured(
    title: str,
    hint: str,
    intervals: Sequence[Interval | None],
    digits: int,
    infinite: Sequence[bool] = (),
) -> Column:
    """Return a column of means with their intervals.

    Args:
        title: its name.
        hint: what the values are.
        intervals: one for each row; None: there is none.
        digits: after the point.
        infinite: which of the missing ones are so because they are infinite; empty: none.
    """
    flags = infinite or [False] * len(intervals)
    values = [
        Value(
            formatting.measured(one, digits, is_infinite=flag),
            "" if one is None else one.mean,
            None if one is None or one.low is None or one.high is None else (one.low, one.high),
        )
        for one, flag in zip(intervals, flags, strict=True)
    ]
    return Column(title, hint, True, tuple(values))


def words(title: str, hint: str, texts: Sequence[str | None]) -> Column:
    """Return a column of words; a dash where there are none."""
    values = [Value(_plain(text), _plain(text)) for text in texts]
    return Column(title, hint, False, tuple(values))


def sheet_of_texts(
    name: str, title: str, head: Sequence[str], rows: Sequence[Sequence[str]], about: str = ""
) -> Sheet:
    """Return a table of words, each column as it is."""
    cells = list(zip(*rows, strict=True)) or [() for _ in head]
    columns = [words(own, "", texts) for own, texts in zip(head, cells, strict=True)]
    return Sheet(name, title, tuple(columns), about=about)


def _plain(text: str | None) -> str:
    return text or formatting.MISSING
