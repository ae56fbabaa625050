import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from published_scenes import refusal, small_mnist
from seqarena.batch import collate_all
from seqarena.data.published.pictures import MNIST
from seqarena.data.sources.digit_pictures import digits_of
from seqarena.data.sources.moving_clips import DIRECTIONS, Stage, in_regions
from seqarena.data.sources.moving_digits import MovingDigitsConfig, read_moving_digits
from seqarena.data.sources.source_data import SourceData
from seqarena.data.splits import Split
from seqarena.errors import ConfigError, DataError
from seqarena.families.assembly import classifier
from seqarena.families.attention_pooling import AttentionConfig
from seqarena.parsing import parse

SMALL = {"n_train": 60, "n_valid": 12, "n_test": 40, "noise": 1e-6}
STAGE = Stage(canvas=20, size=8, n_frames=4, slowest=1, fastest=3)


def clips_of(**knobs: object) -> SourceData:
    return read_moving_digits(
        parse(MovingDigitsConfig, {"kind": "moving_digits", **SMALL, **knobs}, "source")
    )


@pytest.fixture(scope="module")
def regions() -> SourceData:
    return clips_of()


@pytest.fixture(scope="module")
def frames() -> SourceData:
    return clips_of(view="frames")


def films(frames: SourceData, split: Split, canvas: int = 20) -> np.ndarray:
    return frames.parts[split].sequences.values.reshape(-1, 4, canvas, canvas)


def images_of(data: SourceData, split: Split) -> list[list[int]]:
    """Which handwritten digits each clip shows, as its id says."""
    return [
        [int(image) for image in name.split()[1].split("+")]
        for name in data.parts[split].sequences.ids
    ]


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_both_pictures_move_as_the_clip_says_and_stay_inside_and_apart(direction: str) -> None:
    generator = np.random.default_rng(0)
    pictures = generator.random((2, 8, 8)) + 0.1
    seen = set()
    for _ in range(200):
        clip = STAGE.draw_clip(direction, (0, 1), generator)
        corners = clip.corners(4)
        assert corners.min() >= 0 and corners.max() + 8 <= 20
        moves = np.diff(corners, axis=0)
        assert (moves == clip.speed[:, None] * np.array(DIRECTIONS[direction])).all()
        film = STAGE.film(clip, pictures)
        # Nothing is hidden: every pixel of both is there in every frame.
        assert np.allclose(film.sum(axis=(1, 2)), pictures.sum())
        for frame, places in zip(film, corners, strict=True):
            for (row, column), picture in zip(places, pictures, strict=True):
                assert (frame[row : row + 8, column : column + 8] == picture).all()
        seen |= {*clip.speed.tolist()}
    assert seen == {1, 2, 3}


def test_speeds_are_all_that_are_allowed() -> None:
    generator = np.random.default_rng(0)
    stage = Stage(canvas=64, size=28, n_frames=4, slowest=3, fastest=9)
    clips = [stage.draw_clip("down", (0, 1), generator) for _ in range(200)]
    assert {speed for clip in clips for speed in clip.speed.tolist()} == set(range(3, 10))
    corners = np.stack([clip.corners(4) for clip in clips])
    assert corners.min() == 0 and corners.max() == 64 - 28


def test_every_place_from_which_both_stay_inside_is_reached() -> None:
    generator = np.random.default_rng(1)
    corners = np.stack([STAGE.draw_clip("left", (0, 1), generator).corners(4) for _ in range(500)])
    assert set(np.unique(corners[..., 1])) == set(range(13))
    # Beside each other there is always room for both.
    assert set(np.unique(corners[..., 0])) == {*range(5), *range(8, 13)}


def require_labels_that_are_seen(frames: SourceData, targets: np.ndarray, canvas: int) -> None:
    for split in Split:
        sequences = frames.parts[split].sequences
        for film, label, images in zip(
            films(frames, split, canvas), sequences.labels, images_of(frames, split), strict=True
        ):
            digits, direction = frames.class_names[label].split()
            assert digits == "+".join(str(digit) for digit in sorted(targets[images]))
            rows, columns = np.indices((canvas, canvas))
            # From the first to the last frame, where the ink is on average.
            down, right = (
                (film[-1] * place).sum() - (film[0] * place).sum() for place in (rows, columns)
            )
            along = max((down, "down"), (-down, "up"), (right, "right"), (-right, "left"))
            assert along[1] == direction


def test_the_label_is_what_is_seen(frames: SourceData) -> None:
    require_labels_that_are_seen(frames, load_digits().target, 20)


def test_regions_that_show_a_digit_are_linked_to_the_label(regions: SourceData) -> None:
    for part in regions.parts.values():
        assert part.links is not None
        for row in range(len(part.sequences)):
            steps = part.sequences.sequence(row)
            inked = np.flatnonzero((steps > 0.01).any(axis=1))
            assert part.links.sequence(row).tolist() == [[step, 0] for step in inked]
            assert 8 <= len(inked) < len(steps)


def test_no_handwritten_digit_is_in_two_splits(regions: SourceData) -> None:
    train, valid, test = ({*np.ravel(images_of(regions, split))} for split in Split)
    assert train and valid and test
    assert not (train & valid or train & test or valid & test)


def test_both_views_show_the_same_clips(regions: SourceData, frames: SourceData) -> None:
    for split in Split:
        steps = regions.parts[split].sequences
        assert steps.ids == frames.parts[split].sequences.ids
        for row, film in enumerate(films(frames, split)):
            assert np.array_equal(in_regions(film, 5), steps.sequence(row))
    assert regions.schema.grid == (4, 4) and regions.schema.patch == (5, 5)
    assert frames.schema.grid is None and frames.parts[Split.TEST].links is None


def test_regions_are_cut_row_by_row_and_frame_by_frame() -> None:
    film = np.arange(2 * 4 * 4, dtype=float).reshape(2, 4, 4)
    regions = in_regions(film, 2)
    assert regions[1].tolist() == [2, 3, 6, 7]
    assert regions[2].tolist() == [8, 9, 12, 13]
    assert regions[4].tolist() == [16, 17, 20, 21]


def test_a_seed_decides_the_clips_and_the_splits_do_not_depend_on_each_others_size(
    regions: SourceData,
) -> None:
    again, more, other = clips_of(), clips_of(n_train=61), clips_of(seed=1)
    test = regions.parts[Split.TEST].sequences.values
    assert np.array_equal(again.parts[Split.TEST].sequences.values, test)
    assert np.array_equal(more.parts[Split.TEST].sequences.values, test)
    assert not np.array_equal(other.parts[Split.TEST].sequences.values, test)


def test_the_direction_alone_can_be_asked_for() -> None:
    data = clips_of(label="direction", digits=[7, 3])
    assert data.class_names == ("left", "right", "up", "down")
    assert set(data.parts[Split.TRAIN].sequences.labels) == {0, 1, 2, 3}
    assert clips_of(digits=[7, 3]).class_names == ("3+7 left", "3+7 right", "3+7 up", "3+7 down")


def test_frames_may_have_64_pixels_a_side() -> None:
    data = clips_of(canvas=64, region=8)
    assert (data.schema.grid, data.schema.patch, data.schema.dim) == ((8, 8), (8, 8), 64)
    whole = clips_of(canvas=64, view="frames")
    assert whole.schema.dim == 64 * 64
    for row, film in enumerate(films(whole, Split.TEST, 64)):
        assert np.array_equal(in_regions(film, 8), data.parts[Split.TEST].sequences.sequence(row))


@pytest.fixture
def published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, np.ndarray]:
    return small_mnist(tmp_path, monkeypatch, n_train=240)


def test_clips_of_mnist_show_its_pictures_each_in_its_split(published) -> None:
    data = clips_of(pictures="mnist", view="frames")
    n_before = 240
    test = {image for pair in images_of(data, Split.TEST) for image in pair}
    assert test and min(test) >= n_before
    first = zip(films(data, Split.TEST, 64)[:, 0], images_of(data, Split.TEST), strict=True)
    for frame, images in list(first)[:4]:
        windows = np.lib.stride_tricks.sliding_window_view(frame, (28, 28))
        for image in images:
            picture = published["t10k-images"][image - n_before] / 255
            # Somewhere it stands, and there is no more than noise over it.
            assert np.abs(windows - picture).max(axis=(2, 3)).min() < 1e-4
    train, valid = ({*np.ravel(images_of(data, split))} for split in (Split.TRAIN, Split.VALID))
    assert train and valid and not train & valid and max(train | valid) < n_before


def test_regions_that_show_a_digit_of_mnist_are_linked_to_the_label(published) -> None:
    data = clips_of(pictures="mnist")
    assert (data.schema.grid, data.schema.patch, data.schema.dim) == ((8, 8), (8, 8), 64)
    for part in data.parts.values():
        assert part.sequences.lengths.tolist() == [4 * 64] * len(part.sequences)
        for row in range(len(part.sequences)):
            # The faintest grey of a picture is a 255th.
            inked = np.flatnonzero((part.sequences.sequence(row) > 0.5 / 255).any(axis=1))
            assert part.links.sequence(row).tolist() == [[step, 0] for step in inked]


@pytest.mark.parametrize(
    ("pictures", "where", "described", "split"),
    [
        (
            "scikit_learn",
            "E. Alpaydin, C. Kaynak (1998)",
            "Two handwritten digits of the test half of the UCI set, as shipped with "
            "scikit-learn, moving over a canvas; drawn from a seed",
            "handwritten digits as in handwritten_digits: those of test clips are in no other clip",
        ),
        (
            "mnist",
            "Y. LeCun, L. Bottou, Y. Bengio, P. Haffner (1998)",
            "Two handwritten digits of MNIST (http://yann.lecun.com/exdb/mnist/), moving over a "
            "canvas; drawn from a seed",
            "handwritten digits as in mnist, its official test and its default validation: those "
            "of test clips are in no other clip",
        ),
    ],
)
def test_the_record_says_whose_digits_they_are(
    published, pictures: str, where: str, described: str, split: str
) -> None:
    data = clips_of(pictures=pictures)
    assert data.provenance.description == described
    assert data.provenance.citation.startswith(where)
    assert data.protocol == {
        "split": split,
        "seed": 0,
        "view": "regions",
        "label": "digits_and_direction",
        "scored": "the label of each clip",
    }


def test_pictures_of_mnist_have_defaults_of_their_own_that_settings_override() -> None:
    def of_mnist(**knobs: object) -> MovingDigitsConfig:
        raw = {"kind": "moving_digits", "pictures": "mnist", **knobs}
        return parse(MovingDigitsConfig, raw, "source")

    names = ("canvas", "region", "slowest", "fastest", "n_train", "n_valid", "n_test")
    usual, other = of_mnist(), of_mnist(canvas=60, region=10, fastest=4, n_valid=7)
    assert [getattr(usual, name) for name in names] == [64, 8, 3, 9, 3_000, 500, 1_000]
    assert [getattr(other, name) for name in names] == [60, 10, 3, 4, 3_000, 7, 1_000]
    assert parse(MovingDigitsConfig, usual.model_dump(mode="json"), "source") == usual


def test_clips_of_mnist_without_its_files_say_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SEQARENA_MIRROR", raising=False)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError) as error:
        clips_of(pictures="mnist")
    assert str(error.value) == refusal(
        MNIST, "train-labels-idx1-ubyte.gz", "SEQARENA_MIRROR is not set"
    )


@pytest.mark.slow
@pytest.mark.skipif(
    "SEQARENA_MIRROR" not in os.environ,
    reason="SEQARENA_MIRROR names no folder of published data sets",
)
def test_the_label_is_what_is_seen_in_clips_of_mnist_as_published() -> None:
    frames = clips_of(pictures="mnist", view="frames", digits=[2, 5, 9])
    digits = digits_of("mnist")
    require_labels_that_are_seen(frames, digits.labels, 64)
    for split in Split:
        assert {*np.ravel(images_of(frames, split))} <= {*digits.rows[split].tolist()}


@pytest.mark.parametrize(
    ("knobs", "mistake"),
    [
        ({"digits": [1, 1]}, "source.digits: got [1, 1]; should be different digits, 0 to 9."),
        ({"digits": [1, 10]}, "source.digits: got [1, 10]; should be different digits, 0 to 9."),
        (
            {"fastest": 5},
            "source.fastest: a digit at 5 pixels a frame moves 15 pixels, and has room for 12; "
            "take a lower speed, fewer frames, or a larger canvas.",
        ),
        (
            {"canvas": 64},
            "source.region: regions of 5 x 5 pixels do not divide a canvas of 64; take one of 2, "
            "4, 8, 16, 32, 64, or another canvas.",
        ),
        (
            {"canvas": 15},
            "source.canvas: got 15; two digits of 8 x 8 pixels beside each other need at least 16.",
        ),
        (
            {"pictures": "mnist", "canvas": 40},
            "source.canvas: got 40; two digits of 28 x 28 pixels beside each other need at least "
            "56.",
        ),
        (
            {"pictures": "mnist", "n_frames": 6},
            "source.fastest: a digit at 9 pixels a frame moves 45 pixels, and has room for 36; "
            "take a lower speed, fewer frames, or a larger canvas.",
        ),
        (
            {"slowest": 3, "fastest": 2},
            "source.fastest: got 2, which is below the lowest speed, 3; set slowest, too.",
        ),
        (
            {"pictures": "cifar"},
            "source.pictures: 'cifar' is not allowed; expected 'scikit_learn' or 'mnist'.",
        ),
    ],
)
def test_clips_that_cannot_be_are_refused(knobs: dict[str, object], mistake: str) -> None:
    with pytest.raises(ConfigError) as error:
        parse(MovingDigitsConfig, {"kind": "moving_digits", **knobs}, "source")
    assert error.value.mistakes == [mistake]


@pytest.mark.slow
@pytest.mark.parametrize("attention", ["softmax", "multi_head", "self_attention"])
def test_attention_over_frames_and_regions_sums_to_one(regions: SourceData, attention: str) -> None:
    config = parse(
        AttentionConfig,
        {"kind": "attention", "attention": attention, "model_dim": 8, "stem": "conv"},
        "family",
    )
    batch = collate_all(regions.parts[Split.VALID].sequences)
    model = classifier(config, replace(regions.schema, max_length=64))
    pooling = model.native_maps(batch)[0]
    assert pooling.values.shape[2:] == (1, 4 * 16)
    torch.testing.assert_close(pooling.values.sum(dim=3), torch.ones(pooling.values.shape[:3]))
