"""Fetching by the real `dvc import-url`, from a server on this machine."""

import gzip
import hashlib
import io
import shutil
import socket
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner

from seqarena.cli import main
from seqarena.data.published import catalogue, describe, fetch
from seqarena.data.published.archives import read_members
from seqarena.data.published.checked_files import published_content, published_file
from seqarena.data.published.checksums import sha256_of
from seqarena.data.published.network import unreachable
from seqarena.data.published.places import place_of
from seqarena.data.published.record import (
    ArchiveOfFiles,
    FolderOfArchive,
    Published,
    PublishedFile,
    WholeFile,
)
from seqarena.errors import DataError

ROOT = Path(__file__).parents[4]
TEXT = b"some text\n" * 9


class _Silent(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder, and the address under which it is served."""
    folder = tmp_path / "served"
    folder.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Silent, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield folder, f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout of Git and DVC, with our ignored files; it is the present folder."""
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    shutil.copy(ROOT / ".gitignore", checkout)
    monkeypatch.chdir(checkout)
    monkeypatch.delenv("SEQARENA_MIRROR", raising=False)
    monkeypatch.setenv("DVC_NO_ANALYTICS", "1")
    return checkout


def with_dvc() -> None:
    for command in (["git", "init", "-q"], [sys.executable, "-m", "dvc", "init", "-q"]):
        subprocess.run(command, check=True)


def copied(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a copy take the place of DVC: what comes before and after is the same."""

    def copy(_: Published, url: str, saved: Path) -> None:
        shutil.copy(url, saved)
        saved.with_name(f"{saved.name}.dvc").touch()

    monkeypatch.setattr(fetch, "_import", copy)


def packed(members: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as out:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            out.addfile(info, io.BytesIO(content))
    return file.getvalue()


def toy(folder: Path, address: str) -> Published:
    """A data set with a download of each kind; `folder` gets what is downloaded."""
    (folder / "plain.txt").write_bytes(TEXT)
    (folder / "all.tgz").write_bytes(packed({"./d/in.txt": TEXT, "./d/other": b"?"}))
    sounds = {"top/wav/1.wav": b"one", "top/wav/2.wav": b"two", "top/README": b"?"}
    (folder / "sounds.tar.gz").write_bytes(packed(sounds))
    (folder / "expected").write_bytes(packed({"2.wav": b"two", "1.wav": b"one"}))
    text = hashlib.sha256(TEXT).hexdigest()
    return Published(
        name="toy",
        title="Toy",
        task="playing",
        official=(address,),
        folder="toy_folder",
        files=(
            PublishedFile("sub/plain.txt", text, len(TEXT)),
            PublishedFile("plain.txt.gz", text, 40, "content"),
            PublishedFile("in.txt", text, len(TEXT)),
            PublishedFile("wav.tar.gz", sha256_of(folder / "expected", "members"), 9, "members"),
        ),
        size="1",
        licence="ask first",
        citation="A. Author (2000).",
        protocol="play",
        downloads=(
            WholeFile(f"{address}/plain.txt", "sub/plain.txt"),
            WholeFile(f"{address}/plain.txt", "plain.txt.gz", compress=True),
            ArchiveOfFiles(f"{address}/all.tgz", (("./d/in.txt", "in.txt"),)),
            FolderOfArchive(f"{address}/sounds.tar.gz", "top/wav/", "wav.tar.gz"),
        ),
    )


def declare(monkeypatch: pytest.MonkeyPatch, published: Published) -> None:
    monkeypatch.setattr(catalogue, "PUBLISHED", (published,))


def data(*arguments: str, typed: str = "") -> tuple[int, str]:
    done = CliRunner().invoke(main, ["data", *arguments], input=typed)
    return done.exit_code, done.output


def kept() -> list[str]:
    files = Path("data/published").rglob("*")
    return sorted(str(each.relative_to("data/published/toy")) for each in files if each.is_file())


@pytest.mark.slow
def test_dvc_fetches_every_kind_of_download_and_sees_a_changed_source(
    served: tuple[Path, str], here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_dvc()
    published = toy(*served)
    declare(monkeypatch, published)
    code, said = data("fetch", "toy", "--yes")
    assert code == 0, said
    assert said.startswith("title:     Toy\nlicence:   ask first\ncitation:  A. Author (2000).\n")
    assert said.endswith("toy: all 4 files are here, as published.\n")
    assert place_of(published) == "fetched"
    assert published_file(published, "in.txt").read_bytes() == TEXT
    assert published_content(published, "plain.txt.gz") == TEXT
    sounds = read_members(published_file(published, "wav.tar.gz"), lambda _: True)
    assert dict(sounds) == {"1.wav": b"one", "2.wav": b"two"}
    # Nothing that was fetched can be committed: only what came from where.
    listed = ["git", "ls-files", "--others", "--exclude-standard", "data"]
    notes = subprocess.run(listed, capture_output=True, text=True, check=True).stdout.split()
    names = ("all.tgz", "plain.txt", "sounds.tar.gz", "sub/plain.txt")
    assert sorted(notes) == [f"data/published/toy/{name}.dvc" for name in names]
    # Nothing is asked or fetched again.
    assert data("fetch", "toy") == (0, "toy: all 4 files are here, as published.\n")
    # The source changes: DVC sees it, and the reader refuses what it does not know.
    (served[0] / "plain.txt").write_bytes(TEXT + b"more")
    update = ["dvc", "update", "-q", "data/published/toy/sub/plain.txt.dvc"]
    subprocess.run([sys.executable, "-m", *update], check=True)
    with pytest.raises(DataError) as error:
        published_file(published, "sub/plain.txt")
    assert str(error.value) == (
        "data/published/toy/sub/plain.txt: its SHA-256 is "
        f"{hashlib.sha256(TEXT + b'more').hexdigest()}, expected {published.files[0].sha256}; "
        "download it again."
    )


@pytest.mark.slow
def test_an_address_without_a_file_is_told_in_dvcs_words_and_leaves_nothing(
    served: tuple[Path, str], here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_dvc()
    published = toy(*served)
    declare(monkeypatch, published)
    (served[0] / "plain.txt").unlink()
    code, said = data("fetch", "toy", "--yes")
    url = f"{served[1]}/plain.txt"
    assert code == 2
    assert f"toy: DVC could not fetch {url}: ERROR: failed to import {url}." in said
    assert said.endswith("Try again, or put the files into toy_folder of a mirror.\n")
    assert not Path("data").exists()


def closed_address() -> str:
    """An address at which nobody answers."""
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{opened.getsockname()[1]}"


@pytest.mark.slow
def test_a_host_that_cannot_be_reached_is_told_as_such_and_leaves_nothing(
    tmp_path: Path, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_dvc()
    declare(monkeypatch, toy(tmp_path, closed_address()))
    code, said = data("fetch", "toy", "--yes")
    assert code == 2
    assert said.endswith(
        "toy: 127.0.0.1 cannot be reached ([Errno 111] Connection refused). Is there a network? "
        "Try again when there is (HTTPS_PROXY names a proxy), or put the files into toy_folder of "
        "a mirror (SEQARENA_MIRROR).\n"
    )
    assert not Path("data").exists()


def test_a_host_is_reached_if_it_answers_even_that_there_is_no_such_file(
    served: tuple[Path, str],
) -> None:
    (served[0] / "plain.txt").write_bytes(TEXT)
    assert unreachable(f"{served[1]}/plain.txt") is None
    assert unreachable(f"{served[1]}/nothing") is None
    assert unreachable(str(served[0])) is None
    assert "Connection refused" in str(unreachable(f"{closed_address()}/plain.txt"))


def test_nothing_is_fetched_before_the_terms_were_agreed_to(
    tmp_path: Path, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied(monkeypatch)
    declare(monkeypatch, toy(tmp_path, str(tmp_path)))
    code, said = data("fetch", "toy", typed="n\n")
    assert code == 1
    assert "licence:   ask first\ncitation:  A. Author (2000).\n" in said
    assert kept() == []
    assert data("fetch", "toy", typed="y\n")[0] == 0
    assert {"in.txt", "plain.txt.gz", "sub/plain.txt", "wav.tar.gz"} <= set(kept())


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("plain.txt", TEXT[:-1], "sub/plain.txt: its SHA-256 is "),
        ("all.tgz", packed({"d/in.txt": b"another"}), ".unpacking/in.txt: its SHA-256 is "),
        ("all.tgz", packed({"d/out.txt": TEXT}), "all.tgz: has no member 'd/in.txt'; its source"),
        ("all.tgz", packed({"d/in.txt": TEXT, "../../x": b""}), "member '../../x' leads out of"),
        ("all.tgz", packed({"d/in.txt": TEXT})[:-20], "all.tgz: not a whole archive ("),
        ("sounds.tar.gz", packed({"top/wav/1.wav": b"one"}), "the SHA-256 of its members is "),
        ("sounds.tar.gz", packed({"x": b""}), "has no member below 'top/wav/'; its source has"),
    ],
    # Not the bytes, in which a time stands.
    ids=[
        "truncated file",
        "altered member",
        "missing member",
        "member outside",
        "truncated archive",
        "missing member of a folder",
        "missing folder",
    ],
)
def test_a_truncated_altered_or_hostile_download_is_refused_and_leaves_nothing(
    tmp_path: Path,
    here: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    content: bytes,
    said: str,
) -> None:
    copied(monkeypatch)
    published = toy(tmp_path, str(tmp_path))
    (tmp_path / name).write_bytes(content)
    download = next(each for each in published.downloads if each.url.endswith(name))
    with pytest.raises(DataError) as error:
        fetch.fetch(published, download)
    assert said in str(error.value)
    assert "expected" not in said or published.file(download.paths[0]).sha256 in str(error.value)
    assert kept() == []
    assert not (here.parent / "x").exists()


def test_only_what_is_missing_or_altered_is_fetched_again(
    tmp_path: Path, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied(monkeypatch)
    published = toy(tmp_path, str(tmp_path))
    declare(monkeypatch, published)
    assert fetch.missing_downloads(published) == list(published.downloads)
    assert data("fetch", "toy", "--yes")[0] == 0
    assert fetch.missing_downloads(published) == []
    Path("data/published/toy/in.txt").write_bytes(b"altered")
    assert "in.txt: 90 bytes, NOT as published. " in data("show", "toy")[1]
    assert fetch.missing_downloads(published) == [published.downloads[2]]
    code, said = data("fetch", "toy", "--yes")
    assert (code, said.count("fetching ")) == (0, 1)
    assert published_file(published, "in.txt").read_bytes() == TEXT


def test_what_a_killed_fetch_has_left_is_cleared(
    tmp_path: Path, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied(monkeypatch)
    published = toy(tmp_path, str(tmp_path))
    left = Path("data/published/toy/.unpacking/in.txt")
    left.parent.mkdir(parents=True)
    left.write_bytes(b"half")
    fetch.fetch(published, published.downloads[0])
    assert kept() == ["sub/plain.txt", "sub/plain.txt.dvc"]


def test_a_set_whose_address_is_a_page_is_not_fetched_and_the_way_by_hand_is_told(
    tmp_path: Path, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    published = replace(toy(tmp_path, "http://page"), downloads=(), by_hand="Sign the form.")
    declare(monkeypatch, published)
    assert data("fetch", "toy") == (
        2,
        "toy: no official address is a file that could be fetched (http://page). Sign the form. "
        "Put the files into data/published/toy, or into toy_folder of a mirror.\n",
    )


def test_what_the_mirror_has_is_not_fetched(
    tmp_path: Path, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    published = toy(tmp_path, str(tmp_path))
    declare(monkeypatch, published)
    for file in published.files:
        path = tmp_path / "toy_folder" / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(TEXT) if file.checked == "content" else TEXT)
    monkeypatch.setenv("SEQARENA_MIRROR", str(tmp_path))
    said = "toy: every file is in the mirror; nothing is fetched.\n"
    assert data("fetch", "toy") == (0, said)


def test_the_list_says_of_each_set_whether_it_is_here(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, said = data("list")
    lines = {line.split()[0]: line for line in said.splitlines()}
    assert code == 0
    assert said.startswith(f"{describe.table()}\n")
    assert " 6.0 MB " in lines["penn_treebank"]
    assert " not here " in lines["penn_treebank"]
    assert lines["penn_treebank"].endswith(catalogue.published_set("penn_treebank").licence)
    assert set(lines) >= {each.name for each in catalogue.PUBLISHED}


def test_a_set_is_shown_whole(here: Path) -> None:
    code, said = data("show", "mnist")
    mnist = catalogue.published_set("mnist")
    assert code == 0
    for text in (mnist.title, mnist.citation, mnist.protocol, mnist.licence, *mnist.official):
        assert text in said
    assert "t10k-labels-idx1-ubyte.gz: 4,542 bytes, not here\n" in said
    assert f"  SHA-256 of its content as published: {mnist.files[0].sha256}\n" in said
    assert data("show", "mnst") == (
        2,
        "'mnst' is no published data set; did you mean 'mnist'?\n",
    )
