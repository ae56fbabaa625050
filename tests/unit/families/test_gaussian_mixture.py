import numpy as np
import pytest
import torch
from torch.testing import assert_close

from classical_scenes import fit_plainly, random_frames, setting, tokens
from seqarena.batch import collate, collate_all, sequences_of
from seqarena.errors import DataError, NotFittedError, SeqarenaWarning
from seqarena.families.bayes_classifier import BayesClassifier
from seqarena.families.gaussian_mixture import GaussianMixture
from seqarena.families.gaussian_mixture_config import GaussianMixtureConfig
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


def test_no_variance_is_below_its_share_of_the_whole_variance_and_the_floor_binds_exactly():
    data = random_frames(9)
    model = fitted(data, n_components=4, variance_floor=0.5)
    least = 0.5 * torch.from_numpy(data.values.astype(np.float64).var(axis=0))
    assert (model.components.covariance >= least - 1e-12).all()
    assert (model.components.covariance == model.components.least_variance).any()


def test_the_spherical_floor_binds_at_the_mean_share():
    data = random_frames(9)
    model = fitted(data, n_components=4, variance_floor=0.5, covariance="spherical")
    least = 0.5 * data.values.astype(np.float64).var(axis=0).mean()
    assert_close(model.components.covariance.min().item(), least)


@pytest.mark.parametrize("covariance", ["tied", "full"])
def test_a_floored_matrix_touches_the_floor_in_some_direction(covariance):
    data = random_frames(9)
    model = fitted(data, n_components=4, variance_floor=0.5, covariance=covariance)
    unit = model.components.least_variance.sqrt()
    lowest = torch.linalg.eigvalsh(model.components.covariance / unit[:, None] / unit).min()
    assert_close(lowest.item(), 1.0)


def test_the_free_parameters_of_each_shape():
    n_parameters = {
        shape: a_mixture(3, 2, covariance=shape).n_free_parameters()
        for shape in ("spherical", "diagonal", "tied", "full")
    }
    assert n_parameters == {
        "spherical": 2 + 3 * 2 + 3,
        "diagonal": 2 + 3 * 2 + 3 * 2,
        "tied": 2 + 3 * 2 + 3,
        "full": 2 + 3 * 2 + 3 * 3,
    }
    # Slopes make the frames three times as wide.
    assert a_mixture(3, 2, deltas=2).n_free_parameters() == 2 + 3 * 2 * 6


def test_the_criteria_weigh_the_likelihood_against_the_parameters():
    data = random_frames(9, scored_from=[0] * 9)
    model = fitted(data)
    log_likelihood = model.log_prob(collate_all(data)).sum().item()
    assert model.aic(data) == pytest.approx(2 * 9 - 2 * log_likelihood)
    expected = 9 * np.log(data.n_steps) - 2 * log_likelihood
    assert model.bic(data) == pytest.approx(expected)


def test_a_random_start_puts_even_components_on_frames_with_the_variance_of_all():
    data = random_frames(9)
    one, again, other = (a_mixture(3, start="random") for _ in range(3))
    for model, seed in ((one, 1), (again, 1), (other, 2)):
        model.initialise(data, data, seed=seed)
    assert torch.equal(one.components.mean, again.components.mean)
    assert not torch.equal(one.components.mean, other.components.mean)
    rows = {tuple(row) for row in data.values.astype(np.float64).tolist()}
    assert {tuple(row) for row in one.components.mean.tolist()} <= rows
    variance = torch.from_numpy(data.values.astype(np.float64).var(axis=0))
    assert_close(one.components.covariance, variance.expand(3, 2))
    assert_close(one.log_weight.exp(), torch.full((3,), 1 / 3).double())


SURPLUS = (
    "n_components: 4 asked for, but there are only 2 different frames to start from; 2 start at "
    "one of them each, the surplus (2) have weight 0 and take no part. Take at most 2 to be rid "
    "of them."
)


@pytest.mark.parametrize("start", ["k_means", "random"])
@pytest.mark.parametrize("covariance", ["spherical", "diagonal", "tied", "full"])
def test_more_components_than_different_frames_are_a_warning_and_the_surplus_weighs_nothing(
    start, covariance
):
    data = sequences_of([np.array([[0.0, 1.0], [4.0, 0.0], [0.0, 1.0]])])
    model = a_mixture(4, start=start, covariance=covariance)
    with pytest.warns(SeqarenaWarning) as caught:
        model.initialise(data, data, seed=0)
    assert [str(one.message) for one in caught] == [SURPLUS]
    objectives = fit_plainly(model, data, 6)
    assert min(np.diff(objectives)) > -1e-9
    assert sorted(model.log_weight.exp().tolist())[:2] == [0.0, 0.0]
    assert_close(sorted(model.log_weight.exp().tolist())[2:], [1 / 3, 2 / 3], rtol=1e-3, atol=0.0)
    assert model.log_prob(collate_all(data)).isfinite().all()


def test_scikit_learn_fits_the_components_that_weigh_something(tmp_path):
    data = sequences_of([np.array([[0.0], [0.1], [4.0], [4.3]])] * 3)
    model = a_mixture(5, dim=1, engine="scikit-learn", start="random")
    with pytest.warns(SeqarenaWarning, match="n_components: 5 asked for, but there are only 4"):
        model.initialise(data, data, seed=0)
    model.run_engine(data, setting(tmp_path, max_em_epochs=3))
    assert model.log_weight.isneginf().sum() == 1
    assert_close(model.log_weight.exp().sum().item(), 1.0)


def test_a_collapse_inside_scikit_learn_is_refused_and_says_what_to_do(tmp_path):
    data = sequences_of([np.array([[0.0], [4.0], [0.0]])])
    model = a_mixture(2, dim=1, engine="scikit-learn", variance_floor=1e-6)
    model.initialise(data, data, seed=0)
    with pytest.raises(DataError) as caught:
        model.run_engine(data, setting(tmp_path, max_em_epochs=3))
    assert str(caught.value).startswith("scikit-learn: ")
    assert str(caught.value).endswith(
        " The variance_floor holds only after each of its steps; use engine: seqarena, where it "
        "holds within."
    )


def test_a_frame_whose_square_leaves_32_bits_is_counted_in_64():
    model = fitted(random_frames(9))
    far = collate_all(sequences_of([np.array([[1e25, 0.0]] + [[0.0, 0.0]] * 5000)]))
    statistics = model.expect(far)
    assert_close(statistics.log_likelihood, model.log_prob(far)[0], rtol=1e-6, atol=0.0)
    assert all(part.isfinite().all() for part in statistics.sums.tensors())


@pytest.mark.slow
def test_in_32_bits_the_objective_never_falls_by_more_than_a_fit_forgives():
    # Narrow components far from the centre, near to what 32 bits are trusted with.
    draw = np.random.default_rng(0)
    places = 3.0 * draw.normal(size=(40, 1, 3)) + 0.3 * draw.normal(size=(40, 150, 3))
    data = sequences_of(list(places))
    for covariance in ("spherical", "diagonal", "tied", "full"):
        model = a_mixture(8, dim=3, covariance=covariance, start="random")
        model.initialise(data, data, seed=0)
        objectives = np.array(fit_plainly(model, data, 25, size=40))
        exact = model.log_prob(collate_all(data)).sum().item()
        dtype = model.components.densities(torch.float32).features.centre.dtype
        assert dtype == torch.float32, covariance
        falls = np.diff(objectives) / np.maximum(np.abs(objectives[:-1]), data.n_steps)
        assert falls.min() > -2e-7
        last = model.expect(collate_all(data)).log_likelihood.item()
        assert last == pytest.approx(exact, abs=1e-6 * data.n_steps)


def test_slopes_of_a_padded_batch_are_those_of_the_sequences_alone():
    data = random_frames(9, labels=[0] * 9)
    model = fitted(data, deltas=2)
    assert model.components.mean.shape == (2, 6)
    together = model.log_prob(collate_all(data))
    for row in range(9):
        assert_close(together[row], model.log_prob(collate(data, np.array([row])))[0])
    statistics = model.expect(collate_all(data))
    assert_close(statistics.log_likelihood.item(), together.sum().item(), rtol=1e-5, atol=0.0)


def test_slopes_tell_apart_what_moves_up_from_what_moves_down(tmp_path):
    draw = np.random.default_rng(0)
    up = [np.arange(8.0)[:, None] + draw.normal(size=(8, 1)) * 0.1 for _ in range(6)]
    data = sequences_of([*up, *[row[::-1].copy() for row in up]], labels=[0] * 6 + [1] * 6)
    accuracy = {}
    for deltas in (0, 1):
        config = GaussianMixtureConfig(kind="gaussian_mixture", n_components=1, deltas=deltas)
        classifier = BayesClassifier(lambda config=config: GaussianMixture(config, 1), 2)
        for label, density in enumerate(classifier.densities):
            own = data.select(np.flatnonzero(data.labels == label))
            density.initialise(own, data, seed=0)
        fit_plainly(classifier, data, 2)
        batch = collate_all(data)
        hits = classifier.class_log_prob(batch).argmax(dim=1) == batch.labels
        accuracy[deltas] = hits.double().mean().item()
    assert accuracy[1] == 1.0
    assert accuracy[0] < 1.0


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
    with_slopes = GaussianMixtureConfig(kind="gaussian_mixture", deltas=1)
    assert with_slopes.cannot("classification", "frames") is None
    assert with_slopes.cannot("density", "frames") == (
        "the density of frames together with their slopes is none of the frames, and comparable "
        "with nothing; set deltas: 0"
    )
    assert config.cannot("transduction", "frames") == (
        "a Gaussian mixture gives densities of frames; it writes no output sequence"
    )
