import numpy as np
import pytest

from seqarena.data.alphabet import UNKNOWN
from seqarena.data.manifest import Manifest, Provenance
from seqarena.data.part import Part
from seqarena.errors import DataError
from seqarena.retraining.translation import translated
from seqarena.schema import DataSchema
from seqarena.sequences import sequences_of

NOBODY = Provenance("", "", "")


def manifest(symbols=None, classes=None, dim=None, **fields):
    schema = DataSchema(
        "classification",
        n_symbols=None if symbols is None else len(symbols),
        dim=dim,
        n_classes=None if classes is None else len(classes),
    )
    names = {"symbols": symbols, "class_names": classes, **fields}
    return Manifest("t", schema, NOBODY, {}, **names)


def part(values, labels):
    return Part(sequences_of([np.array(each) for each in values], labels=labels))


OLD = manifest((UNKNOWN, "a", "b"), ("no", "yes"))
NEW = manifest((UNKNOWN, "b", "c", "a"), ("maybe", "no", "yes"))


def test_symbols_and_labels_keep_their_names_and_change_their_numbers():
    found = translated(part([[1, 2], [2]], [0, 1]), OLD, NEW).sequences
    assert found.tokens.tolist() == [3, 1, 1]
    assert found.labels.tolist() == [1, 2]


def test_a_symbol_that_the_other_version_lacks_is_its_unknown_one():
    found = translated(part([[1, 2, 3]], [1]), NEW, OLD).sequences
    assert found.tokens.tolist() == [2, 0, 1]


def test_a_label_that_the_other_version_lacks_is_refused():
    with pytest.raises(DataError, match="label 'maybe' is not known to the other data version"):
        translated(part([[1]], [0]), NEW, OLD)


def test_the_same_version_is_not_touched():
    original = part([[1, 2]], [0])
    assert translated(original, OLD, OLD).sequences.tokens is original.sequences.tokens


def test_numbers_without_names_must_be_in_range():
    few, many = manifest(dim=2), manifest(dim=2)
    few = Manifest("t", DataSchema("classification", dim=2, n_classes=2), NOBODY, {})
    frames = Part(sequences_of([np.zeros((3, 2))], labels=[2]))
    with pytest.raises(DataError, match="label 2 is not among the 2 of the other data version"):
        translated(frames, many, few)


def test_frames_of_another_width_are_refused():
    frames = Part(sequences_of([np.zeros((3, 2))], labels=[0]))
    with pytest.raises(DataError, match="frames of 2; classification, frames of 3"):
        translated(frames, manifest(dim=2), manifest(dim=3))


def test_other_subwords_are_refused():
    with pytest.raises(DataError, match="cut texts into other subwords"):
        translated(part([[1]], [0]), OLD, manifest(OLD.symbols, OLD.class_names, tokeniser="x"))
