import numpy as np

from seqarena.data.manifest import Manifest, Provenance
from seqarena.retraining.portrait import digests_of, joined, portrait_of, portrait_of_unknown
from seqarena.schema import DataSchema
from seqarena.sequences import sequences_of


def manifest(symbols=None, classes=("no", "yes"), **schema):
    fields = DataSchema("classification", **schema)
    return Manifest("t", fields, Provenance("", "", ""), {}, symbols=symbols, class_names=classes)


WORDS = manifest(("?", "a", "b"))
TOKENS = sequences_of([np.array([1, 2]), np.array([1]), np.array([1, 2])], labels=[0, 1, 1])


def test_an_example_is_known_by_its_symbols_whatever_their_numbers():
    other = manifest(("?", "b", "x", "a"))
    renumbered = sequences_of([np.array([3, 1])], labels=[1])
    assert digests_of(renumbered, other)[0] == digests_of(TOKENS, WORDS)[0]
    assert len(set(digests_of(TOKENS, WORDS))) == 2


def test_two_symbols_are_not_the_one_that_their_letters_make():
    names = manifest(("?", "a", "b", "ab"))
    two, one = (digests_of(sequences_of([np.array(v)]), names) for v in ([1, 2], [3]))
    assert two != one


def test_symbols_labels_and_lengths_are_counted():
    found = portrait_of(TOKENS, WORDS)
    assert found.symbols == {"a": 3, "b": 2}
    assert found.labels == {"no": 1, "yes": 2}
    assert found.lengths.tolist() == [2, 1, 2]
    assert found.frames is None


def test_one_frame_of_each_example_is_kept():
    values = [np.full((n, 2), float(n)) for n in (1, 2, 3)]
    found = portrait_of(sequences_of(values), manifest(dim=2))
    assert sorted(found.frames[:, 0].tolist()) == [1.0, 2.0, 3.0]


def test_known_examples_are_left_out():
    known = frozenset(digests_of(TOKENS, WORDS)[:1])
    assert portrait_of_unknown(TOKENS, WORDS, known).lengths.tolist() == [1]
    everything = frozenset(digests_of(TOKENS, WORDS))
    assert portrait_of_unknown(TOKENS, WORDS, everything).digests == ()


def test_portraits_add():
    whole = portrait_of(TOKENS, WORDS)
    parts = [portrait_of(TOKENS.select(np.array(rows)), WORDS) for rows in ([0], [1, 2])]
    added = joined(parts)
    assert (added.digests, added.symbols, added.labels) == (
        whole.digests,
        whole.symbols,
        whole.labels,
    )
