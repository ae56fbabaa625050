"""What a picture writes beside its plot: no text upon another, none outside, none mistakable."""

from itertools import combinations

import numpy as np
import pytest
from attribution_scenes import capture
from matplotlib.text import Text

from seqarena.attribution.canvas import Canvas
from seqarena.attribution.pictures import draw_map
from seqarena.data.spectra import SpectrumAxis

SPEAKERS = (*(f"speaker {number}" for number in (2, 1, 5, 5, 3, 6)), "<end>")
LONG = tuple(
    stem + ending
    for stem in ("internationali", "parliamentari", "commissi")
    for ending in ("sm", "sation", "an", "")
)


@pytest.fixture
def texts(monkeypatch):
    """Draw a scene, and return where matplotlib puts each of its texts."""
    drawn = []
    png = Canvas.png
    monkeypatch.setattr(Canvas, "png", lambda canvas: drawn.append(canvas) or png(canvas))

    def texts_of(values, **scene):
        one = capture(values, **scene)
        draw_map(one.probes[0], one.maps[0][0])
        figure = drawn[-1]._figure
        renderer = figure.canvas.get_renderer()
        found = [artist for artist in figure.findobj(Text) if artist.get_text()]
        return [(each.get_text(), each.get_window_extent(renderer)) for each in found]

    return texts_of


def require_apart(placed):
    for text, box in placed:
        assert 0 <= box.x0 and box.x1 <= 900 and 0 <= box.y0 and box.y1 <= 450, text
    for (one, box), (other, beside) in combinations(placed, 2):
        # A line is a pixel higher than what is written in it.
        across = min(box.x1, beside.x1) - max(box.x0, beside.x0)
        down = min(box.y1, beside.y1) - max(box.y0, beside.y0)
        assert across <= 0 or down <= 1.5, (one, other)


def test_words_of_a_recogniser_can_be_told_apart(texts):
    scene = {"kind": "posterior", "n_steps": 80, "outputs": SPEAKERS}
    placed = texts(np.full((1, 7, 80), 1 / 80), **scene)
    written = [text for text, _ in placed if text.startswith("speaker")]
    assert written == ["speaker␣2", "speaker␣1", "speaker␣5", "speaker␣5", "speaker␣3", "speaker␣6"]
    require_apart(placed)


@pytest.mark.slow
@pytest.mark.parametrize("n_heads", [1, 2, 4, 7])
@pytest.mark.parametrize("length", [3, 12, 60])
@pytest.mark.parametrize("words", [LONG, tuple("abcdefghijkm"), ("年", "x" * 200)])
def test_no_text_lies_upon_another(texts, n_heads, length, words):
    tokens = (words * length)[:length]
    scene = {"n_steps": length, "steps": tokens, "outputs": tokens, "id": "w" * 60}
    require_apart(texts(np.full((n_heads, length, length), 1 / length), **scene))


@pytest.mark.parametrize("n", [1, 8, 40, 70])
def test_no_text_beside_frames_lies_upon_another(texts, n):
    frames = np.zeros((n, 12), np.float32)
    scene = {"name": "states", "kind": "posterior", "n_steps": n, "frames": frames, "label": "a b"}
    require_apart(texts(np.full((1, n, 9), 1 / 9), **scene))


@pytest.mark.parametrize("n", [1, 8, 70])
@pytest.mark.parametrize("name", ["pooling", "decoder.cross"])
def test_no_text_beside_a_spectrogram_lies_upon_another(texts, n, name):
    axis = SpectrumAxis("log-mel spectrogram", 60.0, 4000.0, "mel")
    scene = {"name": name, "n_steps": n, "frames": np.zeros((n, 12)), "label": "a b"}
    scene |= {"spectrum": np.zeros((n, 8)), "spectrum_axis": axis}
    require_apart(texts(np.full((1, 1 if name == "pooling" else 5, n), 1 / n), **scene))


@pytest.mark.parametrize("n_heads", [1, 4])
def test_no_text_beside_regions_lies_upon_another(texts, n_heads):
    scene = {"name": "pooling", "n_steps": 64, "grid": (8, 8), "frames": np.zeros((64, 4))}
    require_apart(texts(np.full((n_heads, 1, 64), 1 / 64), **scene))


def test_labels_below_that_differ_still_do(texts):
    placed = texts(np.full((4, 3, 12), 1 / 12), n_steps=12, steps=LONG, outputs=("a", "b", "c"))
    written = [text for text, _ in placed if "…" in text or text in LONG]
    assert len(set(written)) == len(LONG)
    assert len(written) == 2 * len(LONG)


def test_single_characters_stand_upright(texts):
    tokens = tuple("mil␣w" * 12)
    placed = texts(np.full((1, 60, 60), 1 / 60), name="encoder.0.self", n_steps=60, steps=tokens)
    below = [box for text, box in placed if text == "l" and box.y1 < 100]
    assert len(below) == 12
    assert all(box.width < box.height for box in below)
    require_apart(placed)
