import datetime

import numpy as np
import pytest
from babel.dates import format_date
from hypothesis import given, settings
from hypothesis import strategies as st

from seqarena.data.sources.date_forms import DateForm, ambiguities, usable_forms
from seqarena.data.sources.dates import TARGET_SYMBOLS, DatesConfig, write_dates
from seqarena.data.sources.source_data import SourceData, as_alignment
from seqarena.data.splits import Split
from seqarena.errors import DataError

CONFIG = DatesConfig(kind="dates", n_train=600, n_valid=50, n_test=80)
FORMS, REFUSED = usable_forms(CONFIG.locales, CONFIG.formats)
days = st.dates(datetime.date(1900, 1, 1), datetime.date(2099, 12, 31))


@pytest.fixture(scope="module")
def source() -> SourceData:
    """A few dates."""
    return write_dates(CONFIG)


def _texts(source: SourceData, split: Split) -> list[str]:
    sequences = source.parts[split].sequences
    symbols = source.symbols or ()
    return [
        "".join(symbols[token] for token in sequences.sequence(row))
        for row in range(len(sequences))
    ]


def _targets(source: SourceData, split: Split) -> list[list[str]]:
    target = source.parts[split].sequences.target
    assert target is not None
    return [[TARGET_SYMBOLS[t] for t in target.sequence(row)] for row in range(len(target))]


@pytest.mark.slow
def test_in_words_the_three_target_words_come_from_the_three_fields() -> None:
    config = CONFIG.model_copy(update={"unit": "words"})
    source = as_alignment(write_dates(config))
    assert (source.schema.task_kind, source.best_possible) == ("alignment", None)
    part = source.parts[Split.TEST]
    assert part.links is not None
    for row, example in enumerate(part.sequences.ids):
        words = [source.symbols[token] for token in part.sequences.sequence(row)]
        target = [source.target_symbols[token] for token in part.sequences.target.sequence(row)]
        assert target == [*example.split(":")[0].split("-"), "<end>"]
        origin = {step: words[at] for at, step in part.links.sequence(row).tolist()}
        assert set(origin) == {0, 1, 2}
        # Names of months are no numbers, and a year may be unknown to so small a training split.
        known = [step for step in origin if origin[step].isdigit()]
        assert [int(origin[step]) for step in known] == [int(target[step]) for step in known]
        assert 2 in known


@pytest.mark.parametrize(
    ("form", "words", "places"),
    [
        ("de/full", ("Freitag", ",", "5", ".", "November", "1999"), (5, 4, 2)),
        ("ja/long", ("1999", "年", "11", "月", "5", "日"), (0, 2, 4)),
        ("en_US/long", ("November", "5", ",", "1999"), (3, 0, 1)),
    ],
)
def test_a_date_is_cut_into_its_fields_and_what_stands_between(form, words, places) -> None:
    (chosen,) = [each for each in FORMS if each.name == form]
    found = chosen.write(datetime.date(1999, 11, 5)).in_words()
    assert found.words == words
    assert (found.year, found.month, found.day) == places


def test_the_default_locales_have_thirty_forms_and_none_is_refused() -> None:
    assert len(CONFIG.locales) >= 8
    assert len(FORMS) == 3 * len(CONFIG.locales)
    assert REFUSED == {}


@pytest.mark.slow
@given(st.sampled_from(FORMS), days)
@settings(deadline=None)
def test_field_by_field_is_what_babel_writes_in_one_go(form: DateForm, day: datetime.date) -> None:
    assert form.write(day).text == format_date(day, form.format, form.locale)


@given(st.sampled_from(FORMS), days)
@settings(deadline=None)
def test_the_spans_spell_the_digits(form: DateForm, day: datetime.date) -> None:
    written = form.write(day)
    target = [*day.isoformat(), "<end>"]
    spans = written.alignment()
    assert len(spans) == len(target)
    pieces = [written.text[slice(*span)] if span != (-1, -1) else "" for span in spans]
    assert pieces[:4] == target[:4]
    assert pieces[4] == pieces[7] == pieces[10] == ""
    assert pieces[5] == pieces[6]
    assert pieces[8] == pieces[9]
    assert int(pieces[8]) == day.day
    if pieces[5].isdigit():
        assert int(pieces[5]) == day.month


def test_a_written_date_by_hand() -> None:
    written = DateForm("de", "long").write(datetime.date(1999, 11, 5))
    assert written.text == "5. November 1999"
    month, day, nowhere = (3, 11), (0, 1), (-1, -1)
    assert written.alignment() == [
        (12, 13), (13, 14), (14, 15), (15, 16), nowhere, month, month, nowhere, day, day, nowhere,
    ]  # fmt: skip


def test_forms_that_write_one_string_for_two_dates_are_left_out() -> None:
    forms, refused = usable_forms(("es_PA", "pt_PT"), ("long", "medium"))
    assert refused == {
        "es_PA/medium": "'01/02/2000' is another date in pt_PT/medium",
        "pt_PT/medium": "'01/02/2000' is another date in es_PA/medium",
    }
    assert [form.name for form in forms] == ["es_PA/long", "pt_PT/long"]


def test_the_guard_against_ambiguity_needs_two_to_quarrel() -> None:
    assert ambiguities([DateForm("es_PA", "medium")]) == {}


def test_a_locale_left_without_a_form_is_refused() -> None:
    with pytest.raises(DataError) as error:
        usable_forms(("de", "es_PA", "pt_PT"), ("medium",))
    assert str(error.value) == (
        "dates: locale 'es_PA' has no usable form (es_PA/medium: '01/02/2000' is another date in "
        "pt_PT/medium); drop it."
    )


def test_a_pattern_with_other_fields_is_left_out() -> None:
    _, refused = usable_forms(("th",), ("full", "medium"))
    assert refused == {
        "th/full": "its fields are 'EdMGy', not one year, one month and one day",
    }


@pytest.mark.parametrize("locale", ["xx", "de_nonsense_x", ""])
def test_an_unknown_locale_is_refused(locale: str) -> None:
    with pytest.raises(DataError) as error:
        usable_forms((locale,), ("long",))
    assert str(error.value) == (
        f"dates: {locale!r} is not a locale of CLDR; write it like 'de' or 'en_GB'."
    )


def test_texts_targets_and_ids_tell_of_the_same_date(source: SourceData) -> None:
    sequences = source.parts[Split.VALID].sequences
    for name, text, target in zip(
        sequences.ids, _texts(source, Split.VALID), _targets(source, Split.VALID), strict=True
    ):
        iso, _, form = name.partition(":")
        locale, _, how = form.partition("/")
        written = DateForm(
            locale, "full" if how == "full" else "long" if how == "long" else "medium"
        )
        day = datetime.date.fromisoformat(iso)
        known = "".join(c if c in (source.symbols or ()) else "�" for c in written.write(day).text)
        assert text == known
        assert target == [*iso, "<end>"]


def test_no_day_and_no_string_stands_in_two_splits(source: SourceData) -> None:
    days = [
        {name.partition(":")[0] for name in part.sequences.ids} for part in source.parts.values()
    ]
    assert [len(each) for each in days] == [600, 50, 80]
    assert len(set().union(*days)) == 730
    assert len({text for split in Split for text in _texts(source, split)}) == 730


def test_the_stored_alignment_is_that_of_each_row(source: SourceData) -> None:
    part = source.parts[Split.TEST]
    assert part.alignment is not None
    for row, (text, target) in enumerate(
        zip(_texts(source, Split.TEST), _targets(source, Split.TEST), strict=True)
    ):
        spans = part.alignment.sequence(row)
        assert len(spans) == len(target)
        assert [text[a:b] for a, b in spans[:4]] == target[:4]
        assert (spans[[4, 7, 10]] == -1).all()
        assert int(text[slice(*spans[8])]) == int("".join(target[8:10]))


def test_every_form_is_used(source: SourceData) -> None:
    used = {name.partition(":")[2] for name in source.parts[Split.TRAIN].sequences.ids}
    assert used == {form.name for form in FORMS}


@pytest.mark.slow
def test_the_seed_decides() -> None:
    config = CONFIG.model_copy(update={"locales": ("de",)})
    first, again, other = (
        write_dates(config.model_copy(update={"seed": seed})) for seed in (0, 0, 1)
    )
    ids = [each.parts[Split.TRAIN].sequences.ids for each in (first, again, other)]
    assert ids[0] == ids[1] != ids[2]
    values = [each.parts[Split.TRAIN].sequences.values for each in (first, again)]
    assert np.array_equal(*values)
