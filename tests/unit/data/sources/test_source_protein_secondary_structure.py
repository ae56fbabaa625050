import os
from pathlib import Path

import numpy as np
import pytest

from seqarena.data.published.checked_files import VARIABLE
from seqarena.data.sources.protein_secondary_structure import (
    ProteinSecondaryStructureConfig,
    read_protein_secondary_structure,
    read_proteins,
)
from seqarena.data.splits import Split
from seqarena.errors import DataError


def _file(folder: Path, *lines: str) -> Path:
    path = folder / "toy.train"
    path.write_text("\n".join(lines))
    return path


def test_a_protein_ends_at_its_mark_or_where_the_next_begins(tmp_path: Path) -> None:
    path = _file(tmp_path, "<>", "G _", "V e", "<end>", "<>", "A h", "<>", "M _", "<end>")
    assert read_proteins(path) == [[("G", "_"), ("V", "e")], [("A", "h")], [("M", "_")]]


@pytest.mark.parametrize("line", ["G x", "G", "G _ 3", ""])
def test_a_line_that_says_something_else_is_named(tmp_path: Path, line: str) -> None:
    path = _file(tmp_path, "<>", line, "<end>")
    with pytest.raises(DataError) as error:
        read_proteins(path)
    assert str(error.value) == (
        f"{path}, line 2: {line!r}; expected <>, <end>, or between them a residue and its shape "
        "(_, e, h)."
    )


def test_a_residue_between_two_proteins_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"line 4: 'A h'; expected <>"):
        read_proteins(_file(tmp_path, "<>", "G _", "<end>", "A h"))


@pytest.mark.skipif(
    VARIABLE not in os.environ, reason=f"{VARIABLE} names no folder of published data sets"
)
def test_the_sizes_are_those_that_are_published() -> None:
    config = ProteinSecondaryStructureConfig(kind="protein_secondary_structure")
    data = read_protein_secondary_structure(config)
    parts = {split: part.sequences for split, part in data.parts.items()}
    assert [len(part) for part in parts.values()] == [100, 11, 17]
    assert parts[Split.TRAIN].n_steps + parts[Split.VALID].n_steps == 18_105
    # Residues in coil, sheet and helix.
    assert np.bincount(parts[Split.TEST].tags).tolist() == [1_923, 748, 849]
    train = np.bincount(parts[Split.TRAIN].tags) + np.bincount(parts[Split.VALID].tags)
    assert train.tolist() == [9_868, 3_636, 4_601]
    assert data.tag_names == ("coil", "sheet", "helix")
    assert set(parts[Split.TRAIN].ids).isdisjoint(parts[Split.VALID].ids)
