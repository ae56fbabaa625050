import numpy as np

from seqarena.attribution.regions import region_picture


def test_regions_are_put_back_where_they_were_cut_out():
    picture = np.arange(16, dtype=np.float32).reshape(4, 4)
    regions = np.stack([picture[r : r + 2, c : c + 2].ravel() for r in (0, 2) for c in (0, 2)])
    assert np.array_equal(region_picture(regions, (2, 2)), picture)


def test_regions_that_are_no_squares_are_shown_by_their_mean():
    regions = np.array([[1.0, 3.0], [5.0, 7.0]])
    assert region_picture(regions, (1, 2)).tolist() == [[2.0, 6.0]]
