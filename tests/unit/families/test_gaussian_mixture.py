import numpy as np
import pytest
import torch
from torch.testing import assert_close

from classical_scenes import fit_plainly, random_frames, setting, tokens
from seqarena.batch import collate_all, sequences_of
from seqarena.errors import DataError, NotFittedError
from seqarena.families.gaussian_mixture import GaussianMixture, GaussianMixtureConfig
from seqarena.fitting.protocols import StatisticsModel


def a_mixture(n_components=2, dim=2, **knobs):
    config = GaussianMixtureConfig(kind="gaussian_mixture", n_components=n_components, **knobs)
    return GaussianMixture(config, dim)


def fitted(data, n_iterations=3, **knobs):
    model = a_mixture(**knobs)
    model.initialise(data, data, seed=0)
    fit_plainly(model, data, n_iterations)
    return model


def test_two_far_clusters_are_found_with_their_shares():
    draw = np.random.default_rng(0)
    rows = [np.array([[0.0]] * 3 + [[100.0]]) + draw.normal(size=(4, 1)) for _ in range(30)]
    model = fitted(sequences_of(rows), dim=1, variance_floor=1e-6)
    low = model.components.mean[:, 0].argmin()
    assert_close(model.log_weight[low].exp().item(), 0.75)
    expected = np.concatenate(rows)[np.concatenate(rows) < 50].mean()
    assert_close(model.components.mean[low, 0].item(), expected, rtol=0.0, atol=1e-6)


def test_the_order_of_frames_never_matters():
    data = random_frames(4, shortest=3)
    model = fitted(data)
    backwards = sequences_of([data.sequence(row)[::-1].copy() for row in range(4)])
    assert_close(model.log_prob(collate_all(backwards)), model.log_prob(collate_all(data)))


def test_only_scored_frames_count():
    rows = [np.arange(8.0).reshape(4, 2) ** 1.5]
    model = fitted(random_frames(9))
    whole, part = sequences_of(rows), sequences_of(rows, scored_from=[3])
    steps = model.step_log_prob(collate_all(whole))
    assert_close(model.log_prob(collate_all(part)), steps[:, 3])
    statistics = model.expect(collate_all(part))
    assert_close(statistics.log_likelihood, steps[0, 3])
    assert_close(statistics.sums.weight.sum().item(), 1.0)


def test_no_variance_is_below_its_share_of_the_whole_variance():
    data = random_frames(9)
    model = fitted(data, n_components=4, variance_floor=0.5)
    least = 0.5 * torch.from_numpy(data.values.astype(np.float64).var(axis=0))
    assert (model.components.covariance >= least - 1e-12).all()
    assert (model.components.covariance == model.components.least_variance).any()


def test_the_free_parameters_of_each_shape():
    assert a_mixture(3, 2).n_free_parameters() == 2 + 3 * 4
    assert a_mixture(3, 2, covariance="full").n_free_parameters() == 2 + 3 * 5


def test_native_maps_are_the_responsibilities():
    batch = collate_all(random_frames(5))
    (one,) = fitted(random_frames(9)).native_maps(batch)
    assert (one.name, one.kind) == ("components", "responsibility")
    assert_close(one.values.sum(dim=3)[:, 0], batch.mask.float())


@pytest.mark.slow
def test_a_fit_under_the_trainer_climbs_and_reports(tmp_path):
    data = random_frames(12)
    model = a_mixture()
    report = model.fit(data, data, setting(tmp_path, max_em_epochs=4, em_tolerance=0.0))
    assert report.n_epochs == 4
    assert report.valid_loss <= report.train_loss


def test_it_is_a_model_of_statistics_iterated_to_convergence():
    assert isinstance(a_mixture(), StatisticsModel)
    assert a_mixture().n_passes is None


def test_an_unfitted_mixture_refuses_to_answer():
    batch = collate_all(random_frames(2))
    for question in ("step_log_prob", "log_prob", "native_maps"):
        with pytest.raises(NotFittedError) as caught:
            getattr(a_mixture(), question)(batch)
        assert str(caught.value) == (
            "Gaussian mixture: not fitted; call fit, or load a fitted state dict, first."
        )


def test_frames_of_another_size_and_tokens_are_refused():
    model = a_mixture(dim=3)
    with pytest.raises(DataError) as caught:
        model.expect(collate_all(random_frames(2, dim=2)))
    assert str(caught.value) == "frames of 2 numbers came, 3 were expected."
    with pytest.raises(DataError) as caught:
        model.expect(collate_all(tokens([0])))
    assert str(caught.value) == "a batch of tokens came where frames were expected."


def test_it_says_what_it_cannot_do():
    config = GaussianMixtureConfig(kind="gaussian_mixture")
    assert config.cannot("density", "frames") is None
    assert config.cannot("density", "tokens") == (
        "a Gaussian mixture is a density of frames, and this task's input is tokens"
    )
    assert config.cannot("alignment", "frames") == (
        "a Gaussian mixture gives densities of frames; it links no words"
    )
    assert config.cannot("transduction", "frames") == (
        "a Gaussian mixture gives densities of frames; it writes no output sequence"
    )
