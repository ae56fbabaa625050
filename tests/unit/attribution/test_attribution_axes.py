import numpy as np
import pytest

from seqarena.attribution.axes import panels_of, primary_map
from seqarena.attribution.capture import ProbeMap
from seqarena.attribution.probes import Probe

DATE = Probe(0, "d", 3, ("a", "b", "c"), ("1", "<end>"), gold=((0, 2), (-1, -1)))
FRAMES = Probe(0, "f", 3, frames=np.zeros((3, 2), np.float32))


def made(name, *shape, kind="weights"):
    return ProbeMap(name, kind, np.random.default_rng(0).random(shape, np.float32))


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (
            ["encoder.0.self", "decoder.0.cross", "decoder.1.cross", "decoder.1.self"],
            "decoder.1.cross",
        ),
        (["encoder.0.self", "pooling", "pooling.self"], "pooling"),
        (["encoder.0.self", "encoder.1.self"], "encoder.1.self"),
    ],
)
def test_the_most_telling_map_comes_first(names, expected):
    assert primary_map(tuple(made(name, 1, 1, 1) for name in names)).name == expected


def test_attention_comes_before_states():
    maps = (made("encoder.0.self", 1, 1, 1), made("states", 1, 1, 1, kind="posterior"))
    assert primary_map(maps).name == "encoder.0.self"
    assert primary_map(maps[1:]).name == "states"


def test_decoder_rows_are_what_is_written_and_columns_the_input():
    panels = panels_of(DATE, made("decoder.cross", 2, 2, 3))
    assert (panels.down.title, panels.down.labels) == ("output written", ("1", "<end>"))
    assert (panels.across.title, panels.across.labels) == ("input symbol", ("a", "b", "c"))
    assert panels.titles == ("head 1", "head 2")
    assert panels.gold == ((0, 2), (-1, -1))


def test_words_of_a_recogniser_stand_as_those_of_a_decoder():
    probe = Probe(0, "u", 3, outputs=("two", "<end>"), gold=((0, 2), (-1, -1)))
    one = made("decoder.cross", 1, 2, 3, kind="posterior")
    panels = panels_of(probe, one)
    assert np.array_equal(panels.values, one.values)
    assert (panels.down.title, panels.down.labels) == ("output written", ("two", "<end>"))
    assert (panels.across.title, len(panels.across.labels)) == ("input frame", 3)
    assert panels.gold == ((0, 2), (-1, -1))


def test_rows_of_a_language_model_are_what_it_predicts():
    text = Probe(0, "t", 3, ("a", "b", "c"))
    one = ProbeMap("decoder.0.self", "weights", np.ones((1, 2, 3), np.float32), first_row=1)
    panels = panels_of(text, one)
    assert (panels.down.title, panels.down.labels) == ("symbol predicted", ("b", "c"))
    assert panels.across.labels == ("a", "b", "c")
    assert panels.gold == ()


PAIR = Probe(0, "p", 3, ("a", "b", "c"), ("x", "y", "<end>"), links=((0, 0), (2, 0), (1, 1)))


def test_links_of_an_aligner_stand_as_those_of_a_decoder_do():
    """Posteriors of states are turned, those of links are not: a row is a target word."""
    posterior = made("target.cross", 1, 2, 3, kind="posterior")
    panels = panels_of(PAIR, posterior)
    assert np.array_equal(panels.values, posterior.values)
    assert (panels.down.title, panels.down.labels) == ("target word", ("x", "y"))
    assert (panels.across.title, panels.across.labels) == ("input symbol", ("a", "b", "c"))
    assert panels.links == PAIR.links
    assert panels_of(PAIR, made("decoder.cross", 1, 3, 3)).links == PAIR.links
    assert panels_of(PAIR, made("encoder.0.self", 1, 3, 3)).links == ()


def test_spans_are_shown_where_a_task_knows_spans_and_links():
    both = Probe(0, "b", 3, DATE.steps, DATE.outputs, gold=DATE.gold, links=((0, 0), (1, 0)))
    panels = panels_of(both, made("decoder.cross", 1, 2, 3))
    assert (panels.gold, panels.links) == (DATE.gold, ())


def test_pooling_becomes_a_row_per_head():
    one = made("pooling", 4, 1, 3)
    panels = panels_of(FRAMES, one)
    assert np.array_equal(panels.values, one.values[:, 0][None])
    assert (panels.down.title, panels.across.title) == ("head", "input frame")


def test_time_runs_across_for_posteriors():
    one = made("states", 1, 3, 5, kind="posterior")
    panels = panels_of(FRAMES, one)
    assert np.array_equal(panels.values[0], one.values[0].T)
    assert (panels.down.title, len(panels.down.labels), len(panels.across.labels)) == (
        "state",
        5,
        3,
    )


def test_contexts_are_named_by_their_length_from_none_on():
    panels = panels_of(DATE, made("contexts", 1, 3, 3, kind="count_context"))
    assert (panels.down.title, panels.down.labels) == ("symbols of context", ("0", "1", "2"))
    assert (panels.across.title, panels.across.labels) == ("input symbol", ("a", "b", "c"))


def test_components_are_counted_from_one():
    panels = panels_of(FRAMES, made("components", 1, 3, 2, kind="responsibility"))
    assert (panels.down.title, panels.down.labels) == ("component", ("1", "2"))


def test_long_maps_are_cut_and_say_so():
    panels = panels_of(Probe(0, "l", 100, tuple("x" * 100)), made("encoder.0.self", 1, 100, 100))
    assert panels.values.shape == (1, 64, 64)
    assert panels.across.title == "input symbol (first 64 of 100)"
    assert len(panels.down.labels) == 64
