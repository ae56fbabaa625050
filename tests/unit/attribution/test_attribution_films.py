import io

import numpy as np
import pytest
from attribution_scenes import capture
from matplotlib.image import imread

from seqarena.attribution.films import share_on
from seqarena.attribution.pictures import draw_map


def draw(**scene) -> np.ndarray:
    one = capture(name="pooling", **scene)
    return imread(io.BytesIO(draw_map(one.probes[0], one.maps[0][0])))[..., :3]


def film_of(n_frames: int, lit: int) -> np.ndarray:
    """A video of 2 x 2 regions of which one frame is inked all over."""
    frames = np.zeros((n_frames, 4, 4), np.float32)
    frames[lit] = 1.0
    return frames.reshape(-1, 4)


def looking_at(step: int, n_steps: int) -> np.ndarray:
    weights = np.full((1, 1, n_steps), 0.1 / (n_steps - 1))
    weights[0, 0, step] = 0.9
    return weights


def scene(n_frames: int = 4, lit: int = 2, step: int = 0, **more) -> dict:
    n_steps = 4 * n_frames
    return {
        "values": looking_at(step, n_steps),
        "n_steps": n_steps,
        "frames": film_of(n_frames, lit),
        "grid": (2, 2),
        **more,
    }


def blue(picture: np.ndarray) -> np.ndarray:
    """Where the strongest weight is, without the colour bar."""
    plot = picture[:354, :783]
    return (plot[..., 2] - plot[..., 0] > 0.2) & (plot[..., 0] < 0.4)


def orange(picture: np.ndarray) -> np.ndarray:
    plot = picture[:354, :783]
    return (plot[..., 0] > 0.7) & (plot[..., 2] < 0.4)


@pytest.mark.slow
def test_frames_stand_side_by_side_and_weights_below_them():
    rows, columns = np.nonzero(blue(draw(**scene(step=0))))
    _, later = np.nonzero(blue(draw(**scene(step=4 * 3))))
    # The upper left region of the first frame, in the lower row; then that of the last.
    assert rows.min() > 51 + 303 / 2
    assert columns.max() < later.min()
    inked = draw(**scene(lit=1, step=0)), draw(**scene(lit=3, step=0))
    # Columns that are dark from top to bottom, and not by an outline.
    dark = [(one[70:180, 84:780].max(axis=2) < 0.5).mean(axis=0) > 0.9 for one in inked]
    centres = [np.flatnonzero(columns).mean() for columns in dark]
    assert centres[0] < 696 / 2 < centres[1]


def test_true_regions_are_outlined_in_the_frames_alone():
    links = ((5, 0), (6, 0))
    assert not orange(draw(**scene())).any()
    rows, columns = np.nonzero(orange(draw(**scene(links=links))))
    assert rows.max() < 51 + 303 * 0.6
    # Both are of the second frame of four.
    assert 84 < columns.min() and columns.max() < 84 + 696 / 2


def test_the_share_on_true_steps_is_of_all_the_weight_there_is():
    weights = np.array([[0.5, 0.25], [0.125, 0.125]])
    assert share_on(weights, np.array([0, 3])) == 0.625
    assert share_on(weights, np.array([], dtype=int)) == 0.0
    assert share_on(np.zeros((2, 2)), np.array([0])) == 0.0


@pytest.mark.parametrize("n_heads", [1, 4, 7])
@pytest.mark.slow
def test_a_long_film_and_any_number_of_heads_can_be_drawn(n_heads):
    long = scene(n_frames=30, links=((7, 0),))
    long["values"] = np.repeat(long["values"], n_heads, axis=0)
    assert draw(**long).std() > 0
