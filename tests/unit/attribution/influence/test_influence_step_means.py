import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.testing import assert_close

from seqarena.attribution.influence.step_means import StepMeans


def means(weight, own):
    """Of one step and one output."""
    weight = torch.tensor(weight).double()[:, None]
    return StepMeans(
        torch.zeros(len(weight), dtype=torch.long), weight, torch.tensor([[own]]).double()
    )


@given(st.lists(st.floats(0.01, 1), min_size=1, max_size=7), st.floats(0.01, 1))
def test_no_gain_is_exactly_none_however_the_weights_round(weight, own):
    found = means(weight, own).log_mean(torch.zeros(len(weight), 1).double())
    assert found.item() == 0.0


@given(st.lists(st.tuples(st.floats(0.01, 1), st.floats(-3, 3)), min_size=1, max_size=7))
def test_the_log_mean_is_the_log_of_the_mean(pairs):
    weight, gain = np.array(pairs).T
    found = means(weight, 0.5).log_mean(torch.tensor(gain)[:, None])
    expected = np.log((0.5 + (weight * np.exp(gain)).sum()) / (0.5 + weight.sum()))
    np.testing.assert_allclose(found.item(), expected, atol=1e-12)


def test_gains_may_be_of_any_size():
    half = means([0.5], 0.0)
    assert half.log_mean(torch.tensor([[-900.0]]).double()).item() == -900.0
    assert half.log_mean(torch.tensor([[-torch.inf]]).double()).item() == -torch.inf
    assert half.log_mean(torch.tensor([[torch.inf]]).double()).item() == torch.inf
    mixed = means([0.5], 0.5).log_mean(torch.tensor([[-torch.inf]]).double())
    assert_close(mixed, torch.tensor([[0.5]]).double().log())


def test_what_does_not_count_is_left_out():
    gain = torch.tensor([[2.0], [torch.inf]]).double()
    assert_close(means([1.0, 0.0], 0.0).log_mean(gain), torch.tensor([[2.0]]).double())
    nothing = means([0.0, 0.0], 0.0)
    assert (nothing.mean(gain.clamp(max=3)).item(), nothing.log_mean(gain).item()) == (0.0, 0.0)
