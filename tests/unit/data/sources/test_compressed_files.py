import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from seqarena.data.sources import compressed_files
from seqarena.data.sources.compressed_files import tar_texts, zip_texts
from seqarena.errors import DataError


def any_name(name: str) -> bool:
    return bool(name)


def packed_zip(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def packed_tar(path: Path, *members: tuple[tarfile.TarInfo, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for member, content in members:
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


def test_texts_come_back_by_name(tmp_path: Path) -> None:
    text = "läuft\n".encode()
    archive = packed_zip(tmp_path / "x.zip", b=text, a=b"1", c=b"2")
    assert zip_texts(archive, lambda name: name != "c") == {"a": "1", "b": "läuft\n"}
    members = [(tarfile.TarInfo(name), text) for name in ("b", "a")]
    assert list(tar_texts(packed_tar(tmp_path / "x.tar.gz", *members), any_name)) == ["a", "b"]


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("zip", lambda path: zip_texts(path, any_name)),
        ("tar", lambda path: tar_texts(path, any_name)),
    ],
)
def test_what_is_no_archive_or_only_half_of_one_is_refused(tmp_path: Path, name, read) -> None:
    path = tmp_path / "x"
    if name == "zip":
        packed_zip(path, a=b"text" * 100)
    else:
        packed_tar(path, (tarfile.TarInfo("a"), "".join(map(str, range(4000))).encode()))
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError) as error:
        read(path)
    assert str(error.value).startswith(f"{path}: not a whole {name} file (")
    assert str(error.value).endswith("); download it again.")


def test_a_bomb_is_refused_before_it_fills_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compressed_files, "MOST_BYTES", 100)
    bomb = b"0" * 101
    with pytest.raises(DataError, match=r"x\.zip: a: more than 100 bytes"):
        zip_texts(packed_zip(tmp_path / "x.zip", a=bomb), any_name)
    archive = packed_tar(tmp_path / "x.tar.gz", (tarfile.TarInfo("a"), bomb))
    with pytest.raises(DataError, match="a: more than 100 bytes"):
        tar_texts(archive, any_name)


def test_a_link_is_refused(tmp_path: Path) -> None:
    link = tarfile.TarInfo("a")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    path = packed_tar(tmp_path / "x.tar.gz", (link, b""))
    with pytest.raises(DataError) as error:
        tar_texts(path, any_name)
    assert str(error.value) == f"{path}: a: not a plain file; download the archive again."


def test_what_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    path = packed_zip(tmp_path / "x.zip", a="läuft".encode("latin-1"))
    with pytest.raises(DataError, match=r"x\.zip: a: not UTF-8 .*; download the archive again\."):
        zip_texts(path, any_name)
