from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from seqarena.batch import Sequences, collate_all, sequences_of
from seqarena.data.alignment import Alignment, alignment_of
from seqarena.data.arrow_store import read_part, read_split, split_path, write_split
from seqarena.data.candidates import Candidates, item_lists_of
from seqarena.data.content import content_sha256
from seqarena.data.part import Part
from seqarena.data.splits import Split
from seqarena.errors import ArtifactError, DataError


def _tokens() -> Sequences:
    return sequences_of(
        [np.array([3, 1]), np.array([4, 1, 5]), np.array([9])],
        target=sequences_of([np.array([0, 11]), np.array([11]), np.array([2, 2, 11])]),
        scored_from=[0, 2, 0],
        ids=("a", "b", "ç"),
    )


def _frames() -> Sequences:
    generator = np.random.default_rng(0)
    return sequences_of([generator.normal(size=(n, 3)) for n in (2, 1, 4)], labels=[1, 0, 1])


def _alignment() -> Alignment:
    return alignment_of(
        [np.array([[0, 1], [-1, -1]]), np.array([[-1, -1]]), np.array([[0, 1], [0, 1], [-1, -1]])]
    )


@pytest.mark.parametrize("sequences", [_tokens(), _frames()], ids=["tokens", "frames"])
def test_what_is_read_is_what_was_written(tmp_path: Path, sequences: Sequences) -> None:
    write_split(tmp_path, Split.TRAIN, Part(sequences))
    read = read_split(tmp_path, Split.TRAIN)
    assert content_sha256(Part(read)) == content_sha256(Part(sequences))
    assert read.ids == sequences.ids
    assert (read.tokens is None) == (sequences.tokens is None)
    assert (read.labels is None) == (sequences.labels is None)


@pytest.mark.slow
@given(
    st.lists(st.lists(st.integers(0, 9), min_size=1, max_size=5), min_size=1, max_size=6),
)
@settings(max_examples=25, deadline=None)
def test_any_lengths_survive(tmp_path_factory: pytest.TempPathFactory, rows: list[list[int]]):
    folder = tmp_path_factory.mktemp("ragged")
    write_split(folder, Split.VALID, Part(sequences_of([np.array(row) for row in rows])))
    read = read_split(folder, Split.VALID)
    assert [read.sequence(row).tolist() for row in range(len(read))] == rows


def test_candidates_come_back_and_are_part_of_what_a_split_says(tmp_path: Path) -> None:
    seen = item_lists_of([np.array([3, 1]), np.array([], dtype=np.int64), np.array([7])])
    negatives = item_lists_of([np.array([2]), np.array([4]), np.array([5, 6])])
    for folder, candidates in (
        ("both", Candidates(seen, negatives)),
        ("seen", Candidates(seen)),
        ("negatives", Candidates(negatives=negatives)),
    ):
        write_split(tmp_path / folder, Split.TEST, Part(_tokens(), candidates=candidates))
        read = read_part(tmp_path / folder, Split.TEST).candidates
        assert read is not None
        digests = {content_sha256(Part(_tokens(), candidates=each)) for each in (candidates, read)}
        assert len(digests) == 1
        assert content_sha256(Part(_tokens())) not in digests
    write_split(tmp_path, Split.TEST, Part(_tokens(), candidates=Candidates()))
    assert read_part(tmp_path, Split.TEST).candidates is None


def test_tags_come_back_and_are_part_of_what_a_split_says(tmp_path: Path) -> None:
    rows = [np.array([3, 1]), np.array([4])]
    tagged = sequences_of(rows, tags=[np.array([1, 0]), np.array([2])])
    write_split(tmp_path, Split.TRAIN, Part(tagged))
    read = read_split(tmp_path, Split.TRAIN)
    assert read.tags is not None
    assert read.tags.tolist() == [1, 0, 2]
    others = sequences_of(rows, tags=[np.array([1, 1]), np.array([2])])
    found = {content_sha256(Part(each)) for each in (tagged, others, sequences_of(rows))}
    assert content_sha256(Part(read)) in found
    assert len(found) == 3


def test_the_gold_alignment_comes_back(tmp_path: Path) -> None:
    write_split(tmp_path, Split.TEST, Part(_tokens(), _alignment()))
    read = read_part(tmp_path, Split.TEST).alignment
    assert read is not None
    assert read.sequence(2).tolist() == [[0, 1], [0, 1], [-1, -1]]
    assert read.offsets.tolist() == _alignment().offsets.tolist()


def test_a_task_without_alignment_has_none(tmp_path: Path) -> None:
    write_split(tmp_path, Split.TEST, Part(_tokens()))
    assert read_part(tmp_path, Split.TEST).alignment is None


@pytest.mark.parametrize("sequences", [_tokens(), _frames()], ids=["tokens", "frames"])
def test_values_and_offsets_are_views_of_the_mapped_file(
    tmp_path: Path, sequences: Sequences
) -> None:
    write_split(tmp_path, Split.TRAIN, Part(sequences))
    read = read_split(tmp_path, Split.TRAIN)
    for array in (read.values, read.offsets):
        owner = array
        while isinstance(owner.base, np.ndarray):
            owner = owner.base
        assert isinstance(owner, np.memmap)


def test_torch_takes_the_views_without_a_warning_and_collate_works(tmp_path: Path) -> None:
    write_split(tmp_path, Split.TRAIN, Part(_frames()))
    read = read_split(tmp_path, Split.TRAIN)
    assert torch.from_numpy(read.values).shape == (7, 3)
    batch = collate_all(read)
    assert batch.lengths.tolist() == [2, 1, 4]
    assert torch.equal(batch.features, collate_all(_frames()).features)


def test_writing_to_a_view_never_reaches_the_file(tmp_path: Path) -> None:
    path = write_split(tmp_path, Split.TRAIN, Part(_tokens()))
    before = path.read_bytes()
    read = read_split(tmp_path, Split.TRAIN)
    read.values[:] = 7
    del read
    assert path.read_bytes() == before


def test_the_same_content_gives_the_same_bytes(tmp_path: Path) -> None:
    first = write_split(tmp_path / "a", Split.TRAIN, Part(_tokens(), _alignment()))
    second = write_split(tmp_path / "b", Split.TRAIN, Part(_tokens(), _alignment()))
    assert first.read_bytes() == second.read_bytes()


def test_a_missing_file_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError) as error:
        read_split(tmp_path, Split.VALID)
    assert str(error.value) == (
        f"{tmp_path}/valid.arrow: not found; run the prepare stage of this task."
    )


@pytest.mark.parametrize("kept", [0, 5, 300])
def test_a_truncated_file_is_refused(tmp_path: Path, kept: int) -> None:
    path = write_split(tmp_path, Split.TRAIN, Part(_tokens()))
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(ArtifactError, match=r"train\.arrow: not a whole Arrow file .* again\.$"):
        read_split(tmp_path, Split.TRAIN)


def test_a_target_of_frames_is_refused(tmp_path: Path) -> None:
    broken = sequences_of([np.array([1])] * 3, target=_frames())
    with pytest.raises(DataError) as error:
        write_split(tmp_path, Split.TRAIN, Part(broken))
    assert str(error.value) == "the target of a transduction is tokens; it came as features."
    assert not split_path(tmp_path, Split.TRAIN).exists()


def test_an_alignment_of_the_wrong_length_is_refused() -> None:
    with pytest.raises(DataError) as error:
        Alignment(np.array([0, 3]), np.zeros((2, 2), dtype=np.int64))
    assert str(error.value) == "2 spans, but the offsets end at 3."
