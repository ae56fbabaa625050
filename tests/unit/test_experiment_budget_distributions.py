"""Draws of a random search, and the record of what came of them."""

import math
from dataclasses import replace

import pytest

from seqarena.errors import ArtifactError
from seqarena.experiment.budget.distributions import Distribution
from seqarena.experiment.budget.search_record import (
    LOSS_OF_FITS,
    LOSS_OF_LABELS,
    SearchRecord,
    Trial,
    read_record,
    write_record,
)
from seqarena.experiment.budget_told import search_told, settings_told


def draws(n=400, **fields):
    return [Distribution(**fields).draw(0, trial) for trial in range(n)]


def test_draws_fill_their_range_and_never_leave_it():
    assert set(draws(integers=(2, 4))) == {2, 3, 4}
    assert set(draws(choice=["a", None])) == {"a", None}
    even = draws(uniform=(2.0, 4.0))
    assert 2.0 <= min(even) < 2.1 and 3.9 < max(even) <= 4.0
    assert sum(even) / len(even) == pytest.approx(3.0, abs=0.1)
    rates = draws(log_uniform=(1e-4, 1e-2))
    assert 1e-4 <= min(rates) < 1.1e-4 and 9e-3 < max(rates) <= 1e-2
    logs = [math.log10(rate) for rate in rates]
    assert sum(logs) / len(logs) == pytest.approx(-3.0, abs=0.1)


def test_a_draw_is_a_function_of_seed_and_purpose():
    one = Distribution(uniform=(0.0, 1.0))
    assert one.draw(0, "a", 1) == one.draw(0, "a", 1)
    assert len({one.draw(0, "a", 1), one.draw(1, "a", 1), one.draw(0, "b", 1)}) == 3


def record(losses):
    trials = (Trial(n, {"x.rate": n % 2}, n, f"{n}", loss) for n, loss in enumerate(losses))
    return SearchRecord("e", "nats", tuple(trials))


def test_of_equal_trials_the_earlier_is_selected_and_failed_ones_come_last():
    found = record([None, 2.0, 1.0, 1.0, 3.0])
    assert (found.selected.number, found.median.number, found.n_failed) == (2, 1, 1)
    assert found.n_different == 2
    assert record([1.0, 3.0, 2.0, 4.0]).median.number == 2
    told = search_told(found)
    assert (told.selected, told.median) == (2, 1)


def test_a_loss_that_is_none_of_the_tasks_says_what_it_is():
    fits = replace(record([1.0]), loss=LOSS_OF_FITS)
    assert search_told(fits, "of sequences and labels").loss.endswith(": of sequences and labels")
    assert search_told(fits).loss == LOSS_OF_FITS
    labels = replace(record([1.0]), loss=LOSS_OF_LABELS)
    assert search_told(labels, "of sequences and labels").loss == LOSS_OF_LABELS


def test_a_record_is_read_as_it_was_written(tmp_path):
    assert read_record(tmp_path) is None
    path = write_record(tmp_path, record([None, 2.0]))
    assert read_record(tmp_path) == record([None, 2.0])
    path.write_text(path.read_text()[:-20])
    with pytest.raises(ArtifactError, match="not a whole record of a search"):
        read_record(tmp_path)


def test_settings_are_told_in_few_words():
    assert settings_told({"optimiser.rate": 0.00123456, "start": "random"}) == (
        "rate 0.00123, start random"
    )
