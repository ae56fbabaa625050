"""What is read out of an archive, and what makes it be refused."""

import io
import os
import stat
import tarfile
import zipfile
from pathlib import Path

import pytest

from seqarena.data.published.archives import Limits, read_members, read_texts
from seqarena.data.published.checksums import sha256_of
from seqarena.errors import DataError

FILES = {"a/one.txt": b"one\n", "a/two.txt": b"two\n", "b/three.txt": b"three\n"}


def tar(path: Path, *members: tarfile.TarInfo | str, mode: str = "w:gz") -> Path:
    with tarfile.open(path, mode) as out:
        for member in members:
            info = tarfile.TarInfo(member) if isinstance(member, str) else member
            content = FILES.get(info.name, b"") if info.isreg() else b""
            info.size = info.size or len(content)
            out.addfile(info, io.BytesIO(content or bytes(info.size)))
    return path


def zipped(path: Path, *members: zipfile.ZipInfo | str) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for member in members:
            name = member if isinstance(member, str) else member.filename
            out.writestr(member, FILES.get(name, b"../../etc/passwd"))
    return path


def link(name: str, target: str, kind: bytes = tarfile.SYMTYPE) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def of_mode(name: str, mode: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    return info


def everything(path: Path, limits: Limits | None = None) -> dict[str, bytes]:
    return dict(read_members(path, lambda _: True, limits or Limits()))


def refusal(path: Path, limits: Limits | None = None) -> str:
    with pytest.raises(DataError) as error:
        everything(path, limits)
    assert [each.name for each in path.parent.iterdir()] == [path.name]
    return str(error.value).removeprefix(f"{path}: ")


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_the_plain_files_of_a_tar_are_read_however_it_is_compressed(
    tmp_path: Path, mode: str
) -> None:
    assert everything(tar(tmp_path / "x", *FILES, mode=mode)) == FILES


def test_only_the_wanted_files_of_a_zip_are_read(tmp_path: Path) -> None:
    path = zipped(tmp_path / "x.zip", *FILES)
    assert everything(path) == FILES
    assert dict(read_members(path, lambda name: name.startswith("b/"))) == {
        "b/three.txt": b"three\n"
    }


@pytest.mark.parametrize(
    "name", ["/etc/passwd", "../x", "a/../../x", "a/../x", "C:/x", "a\\..\\..\\x", "a/.."]
)
def test_a_name_that_leads_out_is_refused_in_tar_and_zip(tmp_path: Path, name: str) -> None:
    said = f"member {name!r} leads out of the archive; not unpacked."
    (tmp_path / "t").mkdir()
    (tmp_path / "z").mkdir()
    assert refusal(tar(tmp_path / "t/x", *FILES, name)) == said
    assert refusal(zipped(tmp_path / "z/x", *FILES, name)) == said


@pytest.mark.parametrize(
    "info",
    [
        link("a/link", "/etc/passwd"),
        link("a/link", "../../etc/passwd"),
        link("link", ".."),
        link("a/link", "../x", tarfile.LNKTYPE),
        link("a/link", "/etc/passwd", tarfile.LNKTYPE),
    ],
    ids=lambda info: f"{info.type!r} {info.linkname}",
)
def test_a_link_that_leads_out_is_refused(tmp_path: Path, info: tarfile.TarInfo) -> None:
    said = refusal(tar(tmp_path / "x", *FILES, info))
    assert said == f"member {info.name!r} leads out of the archive; not unpacked."


def test_a_link_of_a_zip_that_leads_out_is_refused(tmp_path: Path) -> None:
    said = refusal(zipped(tmp_path / "x", of_mode("a/link", stat.S_IFLNK | 0o777)))
    assert said == "member 'a/link' leads out of the archive; not unpacked."


def test_a_link_within_the_archive_is_left_out(tmp_path: Path) -> None:
    inside = (link("a/link", "../b/three.txt"), link("hard", "a/one.txt", tarfile.LNKTYPE))
    assert everything(tar(tmp_path / "x", *FILES, *inside)) == FILES


@pytest.mark.parametrize("kind", [tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE])
def test_a_device_is_refused(tmp_path: Path, kind: bytes) -> None:
    said = "member 'a/device' is a device; not unpacked."
    (tmp_path / "t").mkdir()
    (tmp_path / "z").mkdir()
    assert refusal(tar(tmp_path / "t/x", link("a/device", "", kind))) == said
    assert refusal(zipped(tmp_path / "z/x", of_mode("a/device", stat.S_IFCHR | 0o666))) == said


def test_a_name_that_stands_there_twice_is_refused(tmp_path: Path) -> None:
    said = refusal(tar(tmp_path / "x", "a/one.txt", "a/one.txt"))
    assert said == "member 'a/one.txt' stands there twice; not unpacked."


def test_more_members_than_allowed_are_refused(tmp_path: Path) -> None:
    path = tar(tmp_path / "x", *FILES)
    assert everything(path, Limits(n_members=3)) == FILES
    assert refusal(path, Limits(n_members=2)) == "more than 2 members; not unpacked."


@pytest.mark.parametrize("write", [tar, zipped])
def test_a_bomb_is_refused_by_its_ratio_before_it_is_unpacked(tmp_path: Path, write) -> None:
    FILES["zeros"] = bytes(4_000_000)
    try:
        path = write(tmp_path / "x", "zeros")
    finally:
        del FILES["zeros"]
    size = path.stat().st_size
    assert refusal(path) == (
        f"{size:,} bytes that hold more than 1,048,576; an archive may hold 100 times its size and "
        "4,294,967,296 bytes in all. Not unpacked."
    )
    assert len(everything(path, Limits(ratio=5_000))) == 1


@pytest.mark.parametrize("write", [tar, zipped])
def test_more_bytes_than_allowed_in_all_are_refused(tmp_path: Path, write) -> None:
    path = write(tmp_path / "x", *FILES)
    assert refusal(path, Limits(n_bytes=13)) == (
        f"{path.stat().st_size:,} bytes that hold more than 13; an archive may hold 100 times its "
        "size and 13 bytes in all. Not unpacked."
    )


@pytest.mark.parametrize("write", [tar, zipped])
def test_a_truncated_archive_is_refused(tmp_path: Path, write) -> None:
    path = write(tmp_path / "x", *FILES)
    os.truncate(path, path.stat().st_size - 30)
    assert refusal(path).startswith("not a whole archive (")
    assert refusal(path).endswith("); download it again.")


def test_what_is_no_archive_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text("<html>Not found</html>" * 100)
    assert refusal(path).startswith("not a whole archive (")


def test_members_are_compared_by_name_and_content_and_not_by_their_packing(tmp_path: Path) -> None:
    first = sha256_of(tar(tmp_path / "x", *FILES), "members")
    other = sha256_of(tar(tmp_path / "y", *reversed(FILES), mode="w:xz"), "members")
    assert first == other == sha256_of(zipped(tmp_path / "z", *FILES), "members")
    assert first != sha256_of(tar(tmp_path / "v", *list(FILES)[:2]), "members")


def test_texts_come_in_order_of_their_names_whatever_the_archive(tmp_path):
    names = ("b/three.txt", "a/two.txt", "a/one.txt")
    for archive in (tar(tmp_path / "x.tar.gz", *names), zipped(tmp_path / "x.zip", *names)):
        found = read_texts(archive, lambda name: name != "a/two.txt")
        assert list(found.items()) == [("a/one.txt", "one\n"), ("b/three.txt", "three\n")]


def test_a_text_that_is_not_utf_8_is_refused_by_its_name(tmp_path):
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as out:
        out.writestr("odd.txt", b"\xff\xfe")
    with pytest.raises(DataError) as error:
        read_texts(path, "odd.txt".__eq__)
    assert str(error.value) == (
        f"{path}: odd.txt: not UTF-8 ('utf-8' codec can't decode byte 0xff in position 0: invalid "
        "start byte); download the archive again."
    )
