import numpy as np

from seqarena.attribution.capture import Capture, ProbeMap
from seqarena.attribution.influence.influence_map import InfluenceMap
from seqarena.attribution.probes import Probe
from seqarena.attribution.viewer.of_capture import beside, viewed_of
from seqarena.attribution.viewer.payload import payload

TEXT = Probe(0, "t", 3, ("a", "b", "c"))
DATE = Probe(0, "d", 3, ("a", "b", "c"), ("1", "<end>"), gold=((0, 2), (-1, -1)))


def shown(probe, *maps, influence=(), run=""):
    page = viewed_of(Capture((probe,), (maps,), influence), "page", run=run)
    payload(page)
    return page.examples[0].maps


def rows_of(n, *shape):
    return np.full((n, *shape), 1 / shape[-1], np.float32)


def test_a_layer_is_told_from_the_name_of_its_mechanism():
    (one,) = shown(DATE, ProbeMap("decoder.1.cross", "weights", rows_of(2, 2, 3)))
    assert (one.name, one.layer) == ("decoder.cross", 2)
    assert (one.rows.texts, one.columns.texts) == (("1", "<end>"), ("a", "b", "c"))


def test_pooling_has_a_row_for_each_head():
    (one,) = shown(TEXT, ProbeMap("pooling", "weights", rows_of(4, 1, 3)))
    assert one.values.shape == (1, 4, 3)
    assert (one.rows.noun, one.rows.n) == ("head", 4)


def test_time_runs_across_for_states_and_contexts():
    states = np.arange(6, dtype=np.float32).reshape(1, 3, 2) / 10
    one, _ = shown(TEXT, ProbeMap("states", "posterior", states))
    assert np.array_equal(one.values[0], states[0].T)
    assert (one.rows.noun, one.rows.first_number, one.limit) == ("state", 1, 1.0)
    (one,) = shown(TEXT, ProbeMap("contexts", "count_context", states))
    assert (one.rows.noun, one.rows.first_number) == ("symbols of context", 0)


def test_steps_of_one_state_share_it_and_a_row_says_with_which():
    states = np.array([[[1, 0], [1, 0], [0, 1]], [[0.5, 0.5], [1, 0], [0, 0]]], np.float32)
    _, one = shown(TEXT, ProbeMap("states", "posterior", states))
    assert (one.kind, one.name) == ("affinity", "states")
    assert one.values.tolist() == [
        [[0.5, 0.5, 0], [0.5, 0.5, 0], [0, 0, 1]],
        # Shares are of the sums 0.5 + 0.5 and 0.5 + 1; a step without states shares none.
        [[0.5, 0.5, 0], [np.float32(0.5 / 1.5), np.float32(1 / 1.5), 0], [0, 0, 0]],
    ]
    assert one.rows.texts == one.columns.texts == ("a", "b", "c")


def test_links_of_an_aligner_stand_with_the_output_below_each_other():
    (one,) = shown(DATE, ProbeMap("target.cross", "posterior", rows_of(1, 2, 3)))
    assert one.rows.texts == ("1", "<end>") and one.values.shape == (1, 2, 3)


def test_a_language_model_cannot_look_at_what_it_predicts():
    values = np.tril(rows_of(1, 2, 3))
    (one,) = shown(TEXT, ProbeMap("decoder.0.self", "weights", values, first_row=1))
    assert one.first_row == 1 and one.rows.noun == "symbol predicted"
    assert one.valid.tolist() == [[True, False, False], [True, True, False]]


def test_nothing_is_called_out_of_sight_that_was_looked_at():
    values = rows_of(1, 2, 3)
    (one,) = shown(TEXT, ProbeMap("decoder.0.self", "weights", values, first_row=1))
    assert one.valid is None


def test_influence_is_two_maps_of_two_kinds():
    effect = np.tril(np.full((3, 3), 0.25, np.float32), -1)
    valid = np.tri(3, k=-1, dtype=bool)
    one = InfluenceMap(effect, -effect, whole=np.array([0, 0.2, 0.3]), valid=valid)
    first, second = shown(TEXT, influence=(one,))
    assert (first.kind, first.unit, first.signed) == ("effect", "bits", False)
    assert (second.kind, second.unit, second.signed) == ("change", "bits", True)
    assert first.whole is one.whole and first.valid is one.valid


def test_influence_on_frames_has_a_change_alone_in_its_own_unit():
    frames = Probe(0, "f", 2, frames=np.zeros((2, 3), np.float32))
    one = InfluenceMap(None, np.ones((2, 2)), version="marginalised", unit="nats")
    (only,) = shown(frames, influence=(one,))
    assert (only.kind, only.unit, only.name) == ("change", "nats", "influence (marginalised)")


def test_influence_on_a_label_has_its_text_as_the_one_row():
    labelled = Probe(0, "l", 3, ("a", "b", "c"), label="good")
    first, _ = shown(labelled, influence=(InfluenceMap(rows_of(1, 3), rows_of(1, 3)),))
    assert first.rows.texts == ("good",)


def test_two_runs_share_their_examples():
    def page(run, *ids):
        probes = tuple(Probe(0, each, 3, ("a", "b", "c")) for each in ids)
        maps = tuple((ProbeMap("pooling", "weights", rows_of(1, 1, 3)),) for _ in ids)
        return viewed_of(Capture(probes, maps), run, run=run)

    joined = beside(page("first", "p", "q"), page("second", "q", "r"), "both")
    runs = {each.id: [one.run for one in each.maps] for each in joined.examples}
    assert runs == {"p": ["first"], "q": ["first", "second"], "r": ["second"]}
    payload(joined)


def test_a_density_whose_beginning_was_asked_about_shows_that_beginning():
    valid = np.zeros((5, 5), bool)
    valid[:3, :3] = np.tri(3, k=-1, dtype=bool)
    effect = valid.astype(np.float32)
    probe = Probe(0, "a", 5, steps=tuple("abcde"))
    one = InfluenceMap(effect, effect, np.zeros(5, np.float32), valid=valid)
    (example,) = viewed_of(Capture((probe,), ((),), (one,)), "t").examples
    for shown in example.maps:
        assert shown.values.shape == (1, 3, 3)
        assert shown.columns.texts == shown.rows.texts == ("a", "b", "c")


def test_a_gradient_is_a_kind_of_its_own_and_signed():
    slope = InfluenceMap(None, np.array([[0.5, -0.25, 0.0]]), version="gradient")
    capture = Capture((TEXT,), ((),), (), {"gradient": (slope,)})
    (one,) = viewed_of(capture, "page").examples[0].maps
    assert (one.name, one.kind, one.signed, one.unit) == (
        "gradient × input",
        "gradient",
        True,
        "bits",
    )
