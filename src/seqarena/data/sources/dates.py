"""Dates as people write them, to ISO 8601: `5. November 1999` to `1999-11-05`."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, Literal

import numpy as np
from pydantic import Field, field_validator, model_validator

from seqarena.data.alignment import NOWHERE, alignment_of
from seqarena.data.alphabet import Alphabet, alphabet_of, n_unknown
from seqarena.data.manifest import BestPossible, Provenance
from seqarena.data.part import Part, three_parts
from seqarena.data.sources.date_forms import (
    DateForm,
    Format,
    WrittenDate,
    usable_forms,
    words_and_marks,
)
from seqarena.data.sources.source_config import SourceConfig
from seqarena.data.sources.source_data import SourceData
from seqarena.schema import DataSchema
from seqarena.seeds import numpy_generator
from seqarena.sequences import sequences_of

END = "<end>"
"""Name of the symbol that ends every target."""
Unit = Literal["characters", "words"]
TARGET_SYMBOLS = (*"0123456789-", END)

_ALPHABET = {
    "characters": "source: characters (Unicode code points) of the training strings, all "
    "others are one unknown character (token 0); target: ten digits, the hyphen, the end",
    "words": "source: fields, words and marks of the training strings, all others are one unknown "
    "word (token 0); target: the years, 01 to 31, the end",
}

_LOCALES = ("en_US", "de", "fr", "es", "it", "pt", "nl", "sv", "fi", "ja")


class DatesConfig(SourceConfig):
    """Which locales write the dates, and how many."""

    input_kind = "tokens"
    kind: Literal["dates"]
    locales: tuple[str, ...] = Field(default=_LOCALES, min_length=1, strict=False)
    """CLDR locales, such as "de" or "en_GB"."""
    formats: tuple[Format, ...] = Field(
        default=("full", "long", "medium"), min_length=1, strict=False
    )
    """CLDR date formats; "full" names the weekday, "medium" often writes the month as a number."""
    first_year: int = Field(default=1900, ge=1000, le=9999)
    """Earliest year."""
    last_year: int = Field(default=2099, ge=1000, le=9999, validate_default=True)
    """Latest year."""
    n_train: int = Field(default=12_000, ge=1)
    """Training dates."""
    n_valid: int = Field(default=1_000, ge=1)
    """Validation dates."""
    n_test: int = Field(default=1_000, ge=1)
    """Test dates."""
    unit: Unit = "characters"
    """"characters": `1999-11-05`, symbol by symbol. "words": the fields of the string and what
    stands between them, to the three words `1999`, `11` and `05`; made for alignment."""
    seed: int = Field(default=0, ge=0)
    """Seed of the dates and of the form that each is written in."""

    @field_validator("last_year")
    @classmethod
    def _not_before_the_first(cls, last_year: int, info: Any) -> int:
        first_year = info.data.get("first_year", last_year)
        if last_year < first_year:
            raise ValueError(f"got {last_year}; should be at least first_year ({first_year}).")
        return last_year

    @model_validator(mode="after")
    def _enough_days(self) -> "DatesConfig":
        wanted = self.n_train + self.n_valid + self.n_test
        days = _last_day(self) - _first_day(self) + 1
        if wanted > days:
            raise ValueError(
                f"{wanted} different dates are wanted, but the years {self.first_year} to "
                f"{self.last_year} have {days} days; lower n_train, n_valid or n_test."
            )
        return self

    def symbols_of(self, text: str) -> Sequence[str]:
        """Take every character; or words, numbers and marks."""
        return text if self.unit == "characters" else words_and_marks(text)

    def read(self) -> SourceData:
        """Make the three parts."""
        return write_dates(self)


@dataclass(frozen=True)
class _Example:
    date: datetime.date
    form: DateForm
    written: WrittenDate


def write_dates(config: DatesConfig) -> SourceData:
    """Draw different days, and write each in one form.

    A calendar day is drawn once in all, so that neither it nor its string stands in two splits, in
    whatever language.

    Raises:
        DataError: CLDR does not know a locale, or a locale has no form that determines the date.
    """
    forms, refused = usable_forms(config.locales, config.formats)
    examples = _draw(config, forms)
    bounds = np.cumsum([config.n_train, config.n_valid])
    train, valid, test = (
        examples[: bounds[0]],
        examples[bounds[0] : bounds[1]],
        examples[bounds[1] :],
    )
    alphabet = alphabet_of([_source(example, config.unit) for example in train])
    symbols = _target_symbols(config)
    parts = three_parts(
        *(_part(each, config.unit, alphabet, symbols) for each in (train, valid, test))
    )
    return SourceData(
        schema=DataSchema(
            "transduction",
            n_symbols=len(alphabet),
            n_target_symbols=len(symbols),
            target_end=len(symbols) - 1,
        ),
        parts=parts,
        provenance=Provenance(
            description="dates written by Babel in the formats of Unicode's CLDR",
            licence="Unicode-3.0 (CLDR), BSD-3-Clause (Babel)",
            citation="Unicode Common Locale Data Repository, https://cldr.unicode.org.",
            versions={"Babel": version("babel")},
        ),
        protocol={
            "split": "by calendar day: no day stands in two splits, in whatever locale",
            "seed": config.seed,
            "forms": [form.name for form in forms],
            "refused_forms": [f"{name}: {why}" for name, why in refused.items()],
            "alphabet": _ALPHABET[config.unit],
            "scored": "the whole target, without its end symbol",
        },
        symbols=alphabet.symbols,
        target_symbols=symbols,
        best_possible=BestPossible(
            value=1.0,
            unit="share of examples",
            standard_error=0.0,
            lower=1.0,
            upper=1.0,
            how="every source string determines its date: no two forms in use write one string for "
            "two dates (checked for every day of a year)",
            on_test=1.0,
        ),
        counts={
            "forms_refused": len(refused),
            **{
                f"unknown_characters_{split}": n_unknown(part.sequences.values)
                for split, part in parts.items()
            },
        },
    )


def _draw(config: DatesConfig, forms: list[DateForm]) -> list[_Example]:
    generator = numpy_generator(config.seed, config.kind)
    wanted = config.n_train + config.n_valid + config.n_test
    days = np.arange(_first_day(config), _last_day(config) + 1)
    chosen = generator.choice(days, size=wanted, replace=False)
    dates = [datetime.date.fromordinal(int(day)) for day in chosen]
    picks = [forms[index] for index in generator.integers(len(forms), size=wanted)]
    return [_Example(day, form, form.write(day)) for day, form in zip(dates, picks, strict=True)]


def _part(
    examples: list[_Example], unit: Unit, alphabet: Alphabet, symbols: tuple[str, ...]
) -> Part:
    token = {symbol: index for index, symbol in enumerate(symbols)}
    targets = [
        np.asarray([*(token[symbol] for symbol in _target(example, unit)), token[END]])
        for example in examples
    ]
    return Part(
        sequences_of(
            [alphabet.encode(_source(example, unit)) for example in examples],
            target=sequences_of(targets),
            ids=tuple(f"{each.date.isoformat()}:{each.form.name}" for each in examples),
        ),
        alignment_of([np.asarray(_spans(example, unit)) for example in examples]),
    )


def _source(example: _Example, unit: Unit) -> tuple[str, ...]:
    written = example.written
    return tuple(written.text) if unit == "characters" else written.in_words().words


def _target(example: _Example, unit: Unit) -> tuple[str, ...]:
    text = example.date.isoformat()
    return tuple(text) if unit == "characters" else tuple(text.split("-"))


def _spans(example: _Example, unit: Unit) -> list[tuple[int, int]]:
    if unit == "characters":
        return example.written.alignment()
    words = example.written.in_words()
    return [*((at, at + 1) for at in (words.year, words.month, words.day)), NOWHERE]


def _target_symbols(config: DatesConfig) -> tuple[str, ...]:
    if config.unit == "characters":
        return TARGET_SYMBOLS
    years = range(config.first_year, config.last_year + 1)
    return (*map(str, years), *(f"{number:02d}" for number in range(1, 32)), END)


def _first_day(config: DatesConfig) -> int:
    return datetime.date(config.first_year, 1, 1).toordinal()


def _last_day(config: DatesConfig) -> int:
    return datetime.date(config.last_year, 12, 31).toordinal()
