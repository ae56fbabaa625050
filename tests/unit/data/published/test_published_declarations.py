"""Every published data set is declared once, and whole."""

import os
import re

import pytest

from seqarena.data.mirror import published_content, published_file
from seqarena.data.published.catalogue import PUBLISHED, published_set
from seqarena.data.published.places import place_of
from seqarena.data.published.record import Published
from seqarena.errors import DataError

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
