import torch
from torch.testing import assert_close

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
    emission = GaussianEmission(2, 1, is_full=False, variance_floor=0.1)
    emission.origin.fill_(100.0)
    emission.mean.copy_(torch.tensor([[99.0], [103.0]]))
    frames = torch.tensor([[97.0], [98.0]])
    emission.maximise(emission.sums(frames, torch.tensor([[1.0, 0.0], [1.0, 0.0]])))
    assert emission.mean.tolist() == [[97.5], [103.0]]
    assert emission.covariance.tolist() == [[0.25], [1.0]]
