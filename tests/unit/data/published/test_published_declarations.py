"""Every published data set is declared once, and whole."""

import importlib
import os
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import get_args

import pytest

from seqarena.data.published.catalogue import PUBLISHED, published_set
from seqarena.data.published.checked_files import published_content, published_file
from seqarena.data.published.places import place_of
from seqarena.data.published.record import Published
from seqarena.data.sources.cluttered_digits import ClutteredDigitsConfig as Cluttered
from seqarena.data.sources.connected_words import ConnectedWordsConfig, SpokenVowelsConfig
from seqarena.data.sources.moving_digits import MovingDigitsConfig as Moving
from seqarena.data.sources.published_series import SeriesName
from seqarena.data.sources.source_config import SourceConfig
from seqarena.data.sources.spoken_digits import SpokenDigitsConfig
from seqarena.errors import DataError


def _sources(root: type[SourceConfig]) -> Iterator[type[SourceConfig]]:
    for each in root.__subclasses__():
        yield each
        yield from _sources(each)


# Every source is imported there, whatever tests ran before this one.
importlib.import_module("seqarena.tasks.config")
SOURCES = {
    kind: each
    for each in _sources(SourceConfig)
    if each.__module__.startswith("seqarena.") and "kind" in each.model_fields
    for kind in get_args(each.model_fields["kind"].annotation)
}

each_set = pytest.mark.parametrize("published", PUBLISHED, ids=lambda each: each.name)


def test_no_name_and_no_file_of_a_mirror_is_declared_twice() -> None:
    names = [each.name for each in PUBLISHED]
    files = [f"{each.folder}/{file.path}" for each in PUBLISHED for file in each.files]
    assert len(set(names)) == len(names)
    assert len(set(files)) == len(files)


@each_set
def test_a_declaration_says_everything(published: Published) -> None:
    said = (published.title, published.task, published.size, published.licence, published.citation)
    assert all(text.strip() for text in (*said, published.protocol))
    assert published.read_by
    assert all(re.match(r"https?://", address) for address in published.official)
    for file in published.files:
        assert re.fullmatch("[0-9a-f]{64}", file.sha256)
        assert file.n_bytes > 0
        assert file.checked == "bytes" or file.path.endswith(".gz")


@each_set
def test_the_downloads_give_each_file_once_or_there_is_a_way_by_hand(published: Published) -> None:
    given = [path for download in published.downloads for path in download.paths]
    if published.by_hand:
        assert given == []
    else:
        assert sorted(given) == sorted(file.path for file in published.files)


def kinds_that_need() -> dict[str, set[str]]:
    """Each data set's name, and the kinds of sources that read it in some settings of theirs."""
    settings = {
        "time_series": [{"name": name} for name in get_args(SeriesName)],
        "cluttered_digits": [{"digits": digits} for digits in ("scikit_learn", "mnist")],
        "moving_digits": [{"pictures": pictures} for pictures in ("scikit_learn", "mnist")],
        "connected_words": [
            {"recordings": SpokenDigitsConfig(kind="fsdd")},
            {"recordings": SpokenVowelsConfig(kind="japanese_vowels")},
        ],
    }
    found: dict[str, set[str]] = {}
    for kind, config in SOURCES.items():
        for more in settings.get(kind, [{}]):
            # Without its checks, for some sources have settings that must be given.
            for each in config.model_construct(kind=kind, **more).needs:
                found.setdefault(each.name, set()).add(kind)
    return found


def test_a_declaration_names_the_sources_that_need_it_and_no_other() -> None:
    assert {each.name: set(each.read_by) for each in PUBLISHED} == kinds_that_need()


def test_a_source_needs_what_its_settings_read() -> None:
    assert Cluttered(kind="cluttered_digits").needs == ()
    assert Cluttered(kind="cluttered_digits", digits="mnist").needs == (published_set("mnist"),)
    assert Moving(kind="moving_digits").needs == ()
    assert Moving(kind="moving_digits", pictures="mnist").needs == (published_set("mnist"),)
    series = SOURCES["time_series"]
    natops, gun_point = (
        series.model_validate({"kind": "time_series", "name": name})
        for name in ("NATOPS", "GunPoint")
    )
    assert natops.needs == (published_set("natops"),)
    assert gun_point.needs == (published_set("ucr_uea"),)
    words = {
        kind: ConnectedWordsConfig.model_validate(
            {"kind": "connected_words", "recordings": {"kind": kind}}
        )
        for kind in ("fsdd", "japanese_vowels")
    }
    assert words["fsdd"].needs == (published_set("fsdd"),)
    assert words["japanese_vowels"].needs == ()


@pytest.mark.parametrize(
    ("licence", "short"),
    [
        ("CC BY 4.0, as the index says", "CC BY 4.0"),
        ("CC BY-NC-SA 4.0; it holds names", "CC BY-NC-SA 4.0"),
        ("CC BY-SA 4.0 (annotations); others", "CC BY-SA 4.0"),
        ("unclear: none is stated", "unclear: none is stated"),
    ],
)
def test_a_licence_in_short_ends_before_its_details(licence: str, short: str) -> None:
    assert replace(published_set("mnist"), licence=licence).short_licence == short


def test_a_name_that_is_not_known_gets_the_nearest_one() -> None:
    assert published_set("mnist").name == "mnist"
    with pytest.raises(DataError) as error:
        published_set("mnst")
    assert str(error.value) == "'mnst' is no published data set; did you mean 'mnist'?"


def test_a_file_that_a_set_does_not_have_is_named() -> None:
    with pytest.raises(DataError) as error:
        published_set("polyphonic_music").file("Nottingham.mat")
    assert str(error.value) == (
        "polyphonic_music: no file is named 'Nottingham.mat'; it has JSB_Chorales.mat, "
        "Piano_midi.mat."
    )


def test_a_manifest_gets_what_was_declared() -> None:
    published = published_set("mnist")
    provenance = published.provenance("digits", "t10k-labels-idx1-ubyte.gz")
    assert (provenance.description, provenance.licence) == ("digits", published.licence)
    assert provenance.versions == {
        "t10k-labels-idx1-ubyte.gz": "sha256 of the content "
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"
    }


@pytest.mark.slow
@pytest.mark.skipif("SEQARENA_MIRROR" not in os.environ, reason="SEQARENA_MIRROR is not set")
@each_set
def test_the_mirror_holds_what_is_declared(published: Published) -> None:
    assert place_of(published) == "mirror"
    for file in published.files:
        path = published_file(published, file.path)
        if file.checked != "members":
            assert path.stat().st_size == file.n_bytes
        if file.checked == "content":
            assert published_content(published, file.path)
