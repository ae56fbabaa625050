import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqarena.attribution.short_labels import shortened


def width(label: str) -> float:
    """Narrow and wide characters, as in a real font."""
    return sum(0.5 if character in "il." else 1.0 for character in label)


@pytest.mark.parametrize(
    ("labels", "short"),
    [
        (("speaker 1", "speaker 2"), ("spe…r 1", "spe…r 2")),
        (("abcXefghijk", "abcYefghijk"), ("abcXef…", "abcYef…")),
        (("abcdefghXijkl", "abcdefghYijkl"), ("…ghXijkl", "…ghYijkl")),
        (("the", "internationalism", "the"), ("the", "inte…ism", "the")),
    ],
)
def test_the_cut_is_where_it_leaves_labels_different(labels, short):
    assert shortened(labels, 7.0, width) == short


def test_labels_that_differ_where_every_cut_would_be_are_numbered():
    labels = ("aaaaaXaaaaaa", "aaaaaYaaaaaa", "b")
    assert shortened(labels, 5.0, width) == ("aaa…1", "aaa…2", "b")


@given(
    st.lists(st.text("abil", max_size=30), min_size=1, max_size=20),
    st.floats(4.0, 12.0),
)
def test_labels_fit_and_are_alike_only_if_they_were(labels, room):
    short = shortened(labels, room, width)
    assert all(width(each) <= room for each in short)
    pairs = set(zip(labels, short, strict=True))
    assert len(pairs) == len(set(labels)) == len(set(short))
    assert all(one == other for one, other in pairs if width(one) <= room)
