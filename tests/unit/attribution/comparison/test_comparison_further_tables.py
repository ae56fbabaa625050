import math
from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from comparison_scenes import influence
from seqarena.attribution.capture import Capture, ProbeMap
from seqarena.attribution.comparison.alignments import (
    alignment_picture,
    alignment_table,
    alignments_beside,
    are_aligned,
)
from seqarena.attribution.comparison.family_maps import FamilyMaps, RunMaps
from seqarena.attribution.comparison.family_numbers import family_numbers
from seqarena.attribution.comparison.family_pairs import compare_families
from seqarena.attribution.comparison.further_tables import further_tables, gain_table
from seqarena.attribution.comparison.task_page import task_page
from seqarena.attribution.probes import Probe

DATE = Probe(0, "date", 3, ("5", "May", "99"), ("1999", "05", "<end>"), links=((2, 0), (1, 1)))
RIGHT = [[0.0, 0.1, 0.9], [0.2, 0.8, 0.0], [0.0, 0.0, 0.0]]
WRONG = [[0.9, 0.1, 0.0], [0.2, 0.8, 0.0], [0.3, 0.3, 0.4]]


def named(name, *maps, probe=DATE, summary=None):
    capture = Capture((probe,), (maps,), (influence(np.full((3, 3), 0.1)),))
    return FamilyMaps(name, (RunMaps(0, name, "p", capture, summary or {}),))


def aligner(name="hmm", values=RIGHT):
    return named(name, ProbeMap("target.cross", "posterior", np.array([values], np.float32)))


def network(name="gru", *heads):
    heads = np.array(heads or [WRONG], np.float32)
    encoder = ProbeMap("encoder.0.self", "weights", np.full((1, 3, 3), 1 / 3, np.float32))
    return named(name, encoder, ProbeMap("decoder.cross", "weights", heads))


def test_a_posterior_and_attention_are_held_against_the_same_gold_links_and_each_other():
    (found,) = alignments_beside([aligner(), network()])
    assert (found.aligner, found.network, found.n_rows) == ("hmm", "gru", 2)
    assert (found.aligner_f1, found.network_f1) == (1.0, 0.5)
    assert 0 < found.divergence < 1
    (same,) = alignments_beside([aligner(), network("gru", RIGHT)])
    assert same.divergence == 0.0 and same.network_f1 == 1.0


def test_every_alignment_model_stands_beside_every_network_and_no_two_of_a_kind():
    families = [aligner(), aligner("ibm_1", WRONG), network(), network("lstm", RIGHT)]
    names = [(each.aligner, each.network) for each in alignments_beside(families)]
    assert names == [("hmm", "gru"), ("hmm", "lstm"), ("ibm_1", "gru"), ("ibm_1", "lstm")]
    assert not are_aligned(families[:2]) and not are_aligned(families[2:])
    assert alignment_table(families[2:]) is None and alignment_picture(families[2:]) is None


def test_without_gold_links_the_two_are_still_compared():
    bare = [
        replace(each, runs=(replace(each.runs[0], capture=without_gold(each.runs[0].capture)),))
        for each in (aligner(), network())
    ]
    (found,) = alignments_beside(bare)
    assert math.isnan(found.aligner_f1) and found.n_rows == 2


def without_gold(capture):
    return replace(capture, probes=(replace(DATE, links=None),))


def test_maps_onto_frames_are_no_alignment_of_words():
    frames = replace(DATE, steps=None, frames=np.zeros((3, 2), np.float32))
    recogniser = named(
        "words", ProbeMap("decoder.cross", "posterior", np.array([RIGHT])), probe=frames
    )
    reader = named("gru", ProbeMap("decoder.cross", "weights", np.array([WRONG])), probe=frames)
    assert alignments_beside([recogniser, reader]) == ()


def test_the_picture_shows_both_and_differs_with_what_they_link():
    drawn = alignment_picture([aligner(), network()])
    with Image.open(BytesIO(drawn)) as picture:
        assert picture.size == (1350, 510)
    assert drawn != alignment_picture([aligner(values=WRONG), network()])


def test_the_page_of_the_task_shows_links_where_there_are_alignment_models_and_none_elsewhere():
    page = page_of([aligner(), network()])
    shown = [(one.run, one.name, one.kind) for one in page.examples[0].maps]
    assert ("hmm", "target.cross", "posterior") in shown
    assert ("gru", "decoder.cross", "weights") in shown
    assert not any(name == "encoder.self" for _, name, _ in shown)
    alone = page_of([network(), network("lstm")])
    assert {one.kind for one in alone.examples[0].maps} == {"effect", "change"}


def page_of(families):
    return task_page(compare_families(families), list(map(family_numbers, families)), "dates")


def test_numbers_of_the_validation_split_and_of_context_stand_beside_the_true_process():
    chain = named("chain", summary={"attn/context_gain/0": 1.0, "attn/context_gain/2": 0.25})
    gru = named(
        "gru",
        summary={
            "attn/valid/entropy": 1.5,
            "attn/valid/states/entropy": 9.0,
            "attn/context_gain/0": 0.5,
            "attn/context_gain/2": 0.0,
            "attn/oracle/context_gain/0": 1.25,
            "attn/oracle/context_gain/2": 0.125,
        },
    )
    gain, valid = further_tables([gru, chain])
    assert [row[:2] for row in valid.rows] == [("gru", 1.5)]
    assert gain.head == ("family", "k = 0 [bits]", "k = 2 [bits]")
    assert gain.rows == (("the true process", 1.25, 0.125), ("gru", 0.5, 0.0), ("chain", 1.0, 0.25))
    assert further_tables([named("bare")]) == ()


def test_the_true_process_is_told_from_whichever_fit_knows_it():
    one = named("a", summary={"attn/context_gain/1": 0.5})
    other = named("b", summary={"attn/context_gain/1": 0.5, "attn/oracle/context_gain/1": 0.75})
    assert gain_table([one, other]).rows[0] == ("the true process", pytest.approx(0.75))


def test_influence_by_lag_stands_beside_that_of_the_true_process():
    def chain(name, lag):
        own, true = influence(0.5 * np.eye(9, k=-lag)), influence(0.25 * np.eye(9, k=-1))
        probe = Probe(0, "p", 9, tuple("abcdefghi"))
        capture = Capture((probe,), ((),), (own,), {"oracle": (true,)})
        return FamilyMaps(name, (RunMaps(0, name, "p", capture),))

    (table,) = further_tables([chain("near", 1), chain("far", 2), named("unknown")])
    assert table.head[:3] == ("family", "1 back [bits]", "2 back [bits]")
    assert [row[:3] for row in table.rows] == [
        ("the true process", 0.25, 0.0),
        ("near", 0.5, 0.0),
        ("far", 0.0, 0.5),
    ]
