"""Which shape each residue of a protein takes: helix, sheet or coil (Qian & Sejnowski 1988)."""

from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import Field

from seqarena.data.alphabet import Alphabet, alphabet_of
from seqarena.data.part import Part, three_parts
from seqarena.data.published.checked_files import published_file
from seqarena.data.published.labelled_text import PROTEIN_SECONDARY_STRUCTURE
from seqarena.data.published.record import Published
from seqarena.data.sources.source_config import SourceConfig
from seqarena.data.sources.source_data import SourceData
from seqarena.errors import DataError
from seqarena.schema import DataSchema
from seqarena.seeds import numpy_generator
from seqarena.sequences import sequences_of

_FILES = ("protein-secondary-structure.train", "protein-secondary-structure.test")
_BEGIN, _END = "<>", "<end>"
_SHAPES = {"_": "coil", "e": "sheet", "h": "helix"}

Protein = list[tuple[str, str]]
"""Residue and shape of each place."""


class ProteinSecondaryStructureConfig(SourceConfig):
    """The official training and test proteins of a published data set."""

    input_kind = "tokens"
    kind: Literal["protein_secondary_structure"]
    n_valid: int = Field(default=11, ge=1, le=110)
    """Of the 111 training proteins, those that are taken out to validate."""
    seed: int = Field(default=0, ge=0)
    """Decides which."""

    @property
    def needs(self) -> tuple[Published, ...]:
        """Published data sets that these settings read."""
        return (PROTEIN_SECONDARY_STRUCTURE,)

    def symbols_of(self, text: str) -> str:
        """Take every residue, capital as in the files; white space is none."""
        return "".join(text.split()).upper()

    def read(self) -> SourceData:
        """Make the three parts."""
        return read_protein_secondary_structure(self)


def read_protein_secondary_structure(config: ProteinSecondaryStructureConfig) -> SourceData:
    """Read the proteins as sequences of residues, each tagged with its shape.

    Raises:
        DataError: a file is missing or another one.
    """
    train_file, test_file = (published_file(PROTEIN_SECONDARY_STRUCTURE, name) for name in _FILES)
    train, test = read_proteins(train_file), read_proteins(test_file)
    order = numpy_generator(config.seed, config.kind).permutation(len(train))
    kept, held_out = np.sort(order[config.n_valid :]), np.sort(order[: config.n_valid])
    residues = alphabet_of([[residue for residue, _ in train[row]] for row in kept])
    official = _part("train", train, residues)
    return SourceData(
        schema=DataSchema("tagging", n_symbols=len(residues), n_tags=len(_SHAPES)),
        parts=three_parts(
            official.select(kept), official.select(held_out), _part("test", test, residues)
        ),
        provenance=PROTEIN_SECONDARY_STRUCTURE.provenance(
            f"{PROTEIN_SECONDARY_STRUCTURE.title} ({PROTEIN_SECONDARY_STRUCTURE.official[0]})",
            *_FILES,
        ),
        protocol={
            "split": f"official; {config.n_valid} of the training proteins validate",
            "seed": config.seed,
            "scored": "every residue",
        },
        symbols=residues.symbols,
        tag_names=tuple(_SHAPES.values()),
    )


def read_proteins(path: Path) -> list[Protein]:
    """Return the proteins of a file: a line for each residue, markers between them.

    Raises:
        DataError: a line is neither a marker nor a residue with a known shape, or stands outside a
            protein; names file and line.
    """
    proteins: list[Protein] = []
    is_inside = False
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        match line.split():
            case [mark] if mark == _BEGIN:
                proteins.append([])
                is_inside = True
            case [mark] if mark == _END:
                is_inside = False
            case [residue, shape] if is_inside and shape in _SHAPES:
                proteins[-1].append((residue, shape))
            case _:
                raise DataError(
                    f"{path}, line {number}: {line!r}; expected {_BEGIN}, {_END}, or between them "
                    f"a residue and its shape ({', '.join(_SHAPES)})."
                )
    return proteins


def _part(split: str, proteins: list[Protein], residues: Alphabet) -> Part:
    shapes = list(_SHAPES)
    return Part(
        sequences_of(
            [residues.encode(residue for residue, _ in protein) for protein in proteins],
            tags=[np.array([shapes.index(shape) for _, shape in each]) for each in proteins],
            ids=tuple(f"{split}-{row}" for row in range(len(proteins))),
        )
    )
