"""Actions as skeletons: who is in which split, what is seen of a body, and what is refused."""

import gzip
import io
import os
import tarfile

import numpy as np
import pytest

from published_scenes import stand_in
from seqarena.data.published.skeletons import MSR_ACTION3D, UTKINECT
from seqarena.data.sources import msr_action3d, utkinect
from seqarena.data.sources.msr_action3d import MsrAction3dConfig, read_msr_action3d, read_skeletons
from seqarena.data.sources.skeletons import Action, seen
from seqarena.data.sources.utkinect import ACTIONS, UtKinectConfig, cut, read_utkinect, segments
from seqarena.data.splits import Split
from seqarena.errors import ConfigError, DataError
from seqarena.parsing import parse

needs_mirror = pytest.mark.skipif(
    "SEQARENA_MIRROR" not in os.environ,
    reason="SEQARENA_MIRROR names no folder of published data sets",
)


def archive(path, members):
    with tarfile.open(path, "w:gz") as out:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            out.addfile(info, io.BytesIO(content))
    return path


def bodies(generator, n_frames):
    return generator.normal(size=(n_frames, 20, 3)).round(4)


def table(joints):
    lines = [f"{x} {y} {z} 1.0" for x, y, z in joints.reshape(-1, 3)]
    return ("\n".join(lines) + "\n").encode()


@pytest.fixture
def msr(tmp_path, monkeypatch):
    """Every action twice by each of four persons; a third time that is not listed."""
    generator = np.random.default_rng(0)
    names = [
        f"a{action:02}_s{person:02}_e{take:02}"
        for action in range(1, 21)
        for person in range(1, 5)
        for take in (1, 2, 3)
    ]
    joints = {name: bodies(generator, 2) for name in names}
    folder = tmp_path / "action_msr_action3d"
    folder.mkdir()
    archive(
        folder / "real_world_coordinates.tar.gz",
        {f"{name}_skeleton3D.txt": table(each) for name, each in joints.items()},
    )
    listed = [name for name in names if not name.endswith("3")]
    (folder / "files_used_in_cvpr12_paper.txt").write_text("\r\n".join(listed))
    monkeypatch.setattr(msr_action3d, "MSR_ACTION3D", stand_in(MSR_ACTION3D, tmp_path))
    monkeypatch.setenv("SEQARENA_MIRROR", str(tmp_path))
    return joints


def people(source, split):
    return {int(name.split("_")[1][1:]) for name in source.parts[split].sequences.ids}


@pytest.mark.slow
def test_persons_who_test_are_in_no_other_split(msr):
    source = read_msr_action3d(MsrAction3dConfig(kind="msr_action3d", valid_share=0.25))
    assert people(source, Split.TEST) == {2, 4}
    assert people(source, Split.TRAIN) | people(source, Split.VALID) == {1, 3}
    sizes = [len(part.sequences) for part in source.parts.values()]
    assert sizes == [60, 20, 80]
    valid = source.parts[Split.VALID].sequences
    assert np.bincount(valid.labels).tolist() == [1] * 20
    for part in source.parts.values():
        told = [f"person {int(name[5:7])}" for name in part.sequences.ids]
        assert list(part.groups) == told
    every = {name for part in source.parts.values() for name in part.sequences.ids}
    assert every == {name for name in msr if not name.endswith("3")}


@pytest.mark.slow
def test_a_published_set_holds_its_eight_actions(msr):
    config = MsrAction3dConfig(kind="msr_action3d", actions="AS3", test_subjects=(1,))
    source = read_msr_action3d(config)
    test = source.parts[Split.TEST].sequences
    names = [source.class_names[label] for label in test.labels]
    assert {name.split("_")[0] for name in test.ids} == {
        f"a{number:02}" for number in (6, 14, 15, 16, 17, 18, 19, 20)
    }
    assert names[test.ids.index("a06_s01_e01")] == "high throw"
    assert names[test.ids.index("a20_s01_e02")] == "pick up and throw"
    body = msr["a20_s01_e02"]
    expected = seen(Action("x", 1, 0, body), hip=6, shoulders=2)
    np.testing.assert_allclose(test.sequence(test.ids.index("a20_s01_e02")), expected, rtol=1e-5)


def test_a_body_has_neither_a_place_nor_a_size():
    body = bodies(np.random.default_rng(0), 3)
    found = seen(Action("x", 1, 0, body), hip=6, shoulders=2)
    moved = body * 1.7 + np.array([[[1.0, 2, 3]], [[4, 5, 6]], [[7, 8, 9]]])
    np.testing.assert_allclose(seen(Action("y", 2, 0, moved), hip=6, shoulders=2), found)
    assert found.shape == (3, 57)
    shoulders = found.reshape(3, 19, 3)[:, 2]
    assert np.linalg.norm(shoulders, axis=1).mean() == pytest.approx(1)
    # Joint 7 of the body stands where the hip, joint 6, was left out.
    direction = (body[1, 7] - body[1, 6]) / np.linalg.norm(body[1, 7] - body[1, 6])
    np.testing.assert_allclose(
        found.reshape(3, 19, 3)[1, 6] / np.linalg.norm(found.reshape(3, 19, 3)[1, 6]), direction
    )


def test_a_skeleton_without_size_is_refused():
    with pytest.raises(DataError) as caught:
        seen(Action("a13_s09_e02", 9, 0, np.zeros((2, 20, 3))), hip=6, shoulders=2)
    assert str(caught.value) == (
        "a13_s09_e02: hip and shoulders are 0.0 apart; a skeleton needs a size. Drop the sequence."
    )


@pytest.mark.parametrize("subjects", [[1, 1], [0], [11], list(range(1, 11))])
def test_persons_are_ten_and_somebody_must_train(subjects):
    with pytest.raises(ConfigError) as caught:
        parse(MsrAction3dConfig, {"kind": "msr_action3d", "test_subjects": subjects}, "source")
    assert str(caught.value) == (
        f"source.test_subjects: got {subjects}; should be different persons, 1 to 10, and not all "
        "of them."
    )


@pytest.mark.slow
def test_persons_who_are_not_there_cannot_test(msr):
    with pytest.raises(DataError) as caught:
        read_msr_action3d(MsrAction3dConfig(kind="msr_action3d", test_subjects=(9,)))
    assert str(caught.value) == (
        "test_subjects [9] leave 0 of 160 sequences to test; each split needs one."
    )


NAME = "a01_s01_e01_skeleton3D.txt"


@pytest.mark.parametrize(
    ("members", "message"),
    [
        (
            {"../a.txt": b"1"},
            "member '../a.txt' leads out of the archive; not unpacked.",
        ),
        (
            {"a.txt": b"1"},
            "member 'a.txt' is not a skeleton; expected files named aAA_sSS_eEE_skeleton3D.txt.",
        ),
        (
            {NAME: b"1 2 3 4\n" * 21},
            f"{NAME}: 21 lines of 4 numbers; expected 4 numbers for each of 20 joints, frame after "
            "frame.",
        ),
        (
            {"a01_s01_e02_skeleton3D.txt": table(np.ones((1, 20, 3)))},
            "1 listed sequences are missing, the first 'a01_s01_e01'; complete the archive.",
        ),
    ],
)
def test_an_archive_that_is_not_what_it_should_be_is_refused(tmp_path, members, message):
    path = archive(tmp_path / "x.tar.gz", members)
    with pytest.raises(DataError) as caught:
        read_skeletons(path, {"a01_s01_e01"}, (1,))
    assert str(caught.value) == f"{path}: {message}"


def test_a_link_in_the_archive_is_refused(tmp_path):
    with tarfile.open(tmp_path / "x.tar.gz", "w:gz") as out:
        info = tarfile.TarInfo(NAME)
        info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
        out.addfile(info)
    with pytest.raises(DataError, match="leads out of the archive"):
        read_skeletons(tmp_path / "x.tar.gz", {"a01_s01_e01"}, (1,))


LABELS = "s01_e01\nwalk: 2 6\nsitDown: 8 8 \ncarry: NaN NaN\ns02_e01\nwalk:  4 4\n"


def test_segments_are_read_by_recording_and_absent_actions_left_out():
    assert segments(LABELS) == {
        "s01_e01": {"walk": (2, 6), "sitDown": (8, 8)},
        "s02_e01": {"walk": (4, 4)},
    }
    with pytest.raises(DataError) as caught:
        segments("s01_e01\nfly: 1 2\n")
    assert str(caught.value) == (
        "joints/actionLabel_modified.txt, line 2: 'fly: 1 2'; expected a recording (s01_e01) or an "
        "action with its first and last frame (walk: 252 390)."
    )


def recording(numbers):
    rows = [
        [number, *np.random.default_rng(at).normal(size=60)] for at, number in enumerate(numbers)
    ]
    return np.array(rows)


def test_a_segment_holds_each_of_its_frames_once():
    rows = recording([2, 4, 4, 6, 8])
    walk, sit = cut("s03_e01", rows, {"walk": (3, 6), "sitDown": (8, 9)})
    np.testing.assert_array_equal(walk.joints.reshape(2, 60), rows[[1, 3], 1:])
    np.testing.assert_array_equal(sit.joints.reshape(1, 60), rows[[4], 1:])
    assert (walk.id, walk.subject, walk.label) == ("s03_e01-walk", 3, 0)
    assert sit.label == ACTIONS.index("sitDown")
    with pytest.raises(DataError) as caught:
        cut("s03_e01", rows, {"walk": (9, 12)})
    assert str(caught.value) == "s03_e01: walk: no frame from 9 to 12; mend the labels."


@pytest.mark.slow
def test_recordings_of_a_small_mirror_become_segments(tmp_path, monkeypatch):
    folder = tmp_path / "action_utkinect" / "joints"
    folder.mkdir(parents=True)
    lines = []
    for person in (1, 2, 3):
        name = f"s{person:02}_e01"
        buffer = io.StringIO()
        np.savetxt(buffer, recording(range(20)))
        content = buffer.getvalue().encode()
        (folder / f"joints_{name}.txt.gz").write_bytes(gzip.compress(content))
        lines += [name, *(f"{action}: {2 * at} {2 * at + 1}" for at, action in enumerate(ACTIONS))]
    labels = folder / "actionLabel_modified.txt"
    labels.write_text("\n".join(lines))
    monkeypatch.setenv("SEQARENA_MIRROR", str(tmp_path))
    monkeypatch.setattr(utkinect, "UTKINECT", stand_in(UTKINECT, tmp_path))
    source = read_utkinect(UtKinectConfig(kind="utkinect", test_subjects=(2,)))
    assert [len(part.sequences) for part in source.parts.values()] == [10, 10, 10]
    assert people_of_segments(source, Split.TEST) == {"s02"}
    assert source.parts[Split.TEST].sequences.labels.tolist() == list(range(10))


def people_of_segments(source, split):
    return {name[:3] for name in source.parts[split].sequences.ids}


@needs_mirror
@pytest.mark.slow
@pytest.mark.parametrize(
    ("actions", "sizes"),
    [("all", (284, 273)), ("AS1", (114, 105)), ("AS2", (116, 112)), ("AS3", (111, 111))],
)
def test_the_published_cross_subject_halves_have_their_sizes(actions, sizes):
    source = read_msr_action3d(MsrAction3dConfig(kind="msr_action3d", actions=actions))
    train, valid, test = (len(part.sequences) for part in source.parts.values())
    assert (train + valid, test) == sizes


@needs_mirror
@pytest.mark.slow
def test_the_published_recordings_hold_199_segments():
    source = read_utkinect(UtKinectConfig(kind="utkinect"))
    assert sum(len(part.sequences) for part in source.parts.values()) == 199
    assert len(source.parts[Split.TEST].sequences) == 20
