import math
from pathlib import Path

import numpy as np
from diagnostics_scenes import causal_uniform, random_rows

from seqarena.attribution.capture import ProbeMap
from seqarena.attribution.diagnostics.link_measures import alignment_pair, gold_links
from seqarena.attribution.diagnostics.map_measures import measures_of_map
from seqarena.attribution.diagnostics.measures import Measures, Subject, pooled_means
from seqarena.attribution.diagnostics.metrics import UNITS
from seqarena.attribution.diagnostics.summary import MOST_SCALARS, summary_of
from seqarena.attribution.diagnostics.table import SCHEMA, table_of
from seqarena.attribution.probes import Probe

ROOT = Path(__file__).parents[4]


def test_a_value_of_each_head_has_a_row_of_its_own():
    about = Subject("encoder.0.self", "a")
    measures = [
        about.of_heads("entropy", np.array([1.0, 2.0]), np.array([3.0, 5.0])),
        about.of_all("kendall_tau", 0.25, 4.0),
        Subject("encoder.0.self").of_all("sink_heads", 0.5),
    ]
    rows = table_of(measures, "1.2").to_pylist()
    constant = {
        "computed_dtype": "float64",
        "code_version": "1.2",
        "query_pos": None,
        "split": "test",
    }
    first = {"example_id": "a", "layer": "encoder.0.self", "metric": "entropy", "unit": "bits"}
    assert rows[0] == {**first, "head": 0, "value": 1.0, "n": 3, **constant}
    assert rows[1] == {**first, "head": 1, "value": 2.0, "n": 5, **constant}
    assert (rows[2]["head"], rows[2]["unit"], rows[2]["value"]) == (None, "tau", 0.25)
    assert rows[3]["example_id"] is None


def test_single_rows_stand_at_their_step_and_those_that_look_nowhere_are_missing():
    values, n = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[1.0, 0.0], [1.0, 1.0]])
    rows = table_of([Subject("m", "a").of_rows("entropy", values, n, first_row=1)], "").to_pylist()
    assert [(row["head"], row["query_pos"], row["value"]) for row in rows] == [
        (0, 1, 1.0),
        (1, 1, 3.0),
        (1, 2, 4.0),
    ]


def test_a_mean_over_nothing_has_no_row_and_nothing_at_all_no_rows():
    nothing = Subject("m", "a").of_heads("entropy", np.zeros(2), np.zeros(2))
    assert table_of([nothing], "").num_rows == 0
    assert table_of([], "").schema == SCHEMA
    assert pooled_means([nothing]) == {}


def test_examples_and_heads_count_once_each_in_a_mean_and_single_rows_not_at_all():
    measures = [
        Subject("m", "a").of_heads("entropy", np.array([1.0, 2.0]), np.array([1.0, 9.0])),
        Subject("m", "b").of_heads("entropy", np.array([6.0, 99.0]), np.array([1.0, 0.0])),
        Subject("m", "a").of_rows("entropy", np.ones((2, 1)), np.ones((2, 1)), first_row=0),
    ]
    assert pooled_means(measures) == {("m", "entropy"): 3.0}


def of(layer, value, metric="entropy"):
    return Subject(layer, "a").of_all(metric, value)


def test_a_summary_averages_layers_of_weights_and_no_other_kind_with_them():
    measures = [of("encoder.0.self", 1.0), of("encoder.1.self", 3.0), of("states", 100.0)]
    assert summary_of(measures, ["encoder.0.self", "encoder.1.self"]) == {
        "attn/entropy": 2.0,
        "attn/states/entropy": 100.0,
        "attn/encoder.0.self/entropy": 1.0,
        "attn/encoder.1.self/entropy": 3.0,
    }


def test_a_single_layer_is_not_told_twice():
    assert summary_of([of("pooling", 1.0)], ["pooling"]) == {"attn/entropy": 1.0}


def test_what_is_of_the_model_as_a_whole_stands_without_a_layer():
    assert summary_of([of("", 0.5, "influence_total")], []) == {"attn/influence_total": 0.5}


def test_a_summary_is_never_longer_than_it_may_be_nor_holds_what_is_no_number():
    layers = [f"encoder.{layer}.self" for layer in range(20)]
    metrics = list(UNITS)[:9]
    measures = [of(layer, 1.0, metric) for layer in layers for metric in metrics]
    summary = summary_of([*measures, of("", math.inf, "influence_total")], layers)
    assert len(summary) == MOST_SCALARS
    assert [f"attn/{metric}" for metric in metrics] == list(summary)[:9]
    assert all(math.isfinite(value) for value in summary.values())


def found(one, probe, with_rows=False):
    return {(m.metric, m.first_row): m for m in measures_of_map(one, probe, with_rows)}


def test_a_map_of_self_attention_has_distances_and_sinks_of_its_own_places():
    weights = causal_uniform(5)[None, :4]
    one = ProbeMap("decoder.0.self", "weights", np.pad(weights, ((0, 0), (0, 0), (0, 0))), 1)
    measures = found(one, Probe(0, "a", 5))
    # Row t looks at 0, ..., t - 1 alike: distances 1, ..., t, mean (t + 1) / 2 over t = 1, ..., 4.
    assert np.isclose(measures["distance", -1].values, np.mean([1.0, 1.5, 2.0, 2.5]))
    assert np.isclose(measures["normalised_entropy", -1].values, 3 / 4)
    assert np.isclose(measures["sink_excess", -1].values, 0)
    assert measures["entropy", -1].n.tolist() == [[4.0]]


def test_columns_that_are_no_steps_have_no_distance():
    states = found(ProbeMap("states", "posterior", random_rows(1, 4, 3)), Probe(0, "a", 4))
    assert {metric for metric, _ in states} == {
        "entropy",
        "effective_support",
        "normalised_entropy",
        "confidence",
    }


def test_single_rows_are_told_when_they_are_asked_for():
    one = ProbeMap("encoder.0.self", "weights", np.eye(3)[None])
    measures = found(one, Probe(0, "a", 3), with_rows=True)
    assert measures["confidence", 0].values.tolist() == [[1.0, 1.0, 1.0]]
    assert ("entropy", -1) in measures


def copied(shift=0):
    """A copy of three symbols and an end, read where it is predicted or one step later."""
    return ProbeMap("decoder.cross", "weights", np.eye(4, 3, k=-shift)[None])


COPY = Probe(0, "a", 3, links=((0, 0), (1, 1), (2, 2)))


def test_a_cross_map_tells_coverage_and_both_alignment_errors():
    measures = found(copied(), COPY)
    assert measures["coverage_deviation", -1].values.tolist() == [[0.0]]
    assert measures["alignment_error_rate", -1].values.tolist() == [[0.0]]
    assert measures["alignment_error_rate_shifted", -1].values[0, 0] > 0.5
    later = found(copied(shift=1), COPY)
    assert later["alignment_error_rate_shifted", -1].values.tolist() == [[0.0]]


def test_without_gold_links_there_is_no_alignment_error():
    assert not any("error" in metric for metric, _ in found(copied(), Probe(0, "a", 3)))
    nothing = Probe(0, "a", 3, gold=((-1, -1),) * 4)
    assert not any("error" in metric for metric, _ in found(copied(), nothing))


def test_a_span_of_one_step_is_a_sure_link_and_a_longer_one_possible_links():
    sure, possible = gold_links(Probe(0, "a", 5, gold=((0, 1), (2, 4), (-1, -1))))
    assert sure.tolist() == [[0, 0]]
    assert possible.tolist() == [[0, 0], [2, 1], [3, 1]]


def test_a_posterior_and_attention_are_set_side_by_side():
    posterior = ProbeMap("target.cross", "posterior", np.eye(4, 3)[None])
    same = alignment_pair(copied(), posterior, COPY)
    assert same == (1.0, 1.0, 0.0, 3)
    late = alignment_pair(copied(shift=1), posterior, COPY)
    assert (late.first_f1, late.second_f1) == (0.0, 1.0)
    assert late.divergence == 1.0
    unknown = alignment_pair(copied(), posterior, Probe(0, "a", 3))
    assert unknown[:2] == (None, None)


def test_every_metric_has_a_unit_and_stands_in_the_page():
    assert Measures("entropy", "", None, np.zeros((1, 1)), np.zeros((1, 1))).unit == "bits"
    page = (ROOT / "docs/how-to/diagnostics.md").read_text(encoding="utf-8")
    assert [metric for metric in UNITS if f"`{metric}`" not in page] == []
