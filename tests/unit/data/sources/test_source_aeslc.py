import io
import os
import tarfile
from pathlib import Path

import pytest

from published_scenes import stand_in
from seqarena.data.published.checked_files import VARIABLE
from seqarena.data.published.short_forms import AESLC
from seqarena.data.sources import aeslc
from seqarena.data.sources.aeslc import AeslcConfig, pairs_of, read_aeslc
from seqarena.data.splits import Split
from seqarena.data.subwords import Subwords
from seqarena.errors import DataError

LETTERS = "".join(map(chr, range(0x4E00, 0x4E00 + 200)))
FILES = {
    "train/a.subject": f"Dear all,\nlunch is at  noon.\n\n@subject\nLunch\n{LETTERS}\n",
    "dev/b.subject": "Lunch is off.\n\n@subject\nNo lunch\n\n@ann0\nlunch off\n\n@ann1\n\n",
    "test/c.subject": "Who is Ann?\n@ann is.\n\n@subject\nAnn\n\n@ann0\nwho is ann",
    "test/empty.subject": "\n\n@subject\nNothing\n",
}


def test_bodies_subjects_and_annotations_are_told_apart() -> None:
    found, n_without_text = pairs_of(FILES, "all")
    (pair,) = found[Split.TEST]
    assert pair.target == "Ann"
    assert pair.source.split() == "Who is Ann? @ann is.".split()
    assert pair.references == ("Ann", "who is ann")
    assert found[Split.VALID][0].references == ("No lunch", "lunch off")
    assert n_without_text == 1
    assert pairs_of(FILES, "original")[0][Split.TEST][0].references == ("Ann",)


def test_a_file_without_a_subject_is_named() -> None:
    with pytest.raises(DataError) as error:
        pairs_of({"dev/x.subject": "Hello"}, "original")
    assert str(error.value) == (
        "enron_subject_line.tar.gz: dev/x.subject has no line '@subject'; download the archive "
        "again."
    )


def test_the_archive_is_read_in_memory_and_becomes_subwords(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "summ_aeslc/enron_subject_line.tar.gz"
    path.parent.mkdir()
    with tarfile.open(path, "w:gz") as archive:
        for name, text in {**FILES, "README": "x"}.items():
            member = tarfile.TarInfo(name)
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    monkeypatch.setattr(aeslc, "AESLC", stand_in(AESLC, tmp_path))
    data = read_aeslc(AeslcConfig(kind="aeslc", n_subwords=300, max_source=5))
    train = data.parts[Split.TRAIN].sequences
    assert data.tokeniser is not None
    assert Subwords(data.tokeniser).write(train.sequence(0).tolist()).startswith("D")
    assert train.lengths.tolist() == [5]
    assert data.schema.judged_as == "summary"
    assert data.counts["pairs_without_text"] == 1
    assert data.counts["sources_cut_in_train"] == 1
    assert data.schema.sentence_ends is not None
    assert [data.symbols[token] for token in data.schema.sentence_ends] == ["."]  # type: ignore[index]


@pytest.mark.slow
@pytest.mark.skipif(
    VARIABLE not in os.environ, reason=f"{VARIABLE} names no folder of published data sets"
)
def test_the_sizes_are_those_that_are_published() -> None:
    data = read_aeslc(AeslcConfig(kind="aeslc", n_subwords=1000))
    sizes = {split: len(part.sequences) for split, part in data.parts.items()}
    assert sizes == {Split.TRAIN: 14_436, Split.VALID: 1_960, Split.TEST: 1_906}
