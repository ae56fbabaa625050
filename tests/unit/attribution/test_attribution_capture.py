import numpy as np
import pytest
import torch
from attribution_scenes import PROBE_SET, Looker

from seqarena.attention.maps import NativeMap
from seqarena.attribution.capture import capture_maps
from seqarena.errors import ArtifactError


def test_maps_are_cut_to_the_size_of_their_probe():
    captured = capture_maps(Looker().eval(), PROBE_SET)
    ((first,), (second,)) = captured.maps
    assert first.name == "pooling" and first.kind == "weights"
    assert np.allclose(first.values, np.full((1, 1, 3), 1 / 3))
    assert second.values.tolist() == [[[1.0]]]


def test_training_mode_is_refused_even_of_a_part():
    model = Looker().eval()
    model.dropout.train()
    with pytest.raises(ArtifactError) as caught:
        capture_maps(model, PROBE_SET)
    assert str(caught.value) == (
        "Looker is in training mode, where dropout falls into what it says; call model.eval() "
        "before it is asked."
    )


def test_rows_that_sum_to_more_than_one_are_refused():
    with pytest.raises(ArtifactError) as caught:
        capture_maps(Looker(1.32).eval(), PROBE_SET)
    assert str(caught.value) == (
        "pooling of probe 'a': a row sums to 1.32; expected 1, or 0 for a row that may look "
        "nowhere."
    )


@pytest.mark.parametrize("total", [float("nan"), -1.0])
def test_values_that_are_no_shares_are_refused(total):
    with pytest.raises(ArtifactError) as caught:
        capture_maps(Looker(total).eval(), PROBE_SET)
    assert str(caught.value) == "pooling of probe 'a': holds a value that is no share."


def test_a_row_that_looks_nowhere_is_kept_as_zeros():
    captured = capture_maps(Looker(0.0).eval(), PROBE_SET)
    assert captured.maps[0][0].values.tolist() == [[[0.0, 0.0, 0.0]]]


def test_the_step_of_the_first_row_is_kept():
    class LooksBack(Looker):
        def native_maps(self, batch):
            (one,) = super().native_maps(batch)
            time = batch.mask.shape[1]
            rows = batch.mask & (torch.arange(time) > 0)
            values = one.values.expand(-1, -1, time, -1).where(rows[:, None, :, None], 0.0)
            return [NativeMap("decoder.0.self", "weights", values, rows, batch.mask)]

    ((first,), (second,)) = capture_maps(LooksBack().eval(), PROBE_SET).maps
    assert (first.first_row, first.values.shape) == (1, (1, 2, 3))
    assert second.values.shape == (1, 0, 1)
