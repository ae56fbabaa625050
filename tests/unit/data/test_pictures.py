import numpy as np

from seqarena.data.pictures import as_regions, as_steps

PICTURES = np.arange(2 * 4 * 6, dtype=np.float32).reshape(2, 4, 6)


def steps(view):
    return as_steps(PICTURES, view, (2, 3), np.random.default_rng(0))


def test_rows_are_read_from_top_to_bottom_and_pixels_row_by_row():
    assert steps("rows")[1, 2].tolist() == PICTURES[1, 2].tolist()
    assert steps("pixels").shape == (2, 24, 1)
    assert steps("pixels")[1, :, 0].tolist() == PICTURES[1].ravel().tolist()


def test_one_order_permutes_the_pixels_of_all_pictures():
    first, second = steps("permuted")[..., 0]
    assert first.tolist() != PICTURES[0].ravel().tolist()
    assert sorted(first) == PICTURES[0].ravel().tolist()
    assert (second - first == 24).all()


def test_regions_are_row_major_by_hand():
    assert steps("regions").shape == (2, 4, 6)
    assert steps("regions")[0].tolist() == [
        [0, 1, 2, 6, 7, 8],
        [3, 4, 5, 9, 10, 11],
        [12, 13, 14, 18, 19, 20],
        [15, 16, 17, 21, 22, 23],
    ]
    assert as_regions(np.arange(64.0).reshape(1, 8, 8), (2, 2))[0, 4].tolist() == [16, 17, 24, 25]
