"""Published time series: the official split, what validates, and what is refused."""

import os

import numpy as np
import pytest

from published_scenes import stand_in
from seqarena.data.published.time_series import NATOPS
from seqarena.data.sources import published_series
from seqarena.data.sources.published_series import read_ts
from seqarena.data.sources.time_series import TimeSeriesConfig, read_time_series
from seqarena.data.splits import Split
from seqarena.errors import ConfigError, DataError
from seqarena.parsing import parse
from seqarena.tasks.config import ClassificationTaskConfig

needs_mirror = pytest.mark.skipif(
    "SEQARENA_MIRROR" not in os.environ,
    reason="SEQARENA_MIRROR names no folder of published data sets",
)
HEADER = (
    "@problemName Small\n@timeStamps false\n@missing false\n@univariate false\n@dimensions 2\n"
    "@equalLength false\n@classLabel true 1.0 2.0\n@data\n"
)


def written(path, rows):
    """Two dimensions, separated by a colon; the label comes last."""
    lines = [
        ":".join([*(",".join(map(str, dim)) for dim in series), label]) for series, label in rows
    ]
    path.write_text(HEADER + "\n".join(lines) + "\n")


@pytest.fixture
def mirror(tmp_path, monkeypatch):
    """Ten training series of each of two classes, of three to five steps, and four of the test."""
    generator = np.random.default_rng(0)
    rows = [
        (generator.normal(size=(2, 3 + at % 3)).round(3).tolist(), f"{1 + at % 2}.0")
        for at in range(24)
    ]
    (tmp_path / "action_natops").mkdir()
    written(tmp_path / "action_natops" / "NATOPS_TRAIN.ts", rows[:20])
    written(tmp_path / "action_natops" / "NATOPS_TEST.ts", rows[20:])
    monkeypatch.setattr(published_series, "NATOPS", stand_in(NATOPS, tmp_path))
    monkeypatch.setenv("SEQARENA_MIRROR", str(tmp_path))
    return rows


def configured(**more) -> TimeSeriesConfig:
    return TimeSeriesConfig(kind="time_series", name="NATOPS", **more)


@pytest.mark.slow
def test_validation_is_carved_out_of_the_official_training_half(mirror):
    source = read_time_series(configured(valid_share=0.3))
    train, valid, test = (part.sequences for part in source.parts.values())
    assert (len(train), len(valid), len(test)) == (14, 6, 4)
    assert np.bincount(valid.labels).tolist() == [3, 3]
    assert not set(train.ids) & set(valid.ids)
    np.testing.assert_allclose(test.sequence(1), np.array(mirror[21][0]).T, rtol=1e-6)
    assert test.labels.tolist() == [0, 1, 0, 1]
    assert (source.schema.dim, source.schema.n_classes) == (2, 2)
    assert source.class_names == ("1.0", "2.0")


@pytest.mark.slow
def test_with_valid_in_train_training_is_the_whole_official_half(mirror):
    source = read_time_series(configured(valid_in_train=True))
    train, valid = (source.parts[split].sequences for split in (Split.TRAIN, Split.VALID))
    assert train.ids == tuple(f"train-{row}" for row in range(20))
    assert set(valid.ids) < set(train.ids)
    assert str(source.protocol["split"]).endswith("nothing may be chosen by it")


def test_valid_in_train_asks_for_copies_to_be_kept():
    raw = {
        "kind": "classification",
        "source": {"kind": "time_series", "name": "NATOPS", "valid_in_train": True},
    }
    with pytest.raises(ConfigError) as caught:
        parse(ClassificationTaskConfig, raw, "tasks.t")
    assert str(caught.value) == (
        "tasks.t.source: with valid_in_train the series of validation are in training too, and "
        "duplicates is 'refuse'; set it to 'count', which keeps them."
    )
    parse(ClassificationTaskConfig, {"duplicates": "count", **raw}, "tasks.t")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("1,2,3\n", "0 series and 0 labels came"),
        (
            "@problemName x\n@classLabel true 1 2\n@data\n1,2:1\n1,b:2\n",
            "could not convert string to float: 'b'",
        ),
    ],
)
def test_a_file_that_is_no_ts_file_is_refused(tmp_path, text, why):
    path = tmp_path / "x.ts"
    path.write_text(text)
    with pytest.raises(DataError) as caught:
        read_ts(path)
    assert str(caught.value) == (
        f"{path}: not a .ts file with labels ({why}); compare it with the archive's own."
    )


@needs_mirror
@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "sizes", "dim", "n_classes"),
    [
        ("GunPoint", (50, 150), 1, 2),
        ("ArrowHead", (36, 175), 1, 3),
        ("ItalyPowerDemand", (67, 1029), 1, 2),
        ("ACSF1", (100, 100), 1, 10),
        ("BasicMotions", (40, 40), 6, 4),
        ("JapaneseVowels", (270, 370), 12, 9),
        ("NATOPS", (180, 180), 24, 6),
    ],
)
def test_the_published_files_have_their_published_sizes(name, sizes, dim, n_classes):
    config = TimeSeriesConfig(kind="time_series", name=name, valid_in_train=True)
    source = read_time_series(config)
    train, test = (source.parts[split].sequences for split in (Split.TRAIN, Split.TEST))
    assert (len(train), len(test)) == sizes
    assert (source.schema.dim, source.schema.n_classes) == (dim, n_classes)
