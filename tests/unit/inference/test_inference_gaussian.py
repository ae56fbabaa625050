import math

import pytest
import torch
from torch.distributions import MultivariateNormal, Normal
from torch.testing import assert_close

from seqarena.errors import DataError
from seqarena.inference.gaussian import GaussianSums, fit_gaussians, floor_eigenvalues, log_density
from seqarena.inference.mixture import responsibilities


def rand(*shape, seed=0):
    draw = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=draw, dtype=torch.float64)


def spd(n, dim, seed=0):
    factor = rand(n, dim, dim, seed=seed)
    return factor @ factor.mT + 0.1 * torch.eye(dim, dtype=torch.float64)


def test_the_diagonal_density_is_that_of_torch():
    frames, mean, variance = rand(7, 3), rand(2, 3, seed=1), rand(2, 3, seed=2).exp()
    expected = Normal(mean, variance.sqrt()).log_prob(frames[:, None]).sum(dim=2)
    assert_close(log_density(frames, mean, variance), expected)


def test_the_full_density_is_that_of_torch():
    frames, mean, covariance = rand(7, 3), rand(2, 3, seed=1), spd(2, 3)
    expected = MultivariateNormal(mean, covariance).log_prob(frames[:, None])
    assert_close(log_density(frames, mean, covariance), expected)


@pytest.mark.parametrize("is_full", [False, True])
def test_a_million_units_from_the_origin_the_density_keeps_its_digits(is_full):
    frames, mean = rand(7, 3), rand(2, 3, seed=1)
    covariance = spd(2, 3) if is_full else rand(2, 3, seed=2).exp()
    near = log_density(frames, mean, covariance)
    assert_close(log_density(frames + 1e6, mean + 1e6, covariance), near, atol=1e-7, rtol=1e-7)


def test_a_variance_of_zero_is_refused_by_name():
    with pytest.raises(DataError) as caught:
        log_density(rand(2, 2), rand(2, 2), torch.tensor([[1.0, 1.0], [1.0, 0.0]]).double())
    assert str(caught.value) == (
        "Gaussian 1: the variance of dimension 1 is 0, and must be above 0; "
        "use fewer components or states, or a higher variance_floor."
    )


def test_a_singular_covariance_is_refused_by_name():
    singular = torch.tensor([[[1.0, 0.0], [0.0, 1.0]], [[1.0, 2.0], [2.0, 1.0]]]).double()
    with pytest.raises(DataError) as caught:
        log_density(rand(2, 2), rand(2, 2), singular)
    assert str(caught.value) == (
        "Gaussian 1: its covariance is singular (lowest eigenvalue -1); use fewer components or "
        "states, a higher variance_floor, or covariance: diagonal."
    )


@pytest.mark.parametrize("is_full", [False, True])
def test_the_sums_of_one_group_give_its_moments(is_full):
    frames, origin = rand(50, 3), rand(3, seed=3)
    sums = GaussianSums.of(frames, origin, torch.ones(50, 1), is_full, chunk=8)
    old = torch.ones(1, 3, 3) if is_full else torch.ones(1, 3)
    mean, covariance = fit_gaussians(
        sums, torch.zeros(1, 3).double(), old.double(), torch.zeros(3).double() + 1e-9
    )
    expected = torch.cov(frames.T, correction=0)
    assert_close(mean[0] + origin, frames.mean(dim=0))
    assert_close(covariance[0], expected if is_full else expected.diagonal())


@pytest.mark.parametrize("is_full", [False, True])
def test_a_group_without_frames_keeps_its_gaussian(is_full):
    old_mean = torch.tensor([[1.0, 2.0]]).double()
    old = (torch.eye(2)[None] if is_full else torch.ones(1, 2)).double() * 7
    sums = GaussianSums.of(rand(4, 2), torch.zeros(2).double(), torch.zeros(4, 1), is_full)
    mean, covariance = fit_gaussians(sums, old_mean, old, torch.ones(2).double())
    assert_close(mean, old_mean)
    assert_close(covariance, old)


def test_the_variance_floor_holds_in_each_dimension():
    frames = torch.tensor([[0.0, 0.0], [0.0, 4.0]]).double()
    sums = GaussianSums.of(frames, torch.zeros(2).double(), torch.ones(2, 1), False)
    zeros = torch.zeros(1, 2).double()
    _, variance = fit_gaussians(sums, zeros, zeros, torch.tensor([0.5, 0.5]).double())
    assert variance.tolist() == [[0.5, 4.0]]


def test_flooring_raises_only_the_directions_that_are_too_narrow():
    turn = torch.linalg.qr(rand(2, 2))[0]
    narrow = (turn @ torch.diag(torch.tensor([4.0, 0.25]).double()) @ turn.T)[None]
    expected = (turn @ torch.diag(torch.tensor([4.0, 1.0]).double()) @ turn.T)[None]
    assert_close(floor_eigenvalues(narrow, torch.ones(2).double()), expected)


def test_no_covariance_above_the_floor_is_more_likely_than_the_floored_one():
    frames = (
        rand(40, 2) * torch.tensor([1.0, 0.05]).double() @ torch.linalg.qr(rand(2, 2, seed=4))[0]
    )
    sums = GaussianSums.of(frames, torch.zeros(2).double(), torch.ones(40, 1), True)
    floor, old = torch.tensor([0.1, 0.2]).double(), torch.eye(2).double()[None]
    mean, best = fit_gaussians(sums, torch.zeros(1, 2).double(), old, floor)
    peak = log_density(frames, mean, best).sum()
    for seed in range(50):
        other = torch.diag(floor) + spd(1, 2, seed=seed) * 0.3 - 0.03 * torch.eye(2).double()
        assert log_density(frames, mean, other).sum() <= peak
    step = 0.999 * best + 0.001 * torch.diag(floor)
    assert log_density(frames, mean, step).sum() < peak


def test_responsibilities_are_bayes_rule_and_survive_distant_components():
    log_weight = torch.tensor([0.25, 0.75]).double().log()
    log_prob, share = responsibilities(
        log_weight, torch.tensor([[0.0, math.log(2.0)], [0.0, -500.0]]).double()
    )
    assert_close(share[0], torch.tensor([1 / 7, 6 / 7]).double())
    assert_close(log_prob, torch.tensor([math.log(1.75), math.log(0.25)]).double())
    assert share[1, 1] < 1e-37
