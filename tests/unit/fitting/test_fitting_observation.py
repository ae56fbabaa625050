from itertools import pairwise

import pytest
import torch
from fitting_models import Notes, a_setting, language_model, symbols

from seqarena.fitting.observer import N_MOMENTS, moments


class Meddler:
    """An observer that does what no observer should, and remembers what it saw."""

    def __init__(self):
        self.epochs, self.states, self.modes = [], [], []

    def observe(self, model, n_epochs):
        self.epochs.append(n_epochs)
        self.states.append({name: each.clone() for name, each in model.state_dict().items()})
        self.modes.append(model.training)
        torch.rand(7)
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.zero_()


def _fit(folder, observer, **training):
    model, notes = language_model(), Notes()
    setting = a_setting(folder, notes, batch_size=8, **training)
    object.__setattr__(setting, "observer", observer)
    report = model.fit(symbols(60), symbols(20, seed=1), setting)
    return model, notes, report


@pytest.mark.parametrize("max_epochs", [1, 2, 5, 8, 20, 60, 1000])
def test_moments_are_few_and_hold_the_start_the_first_epoch_and_the_last(max_epochs):
    chosen = sorted(moments(max_epochs))
    assert chosen[:2] == [0, 1]
    assert chosen[-1] == max_epochs
    assert len(chosen) <= N_MOMENTS
    # One more for the end of a fit that stops before the last.
    assert len(chosen[:-1]) + 1 <= N_MOMENTS


@pytest.mark.slow
def test_a_fit_that_is_looked_at_is_the_fit_that_is_not(tmp_path):
    observer = Meddler()
    seen, seen_notes, _ = _fit(tmp_path / "seen", observer, max_epochs=5)
    unseen, notes, _ = _fit(tmp_path / "unseen", None, max_epochs=5)
    torch.testing.assert_close(seen.state_dict(), unseen.state_dict(), rtol=0, atol=0)
    assert seen_notes.rows == notes.rows
    assert observer.epochs == [0, 1, 2, 3, 4, 5]
    assert not any(observer.modes)
    drawn = [state["network.output.weight"] for state in observer.states]
    assert all(not torch.equal(one, two) for one, two in pairwise(drawn))


@pytest.mark.slow
def test_the_end_of_a_fit_that_stops_early_is_seen_once(tmp_path):
    observer = Meddler()
    *_, report = _fit(tmp_path, observer, max_epochs=20, max_steps=8 * 9)
    assert report.n_epochs == 9
    assert observer.epochs == [0, 1, 2, 3, 4, 7, 9]


def test_what_is_seen_first_is_the_model_as_it_was_drawn(tmp_path):
    observer = Meddler()
    drawn = {name: each.clone() for name, each in language_model().state_dict().items()}
    _fit(tmp_path, observer, max_epochs=1)
    torch.testing.assert_close(observer.states[0], drawn, rtol=0, atol=0)
