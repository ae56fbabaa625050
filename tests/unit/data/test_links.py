from pathlib import Path

import numpy as np
import pytest

from seqarena.batch import sequences_of
from seqarena.data.alignment import alignment_of
from seqarena.data.arrow_store import read_part, write_split
from seqarena.data.checks import refuse_links_outside
from seqarena.data.content import content_sha256
from seqarena.data.links import Links, links_of, links_of_spans
from seqarena.data.part import Part
from seqarena.data.splits import Split
from seqarena.errors import DataError


def pairs(*links):
    return np.array(links, dtype=np.int64).reshape(-1, 2)


TWO = links_of([pairs((1, 0), (0, 0), (1, 0)), pairs()])
SEQUENCES = sequences_of(
    [np.array([3, 1]), np.array([4])],
    target=sequences_of([np.array([5, 9]), np.array([5, 9])]),
)


def test_links_are_sorted_and_counted_once():
    assert TWO.sequence(0).tolist() == [[0, 0], [1, 0]]
    assert TWO.sequence(1).tolist() == []
    assert TWO.select(np.array([1, 0, 0])).offsets.tolist() == [0, 0, 2, 4]


def test_a_span_links_its_target_to_each_of_its_steps():
    spans = alignment_of([np.array([[1, 3], [-1, -1], [0, 1]]), np.array([[-1, -1]])])
    found = links_of_spans(spans)
    assert found.sequence(0).tolist() == [[0, 2], [1, 0], [2, 0]]
    assert found.sequence(1).tolist() == []


def test_what_is_read_is_what_was_written_and_changes_the_checksum(tmp_path: Path):
    write_split(tmp_path, Split.TEST, Part(SEQUENCES, links=TWO))
    read = read_part(tmp_path, Split.TEST).links
    assert read is not None
    assert read.offsets.tolist() == TWO.offsets.tolist()
    assert read.pairs.tolist() == TWO.pairs.tolist()
    write_split(tmp_path, Split.TRAIN, Part(SEQUENCES))
    assert read_part(tmp_path, Split.TRAIN).links is None
    # The same links, dealt to the examples in another way.
    moved = Links(np.array([0, 1, 2]), TWO.pairs)
    sums = [content_sha256(Part(SEQUENCES, links=links)) for links in (None, TWO, moved)]
    assert len(set(sums)) == 3


def test_links_that_do_not_add_up_are_refused():
    with pytest.raises(DataError) as caught:
        Links(np.array([0, 3]), TWO.pairs)
    assert str(caught.value) == "2 links, but the offsets end at 3."


@pytest.mark.parametrize("link", [(1, 0), (0, 1), (-1, 0)])
def test_a_link_to_what_is_not_there_is_refused(link):
    """The last step of a target is its end symbol, which nothing is linked to."""
    refuse_links_outside(Part(SEQUENCES, links=TWO), "test")
    with pytest.raises(DataError) as caught:
        refuse_links_outside(Part(SEQUENCES, links=links_of([pairs(), pairs(link)])), "test")
    assert str(caught.value) == (
        f"test row 1: link {link[0]}-{link[1]} is outside a pair of 1 source and 1 target words; "
        "steps are counted from 0."
    )
