import numpy as np
import pytest

from seqarena.errors import SeqarenaWarning
from seqarena.families.frame_clusters import clusters


def test_surplus_clusters_get_no_frame():
    frames = np.array([[2.0], [1.0], [2.0]])
    with pytest.warns(SeqarenaWarning, match="n_states: 3 asked for"):
        labels = clusters(frames, 3, 0, "n_states")
    assert labels.tolist() == [1, 0, 1]
