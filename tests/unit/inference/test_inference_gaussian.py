import math

import numpy as np
import pytest
import torch
from scipy.stats import multivariate_normal
from torch.testing import assert_close

from seqarena.errors import DataError
from seqarena.inference.gaussian import log_density
from seqarena.inference.gaussian_features import features_for, power_sums
from seqarena.inference.gaussian_fit import fit_gaussians, floor_eigenvalues
from seqarena.inference.mixture import responsibilities

SHAPES = ["spherical", "diagonal", "tied", "full"]


def rand(*shape, seed=0):
    draw = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=draw, dtype=torch.float64)


def spd(n, dim, seed=0):
    factor = rand(n, dim, dim, seed=seed)
    return factor @ factor.mT + 0.1 * torch.eye(dim, dtype=torch.float64)


def covariance_of(shape, n=2, dim=3):
    match shape:
        case "spherical":
            return rand(n, seed=2).exp()
        case "diagonal":
            return rand(n, dim, seed=2).exp()
        case "tied":
            return spd(1, dim)[0]
        case "full":
            return spd(n, dim)


def as_matrices(covariance, shape, n, dim):
    """Write out n covariance matrices, whatever the shape in which they are stored."""
    unit = torch.eye(dim, dtype=torch.float64)
    match shape:
        case "spherical":
            return covariance[:, None, None] * unit
        case "diagonal":
            return torch.diag_embed(covariance)
        case "tied":
            return covariance.expand(n, dim, dim)
        case "full":
            return covariance


@pytest.mark.parametrize("shape", SHAPES)
def test_the_density_is_that_of_scipy(shape):
    frames, mean, covariance = rand(7, 3), rand(2, 3, seed=1), covariance_of(shape)
    matrices = as_matrices(covariance, shape, 2, 3)
    expected = [
        multivariate_normal(one, matrix).logpdf(frames)
        for one, matrix in zip(mean.numpy(), matrices.numpy(), strict=True)
    ]
    assert_close(
        log_density(frames, mean, covariance, shape), torch.from_numpy(np.stack(expected, axis=1))
    )


@pytest.mark.parametrize("shape", SHAPES)
def test_a_million_units_from_the_origin_the_density_keeps_its_digits(shape):
    frames, mean, covariance = rand(7, 3), rand(2, 3, seed=1), covariance_of(shape)
    near = log_density(frames, mean, covariance, shape)
    far = log_density(frames + 1e6, mean + 1e6, covariance, shape)
    assert_close(far, near, atol=1e-7, rtol=1e-7)


ONE, SINGULAR = torch.eye(2).double(), torch.tensor([[1.0, 2.0], [2.0, 1.0]]).double()


@pytest.mark.parametrize(
    ("shape", "covariance", "message"),
    [
        (
            "spherical",
            torch.tensor([1.0, 0.0]).double(),
            "Gaussian 1: its variance is 0, and must be above 0; "
            "use fewer components or states, or a higher variance_floor.",
        ),
        (
            "diagonal",
            torch.tensor([[1.0, 1.0], [1.0, 0.0]]).double(),
            "Gaussian 1: the variance of dimension 1 is 0, and must be above 0; "
            "use fewer components or states, or a higher variance_floor.",
        ),
        (
            "tied",
            SINGULAR,
            "the tied covariance is singular (lowest eigenvalue -1); use fewer components or "
            "states, a higher variance_floor, or covariance: diagonal.",
        ),
        (
            "full",
            torch.stack([ONE, SINGULAR]),
            "Gaussian 1: its covariance is singular (lowest eigenvalue -1); use fewer components "
            "or states, a higher variance_floor, or covariance: diagonal.",
        ),
    ],
)
def test_a_singular_covariance_is_refused_by_name(shape, covariance, message):
    with pytest.raises(DataError) as caught:
        log_density(rand(2, 2), rand(2, 2), covariance, shape)
    assert str(caught.value) == message


def fitted(frames, share, shape, floor, old=None):
    n, dim = share.shape[1], frames.shape[1]
    features = features_for(shape, n, torch.zeros(dim).double())
    sums = power_sums(frames, share.double(), features)
    zeros = torch.zeros(n, dim).double()
    old = torch.zeros_like(sums.second) if old is None else old
    return fit_gaussians(sums, zeros, old, floor, shape)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_sums_of_one_group_give_its_moments(shape):
    frames = rand(50, 3) + 5.0
    mean, covariance = fitted(frames, torch.ones(50, 1), shape, torch.full((3,), 1e-9).double())
    expected = torch.cov(frames.T, correction=0)
    assert_close(mean[0], frames.mean(dim=0))
    match shape:
        case "spherical":
            assert_close(covariance[0], expected.trace() / 3)
        case "diagonal":
            assert_close(covariance[0], expected.diagonal())
        case "tied":
            assert_close(covariance, expected)
        case "full":
            assert_close(covariance[0], expected)


def test_a_tied_covariance_is_the_mean_of_those_of_the_groups_by_their_weight():
    frames, share = rand(60, 3), rand(60, 2, seed=1).softmax(dim=1)
    floor = torch.full((3,), 1e-9).double()
    mean, tied = fitted(frames, share, "tied", floor)
    same, full = fitted(frames, share, "full", floor)
    assert_close(mean, same)
    assert_close(tied, (full * share.sum(dim=0)[:, None, None]).sum(dim=0) / 60)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_group_without_frames_changes_nothing_for_the_others(shape):
    frames, share = rand(60, 3), rand(60, 2, seed=1).softmax(dim=1)
    floor = torch.full((3,), 1e-9).double()
    mean, covariance = fitted(frames, share, shape, floor)
    more = torch.nn.functional.pad(share, (0, 1))
    same_mean, same = fitted(frames, more, shape, floor)
    assert_close(same_mean[:2], mean)
    assert_close(same if shape == "tied" else same[:2], covariance)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_group_without_frames_keeps_its_gaussian(shape):
    old_mean, old = torch.tensor([[1.0, 2.0]]).double(), covariance_of(shape, 1, 2)
    features = features_for(shape, 1, torch.zeros(2).double())
    sums = power_sums(rand(4, 2), torch.zeros(4, 1).double(), features)
    mean, covariance = fit_gaussians(sums, old_mean, old, torch.ones(2).double(), shape)
    assert_close(mean, old_mean)
    assert_close(covariance, old)


def test_the_variance_floor_holds_in_each_dimension():
    frames = torch.tensor([[0.0, 0.0], [0.0, 4.0]]).double()
    _, variance = fitted(frames, torch.ones(2, 1), "diagonal", torch.tensor([0.5, 0.5]).double())
    assert variance.tolist() == [[0.5, 4.0]]


def test_the_spherical_floor_is_the_mean_of_those_of_the_dimensions():
    frames = torch.tensor([[0.0, 0.0], [0.0, 2.0]]).double()
    for floor, expected in (([0.25, 1.25], 0.75), ([0.25, 0.5], 0.5)):
        _, variance = fitted(frames, torch.ones(2, 1), "spherical", torch.tensor(floor).double())
        assert variance.tolist() == [expected]


def test_flooring_raises_only_the_directions_that_are_too_narrow():
    turn = torch.linalg.qr(rand(2, 2))[0]
    narrow = (turn @ torch.diag(torch.tensor([4.0, 0.25]).double()) @ turn.T)[None]
    expected = (turn @ torch.diag(torch.tensor([4.0, 1.0]).double()) @ turn.T)[None]
    assert_close(floor_eigenvalues(narrow, torch.ones(2).double()), expected)


@pytest.mark.parametrize("shape", ["full", "tied"])
def test_no_covariance_above_the_floor_is_more_likely_than_the_floored_one(shape):
    frames = (
        rand(40, 2) * torch.tensor([1.0, 0.05]).double() @ torch.linalg.qr(rand(2, 2, seed=4))[0]
    )
    floor = torch.tensor([0.1, 0.2]).double()
    mean, best = fitted(frames, torch.ones(40, 1), shape, floor)
    peak = log_density(frames, mean, best, shape).sum()
    for seed in range(50):
        other = torch.diag(floor) + spd(1, 2, seed=seed) * 0.3 - 0.03 * torch.eye(2).double()
        other = other.reshape(best.shape)
        assert log_density(frames, mean, other, shape).sum() <= peak
    step = 0.999 * best + 0.001 * torch.diag(floor)
    assert log_density(frames, mean, step, shape).sum() < peak


def test_no_spherical_variance_above_the_floor_is_more_likely_than_the_floored_one():
    frames, floor = 0.1 * rand(40, 2), torch.tensor([0.1, 0.2]).double()
    mean, best = fitted(frames, torch.ones(40, 1), "spherical", floor)
    assert_close(best, torch.tensor([0.15]).double())
    peak = log_density(frames, mean, best, "spherical").sum()
    for factor in (1.001, 1.1, 2.0, 10.0):
        assert log_density(frames, mean, factor * best, "spherical").sum() < peak


def test_responsibilities_are_bayes_rule_and_those_of_distant_components_are_zero():
    log_weight = torch.tensor([[0.25], [0.75]]).double().log()
    log_density = torch.tensor([[0.0, 0.0], [math.log(2.0), -800.0]]).double()
    for dtype in (torch.float32, torch.float64):
        log_prob, share = responsibilities((log_weight + log_density).to(dtype))
        assert_close(share, torch.tensor([[1 / 7, 1.0], [6 / 7, 0.0]]).to(dtype))
        assert share[1, 1] == 0.0
        assert_close(log_prob, torch.tensor([math.log(1.75), math.log(0.25)]).to(dtype))
