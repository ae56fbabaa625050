import pytest
import torch
from torch.testing import assert_close

from classical_scenes import random_frames
from seqarena.families.gaussian_emission import GaussianEmission
from seqarena.families.shares import dirichlet_log_prior, log_shares


def test_shares_are_counts_over_their_row_and_a_row_without_counts_stays():
    old = torch.tensor([[0.1, 0.9], [0.3, 0.7]]).double()
    shares = log_shares(torch.tensor([[1.0, 3.0], [0.0, 0.0]]).double(), old.log()).exp()
    assert_close(shares, torch.tensor([[0.25, 0.75], [0.3, 0.7]]).double())


def test_without_a_pseudo_count_the_prior_is_flat_even_where_something_is_impossible():
    assert dirichlet_log_prior(torch.tensor([-torch.inf, 0.0]), 0.0) == 0.0
    assert dirichlet_log_prior(torch.tensor([-2.0, -3.0]), 0.5) == -2.5


def test_a_gaussian_to_which_no_frame_belongs_stays_where_it_is():
    emission = GaussianEmission(2, 1, "diagonal", variance_floor=0.1)
    emission.origin.fill_(100.0)
    emission.mean.copy_(torch.tensor([[99.0], [103.0]]))
    frames = torch.tensor([[97.0], [98.0]])
    emission.maximise(emission.sums(frames, torch.tensor([[1.0, 0.0], [1.0, 0.0]])))
    assert emission.mean.tolist() == [[97.5], [103.0]]
    assert emission.covariance.tolist() == [[0.25], [1.0]]


@pytest.mark.parametrize(
    ("shape", "size", "n_parameters"),
    [
        ("spherical", (3,), 3 * 2 + 3),
        ("diagonal", (3, 2), 3 * 2 + 3 * 2),
        ("tied", (2, 2), 3 * 2 + 3),
        ("full", (3, 2, 2), 3 * 2 + 3 * 3),
    ],
)
def test_each_shape_stores_and_counts_its_own_numbers(shape, size, n_parameters):
    emission = GaussianEmission(3, 2, shape, variance_floor=0.1)
    assert emission.covariance.shape == size
    assert emission.n_free_parameters() == n_parameters
    assert emission.flops_per_step() > 0


@pytest.mark.parametrize("shape", ["spherical", "diagonal", "tied", "full"])
def test_before_it_sees_frames_of_its_own_a_gaussian_is_that_of_all_frames(shape):
    data = random_frames(20)
    emission = GaussianEmission(3, 2, shape, variance_floor=0.1)
    emission.reference(data)
    frames = torch.from_numpy(data.values).double()
    mean, variance = frames.mean(dim=0), frames.var(dim=0, correction=0)
    if shape == "spherical":
        variance = variance.mean().expand(2)
    expected = torch.distributions.Normal(mean, variance.sqrt()).log_prob(frames).sum(dim=1)
    assert_close(emission.log_prob(frames), expected[:, None].expand(-1, 3))
    assert_close(emission.least_variance, 0.1 * frames.var(dim=0, correction=0))
