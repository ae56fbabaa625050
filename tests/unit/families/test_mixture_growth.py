"""Mixtures that begin with one Gaussian for each state, and grow by splitting."""

import numpy as np
import torch
from torch.testing import assert_close

from seqarena.batch import sequences_of
from seqarena.families.mixture_growth import (
    gaussian_mixtures,
    single_gaussians,
    split_heaviest,
)


def two_of_three_components():
    """Two states, each with its second component three times as heavy as its first."""
    mixture = gaussian_mixtures(2, 2, 3, 0.01)
    draw = torch.Generator().manual_seed(0)
    gaussians = mixture.components
    gaussians.mean.copy_(torch.randn(4, 3, generator=draw, dtype=torch.float64))
    gaussians.covariance.copy_(torch.rand(4, 3, generator=draw, dtype=torch.float64) + 0.5)
    gaussians.origin.fill_(0.5)
    gaussians.least_variance.fill_(0.25)
    mixture.log_weight.copy_(torch.tensor([0.25, 0.75]).double().log().expand(2, 2))
    return mixture


def by_state(tensor, n_components):
    return tensor.view(2, n_components, 3)


def test_growth_splits_the_heaviest_component_and_keeps_its_weight():
    old = two_of_three_components()
    new = split_heaviest(old, 3)
    weights = torch.tensor([0.25, 0.375, 0.375], dtype=torch.float64)
    assert_close(new.log_weight.exp(), weights.expand(2, 3))
    old_mean, mean = by_state(old.components.mean, 2), by_state(new.components.mean, 3)
    old_variance = by_state(old.components.covariance, 2)
    apart = 0.2 * old_variance[:, 1].sqrt()
    assert_close(mean[:, 0], old_mean[:, 0])
    assert_close(mean[:, 1], old_mean[:, 1] - apart)
    assert_close(mean[:, 2], old_mean[:, 1] + apart)
    assert_close(by_state(new.components.covariance, 3), old_variance[:, [0, 1, 1]])


def test_growth_leaves_the_smaller_mixture_as_it_was_and_keeps_its_floor():
    old, same = two_of_three_components(), two_of_three_components()
    new = split_heaviest(old, 4)
    for name, value in old.state_dict().items():
        assert torch.equal(value, same.state_dict()[name]), name
    assert torch.equal(new.components.origin, old.components.origin)
    assert torch.equal(new.components.least_variance, old.components.least_variance)
    assert new.components.variance_floor == old.components.variance_floor


def test_a_mixture_that_need_not_grow_stays_the_same():
    old = two_of_three_components()
    for name, value in split_heaviest(old, 2).state_dict().items():
        assert torch.equal(value, old.state_dict()[name]), name


def test_each_state_begins_with_the_moments_of_its_own_frames_or_else_of_all():
    frames = np.random.default_rng(0).normal(size=(9, 3)).astype(np.float32)
    states = torch.tensor([0, 2, 0, 2, 2, 0, 2, 2, 2])
    single = single_gaussians(gaussian_mixtures(3, 4, 3, 0.01), sequences_of([frames]), states)
    assert torch.equal(single.log_weight, torch.zeros(3, 1, dtype=torch.float64))
    wide = torch.from_numpy(frames).double()
    for state, own in ((0, wide[states == 0]), (1, wide), (2, wide[states == 2])):
        assert_close(single.components.mean[state], own.mean(dim=0), atol=1e-7, rtol=0)
        variance = own.var(dim=0, correction=0)
        assert_close(single.components.covariance[state], variance, atol=1e-7, rtol=0)
