from pathlib import Path

import numpy as np

from seqarena.batch import sequences_of
from seqarena.data.arrow_store import read_part, write_split
from seqarena.data.content import content_sha256
from seqarena.data.part import Part
from seqarena.data.splits import Split

SEQUENCES = sequences_of([np.array([1]), np.array([2, 0]), np.array([3])])
REFERENCES = (("läuft", "runs"), ("",), ("ok",))


def test_references_come_back_as_they_were_written(tmp_path: Path) -> None:
    write_split(tmp_path, Split.TEST, Part(SEQUENCES, references=REFERENCES))
    assert read_part(tmp_path, Split.TEST).references == REFERENCES


def test_a_split_may_have_none(tmp_path: Path) -> None:
    write_split(tmp_path, Split.TEST, Part(SEQUENCES))
    assert read_part(tmp_path, Split.TEST).references is None


def test_rows_keep_their_references() -> None:
    part = Part(SEQUENCES, references=REFERENCES).select(np.array([2, 0]))
    assert part.references == (("ok",), ("läuft", "runs"))
    assert Part(SEQUENCES).select(np.array([1])).references is None


def test_references_are_part_of_the_identity_of_the_data() -> None:
    others = (("läuft",), ("runs", ""), ("ok",))
    digests = {
        content_sha256(Part(SEQUENCES, references=each)) for each in (REFERENCES, others, None)
    }
    assert len(digests) == 3
