import pytest
import torch
from torch.testing import assert_close

from classical_scenes import random_frames
from seqarena.families import label_sums
from seqarena.families.gaussian_emission import GaussianEmission
from seqarena.families.label_sums import sums_of_labels
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


def an_emission(shape):
    data = random_frames(20, seed=1)
    emission = GaussianEmission(3, 2, shape, variance_floor=0.1)
    emission.reference(data)
    frames = torch.from_numpy(data.values)
    emission.maximise(sums_of_labels(emission, frames, torch.arange(len(frames)) % 3, 3))
    return emission, frames


@pytest.mark.parametrize("shape", ["spherical", "diagonal", "tied", "full"])
def test_densities_packed_in_32_bits_are_those_of_64_and_exact_where_it_matters(shape):
    emission, frames = an_emission(shape)
    exact = emission.log_prob(frames)
    for dtype, loose in ((torch.float32, 1e-4), (torch.float64, 1e-12)):
        packed = emission.packed(frames, dtype)
        assert packed.weights.dtype == dtype
        log_density = packed.weights.double().log() + packed.log_scale.double()[:, None]
        assert_close(log_density, exact, rtol=0.0, atol=loose)
        steps = torch.tensor([4, 2])
        assert_close(packed.log_prob_at(steps), exact[steps], rtol=1e-12, atol=0.0)


@pytest.mark.parametrize("shape", ["spherical", "diagonal", "tied", "full"])
def test_sums_of_shares_in_32_bits_are_those_of_64_even_of_frames_whose_square_is_not(shape):
    emission, frames = an_emission(shape)
    share = torch.rand(len(frames), 3, generator=torch.Generator().manual_seed(0)).softmax(dim=1)
    for values in (frames, frames + torch.tensor([1e25, 0.0])):
        narrow, wide = (emission.sums(values, each) for each in (share, share.double()))
        for one, other in zip(narrow.tensors(), wide.tensors(), strict=True):
            assert one.dtype == torch.float64
            assert_close(one, other, rtol=1e-5, atol=1e-4)


def test_sums_of_labels_are_sums_of_shares_that_are_one_or_nothing(monkeypatch):
    # Chunks add up, and the last one is short.
    monkeypatch.setattr(label_sums, "_CHUNK", 7)
    emission, frames = an_emission("full")
    labels = torch.arange(len(frames)) % 2
    share = torch.stack([labels == 0, labels == 1, labels == 2], dim=1).double()
    pairs = zip(
        sums_of_labels(emission, frames, labels, 3).tensors(),
        emission.sums(frames, share).tensors(),
        strict=True,
    )
    for one, other in pairs:
        assert_close(one, other)
