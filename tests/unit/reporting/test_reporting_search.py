"""What a report tells of random searches."""

import numpy as np
import pytest
from reporting_scenes import BITS, cell, written

from seqarena.reporting.ranking import tables
from seqarena.reporting.records import comparison
from seqarena.reporting.report import whole_report
from seqarena.reporting.search import Search, Tried
from seqarena.reporting.sections import sections_of

SETTINGS = ("dropout 0.3", "dropout 0", "dropout 0.1")


def searched(losses, loss="validation loss of the fit"):
    ranked = sorted(range(len(losses)), key=lambda at: np.inf if losses[at] is None else losses[at])
    trials = tuple(
        Tried(SETTINGS[at % 3], each, 70 + at, 1.5, "" if each is not None else "it diverged")
        for at, each in enumerate(losses)
    )
    return Search(loss, trials, ranked[0], ranked[(len(losses) - 1) // 2], n_different=3)


def section(*cells):
    (found,) = sections_of(tables([BITS], cells))
    return found


LSTM = cell("lstm", [1.6, 1.7], search=searched([2.0, 3.0, 1.0]), budget="70 ± 5 % parameters")
GRU = cell("gru", [1.8, 1.7], family="gru", search=searched([4.0, None, 2.5]))
PLAIN = cell("markov", [1.9, 1.9], family="markov_chain", budget="exempt")


def test_the_curve_is_the_expected_best_of_n_trials():
    chart = next(each for each in section(LSTM, PLAIN).charts if each.name == "search")
    (series,) = chart.series
    assert [point.y for point in series.points] == [2.0, 2.0, 1.0]
    unbiased, with_replacement = series.traces
    # Of two of three: {2, 3} gives 2, {2, 1} and {3, 1} give 1.
    assert unbiased.ys == pytest.approx((2.0, 4 / 3, 1.0))
    # Of two draws with replacement: 1 with 5/9, 2 with 3/9, 3 with 1/9.
    assert with_replacement.ys == pytest.approx((2.0, 14 / 9, (19 + 2 * 7 + 3) / 27))
    assert "best of the first n" in chart.about


def test_where_a_failed_trial_may_be_the_best_there_is_no_point_of_the_curve():
    chart = next(each for each in section(LSTM, GRU).charts if each.name == "search")
    gru = next(each for each in chart.series if each.label == "gru")
    assert [trace.xs for trace in gru.traces] == [(2, 3)]


def test_losses_of_other_kinds_are_drawn_apart():
    other = cell("hmm", [1.5, 1.5], family="hidden_markov", search=searched([1.0, 2.0], "bits"))
    names = [each.name for each in section(LSTM, other).charts]
    assert {"search", "search-2"} <= set(names)


def test_selected_and_median_trial_stand_side_by_side():
    found = {each.name: each for each in section(LSTM, GRU, PLAIN).all_sheets}
    titles = [column.title for column in found["search"].columns]
    rows = [dict(zip(titles, row, strict=True)) for row in found["search"].texts()]
    assert [row["selected"] for row in rows] == ["1.0000", "2.5000"]
    assert [row["median"] for row in rows] == ["2.0000", "4.0000"]
    assert [row["median settings"] for row in rows] == ["dropout 0.3", "dropout 0.3"]
    assert [row["failed"] for row in rows] == ["0", "1"]
    assert found["search"].about.startswith("Each of these had 3 trials. Without a search: markov.")
    assert found["trials"].n_rows == 6
    assert ("gru", "1", "failed") in [row[:3] for row in found["trials"].texts()]


def test_unequal_trials_are_called_so():
    fewer = cell("gru", [1.8, 1.7], family="gru", search=searched([4.0, 2.5]))
    found = {each.name: each for each in section(LSTM, fewer).all_sheets}
    assert "NOT EQUAL: 2 to 3 trials" in found["search"].about


def test_trials_and_budget_stand_beside_every_score():
    results = section(LSTM, PLAIN).results
    titles = [column.title for column in results.columns]
    costs = titles.index("parameters")
    assert titles[costs:] == ["parameters", "fit", "FLOPs", "trials", "seeds"]
    trials = {row[0]: row[titles.index("trials")] for row in results.texts()}
    assert (trials["lstm"], trials["markov"]) == ("3", "1")
    assert "budget of lstm: 70 ± 5 % parameters; budget of markov: exempt." in results.about


@pytest.mark.slow
def test_every_form_of_the_report_has_the_search(tmp_path):
    files = written(tmp_path, [BITS], [LSTM, GRU, PLAIN])
    assert {"figures/source-search.svg", "tables/source-trials.csv"} <= set(files)
    assert "Best of n trials" in files["comparison.html"].read_text()
    told = comparison(whole_report([BITS], [GRU]))["tasks"]["source"]["experiments"]["source-gru"]
    assert told["n_trials"] == 3
    assert told["search"]["expected_validation"]["best_so_far"] == [4.0, 4.0, 2.5]
    assert told["search"]["expected_validation"]["without_replacement"][0] is None
