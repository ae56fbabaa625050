import itertools

import numpy as np
import pytest
import torch
from scipy.stats import multivariate_normal
from torch.distributions import MultivariateNormal
from torch.testing import assert_close
from torch.utils._python_dispatch import TorchDispatchMode

from seqarena.inference.gaussian import densities_of
from seqarena.inference.gaussian_densities import (
    LinearDensities,
    TiedDensities,
    WhitenedDensities,
    log_densities,
)
from seqarena.inference.gaussian_features import CentredFrames, QuadraticFeatures, power_sums
from seqarena.inference.mixture import mixture_sums

SHAPES = ["spherical", "diagonal", "tied", "full"]


def rand(*shape, seed=0):
    draw = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=draw, dtype=torch.float64)


def turned(n, dim, spread, seed=0):
    """n covariances with these standard deviations along axes that are turned at random."""
    turn = torch.linalg.qr(rand(n, dim, dim, seed=seed))[0]
    return turn @ torch.diag(torch.as_tensor(spread).double().square()) @ turn.mT


def a_covariance(shape, n, dim, least=0.5):
    match shape:
        case "spherical":
            return torch.linspace(least, 1.0, n).double().square()
        case "diagonal":
            return torch.linspace(least, 1.0, dim).double().square().repeat(n, 1)
        case "tied":
            return turned(1, dim, np.linspace(least, 1.0, dim))[0]
        case "full":
            return turned(n, dim, np.linspace(least, 1.0, dim))


def matrices(covariance, shape, n, dim):
    match shape:
        case "spherical":
            return covariance[:, None, None] * torch.eye(dim).double()
        case "diagonal":
            return torch.diag_embed(covariance)
        case "tied":
            return covariance.expand(n, dim, dim)
        case "full":
            return covariance


def by_scipy(frames, mean, covariance, shape):
    written_out = matrices(covariance, shape, *mean.shape).numpy()
    columns = [
        multivariate_normal(one, matrix).logpdf(frames.numpy())
        for one, matrix in zip(mean.numpy(), written_out, strict=True)
    ]
    return torch.from_numpy(np.stack(columns, axis=1))


def prepared(mean, covariance, shape, dtype, log_weight=None):
    return densities_of(mean, covariance, shape, mean.new_zeros(mean.shape[1]), dtype, log_weight)


# Few Gaussians in many dimensions are whitened; many in few are one product of pairs.
@pytest.mark.parametrize(
    ("shape", "n", "dim", "kind"),
    [
        ("spherical", 5, 3, LinearDensities),
        ("diagonal", 5, 3, LinearDensities),
        ("tied", 5, 3, TiedDensities),
        ("full", 5, 3, LinearDensities),
        ("full", 2, 7, WhitenedDensities),
        ("full", 1, 1, LinearDensities),
    ],
)
def test_in_64_bits_every_way_agrees_with_scipy_to_nine_digits(shape, n, dim, kind):
    frames, mean = rand(50, dim) * 2, rand(n, dim, seed=1) * 2
    covariance = a_covariance(shape, n, dim)
    densities = prepared(mean, covariance, shape, torch.float64)
    assert type(densities) is kind
    expected = by_scipy(frames, mean, covariance, shape)
    assert_close(log_densities(densities, frames), expected, rtol=1e-9, atol=0.0)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("least", [0.5, 0.15])
def test_in_32_bits_a_typical_frame_loses_less_than_the_stated_bound(shape, least):
    mean, covariance = rand(6, 4, seed=1), a_covariance(shape, 6, 4, least)
    # Frames that the Gaussians themselves would draw.
    root = torch.linalg.cholesky(matrices(covariance, shape, 6, 4))
    frames = (mean[:, None] + rand(6, 50, 4, seed=2) @ root.mT).flatten(0, 1).float()
    densities = prepared(mean, covariance, shape, torch.float32)
    assert densities.features.centre.dtype == torch.float32
    expected = by_scipy(frames.double(), mean, covariance, shape)
    own = torch.arange(300), torch.arange(6).repeat_interleave(50)
    computed = log_densities(densities, frames).double()
    assert (computed[own] - expected[own]).abs().max() < 2e-4
    # What belongs to others is far away: there the error is relative.
    assert_close(computed, expected, rtol=1e-5, atol=2e-4)


@pytest.mark.parametrize("shape", SHAPES)
def test_what_32_bits_would_spoil_is_done_in_64_and_what_those_would_spoil_is_whitened(shape):
    mean = rand(6, 4, seed=1)
    for least, is_exact in ((0.01, True), (1e-5, False)):
        covariance = a_covariance(shape, 6, 4, least)
        densities = prepared(mean, covariance, shape, torch.float32)
        assert densities.features.centre.dtype == torch.float64
        assert isinstance(densities, WhitenedDensities) != is_exact
        expected = MultivariateNormal(mean, matrices(covariance, shape, 6, 4))
        computed = log_densities(densities, mean)
        assert_close(computed, expected.log_prob(mean[:, None]), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("unit", [1e-20, 1e20])
def test_units_that_leave_32_bits_are_done_in_64(unit):
    mean, covariance = rand(3, 2, seed=1) * unit, torch.full((3, 2), unit**2, dtype=torch.float64)
    densities = prepared(mean, covariance, "diagonal", torch.float32)
    assert densities.features.centre.dtype == torch.float64
    expected = by_scipy(mean, mean, covariance, "diagonal")
    assert_close(log_densities(densities, mean), expected)


@pytest.mark.parametrize("shape", SHAPES)
def test_with_one_gaussian_tied_is_full_and_in_one_dimension_spherical_is_diagonal(shape):
    twin = {"tied": "full", "full": "tied", "spherical": "diagonal", "diagonal": "spherical"}[shape]
    n, dim = (1, 3) if shape in ("tied", "full") else (3, 1)
    frames, mean = rand(9, dim), rand(n, dim, seed=1)
    covariance = a_covariance(shape, n, dim)
    shapes = {"tied": (3, 3), "full": (1, 3, 3), "spherical": (3,), "diagonal": (3, 1)}
    other = covariance.reshape(shapes[twin])
    for frames_of in (frames, frames + 3.0):
        one = log_densities(prepared(mean, covariance, shape, torch.float64), frames_of)
        two = log_densities(prepared(mean, other, twin, torch.float64), frames_of)
        assert_close(one, two)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_both_descriptions_of_frames_give_the_power_sums_written_out(shape, dtype):
    frames, share, centre = rand(40, 3), rand(40, 4, seed=1).sigmoid(), rand(3, seed=2)
    off = frames - centre.to(dtype)
    outer = torch.einsum("tk,ti,tj->kij", share, off, off)
    second = {
        "spherical": outer.diagonal(dim1=1, dim2=2).sum(dim=1),
        "diagonal": outer.diagonal(dim1=1, dim2=2),
        "tied": outer.sum(dim=0),
        "full": outer,
    }[shape]
    kinds = [CentredFrames] if shape == "tied" else [CentredFrames, QuadraticFeatures]
    loose = {"rtol": 1e-5, "atol": 1e-5} if dtype == torch.float32 else {}
    for kind, given in itertools.product(kinds, (share, share.T.contiguous().T)):
        sums = power_sums(frames, given, kind(centre.to(dtype), shape))
        assert {part.dtype for part in sums.tensors()} == {torch.float64}
        assert_close(sums.weight, share.sum(dim=0), **loose)
        assert_close(sums.first, share.T @ off, **loose)
        assert_close(sums.second, second, **loose)


@pytest.mark.parametrize("shape", SHAPES)
def test_few_frames_have_the_sums_that_a_pass_over_chunks_gives(shape, monkeypatch):
    log_weight = torch.tensor([0.5, 0.3, 0.2, 0.0]).double().log()
    frames = rand(300, 3, seed=2).float()
    densities = prepared(
        rand(4, 3, seed=1), a_covariance(shape, 4, 3), shape, torch.float64, log_weight
    )
    few = mixture_sums(densities, frames)
    monkeypatch.setattr("seqarena.inference.mixture._FEW", 0)
    chunked = mixture_sums(densities, frames)
    assert_close([few[0], *few[1].tensors()], [chunked[0], *chunked[1].tensors()])
    assert few[1].weight[3] == 0.0


@pytest.mark.parametrize("shape", ["spherical", "diagonal", "full"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_one_gaussian_has_the_sums_of_twins_that_share_its_frames(shape, dtype):
    mean, covariance = rand(1, 2, seed=1), a_covariance(shape, 1, 2)
    frames = rand(10_000, 2, seed=2).float()
    no_weight = torch.zeros(1).double()
    half = torch.full((2,), 0.5).double().log()
    log_likelihood, sums = mixture_sums(prepared(mean, covariance, shape, dtype, no_weight), frames)
    twins = prepared(mean.repeat(2, 1), torch.cat([covariance] * 2), shape, dtype, half)
    of_twins, shared = mixture_sums(twins, frames)
    loose = {"rtol": 1e-6, "atol": 1e-2} if dtype == torch.float32 else {}
    assert_close(log_likelihood, of_twins, **loose)
    for one, parts in zip(sums.tensors(), shared.tensors(), strict=True):
        assert_close(one[0], parts.sum(dim=0), **loose)


class Largest(TorchDispatchMode):
    """Take note of the largest tensor that any operation makes."""

    def __init__(self):
        super().__init__()
        self.n_bytes = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        made = function(*args, **(kwargs or {}))
        for one in made if isinstance(made, tuple | list) else [made]:
            if isinstance(one, torch.Tensor) and one.untyped_storage().data_ptr() not in self.given:
                self.n_bytes = max(self.n_bytes, one.untyped_storage().nbytes())
        return made

    def watching(self, given):
        self.given = {given.untyped_storage().data_ptr()}
        return self


@pytest.mark.parametrize(("shape", "n", "dim"), [("diagonal", 8, 2), ("full", 2, 16)])
def test_ten_times_the_frames_need_no_more_memory_than_their_own(shape, n, dim):
    log_weight = torch.full((n,), 1.0 / n).double().log()
    densities = prepared(
        rand(n, dim), a_covariance(shape, n, dim), shape, torch.float32, log_weight
    )
    largest = []
    for n_frames in (20_000, 200_000):
        frames = torch.zeros(n_frames, dim)
        with Largest().watching(frames) as seen:
            mixture_sums(densities, frames)
        largest.append(seen.n_bytes)
    assert 0 < largest[0] == largest[1] <= 8 * 2**20
