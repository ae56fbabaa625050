import numpy as np

from seqarena.data.manifest import Manifest, Provenance
from seqarena.data.part import Part
from seqarena.retraining.data_version import DataVersion
from seqarena.retraining.portrait import portrait_of
from seqarena.retraining.shared_examples import shared_examples
from seqarena.schema import DataSchema
from seqarena.sequences import sequences_of

MANIFEST = Manifest(
    "t", DataSchema("classification", dim=1, n_classes=2), Provenance("", "", ""), {}
)


def version(fitted, test):
    """A data version whose examples are one step of one number each."""
    fits, tests = (
        sequences_of([np.full((1, 1), float(value)) for value in values], labels=[0] * len(values))
        for values in (fitted, test)
    )
    portraits = (portrait_of(each, MANIFEST) for each in (fits, tests))
    return DataVersion(MANIFEST, *portraits, Part(tests))


def values(shared):
    return [float(value) for part, _ in shared.parts for value in part.sequences.values[:, 0]]


def test_each_example_of_either_is_asked_once():
    shared = shared_examples(version([1, 2], [7, 8]), version([1], [6, 7]))
    assert values(shared) == [7.0, 8.0, 6.0]
    assert shared.rows("old").tolist() == [0, 2]
    assert shared.rows("new").tolist() == [0, 1]
    assert shared.rows("both").tolist() == [0, 1, 2]
    assert shared.n_left_out == 0


def test_what_either_model_was_fitted_to_is_left_out():
    # 6 was tested before and is trained on now; 9 was trained on before and is tested now.
    shared = shared_examples(version([1, 6], [7, 9]), version([1, 9], [6, 7]))
    assert values(shared) == [7.0]
    assert shared.n_left_out == 2


def test_a_test_that_goes_by_time_leaves_nothing_of_the_old_one():
    shared = shared_examples(version([1, 2, 3], [4]), version([1], [2, 3]))
    assert values(shared) == [4.0]
    assert shared.rows("old").tolist() == []


def test_without_a_champion_the_new_test_stands_alone():
    shared = shared_examples(version([1], [7, 8]), None)
    assert values(shared) == [7.0, 8.0]
    assert shared.rows("old").tolist() == []
