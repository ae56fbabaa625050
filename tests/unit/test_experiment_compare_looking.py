from dataclasses import replace

import numpy as np
import pytest

from comparison_scenes import family, store
from seqarena.attribution.comparison.family_maps import FamilyMaps
from seqarena.errors import DataError
from seqarena.experiment.compare_looking import TaskMaps, look
from seqarena.experiment.diverged import write_diverged


def task(runs, *names, seeds=(0, 1, 2)):
    return TaskMaps("lagged", dict.fromkeys(names, seeds), runs)


@pytest.fixture
def runs(tmp_path):
    rng = np.random.default_rng(2)
    for name, lag in (("lagged-gru", 1), ("lagged-hmm", 2), ("lagged-lstm", 1)):
        store(family(name, lag, rng), tmp_path / "runs")
    return tmp_path / "runs"


def test_families_of_a_task_are_compared_pair_by_pair_and_shown_on_one_page(runs, tmp_path):
    reports = tmp_path / "reports"
    found = look(task(runs, "lagged-gru", "lagged-hmm", "lagged-lstm"), reports)
    assert [(cell.experiment, cell.label) for cell in found.cells] == [
        ("lagged-gru", "gru"),
        ("lagged-hmm", "hmm"),
        ("lagged-lstm", "lstm"),
    ]
    apart = {(pair.one, pair.other): pair.difference > 0.1 for pair in found.pairs}
    assert apart == {("gru", "hmm"): True, ("gru", "lstm"): False, ("hmm", "lstm"): True}
    assert found.cells[0].mechanism is None
    assert found.cells[0].seed_noise > 0
    page = (reports / found.page).read_text()
    assert "Where each family looks: lagged" in page
    assert (reports / found.page).stat().st_size < 5_000_000


def test_experiments_without_influence_or_with_missing_seeds_are_left_out(runs, tmp_path):
    rng = np.random.default_rng(0)
    blank = family("lagged-frames", 1, rng)
    without = [replace(each, capture=replace(each.capture, influence=())) for each in blank.runs]
    blank = FamilyMaps(blank.name, tuple(without))
    store(blank, runs)
    names = ("lagged-gru", "lagged-frames", "lagged-none")
    found = look(task(runs, *names), tmp_path / "reports")
    assert [cell.label for cell in found.cells] == ["gru"]
    assert found.pairs == ()
    assert look(task(runs, "lagged-gru", seeds=(0, 1, 2, 3)), tmp_path / "reports") is None


def test_seeds_that_diverged_take_no_maps_of_the_others_away(runs, tmp_path):
    write_diverged(runs / "lagged-gru" / "fit", {3: "it left the numbers."})
    write_diverged(runs / "lagged-none" / "fit", dict.fromkeys(range(4), "it left the numbers."))
    names = ("lagged-gru", "lagged-none")
    found = look(task(runs, *names, seeds=(0, 1, 2, 3)), tmp_path / "reports")
    assert [cell.label for cell in found.cells] == ["gru"]


def test_other_probes_are_refused(runs, tmp_path):
    rng = np.random.default_rng(0)
    store(family("lagged-old", 1, rng, n_probes=3), runs)
    with pytest.raises(DataError, match="gru, seed 0 has maps of 2 probes, old, seed 0 of 3"):
        look(task(runs, "lagged-gru", "lagged-old"), tmp_path / "reports")
