import hashlib
import subprocess

from seqarena.data.file_hash import file_sha256, path_sha256


def test_the_checksum_of_a_folder_is_that_of_what_sha256sum_prints(tmp_path):
    for name in ("b/2.wav", "b/10.wav", "a.txt", "ä/empty"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    listed = "find . -type f -printf '%P\\0' | LC_ALL=C sort -z | xargs -0 sha256sum"
    printed = subprocess.run(listed, shell=True, cwd=tmp_path, capture_output=True, check=True)
    assert path_sha256(tmp_path) == hashlib.sha256(printed.stdout).hexdigest()


def test_a_folder_keeps_its_checksum_where_it_is_moved_and_changes_it_with_a_name_or_a_byte(
    tmp_path,
):
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "x").write_text("1")
    first = path_sha256(tmp_path / "own")
    moved = (tmp_path / "own").rename(tmp_path / "moved")
    assert path_sha256(moved) == first
    (moved / "x").write_text("2")
    second = path_sha256(moved)
    (moved / "x").rename(moved / "y")
    assert len({first, second, path_sha256(moved)}) == 3


def test_a_file_has_its_own_checksum_and_nothing_has_none(tmp_path):
    (tmp_path / "x").write_text("1")
    assert path_sha256(tmp_path / "x") == file_sha256(tmp_path / "x")
    assert path_sha256(tmp_path / "y") is None
