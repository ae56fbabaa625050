import numpy as np

from seqarena.attribution.probes import probe_rows, probes_of
from seqarena.batch import sequences_of
from seqarena.data.alignment import alignment_of
from seqarena.data.links import links_of
from seqarena.data.manifest import Manifest, Provenance
from seqarena.data.part import Part
from seqarena.schema import DataSchema


def sequences(lengths, labels=None):
    return sequences_of([np.zeros(length, int) for length in lengths], labels=labels)


def test_probes_are_spread_over_lengths():
    rows = probe_rows(sequences(range(1, 101)), 4)
    # quantiles 1/8, 3/8, 5/8, 7/8 of lengths 1 to 100 without what was taken before
    assert (rows + 1).tolist() == [13, 39, 64, 88]


def test_probes_take_turns_among_labels():
    labels = [0] * 50 + [1] * 50
    rows = probe_rows(sequences(np.random.default_rng(0).integers(1, 9, 100), labels), 6)
    assert np.array(labels)[rows].tolist() == [0, 1, 0, 1, 0, 1]
    assert len(set(rows.tolist())) == 6


def test_more_labels_than_probes_are_stepped_over_evenly():
    rows = probe_rows(sequences([1] * 30, [row % 10 for row in range(30)]), 5)
    assert (rows % 10).tolist() == [0, 2, 4, 6, 8]


def test_a_label_with_few_examples_leaves_its_turn_to_others():
    rows = probe_rows(sequences([1] * 5, [0, 1, 1, 1, 1]), 4)
    assert sorted(rows.tolist())[0] == 0
    assert len(set(rows.tolist())) == 4


def test_small_splits_are_probed_whole():
    assert sorted(probe_rows(sequences([3, 1, 2]), 9).tolist()) == [0, 1, 2]


def manifest(**facts):
    schema = DataSchema("transduction", n_symbols=3, n_target_symbols=2, target_end=1)
    return Manifest("t", schema, Provenance("d", "l", "c"), {}, **facts)


def test_probes_are_described_in_the_words_of_the_manifest():
    test = Part(
        sequences_of(
            [np.array([2, 1]), np.array([0])],
            target=sequences_of([np.array([0, 1]), np.array([1])]),
            ids=("first", "\ud800"),
        ),
        alignment_of([np.array([[0, 2], [-1, -1]]), np.array([[-1, -1]])]),
    )
    facts = manifest(symbols=("a", "b", "\ud83d"), target_symbols=("x", "<end>"))
    first, second = probes_of(test, np.array([0, 1]), facts)
    assert first.steps == ("\ufffd", "b")
    assert first.outputs == ("x", "<end>")
    assert first.gold == ((0, 2), (-1, -1))
    assert (first.id, second.id) == ("first", "\ufffd")
    assert (second.row, second.n_steps, second.label) == (1, 1, None)


def test_gold_links_are_kept_as_pairs():
    target = sequences_of([np.array([0, 1]), np.array([1])])
    sequences = sequences_of([np.array([2, 1]), np.array([0])], target=target)
    links = links_of([np.array([[1, 0], [0, 0]]), np.zeros((0, 2), dtype=np.int64)])
    first, second = probes_of(Part(sequences, links=links), np.array([0, 1]), manifest())
    assert (first.links, second.links) == (((0, 0), (1, 0)), ())
    assert first.gold is None


def test_without_words_codes_are_written_and_frames_are_kept():
    frames = np.ones((2, 3), np.float32)
    test = Part(sequences_of([frames], labels=[4]))
    (probe,) = probes_of(test, np.array([0]), manifest())
    assert probe.label == "4" and probe.steps is None and probe.id == "0"
    assert np.array_equal(probe.frames, frames)
