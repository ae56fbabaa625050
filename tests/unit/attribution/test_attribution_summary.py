import numpy as np
import pytest

from seqarena.attribution.influence.influence_map import InfluenceMap
from seqarena.attribution.summary import oracle_summary, summary_tables


def influence(effect):
    effect = np.array(effect, np.float32)
    return InfluenceMap(effect, effect)


def test_the_truth_itself_is_at_no_distance():
    true = influence([[0.0, 0.0], [0.5, 0.0]])
    assert oracle_summary((true,), (true,)) == {
        "attn/oracle/divergence": 0.0,
        "attn/oracle/total": 0.25,
        "attn/oracle/true_total": 0.25,
        "attn/oracle/outside": 0.0,
    }


def test_a_map_that_looks_elsewhere_is_as_far_as_can_be():
    ours, true = influence([[0.0, 0.2]]), influence([[0.4, 0.0]])
    found = oracle_summary((ours,), (true,))
    assert found["attn/oracle/divergence"] == pytest.approx(1.0)
    assert found["attn/oracle/outside"] == pytest.approx(1.0)


def test_probes_of_which_either_is_unknown_are_passed_over():
    true = influence([[0.4, 0.0]])
    frames = InfluenceMap(None, np.ones((1, 2), np.float32), unit="nats")
    assert oracle_summary((None, frames), (true, true)) == {}
    assert oracle_summary((true,), ()) == {}


def test_a_row_that_looks_nowhere_has_no_divergence():
    nothing, true = influence([[0.0, 0.0]]), influence([[0.4, 0.0]])
    found = oracle_summary((nothing,), (true,))
    assert "attn/oracle/divergence" not in found
    assert found["attn/oracle/total"] == 0.0


def test_the_page_has_the_numbers_in_a_table():
    (table,) = summary_tables({"attn/oracle/total": 0.5})
    assert table.rows == (("oracle/total", 0.5),)
    assert summary_tables({}) == ()
