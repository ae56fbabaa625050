import numpy as np
import pytest
import torch
from torch.nn import functional
from torch.testing import assert_close

from seqarena.batch import collate_all, sequences_of
from seqarena.data.pictures import as_regions
from seqarena.errors import DataError
from seqarena.networks.region_input import RegionInput

PICTURES = np.random.default_rng(0).random((3, 8, 8))


def stem():
    return RegionInput((4, 4), (2, 2), model_dim=5).double()


def batch_of(pictures):
    return collate_all(sequences_of(list(as_regions(pictures, (2, 2))), labels=[0] * len(pictures)))


def test_regions_are_put_together_to_the_pictures_that_they_were_cut_from():
    regions = torch.from_numpy(as_regions(PICTURES, (2, 2)))
    assert torch.equal(stem().pictures(regions)[:, 0], torch.from_numpy(PICTURES))
    wide = RegionInput((2, 1), (1, 3), model_dim=5)
    steps = torch.tensor([[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]])
    assert wide.pictures(steps).tolist() == [[[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]]]


def test_a_region_gets_the_convolutions_of_the_picture_at_its_own_place():
    inputs, batch = stem(), batch_of(PICTURES)
    pictures = batch.features.double().view(3, 4, 4, 2, 2).transpose(2, 3).reshape(3, 1, 8, 8)
    layers = [(each.weight, each.bias) for each in (inputs.first, inputs.second)]
    seen = pictures
    for weight, bias in layers:
        # A convolution by its definition: the products of the weights with each neighbourhood.
        around = functional.unfold(seen, 3, padding=1)
        sums = weight.flatten(1) @ around + bias[:, None]
        seen = functional.gelu(sums).view(3, -1, 8, 8)
    row, column = 1, 2
    patch = seen[:, :, 2 * row : 2 * row + 2, 2 * column : 2 * column + 2]
    expected = patch.flatten(1) @ inputs.of_region.weight.flatten(1).T + inputs.of_region.bias
    assert_close(inputs(batch)[:, 4 * row + column], expected)


def test_a_region_knows_of_the_pixels_around_it_and_not_of_far_ones():
    inputs = stem()
    changed = PICTURES[:1].copy()
    changed[0, 0, 0] += 1.0  # the first region's corner
    before, after = (inputs(batch_of(each))[0] for each in (PICTURES[:1], changed))
    moved = (after - before).abs().sum(-1).gt(1e-9).view(4, 4)
    assert moved.nonzero().tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]


def test_the_pictures_of_a_video_do_not_see_each_other():
    inputs, regions = stem(), as_regions(PICTURES, (2, 2))
    video = sequences_of([regions.reshape(48, 4), regions[0]], labels=[0, 1])
    together = inputs(collate_all(video))
    assert_close(together[0].view(3, 16, 5), inputs(batch_of(PICTURES)))
    assert_close(together[1, :16], inputs(batch_of(PICTURES[:1]))[0])


def test_all_pixels_are_standardised_by_one_mean_and_one_deviation():
    inputs, pixels = stem(), torch.from_numpy(as_regions(PICTURES, (2, 2))).flatten(0, 1)
    inputs.standardise_by(pixels)
    assert_close(inputs.mean, pixels.mean())
    assert_close(inputs.deviation, pixels.std(correction=0))
    inputs.standardise_by(torch.full((4, 4), 7.0))
    assert (inputs.mean.item(), inputs.deviation.item()) == (7.0, 1.0)


def test_what_makes_no_whole_pictures_is_refused():
    with pytest.raises(DataError) as refusal:
        stem()(collate_all(sequences_of([np.zeros((15, 4))])))
    assert str(refusal.value) == (
        "15 steps came, and a picture has 4 x 4 regions; expected whole pictures."
    )
    with pytest.raises(DataError) as refusal:
        stem()(collate_all(sequences_of([np.array([0, 1])])))
    assert str(refusal.value) == "the model reads frames, but the batch holds tokens."
