"""A file is looked for in the mirror, then among the fetched ones, and compared in both."""

import gzip
import hashlib
from pathlib import Path

import pytest

from published_scenes import refusal
from seqarena.data.published.catalogue import published_set
from seqarena.data.published.checked_files import published_content, published_file
from seqarena.data.published.places import place_of
from seqarena.data.published.record import Published, PublishedFile, WholeFile
from seqarena.errors import DataError

CONTENT = b"some pictures"
DIGEST = hashlib.sha256(CONTENT).hexdigest()
TOY = Published(
    name="toy",
    title="Toy",
    task="playing",
    official=("http://one", "http://two"),
    folder="toy_folder",
    files=(PublishedFile("x.gz", DIGEST, 33, "content"), PublishedFile("y.txt", DIGEST, 13)),
    size="1",
    licence="none",
    citation="A. Author",
    protocol="play",
    downloads=(WholeFile("http://one/x.gz", "x.gz"),),
)


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The toy's folder in a mirror; the checkout is another folder."""
    monkeypatch.setenv("SEQARENA_MIRROR", str(tmp_path / "mirror"))
    (tmp_path / "checkout").mkdir()
    monkeypatch.chdir(tmp_path / "checkout")
    return put(tmp_path / "mirror/toy_folder")


def put(folder: Path, content: bytes = CONTENT) -> Path:
    folder.mkdir(parents=True)
    (folder / "x.gz").write_bytes(gzip.compress(content, mtime=1))
    (folder / "y.txt").write_bytes(content)
    return folder


def refused(path: str, published: Published = TOY) -> str:
    with pytest.raises(DataError) as error:
        published_file(published, path)
    return str(error.value)


def test_the_mirror_comes_first_and_what_was_fetched_second(mirror: Path) -> None:
    fetched = put(Path("data/published/toy"))
    assert published_file(TOY, "y.txt") == mirror / "y.txt"
    assert place_of(TOY) == "mirror"
    (mirror / "y.txt").unlink()
    assert published_file(TOY, "y.txt") == fetched / "y.txt"
    assert place_of(TOY) == "fetched"
    (fetched / "y.txt").unlink()
    assert place_of(TOY) == "not here"


def test_without_a_mirror_the_fetched_file_is_read(
    mirror: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SEQARENA_MIRROR")
    put(Path("data/published/toy"))
    assert published_content(TOY, "x.gz") == CONTENT


def test_an_experiment_in_a_copy_reads_what_the_checkout_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SEQARENA_MIRROR", raising=False)
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    put(tmp_path / "data/published/toy")
    assert published_file(TOY, "y.txt") == tmp_path / "data/published/toy/y.txt"


@pytest.mark.parametrize("place", ["mirror", "checkout"])
def test_an_altered_file_is_refused_in_either_place_with_both_checksums(
    mirror: Path, place: str
) -> None:
    folder = mirror if place == "mirror" else put(Path("data/published/toy"))
    if place == "checkout":
        (mirror / "y.txt").unlink()
    (folder / "y.txt").write_bytes(CONTENT[:-1])
    found = hashlib.sha256(CONTENT[:-1]).hexdigest()
    assert refused("y.txt") == (
        f"{folder / 'y.txt'}: its SHA-256 is {found}, expected {DIGEST}; download it again."
    )


def test_the_content_of_a_gzip_file_counts_and_not_how_it_was_compressed(mirror: Path) -> None:
    assert published_content(TOY, "x.gz") == CONTENT
    (mirror / "x.gz").write_bytes(gzip.compress(CONTENT, compresslevel=1, mtime=2))
    assert published_content(TOY, "x.gz") == CONTENT
    assert published_file(TOY, "x.gz") == mirror / "x.gz"
    (mirror / "x.gz").write_bytes(gzip.compress(b"others"))
    assert refused("x.gz").startswith(f"{mirror / 'x.gz'}: the SHA-256 of its content is ")


def test_a_truncated_or_uncompressed_file_is_refused(mirror: Path) -> None:
    path = mirror / "x.gz"
    path.write_bytes(path.read_bytes()[:-9])
    assert refused("x.gz").startswith(f"{path}: not a whole gzip file (")
    path.write_bytes(CONTENT)
    assert refused("x.gz") == (
        f"{path}: not a whole gzip file (Not a gzipped file (b'so')); download it again."
    )


def test_a_gzip_file_that_holds_far_more_than_its_size_is_not_unpacked(mirror: Path) -> None:
    (mirror / "x.gz").write_bytes(gzip.compress(bytes(2**23)))
    size = (mirror / "x.gz").stat().st_size
    assert refused("x.gz") == (
        f"{mirror / 'x.gz'}: {size:,} bytes that hold more than 1,048,576; not unpacked."
    )


def test_a_missing_file_is_named_with_its_terms_and_both_ways_to_get_it(
    mirror: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (mirror / "y.txt").unlink()
    assert refused("y.txt") == refusal(TOY, "y.txt", f"SEQARENA_MIRROR is {mirror.parent}")
    monkeypatch.delenv("SEQARENA_MIRROR")
    assert refused("y.txt") == refusal(TOY, "y.txt", "SEQARENA_MIRROR is not set")


def test_a_set_that_cannot_be_fetched_says_where_the_way_by_hand_is_told(
    mirror: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = refused("tr_te_splits.mat", published_set("utkinect"))
    assert (
        "Either get it by hand (`seqarena data show utkinect` says how), or set SEQARENA_MIRROR to "
        "the folder that holds action_utkinect/tr_te_splits.mat."
    ) in said
