import dataclasses
import json
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from judgement_scenes import CHARACTERS, bits, leave
from seqarena.data.manifest import BestPossible, Manifest, Provenance, SplitRecord
from seqarena.evaluation.predictions import write_predictions
from seqarena.evaluation.stamp import Stamp
from seqarena.experiment.judge import judge
from seqarena.experiment.question import parse_asked, resolve
from seqarena.experiment.stamping import rules_of, stamp_of
from seqarena.reporting.caveats import limits
from seqarena.reporting.conclusions import conclusion

NAMES = ("good", "same", "bad")
HASH = "0123456789abcdef" * 4


def manifest(best=None, test=HASH, **protocol) -> Manifest:
    splits = {
        name: SplitRecord(10, 100, 100, test if name == "test" else HASH, HASH)
        for name in ("train", "valid", "test")
    }
    source = Provenance("A source.", "none", "nobody")
    found = Manifest("lagged", CHARACTERS, source, splits, protocol=protocol)
    return replace(found, best_possible=best)


def raw(n_seeds=3, names=NAMES, **task):
    return {
        "seeds": list(range(n_seeds)),
        "question": {"n_draws": 1000, "tasks": {"lagged": {"region": 0.01, **task}}},
        "tasks": {"lagged": {"kind": "density", "source": {"kind": "lagged_markov_source"}}},
        "families": {name: {"kind": "markov_chain", "order": 1} for name in names},
        "experiments": {f"lagged-{name}": {"task": "lagged", "family": name} for name in names},
    }


def judged(folder, settings=None, data=None):
    suite, question = parse_asked(settings or raw())
    data = data or manifest()
    return judge(resolve(question, suite, "lagged", data.schema), question, suite, data, folder)


def stamp():
    suite, _ = parse_asked(raw())
    return Stamp(rules_of(suite.tasks["lagged"], manifest()))


def tables(mean, n_seeds=3, base=0, noise=0.002):
    """Seeds of one family: the same hard examples, a little luck of its own."""
    rng = np.random.default_rng(base)
    return [
        bits(np.random.default_rng(7), mean + noise * rng.standard_normal()) for _ in range(n_seeds)
    ]


@pytest.fixture
def runs(tmp_path):
    for place, (name, mean) in enumerate(zip(NAMES, (1.5, 1.5, 1.7), strict=True)):
        leave(tmp_path, f"lagged-{name}", tables(mean, base=place), stamp=stamp())
    return tmp_path


def words(judgement):
    return {(pair.one, pair.other): pair.word for pair in judgement.pairs}


def test_a_planted_gap_is_found_and_a_null_one_is_not(runs):
    found = judged(runs)
    assert words(found) == {
        ("lagged-good", "lagged-same"): "equivalent",
        ("lagged-good", "lagged-bad"): "better",
        ("lagged-same", "lagged-bad"): "better",
    }
    pair = found.pair("lagged-bad", "lagged-good")
    assert pair.one == "lagged-good"
    assert pair.value == pytest.approx(0.2, abs=0.01)
    assert 0.19 < pair.low < pair.value < pair.high < 0.21
    assert pair.p_value < pair.corrected <= 0.05
    assert pair.better > 0.99 and pair.better + pair.equal + pair.worse == pytest.approx(1)
    assert found.set_aside == () and found.errors == ()
    assert conclusion(found)[0] == (
        "Nobody is shown to be better than good and same, and none of these is shown to be better "
        "than another of them."
    )


def test_cells_hold_every_seed_and_the_mean_of_all(runs):
    good, *_ = judged(runs).cells
    told = json.loads((runs / "lagged-good" / "metrics.json").read_text())
    assert good.mean == pytest.approx(told["mean"]["bits_per_step"])
    assert good.low == pytest.approx(told["interval"]["bits_per_step"]["low"])
    assert list(good.scores) == [0, 1, 2] and good.n_failed == 0
    assert (good.label, good.n_examples) == ("good", 200)


def test_a_baseline_is_met_by_all_others_and_stands_second(runs):
    found = judged(runs, raw(baseline="lagged-good"))
    assert words(found) == {
        ("lagged-same", "lagged-good"): "equivalent",
        ("lagged-bad", "lagged-good"): "worse",
    }
    assert conclusion(found)[:2] == [
        "Better than the baseline good: nobody is shown to be.",
        "Worse than the baseline good: bad.",
    ]


def test_one_seed_says_what_cannot_be_said(tmp_path):
    for place, (name, mean) in enumerate(zip(NAMES, (1.5, 1.5, 1.7), strict=True)):
        leave(tmp_path, f"lagged-{name}", tables(mean, 1, place), stamp=stamp())
    found = judged(tmp_path, raw(n_seeds=1))
    assert set(words(found).values()) == {"cannot say"}
    pair = found.pair("lagged-good", "lagged-bad")
    assert pair.low is None and pair.corrected is None
    assert pair.fits_low > 0.1 and pair.fits_p_value < 0.01
    assert limits(found)[0] == (
        "One seed only: Every experiment. How far a score moves with the seed is then unknown, so "
        "nothing is said of the families; what is said of these very fits stands beside each pair."
    )


def test_an_experiment_that_is_missing_is_named(runs):
    (runs / "lagged-same" / "metrics.json").unlink()
    found = judged(runs)
    assert words(found)["lagged-good", "lagged-same"] == "cannot say"
    assert found.pair("lagged-good", "lagged-same").sentence == (
        "same left no scores that could be compared."
    )
    assert words(found)["lagged-good", "lagged-bad"] == "better"
    missing = next(cell for cell in found.cells if cell.label == "same")
    assert (missing.n_failed, missing.mean) == (3, None)
    assert any(line.startswith("same left no score at all (3 seeds): ") for line in limits(found))


def test_a_seed_that_is_missing_is_counted_and_the_others_are_compared(runs):
    (runs / "lagged-good" / "evaluation" / "seed-1" / "predictions.arrow").unlink()
    found = judged(runs)
    good, *_ = found.cells
    assert list(good.scores) == [0, 2] and good.n_failed == 1
    assert good.troubles[0].startswith("seed 1: ") and "cannot be read as Arrow" in good.troubles[0]
    assert words(found)["lagged-good", "lagged-bad"] == "better"
    assert "good: 1 of 3 seeds left no score, and what the others say may flatter it." in limits(
        found
    )


def test_what_came_about_under_other_rules_stands_beside_nothing(runs):
    other = Stamp({**stamp().rules, "candidates": "sampled"})
    leave(runs, "lagged-same", tables(1.5), stamp=other)
    found = judged(runs)
    (aside,) = found.set_aside
    assert aside.experiment == "lagged-same"
    assert aside.reasons == (
        "it was evaluated under other rules than those of now: candidates: sampled against none",
    )
    assert "lagged-same" not in {cell.experiment for cell in found.cells}
    assert words(found)["lagged-good", "lagged-same"] == "cannot say"


def test_data_that_was_prepared_anew_sets_every_old_number_aside(runs):
    found = judged(runs, data=manifest(test="f" * 64))
    assert len(found.set_aside) == 3 and found.cells == ()
    assert found.set_aside[0].reasons == (
        "it was evaluated under other rules than those of now: test split: 0123456789abcdef "
        "against ffffffffffffffff",
    )


def test_numbers_without_a_stamp_and_those_that_their_predictions_contradict_are_refused(runs):
    path = runs / "lagged-same" / "metrics.json"
    content = json.loads(path.read_text())
    content["seeds"]["0"]["bits_per_step"] += 0.1
    path.write_text(json.dumps(content))
    old = runs / "lagged-bad" / "metrics.json"
    content = json.loads(old.read_text())
    del content["protocol"]
    old.write_text(json.dumps(content))
    same, bad = judged(runs).set_aside
    assert "says bits_per_step 1.59" in same.reasons[0] and "give 1.49" in same.reasons[0]
    assert "has no protocol stamp" in bad.reasons[0]


def test_other_examples_than_those_of_the_rest_are_set_aside(runs):
    fewer = [table.slice(0, 150) for table in tables(1.5)]
    leave(runs, "lagged-same", fewer, stamp=stamp())
    (aside,) = judged(runs).set_aside
    assert aside.reasons == (
        "its 150 examples are not the 200: 50 are missing and 0 are others (such as 'example 150') "
        "than those of the other experiments",
    )


def test_a_metric_that_is_not_a_number_is_named(runs):
    (first, *_) = tables(1.5)
    nothing = first.set_column(2, "n_scored", pa.array([0] * 200))
    path = runs / "lagged-same" / "evaluation" / "seed-0"
    write_predictions(path, nothing.set_column(3, "log_prob", pa.array([0.0] * 200)))
    same = next(cell for cell in judged(runs).cells if cell.label == "same")
    assert same.troubles == (
        "seed 0: bits_per_step is not a number (NaN) on its 200 examples; look for examples "
        "without anything to score.",
    )


def test_who_calls_the_test_impossible_is_infinitely_worse(runs):
    (first, *others) = tables(1.5)
    ruled_out = first.set_column(
        3, "log_prob", pa.array([-np.inf, *first["log_prob"].to_pylist()[1:]])
    )
    leave(runs, "lagged-same", [ruled_out, *others], stamp=stamp())
    found = judged(runs)
    same = next(cell for cell in found.cells if cell.label == "same")
    assert same.mean is None and same.n_infinite == 1
    assert words(found)["lagged-good", "lagged-same"] == "better"
    assert any("same called something impossible" in line for line in limits(found))


def test_nobody_beats_the_best_possible_value_unnoticed(runs):
    known = BestPossible(1.55, "bits", 0.001, 1.55, 1.55, "closed form")
    found = judged(runs, data=manifest(known))
    assert [line.split(",")[0] for line in found.errors] == ["good", "same"]
    assert "no model can be" in found.errors[0]
    assert conclusion(found)[-1] == "Nothing is concluded until that is explained."
    honest = judged(runs, data=manifest(dataclasses.replace(known, value=1.48)))
    assert honest.errors == ()
    good = honest.cells[0]
    assert good.gap == pytest.approx(good.mean - 1.48) and good.gap > 0
    assert conclusion(honest)[-1].startswith("The best mean, that of ")
    assert conclusion(honest)[-1].endswith(" bits above the best possible value of 1.480.")


def test_the_stamp_knows_the_rules_and_what_a_family_may_choose():
    settings = raw()
    settings["tasks"]["dates"] = {"kind": "transduction", "source": {"kind": "dates"}}
    settings["families"]["gru"] = {"kind": "gru", "decoding": {"beam": 4}}
    settings["experiments"]["dates-gru"] = {"task": "dates", "family": "gru"}
    suite, _ = parse_asked(settings)
    greedy = stamp_of(suite.experiments["lagged-good"], manifest())
    searched = stamp_of(suite.experiments["dates-gru"], manifest())
    assert greedy.choices == {}
    assert '"beam": 4' in searched.choices["decoding"]
    budget = raw()
    budget["tasks"]["lagged"]["training"] = {"max_epochs": 3}
    other, _ = parse_asked(budget)
    assert stamp_of(other.experiments["lagged-good"], manifest()).unlike(greedy) == [
        'budget: {"max_epochs": 3} against {}'
    ]
    assert stamp_of(suite.experiments["lagged-good"], manifest(context="stream")).unlike(
        greedy
    ) == ['context and scoring: {"context": "stream"} against {}']
