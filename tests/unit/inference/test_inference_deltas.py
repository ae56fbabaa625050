import pytest
import torch
from scipy.signal import savgol_filter
from torch.testing import assert_close

from seqarena.inference.deltas import with_deltas


def ends(*lengths):
    """First and last frame of the sequence that each frame belongs to."""
    first, last, at = [], [], 0
    for length in lengths:
        first += [at] * length
        last += [at + length - 1] * length
        at += length
    return torch.tensor(first), torch.tensor(last)


def test_the_slope_of_a_line_is_its_rise_and_at_the_edges_the_last_frame_repeats():
    frames = torch.tensor([[0.0], [3.0], [6.0], [9.0], [12.0]])
    slopes = with_deltas(frames, *ends(5), 1)[:, 1]
    # In the middle (1·6 + 2·12) / 10; at the start (1·(3 - 0) + 2·(6 - 0)) / 10.
    assert_close(slopes, torch.tensor([1.5, 2.4, 3.0, 2.4, 1.5]))


@pytest.mark.parametrize("order", [1, 2])
def test_slopes_are_those_of_a_line_fitted_to_five_frames(order):
    frames = torch.randn(12, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    expected, parts = frames.numpy(), [frames]
    for _ in range(order):
        expected = savgol_filter(expected, 5, polyorder=1, deriv=1, axis=0, mode="nearest")
        parts.append(torch.from_numpy(expected))
    assert_close(with_deltas(frames, *ends(12), order), torch.cat(parts, dim=1))


def test_no_slope_reaches_into_another_sequence():
    one, two = torch.rand(4, 2), torch.rand(1, 2) + 50.0
    together = with_deltas(torch.cat([one, two]), *ends(4, 1), 2)
    assert_close(together[:4], with_deltas(one, *ends(4), 2))
    assert_close(together[4:], torch.cat([two, torch.zeros(1, 4)], dim=1))


def test_without_slopes_frames_stay_as_they_are():
    frames = torch.rand(3, 2)
    assert torch.equal(with_deltas(frames, *ends(3), 0), frames)
