from dataclasses import replace

import numpy as np
import pytest

from comparison_scenes import family, influence, run
from seqarena.attribution.capture import ProbeMap
from seqarena.attribution.comparison.disagreements import PICKED_AFTERWARDS
from seqarena.attribution.comparison.family_maps import FamilyMaps
from seqarena.attribution.comparison.family_numbers import family_numbers
from seqarena.attribution.comparison.family_pairs import compare_families
from seqarena.attribution.comparison.pair_page import gap_table, pair_page, pair_report
from seqarena.attribution.comparison.row_table import output_text, row_table
from seqarena.attribution.comparison.task_page import task_page
from seqarena.attribution.probes import Probe
from seqarena.attribution.viewer.page import page_of


@pytest.fixture
def report():
    rng = np.random.default_rng(1)
    return pair_report(compare_families([family("a", 1, rng), family("b", 3, rng)]))


def with_maps(of: FamilyMaps) -> FamilyMaps:
    """Give each probe of each seed weights, and a true map."""
    weights = (ProbeMap("encoder.0.self", "weights", np.full((2, 9, 10), 0.1, np.float32), 1),)
    true = influence(np.tril(np.ones((10, 10)), -1) / 10)
    runs = []
    for each in of.runs:
        n = len(each.capture.probes)
        capture = replace(each.capture, maps=(weights,) * n, further={"oracle": (true,) * n})
        runs.append(replace(each, capture=capture))
    return FamilyMaps(of.name, tuple(runs))


def test_a_page_of_two_shows_effect_truth_change_mechanism_and_scores_of_each_probe():
    rng = np.random.default_rng(1)
    families = [with_maps(family("a", 1, rng)), with_maps(family("b", 3, rng))]
    viewed = pair_page(pair_report(compare_families(families)))
    assert len(viewed.examples) == 2
    assert [(one.run, one.kind) for one in viewed.examples[0].maps] == [
        ("a", "effect"),
        ("b", "effect"),
        ("", "oracle"),
        ("a", "change"),
        ("b", "change"),
        ("a", "weights"),
        ("b", "weights"),
        ("", "score"),
    ]
    assert "</html>" in page_of(viewed)


def test_scores_stand_beside_the_noise_of_the_seeds(report):
    scores = pair_page(report).examples[1].maps[-1]
    assert scores.columns.texts == (
        "across",
        "within:a",
        "within:b",
        "farthest:a",
        "farthest:b",
    )
    rows = report.rows[1]
    assert scores.values[0, 5].tolist() == pytest.approx(
        [
            rows.between[5],
            rows.one.noise[5],
            rows.other.noise[5],
            rows.one.largest_noise[5],
            rows.other.largest_noise[5],
        ]
    )
    # The first step is predicted from nothing: there is no row, and no score of 0 either.
    assert not scores.valid[0].any()


def test_the_tables_tell_what_was_found(report):
    gap, numbers, picked = pair_page(report).tables
    assert dict(gap.rows)["p after Holm"] == pytest.approx(0.1)
    assert gap.note.startswith(report.pair.sentence)
    assert [row[0] for row in numbers.rows] == ["a", "b"]
    assert (len(picked.rows), picked.note) == (16, PICKED_AFTERWARDS)
    assert gap_table(report.pair) == gap


def test_a_page_of_a_task_shows_every_family_without_its_mechanism():
    rng = np.random.default_rng(1)
    families = [with_maps(family(name, 1 + place, rng)) for place, name in enumerate("abc")]
    numbers = [family_numbers(each) for each in families]
    viewed = task_page(compare_families(families), numbers, "lagged")
    kinds = [(one.run, one.kind) for one in viewed.examples[0].maps]
    assert kinds[:4] == [
        ("a", "effect"),
        ("b", "effect"),
        ("c", "effect"),
        ("", "oracle"),
    ]
    assert {kind for _, kind in kinds} == {"effect", "oracle", "change"}
    numbers, pairs = viewed.tables
    assert [row[0] for row in numbers.rows] == ["a", "b", "c"]
    differences = [row[2] for row in pairs.rows]
    assert differences == sorted(differences, reverse=True)


def test_every_row_is_in_the_table_and_a_missing_one_is_null(report):
    table = row_table(report.one, report.other, report.rows, report.picked)
    rows = table.to_pylist()
    assert len(rows) == 20
    assert (rows[0]["example_id"], rows[0]["output"], rows[0]["text"]) == ("probe 0", 0, "a")
    assert rows[0]["between"] is None
    assert rows[13]["between"] == pytest.approx(report.rows[1].between[3])
    assert rows[13]["largest_noise_other"] == pytest.approx(report.rows[1].other.largest_noise[3])
    ranked = [row["rank_picked_afterwards"] for row in rows]
    assert sorted(rank for rank in ranked if rank is not None) == list(range(1, 17))
    told = table.schema.metadata
    assert (told[b"one"], told[b"other"], told[b"probe_set"]) == (b"a", b"b", b"p" * 64)


def test_an_output_is_named_by_its_symbol_its_label_or_its_number():
    assert output_text(Probe(0, "a", 2, ("x", "y"), outputs=("p", "q")), 1, 2) == "q"
    assert output_text(Probe(0, "a", 2, ("x", "y"), label="cat"), 0, 1) == "cat"
    assert output_text(Probe(0, "a", 2, ("x", "y")), 1, 2) == "y"
    assert output_text(Probe(0, "a", 2), 1, 2) == "2"


def test_one_output_of_a_whole_input_is_shown_too():
    def classifier(name, at):
        maps = [influence(np.eye(4)[[at]])]
        about = (Probe(0, "film", 4, label="walk"),)
        runs = [run(maps, seed, name=name) for seed in range(2)]
        runs = [replace(each, capture=replace(each.capture, probes=about)) for each in runs]
        return FamilyMaps(name, tuple(runs))

    report = pair_report(compare_families([classifier("a", 0), classifier("b", 2)]))
    assert report.pair.verdict == "different"
    viewed = pair_page(report)
    assert viewed.examples[0].maps[-1].values.shape == (1, 1, 5)
    assert "</html>" in page_of(viewed)
