import io
import sys
import time

import matplotlib
import numpy as np
import pytest
from attribution_scenes import capture
from matplotlib.image import imread

from seqarena.attribution.canvas import Box, Canvas
from seqarena.attribution.capture import Capture
from seqarena.attribution.pictures import draw_map, write_pictures
from seqarena.data.spectra import SpectrumAxis


def draw(**scene) -> np.ndarray:
    one = capture(**scene)
    return imread(io.BytesIO(draw_map(one.probes[0], one.maps[0][0])))[..., :3]


def darkest(picture: np.ndarray) -> tuple[float, float]:
    """Centre of the strongest blue of the plot, as shares of its height and width."""
    plot = picture[51 : int(1.5 * 236), 84 : int(1.5 * 522)]
    down, across = np.nonzero((plot[..., 2] - plot[..., 0] > 0.3) & (plot[..., 0] < 0.1))
    return down.mean() / plot.shape[0], across.mean() / plot.shape[1]


def test_the_first_row_is_on_top_and_the_first_column_on_the_left():
    values = np.full((1, 4, 4), 0.01)
    values[0, 0, 3] = 0.9
    down, across = darkest(draw(values=values, n_steps=4))
    assert down == pytest.approx(1 / 8, abs=0.03)
    assert across == pytest.approx(7 / 8, abs=0.03)


def test_pictures_are_twice_as_wide_as_high():
    height, width, _ = draw(values=[[[1.0]]]).shape
    assert width == 2 * height == 900


def test_a_gold_span_is_outlined():
    values = np.full((1, 2, 4), 0.01)
    plain = draw(values=values, n_steps=4)
    outlined = draw(values=values, n_steps=4, gold=((1, 3), (-1, -1)))
    orange = (outlined[..., 0] > 0.7) & (outlined[..., 2] < 0.3)
    assert not ((plain[..., 0] > 0.7) & (plain[..., 2] < 0.3)).any()
    down, across = np.nonzero(orange)
    left, right = 84 + 699 / 4, 84 + 699 * 3 / 4
    assert abs(across.min() - left) < 4 and abs(across.max() - right) < 4
    assert abs(down.max() - (51 + 303 / 2)) < 4


HOSTILE = ("$x$", "$\\frac{$", "年", "\n", "\x00", "\u200f", "</script>", "$", "🙂")


def test_any_token_can_be_drawn():
    n = len(HOSTILE)
    picture = draw(
        values=np.full((1, n, n), 1 / n), name="encoder.0.self", n_steps=n, steps=HOSTILE
    )
    assert picture.std() > 0


@pytest.mark.parametrize("n_heads", [1, 2, 3, 4, 7])
def test_any_number_of_heads_can_be_drawn(n_heads):
    assert draw(values=np.full((n_heads, 3, 5), 0.2), n_steps=5).std() > 0
    frames = np.random.default_rng(0).random((6, 4)).astype(np.float32)
    scene = {"name": "pooling", "n_steps": 6, "frames": frames, "label": "7"}
    assert draw(values=np.full((n_heads, 1, 6), 1 / 6), **scene).std() > 0
    assert draw(values=np.full((n_heads, 1, 6), 1 / 6), grid=(2, 3), **scene).std() > 0


def test_below_a_map_of_speech_stands_its_spectrogram_low_bands_below():
    levels = np.full((5, 8), -60.0)
    levels[2, 1] = 0.0
    axis = SpectrumAxis("log-mel spectrogram", 60.0, 4000.0, "mel")
    scene = {"name": "decoder.cross", "n_steps": 5, "frames": np.zeros((5, 3), np.float32)}
    heard = draw(values=np.full((1, 2, 5), 0.0), spectrum=levels, spectrum_axis=axis, **scene)
    plot = heard[200:350, 84:780]
    # Black is as loud as it gets; words and edges are thinner than a frame of this picture.
    down, across = np.nonzero(plot.max(axis=2) < 0.2)
    middle = (down.mean() / len(plot), across.mean() / plot.shape[1])
    assert middle[1] == pytest.approx(0.5, abs=0.03) and middle[0] > 0.6


def test_a_single_row_of_weights_lies_over_the_spectrogram():
    axis = SpectrumAxis("log-mel spectrogram", 60.0, 4000.0, "mel")
    scene = {"name": "pooling", "n_steps": 4, "frames": np.zeros((4, 3), np.float32)}
    scene |= {"spectrum": np.full((4, 8), -60.0), "spectrum_axis": axis, "label": "7"}
    picture = draw(values=[[[0.0, 0.0, 0.9, 0.0]]], **scene)
    strip = picture[200:340, 84:780]
    is_blue = (strip[..., 2] - strip[..., 0] > 0.15).mean(axis=0) > 0.9
    assert np.flatnonzero(is_blue).mean() / strip.shape[1] == pytest.approx(5 / 8, abs=0.03)


@pytest.mark.parametrize("kind", ["posterior", "responsibility", "count_context"])
def test_states_components_and_contexts_can_be_drawn(kind):
    frames = np.zeros((5, 2), np.float32)
    values = np.full((1, 5, 3), 1 / 3)
    assert draw(values=values, name="states", kind=kind, n_steps=5, frames=frames).std() > 0


def test_shares_of_a_words_frames_are_as_strong_as_weights_and_other_posteriors_are_not():
    """Forty frames a word: nobody sees a colour for 1 / 40 of 1."""

    def is_strong(name):
        picture = draw(values=np.eye(4)[None] / 40, name=name, kind="posterior", n_steps=4)
        plot = picture[51:350, 84:780]
        # A quarter of the plot is the diagonal; less than a hundredth is dark by its labels.
        return bool((plot.max(axis=2) < 0.5).mean() > 0.2)

    assert is_strong("decoder.cross")
    assert not is_strong("states")


def test_a_map_of_zeros_can_be_drawn():
    assert draw(values=np.zeros((1, 2, 2)), n_steps=2).std() > 0


def test_a_picture_per_probe_and_one_for_each_further_map(tmp_path):
    first, second = capture([[[1.0]]], "decoder.cross"), capture([[[1.0]]], "decoder.0.self")
    both = Capture(first.probes, ((*second.maps[0], *first.maps[0]),))
    assert write_pictures(tmp_path, both) == [tmp_path / "probe-0.png"]
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "probe-0.decoder.0.self.png",
        "probe-0.png",
    ]
    assert (tmp_path / "probe-0.png").read_bytes() == draw_map(first.probes[0], first.maps[0][0])


def test_only_the_most_telling_map_is_drawn_when_asked(tmp_path):
    scene = capture([[[1.0]]])
    write_pictures(tmp_path, Capture(scene.probes, (scene.maps[0] * 2,)), all_maps=False)
    assert [path.name for path in tmp_path.iterdir()] == ["probe-0.png"]


def test_a_model_without_maps_has_no_pictures(tmp_path):
    scene = capture([[[1.0]]])
    assert write_pictures(tmp_path, Capture(scene.probes, ((),))) == []


def test_the_same_map_is_the_same_bytes():
    one = capture(np.full((2, 3, 3), 1 / 3))
    assert draw_map(one.probes[0], one.maps[0][0]) == draw_map(one.probes[0], one.maps[0][0])


def test_drawing_leaves_pyplot_and_settings_alone(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)  # importing it now raises
    before = matplotlib.rcParams.copy()
    draw(values=[[[1.0]]])
    assert matplotlib.rcParams.copy() == before


@pytest.mark.slow
def test_a_picture_is_quick():
    one = capture(np.full((1, 11, 30), 1 / 30), n_steps=30, steps=tuple("a" * 30))
    draw_map(one.probes[0], one.maps[0][0])
    began = time.process_time()
    for _ in range(5):
        draw_map(one.probes[0], one.maps[0][0])
    # 45 ms were measured without, and 130 ms with the shape checks of this test run.
    assert (time.process_time() - began) / 5 < 0.4


def test_equal_values_are_white_in_grey():
    canvas = Canvas(10, 10)
    canvas.grey(np.ones((2, 2)), Box(0, 0, 10, 10))
    assert imread(io.BytesIO(canvas.png()))[..., :3].min() == 1.0


def test_a_map_without_rows_can_be_drawn():
    # a text of one symbol, which has nothing before it to look at
    assert draw(values=np.zeros((2, 0, 1)), name="decoder.0.self", steps=("a",)).std() > 0


def test_one_large_dimension_does_not_hide_the_others():
    frames = np.tile(np.arange(10.0, dtype=np.float32) / 10, (12, 1)).T.copy()
    frames[:, 0] = 100.0
    scene = {"name": "pooling", "n_steps": 10, "frames": frames}
    picture = draw(values=np.full((1, 1, 10), 0.1), **scene)
    # the last of the dimensions, from the first frame to the last
    strip = picture[int(1.5 * 228), 90:780]
    assert strip[:20].mean() - strip[-20:].mean() > 0.5


def test_a_few_large_weights_do_not_leave_the_rest_pale():
    values = np.tril(np.full((1, 40, 40), 0.02))
    values[0, 0, 0] = 1.0
    blue = draw(values=values, name="encoder.0.self", n_steps=40)[300:340, 120:200]
    assert blue[..., 0].mean() < 0.2
