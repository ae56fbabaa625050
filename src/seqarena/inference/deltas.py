"""Slopes of frames over time, as recognisers of speech use them."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

# Frames to each side of the one whose slope is taken.
WINDOW = 2


def with_deltas(
    frames: Float[Tensor, "steps dim"],
    first: Int[Tensor, "steps"],
    last: Int[Tensor, "steps"],
    order: int,
) -> Float[Tensor, "steps wider_dim"]:
    """Return frames with their slopes behind them, and the slopes of the slopes, up to `order`.

    The slope at t is that of the line that fits the frames from t - 2 to t + 2 best:
    sum over k of k (x[t + k] - x[t - k]) / (2 · sum of k²), k = 1, 2. Furui (1986); Young et al.,
    The HTK Book, section 5.9. Before the first frame of a sequence it repeats, and so does the
    last after the end.

    Args:
        frames: of many sequences, one after the other.
        first: for every frame, where the first of its sequence is.
        last: where the last is.
        order: how often to take the slope; 0 returns the frames.
    """
    place = torch.arange(len(frames), device=frames.device)
    parts = [frames]
    for _ in range(order):
        rise = torch.zeros_like(frames)
        for lag in range(1, WINDOW + 1):
            ahead = parts[-1][(place + lag).minimum(last)]
            rise += lag * (ahead - parts[-1][(place - lag).maximum(first)])
        parts.append(rise / (2 * sum(lag * lag for lag in range(1, WINDOW + 1))))
    return torch.cat(parts, dim=1)
