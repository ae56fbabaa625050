import numpy as np
import pyarrow as pa
import pytest

from seqarena.data.manifest import Manifest, Provenance
from seqarena.data.part import Part
from seqarena.retraining.comparing import Answers, gains, slice_scores
from seqarena.retraining.shared_examples import SharedExamples
from seqarena.schema import DataSchema
from seqarena.sequences import sequences_of

MANIFEST = Manifest(
    "t",
    DataSchema("classification", dim=1, n_classes=2),
    Provenance("", "", ""),
    {},
    class_names=("no", "yes"),
)
N = 40
LABELS = np.arange(N) % 2


def answers(is_right):
    """Answers that give the chosen label nine tenths."""
    predicted = np.where(is_right, LABELS, 1 - LABELS)
    log_prob = np.log(np.where(np.eye(2)[predicted] == 1, 0.9, 0.1))
    columns = {
        "row": list(range(N)),
        "id": [str(row) for row in range(N)],
        "label": LABELS.tolist(),
        "predicted": predicted.tolist(),
        "class_log_prob": log_prob.tolist(),
    }
    return Answers(pa.table(columns), MANIFEST)


def shared(is_old, is_new):
    lengths = [1 + row // 10 for row in range(N)]
    values = [np.zeros((length, 1)) for length in lengths]
    return SharedExamples(((Part(sequences_of(values)), MANIFEST),), is_old, is_new, 0)


EVERY = np.ones(N, dtype=bool)
FIRST = np.arange(N) < 10


def test_a_gain_is_the_difference_of_the_scores_on_each_set():
    good, bad = answers(EVERY), answers(~FIRST)
    found = gains(good, bad, shared(FIRST, ~FIRST), 0.95)
    assert found["old"].gain == pytest.approx(1.0)
    assert found["new"].gain == 0.0
    assert found["both"].gain == pytest.approx(0.25)
    assert found["both"].low > 0
    assert (found["both"].challenger, found["both"].champion) == (1.0, 0.75)
    assert gains(bad, good, shared(EVERY, EVERY), 0.95)["both"].gain == pytest.approx(-0.25)


def test_a_set_without_an_example_has_no_gain():
    found = gains(answers(EVERY), answers(EVERY), shared(~EVERY, EVERY), 0.95)
    assert set(found) == {"new", "both"}


def test_slices_are_the_sets_the_labels_and_thirds_of_the_lengths():
    odd = LABELS == 1
    found = {
        each.name: each
        for each in slice_scores(answers(EVERY), answers(~odd), shared(FIRST, ~FIRST))
    }
    assert set(found) == {
        "test set old",
        "test set new",
        "label no",
        "label yes",
        "length up to 2",
        "length 3 to 3",
        "length above 3",
    }
    assert found["label no"].gain == 0.0
    assert found["label yes"].gain == pytest.approx(1.0)
    assert found["label yes"].n_examples == 20
    assert found["length up to 2"].n_examples == 20
