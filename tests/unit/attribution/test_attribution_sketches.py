from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from seqarena.attribution.capture import ProbeMap
from seqarena.attribution.probes import Probe
from seqarena.attribution.sketches import HEIGHT, WIDTH, sketch_map

DARK = (8, 48, 107)
PALE = (247, 251, 255)


def _pixels(probe, values, name="decoder.cross"):
    png = sketch_map(probe, ProbeMap(name, "weights", np.asarray(values, dtype="f4")))
    with Image.open(BytesIO(png)) as picture:
        assert picture.size == (WIDTH, HEIGHT)
        return np.asarray(picture)


def _places(pixels, colour):
    """Rows and columns of the pixels of a colour, as shares of the picture."""
    down, across = np.nonzero((pixels == colour).all(axis=2))
    return down / HEIGHT, across / WIDTH


def _probe(n=4, **more):
    return Probe(0, "0", n, tuple("abcd"[:n]), **more)


def test_the_largest_value_is_the_darkest_place():
    values = np.zeros((1, 4, 4))
    values[0, 0, 3], values[0, 3, 0] = 0.4, 0.2
    down, across = _places(_pixels(_probe(), values), DARK)
    assert down.max() < 0.4
    assert across.min() > 0.6


def test_heads_stand_side_by_side_and_four_at_most():
    values = np.zeros((5, 4, 4))
    values[1, 2, 2], values[4, 0, 0] = 0.5, 0.9
    down, across = _places(_pixels(_probe(), values), DARK)
    assert 0.25 < across.min() < across.max() < 0.5
    assert down.min() > 0.4


def test_regions_are_put_back_into_their_grid():
    values = np.zeros((1, 1, 4))
    values[0, 0, 1] = 1.0
    probe = Probe(0, "0", 4, grid=(2, 2), frames=np.zeros((4, 4), "f4"))
    down, across = _places(_pixels(probe, values, "pooling"), DARK)
    assert down.max() <= 0.51
    assert across.min() >= 0.49


@pytest.mark.parametrize("zero", [0.0, -0.0])
def test_a_map_that_looks_nowhere_is_pale(zero):
    pixels = _pixels(_probe(), np.full((1, 4, 4), zero))
    assert not len(_places(pixels, DARK)[0])
    assert len(_places(pixels, PALE)[0])


def test_a_map_without_entries_is_a_picture_too():
    assert not len(_places(_pixels(_probe(), np.zeros((2, 0, 4))), DARK)[0])


def test_symbols_that_the_font_lacks_are_left_out_with_all_others():
    values = np.eye(4)[None]
    plain, foreign = Probe(0, "0", 4, tuple("abcd")), Probe(0, "0", 4, tuple("abc\u65e5"))
    none = Probe(0, "0", 4, tuple("    "))
    assert (_pixels(foreign, values) == _pixels(none, values)).all()
    assert (_pixels(plain, values) != _pixels(none, values)).any()
