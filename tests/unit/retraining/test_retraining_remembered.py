import json
import os
from hashlib import sha256

import pytest

from seqarena.retraining import remembered as module
from seqarena.retraining.remembered import Remembered


@pytest.fixture
def read(monkeypatch):
    """The files whose bytes were read, in order; files settle at once."""
    monkeypatch.setattr(module, "_SETTLED_NANOSECONDS", -(10**12))
    names = []

    def hashed(path):
        names.append(path.name)
        return sha256(path.read_bytes()).hexdigest()

    monkeypatch.setattr(module, "file_sha256", hashed)
    return names


def looked(folder, *names):
    """Look once, as one process does, and return the digests."""
    remembered = Remembered(folder / "remembered")
    found = [remembered.sha256(folder / name) for name in names]
    remembered.keep()
    return found


def test_a_file_that_nobody_touched_is_read_once(tmp_path, read):
    (tmp_path / "a").write_text("1")
    assert looked(tmp_path, "a") == looked(tmp_path, "a") == [sha256(b"1").hexdigest()]
    assert read == ["a"]


def test_a_change_of_the_same_length_is_seen_when_its_time_is_set_back(tmp_path, read):
    path = tmp_path / "a"
    path.write_text("1")
    looked(tmp_path, "a")
    before = path.stat()
    path.write_text("2")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert looked(tmp_path, "a") == [sha256(b"2").hexdigest()]


def test_another_file_under_the_same_name_is_seen(tmp_path, read):
    for text in ("1", "2"):
        (tmp_path / "new").write_text(text)
        (tmp_path / "new").replace(tmp_path / "a")
        assert looked(tmp_path, "a") == [sha256(text.encode()).hexdigest()]


def test_a_file_that_was_touched_just_now_is_read_again(tmp_path, read, monkeypatch):
    monkeypatch.setattr(module, "_SETTLED_NANOSECONDS", 10**12)
    (tmp_path / "a").write_text("1")
    looked(tmp_path, "a")
    looked(tmp_path, "a")
    assert read == ["a", "a"]


def test_a_file_that_is_gone_is_not_remembered(tmp_path, read):
    (tmp_path / "a").write_text("1")
    looked(tmp_path, "a")
    (tmp_path / "a").unlink()
    with pytest.raises(FileNotFoundError):
        looked(tmp_path, "a")


def test_what_was_not_looked_at_is_forgotten(tmp_path, read):
    for name in "ab":
        (tmp_path / name).write_text(name)
    looked(tmp_path, "a", "b")
    looked(tmp_path, "a")
    assert list(json.loads((tmp_path / "remembered").read_text())["files"]) == [str(tmp_path / "a")]


def test_a_fact_is_known_as_long_as_it_is_of_the_same(tmp_path):
    remembered = Remembered(tmp_path / "remembered")
    assert remembered.fact("what", "1") is None
    remembered.learn("what", "1", [1, "a"])
    remembered.keep()
    again = Remembered(tmp_path / "remembered")
    assert again.fact("what", "2") is None
    assert again.fact("what", "1") == [1, "a"]


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"{}", b'{"files": 1, "facts": {}}', b"\xff"]
)
def test_what_cannot_be_read_says_nothing(tmp_path, read, content):
    (tmp_path / "remembered").write_bytes(content)
    (tmp_path / "a").write_text("1")
    assert looked(tmp_path, "a") == [sha256(b"1").hexdigest()]
    assert json.loads((tmp_path / "remembered").read_text())["files"]
