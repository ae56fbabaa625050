"""Several starts side by side: each is what it would be alone, and the best is kept."""

import itertools

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from classical_scenes import (
    an_hmm,
    fit_plainly,
    random_frames,
    random_hmm,
    random_tokens,
    setting,
)
from seqarena.batch import collate_all
from seqarena.errors import ConvergenceError
from seqarena.families.bayes_classifier import BayesClassifier
from seqarena.families.categorical_emission import CategoricalEmission
from seqarena.families.hidden_markov_statistics import HiddenMarkovStatistics
from seqarena.families.restarts import Restarts, RestartStatistics
from seqarena.fitting.protocols import StepwiseConfig
from seqarena.seeds import derive_seed

CASES = [
    (random_tokens, {"n_symbols": 4}, {}),
    (random_tokens, {"n_symbols": 4}, {"topology": "left_to_right"}),
    (random_frames, {"dim": 2}, {"n_components": 2}),
]


@pytest.mark.parametrize(("make", "size", "knobs"), CASES)
def test_every_start_is_another_and_the_first_is_the_only_one_of_a_plain_fit(make, size, knobs):
    data = make(12)
    plain = an_hmm(3, **size, **knobs)
    plain.initialise(data, data, seed=5)
    starts = an_hmm(3, n_restarts=3, **size, **knobs).starts(data, data, seed=5)
    for name, value in plain.state_dict().items():
        assert torch.equal(starts.models[0].state_dict()[name], value)
    for one, other in itertools.combinations(starts.models, 2):
        assert not torch.equal(one.log_transition, other.log_transition)


@pytest.mark.slow
@pytest.mark.parametrize(("make", "size", "knobs"), CASES)
def test_side_by_side_every_start_climbs_as_it_does_alone(make, size, knobs):
    data = make(12)
    model = an_hmm(3, n_restarts=3, **size, **knobs)
    starts = model.starts(data, data, seed=5)
    leading = fit_plainly(starts, data, 6)
    reached = []
    for restart, side in enumerate(starts.models):
        alone = an_hmm(3, **size, **knobs)
        alone.initialise(data, data, seed=5, restart=restart)
        reached.append(fit_plainly(alone, data, 6))
        for name, value in alone.state_dict().items():
            assert_close(side.state_dict()[name], value)
    # The objective that the trainer sees is that of the start that led after the epoch before.
    leaders = [0, *np.argmax(reached, axis=0)[:-1]]
    assert_close(leading, [reached[leader][epoch] for epoch, leader in enumerate(leaders)])
    assert int(starts.leader) == np.argmax(reached, axis=0)[-1]
    assert_close(starts.objectives, torch.tensor(reached)[:, -1].double())
    assert min(np.diff(leading)) > -1e-9


def overtaken():
    """Two starts of which the second is worse at first, and better after a step."""
    data = random_tokens(12, seed=3)
    for seed in range(40):
        starts = an_hmm(3, 4, n_restarts=2).starts(data, data, seed=seed)
        leaders = []
        for _ in range(4):
            fit_plainly(starts, data, 1)
            leaders.append(int(starts.leader))
        if leaders[0] == 0 and leaders[-1] == 1:
            return data, seed
    raise AssertionError("no seed in which the leader changes")


def test_when_the_leader_changes_the_objective_still_never_falls():
    data, seed = overtaken()
    starts = an_hmm(3, 4, n_restarts=2).starts(data, data, seed=seed)
    assert min(np.diff(fit_plainly(starts, data, 10))) > -1e-9


def test_of_equal_starts_the_first_leads_and_a_failed_one_never_does():
    data, twins = random_tokens(6), [random_hmm(seed=1) for _ in range(3)]
    starts = Restarts(twins)
    starts.leader.fill_(2)
    fit_plainly(starts, data, 1)
    assert int(starts.leader) == 0
    statistics = starts.expect(collate_all(data))
    nothing = [torch.full_like(one, torch.nan) for one in statistics.parts[0].tensors()]
    failed = statistics.parts[0].with_tensors(nothing)
    starts.maximise(RestartStatistics(0, (failed, *statistics.parts[1:])))
    assert int(starts.leader) == 1


def test_in_evaluation_only_the_leader_is_asked():
    starts, batch = (
        Restarts([random_hmm(seed=seed) for seed in (0, 9)]),
        collate_all(random_tokens(4)),
    )
    starts.leader.fill_(1)
    asked = starts.eval().expect(batch)
    assert isinstance(asked, HiddenMarkovStatistics)
    assert_close(asked.log_likelihood, starts.models[1].log_prob(batch).sum())
    assert_close(starts.log_prob(batch), starts.models[1].log_prob(batch))


@pytest.mark.slow
def test_a_fit_keeps_the_best_start_and_says_what_the_others_reached(tmp_path):
    data = random_tokens(12, seed=3)
    model = an_hmm(3, 4, n_restarts=3)
    report = model.fit(data, data, setting(tmp_path, seed=7, max_em_epochs=5, em_tolerance=0.0))
    reached, fitted = [], []
    for restart in range(3):
        alone = an_hmm(3, 4)
        alone.initialise(data, data, derive_seed(7, "start"), restart)
        reached.append(fit_plainly(alone, data, 5)[-1])
        fitted.append(alone)
    best = int(np.argmax(reached))
    each = ", ".join(f"{objective / data.n_steps:.6g}" for objective in reached)
    assert report.notes[-1] == (
        f"restart {best} of 3 was kept; objectives of all before its last M-step, "
        f"per scored step [nats]: {each}"
    )
    assert report.n_parameters == model.n_free_parameters()
    # One model is stored, and any model of the kind can take it.
    one = an_hmm(3, 4)
    one.load_state_dict(model.state_dict())
    assert_close(one.log_transition, fitted[best].log_transition)
    loss = -model.log_prob(collate_all(data)).sum().item() / data.n_steps
    assert report.valid_loss == pytest.approx(loss)


@pytest.mark.slow
def test_in_a_classifier_every_class_keeps_its_own_best_start(tmp_path):
    data = random_tokens(24, seed=3, labels=[0, 1] * 12)
    classifier = BayesClassifier(lambda: an_hmm(3, 4, n_restarts=3), 2)
    fits = setting(tmp_path, seed=7, max_em_epochs=4, em_tolerance=0.0)
    report = classifier.fit(data, data, fits)
    for label, density in enumerate(classifier.densities):
        own = data.select(np.flatnonzero(data.labels == label))
        tried = []
        for restart in range(3):
            alone = an_hmm(3, 4)
            alone.initialise(own, data, derive_seed(7, "start", label), restart)
            tried.append((fit_plainly(alone, own, 4)[-1], alone))
        best = max(range(3), key=lambda restart, tried=tried: tried[restart][0])
        assert_close(density.log_transition, tried[best][1].log_transition)
        assert f"class {label}: restart {best} of 3 was kept" in " ".join(report.notes)
    assert set(classifier.state_dict()) == set(
        BayesClassifier(lambda: an_hmm(3, 4), 2).state_dict()
    )


@pytest.mark.slow
def test_stepwise_the_start_with_the_highest_running_objective_is_kept(tmp_path):
    data = random_tokens(40, seed=3)
    stepwise = StepwiseConfig(sequences_per_update=8)
    model = an_hmm(3, 4, n_restarts=3, stepwise=stepwise)
    report = model.fit(data, data, setting(tmp_path, seed=7, max_em_epochs=3, em_tolerance=0.0))
    said = next(note for note in report.notes if note.startswith("restart "))
    reached = [float(each) for each in said.split(": ")[1].split(", ")]
    assert f"restart {int(np.argmax(reached))} of 3" in said
    loss = -model.log_prob(collate_all(data)).sum().item() / data.n_steps
    assert report.valid_loss == pytest.approx(loss)


@pytest.mark.slow
@pytest.mark.parametrize("n_restarts", [1, 2])
def test_an_m_step_that_does_not_maximise_is_found_out(tmp_path, monkeypatch, n_restarts):
    def turned(self, sums):
        self.log_emission.copy_(self.log_emission.roll(1, dims=1))

    monkeypatch.setattr(CategoricalEmission, "maximise", turned)
    data = random_tokens(12)
    with pytest.raises(ConvergenceError, match=r"in epoch \d the objective fell from"):
        an_hmm(3, 4, n_restarts=n_restarts).fit(data, data, setting(tmp_path))
