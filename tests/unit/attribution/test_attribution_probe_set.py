from dataclasses import replace

import numpy as np

from seqarena.attribution.probe_set import probe_set
from seqarena.batch import sequences_of
from seqarena.data.alignment import alignment_of
from seqarena.data.links import links_of
from seqarena.data.manifest import Manifest, Provenance
from seqarena.data.part import Part
from seqarena.data.spectra import SpectrumAxis, joined
from seqarena.schema import DataSchema

FACTS = Manifest("t", DataSchema("density", n_symbols=9), Provenance("d", "l", "c"), {})


def part(**more) -> Part:
    values = [np.arange(n) for n in (3, 6, 4)]
    return Part(sequences_of(values, **more))


def test_the_batch_is_named_by_rows_of_the_split():
    probes = probe_set(part(), np.array([2, 0]), FACTS)
    assert [probe.id for probe in probes.probes] == ["2", "0"]
    batch = probes.batch()
    assert batch.rows.tolist() == [2, 0]
    assert batch.tokens.tolist() == [[0, 1, 2, 3], [0, 1, 2, 0]]
    assert probes.batch(1, 2).rows.tolist() == [0]


def test_long_probes_are_cut_with_all_that_belongs_to_their_steps():
    whole = part(
        tags=[np.arange(n) % 2 for n in (3, 6, 4)],
        scored_from=[0, 2, 0],
        scored_steps=[np.arange(n) > 0 for n in (3, 6, 4)],
    )
    probes = probe_set(whole, np.array([1]), FACTS, longest=4)
    assert probes.probes[0].n_steps == 4
    assert probes.sequences.tags_of(0).tolist() == [0, 1, 0, 1]
    assert probes.sequences.scored_steps.tolist() == [False, True, True, True]
    assert probes.cuts == ("1 probes cut to their first 4 steps",)


def test_the_spectrogram_of_a_long_probe_is_cut_with_it_and_told_by_its_axis():
    levels = [np.arange(2.0 * n).reshape(n, 2) for n in (3, 6, 4)]
    frames = sequences_of([np.zeros((n, 5)) for n in (3, 6, 4)])
    axis = SpectrumAxis("spectrogram", 0.0, 100.0, "linear")
    heard = Part(frames, spectra=joined(levels))
    (probe,) = probe_set(heard, np.array([1]), replace(FACTS, spectrum=axis), longest=4).probes
    assert np.array_equal(probe.spectrum, levels[1][:4])
    assert probe.spectrum_axis == axis
    # The lowest band is the lowest row of a picture.
    assert np.array_equal(probe.shown, levels[1][:4, ::-1])
    (probe,) = probe_set(Part(frames), np.array([1]), FACTS, longest=4).probes
    assert probe.spectrum is None and np.array_equal(probe.shown, np.zeros((4, 5)))


def test_gold_beyond_the_cut_is_no_gold():
    target = sequences_of([np.array([0, 1])] * 3)
    whole = Part(
        part(target=target).sequences,
        alignment_of([np.array([[0, 2], [1, 5]])] * 3),
        links_of([np.array([[0, 0], [5, 1]])] * 3),
    )
    (probe,) = probe_set(whole, np.array([1]), FACTS, longest=4).probes
    assert probe.gold == ((0, 2), (1, 4))
    assert probe.links == ((0, 0),)


def test_a_target_that_is_too_long_leaves_its_example_out():
    target = sequences_of([np.zeros(n, int) for n in (1, 5, 1)])
    probes = probe_set(part(target=target), np.array([0, 1]), FACTS, longest=4)
    assert [probe.row for probe in probes.probes] == [0]
    assert probes.cuts == ("1 probes with targets over 4 steps left out",)


def test_the_checksum_follows_content_and_names_alone():
    whole = part(ids=("a", "b", "c"))
    one = probe_set(whole, np.array([0, 1]), FACTS)
    assert one.sha256 == probe_set(whole, np.array([0, 1]), FACTS).sha256
    others = [
        probe_set(whole, np.array([0, 2]), FACTS),
        probe_set(whole, np.array([1, 0]), FACTS),
        probe_set(part(ids=("a", "x", "c")), np.array([0, 1]), FACTS),
    ]
    assert len({one.sha256, *(each.sha256 for each in others)}) == 4


def test_no_probes_are_a_set_too():
    probes = probe_set(part(), np.zeros(0, dtype=np.int64), FACTS)
    assert len(probes) == 0 and probes.cuts == ()
