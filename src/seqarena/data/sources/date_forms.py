"""Ways to write a date, taken from Unicode's CLDR, with the place of every field."""

import datetime
import re
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

from babel import Locale, UnknownLocaleError
from babel.dates import DateTimeFormat, get_date_format, tokenize_pattern

from seqarena.data.alignment import NOWHERE
from seqarena.errors import DataError

Format = Literal["full", "long", "medium"]
Span = tuple[int, int]

_WEEKDAY = "Ec"
_ROLE = {"L": "M"}
"""`L` is the month that stands alone."""
_LEAP_YEAR = 2000
_WORD = re.compile(r"\w+|[^\w\s]")


def words_and_marks(text: str) -> list[str]:
    """Cut a text into words (or numbers) and single marks."""
    return _WORD.findall(text)


@dataclass(frozen=True)
class WrittenDate:
    """A date as a string, and where in it the year, month and day stand."""

    text: str
    year: Span
    month: Span
    day: Span

    def in_words(self) -> "DateWords":
        """Cut the string into its three fields and the words and marks between them.

        A field is one word, whatever it holds.
        """
        fields = sorted((self.year, self.month, self.day))
        words: list[str] = []
        place: dict[Span, int] = {}
        before = 0
        for first, after in fields:
            words += words_and_marks(self.text[before:first])
            place[first, after] = len(words)
            words.append(self.text[first:after])
            before = after
        words += words_and_marks(self.text[before:])
        return DateWords(tuple(words), place[self.year], place[self.month], place[self.day])

    def alignment(self) -> list[Span]:
        """Return the source span of each symbol of `YYYY-MM-DD` and of the end symbol.

        A year digit comes from its own digit, both month digits from the whole name or number of
        the month, both day digits from the whole day.
        """
        first = self.year[0]
        years = [(first + digit, first + digit + 1) for digit in range(4)]
        return [*years, NOWHERE, self.month, self.month, NOWHERE, self.day, self.day, NOWHERE]


@dataclass(frozen=True)
class DateWords:
    """A date as words, punctuation apart, and which of them are year, month and day."""

    words: tuple[str, ...]
    year: int
    month: int
    day: int


@dataclass(frozen=True)
class DateForm:
    """One CLDR pattern of one locale."""

    locale: str
    format: Format

    @property
    def name(self) -> str:
        """Return how messages and manifests call it."""
        return f"{self.locale}/{self.format}"

    def write(self, date: datetime.date, with_weekday: bool = True) -> WrittenDate:
        """Render a date field by field, so that text and spans agree by construction."""
        fields = DateTimeFormat(date, self.locale)
        text = ""
        spans = {}
        for piece in self._pattern():
            if isinstance(piece, str):
                text += piece
                continue
            letter, count = piece
            is_hidden = letter in _WEEKDAY and not with_weekday
            shown = "" if is_hidden else fields[letter * count]
            spans[_ROLE.get(letter, letter)] = (len(text), len(text) + len(shown))
            text += shown
        return WrittenDate(text, spans["y"], spans["M"], spans["d"])

    def obstacle(self) -> str | None:
        """Say why this form cannot be used; None if it can."""
        letters = [piece[0] for piece in self._pattern() if not isinstance(piece, str)]
        roles = [_ROLE.get(letter, letter) for letter in letters if letter not in _WEEKDAY]
        if sorted(roles) != ["M", "d", "y"]:
            return f"its fields are {''.join(letters)!r}, not one year, one month and one day"
        written = self.write(datetime.date(1999, 12, 31))
        if written.text[slice(*written.year)] != "1999":
            return "it does not write the year as four digits"
        return None

    def _pattern(self) -> list[str | tuple[str, int]]:
        """Return the pattern's literals, and its fields as a letter and how often it stands."""
        pattern = get_date_format(self.format, Locale.parse(self.locale)).pattern
        return [value for _, value in tokenize_pattern(pattern)]


def usable_forms(
    locales: tuple[str, ...], formats: tuple[Format, ...]
) -> tuple[list[DateForm], dict[str, str]]:
    """Return the forms that determine a date, and why each of the others does not.

    Two forms that write the same string for different dates are both left out: the string alone
    would not determine the date.

    Raises:
        DataError: CLDR does not know a locale, or a locale is left without a form.
    """
    candidates = [DateForm(_known(locale), each) for locale in locales for each in formats]
    refused = {
        form.name: obstacle for form in candidates if (obstacle := form.obstacle()) is not None
    }
    sound = [form for form in candidates if form.name not in refused]
    refused |= ambiguities(sound)
    usable = [form for form in sound if form.name not in refused]
    for locale in locales:
        if not any(form.locale == locale for form in usable):
            reasons = "; ".join(f"{name}: {why}" for name, why in refused.items() if locale in name)
            raise DataError(f"dates: locale {locale!r} has no usable form ({reasons}); drop it.")
    return usable, refused


def ambiguities(forms: list[DateForm]) -> dict[str, str]:
    """Name the forms that write one string for two dates, with the string.

    Every day of one leap year is compared; the four digits of the year cannot be mistaken for a day
    or a month. The weekday is left out, so that nobody needs a calendar to read a date.
    """
    first = datetime.date(_LEAP_YEAR, 1, 1).toordinal()
    days = [datetime.date.fromordinal(first + day) for day in range(366)]
    written = {
        form.name: {form.write(day, with_weekday=False).text: day for day in days} for form in forms
    }
    found = {
        name: f"two dates of it look the same, such as {next(iter(texts))!r}"
        for name, texts in written.items()
        if len(texts) < len(days)
    }
    for one, other in combinations(written, 2):
        both = written[one].keys() & written[other].keys()
        differing = sorted(text for text in both if written[one][text] != written[other][text])
        if differing:
            found.setdefault(one, f"{differing[0]!r} is another date in {other}")
            found.setdefault(other, f"{differing[0]!r} is another date in {one}")
    return found


def _known(locale: str) -> str:
    try:
        Locale.parse(locale)
    except (UnknownLocaleError, ValueError):
        raise DataError(
            f"dates: {locale!r} is not a locale of CLDR; write it like 'de' or 'en_GB'."
        ) from None
    return locale
