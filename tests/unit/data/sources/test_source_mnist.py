import os
from pathlib import Path

import numpy as np
import pytest

from published_scenes import small_mnist
from seqarena.data.sources import mnist
from seqarena.data.sources.mnist import MnistConfig, read_mnist
from seqarena.data.splits import Split
from seqarena.errors import DataError

CONFIG = MnistConfig(kind="mnist", valid_share=0.25)
needs_mirror = pytest.mark.skipif(
    "SEQARENA_MIRROR" not in os.environ,
    reason="SEQARENA_MIRROR names no folder of published data sets",
)


@pytest.fixture
def published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, np.ndarray]:
    return small_mnist(tmp_path, monkeypatch)


def test_rows_of_pixels_are_scaled_and_keep_their_labels(published) -> None:
    source = read_mnist(CONFIG)
    assert [len(part.sequences) for part in source.parts.values()] == [60, 20, 20]
    test = source.parts[Split.TEST].sequences
    assert test.labels.tolist() == published["t10k-labels"].tolist()
    np.testing.assert_allclose(test.sequence(7), published["t10k-images"][7] / 255, rtol=1e-6)
    assert test.ids[7] == "test-00007"
    train = source.parts[Split.TRAIN].sequences
    row = int(train.ids[5].removeprefix("train-"))
    np.testing.assert_allclose(train.sequence(5), published["train-images"][row] / 255, rtol=1e-6)
    assert train.labels[5] == published["train-labels"][row]
    assert (source.schema.dim, source.schema.n_classes, source.schema.grid) == (28, 10, None)


@pytest.mark.parametrize(
    ("view", "shape"), [("rows", (28, 28)), ("regions", (49, 16)), ("pixels", (784, 1))]
)
def test_every_view_shows_the_same_pictures_in_the_same_parts(published, view, shape) -> None:
    rows, other = (read_mnist(CONFIG.model_copy(update={"view": each})) for each in ("rows", view))
    for split, part in other.parts.items():
        assert part.sequences.ids == rows.parts[split].sequences.ids
        assert part.sequences.sequence(0).shape == shape
        assert part.sequences.sequence(3).sum() == pytest.approx(
            rows.parts[split].sequences.sequence(3).sum(), rel=1e-5
        )
    assert other.schema.grid == ((7, 7) if view == "regions" else None)


def test_the_order_of_permuted_pixels_is_one_for_all_parts(published) -> None:
    pixels, permuted = (
        read_mnist(CONFIG.model_copy(update={"view": view})) for view in ("pixels", "permuted")
    )
    order = mnist.numpy_generator(0, "mnist", "permutation").permutation(784)
    for split, part in permuted.parts.items():
        whole = pixels.parts[split].sequences.sequence(2)
        np.testing.assert_array_equal(part.sequences.sequence(2), whole[order])
    assert permuted.protocol["permutation_seed"] == 0


def test_validation_has_its_share_of_every_digit_and_training_may_be_thinned(published) -> None:
    source = read_mnist(CONFIG.model_copy(update={"n_train": 20}))
    train, valid = (source.parts[split].sequences for split in (Split.TRAIN, Split.VALID))
    assert np.bincount(valid.labels).tolist() == [2] * 10
    assert np.bincount(train.labels).tolist() == [2] * 10
    whole = read_mnist(CONFIG)
    assert set(train.ids) < set(whole.parts[Split.TRAIN].sequences.ids)
    assert valid.ids == whole.parts[Split.VALID].sequences.ids


def test_more_training_pictures_than_there_are_are_refused(published) -> None:
    with pytest.raises(DataError) as error:
        read_mnist(CONFIG.model_copy(update={"n_train": 61}))
    assert str(error.value) == (
        "mnist: n_train is 61, but validation leaves 60 training pictures; lower one of them."
    )


@needs_mirror
@pytest.mark.slow
def test_the_published_files_have_the_published_sizes() -> None:
    source = read_mnist(MnistConfig(kind="mnist"))
    assert [len(part.sequences) for part in source.parts.values()] == [54_999, 5_001, 10_000]
    test = source.parts[Split.TEST].sequences
    assert np.bincount(test.labels)[:3].tolist() == [980, 1135, 1032]
    assert test.values.max() == 1.0
