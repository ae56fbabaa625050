import numpy as np
import pytest
import torch
from attribution_scenes import Looker

from seqarena.attention.maps import NativeMap
from seqarena.attribution.diagnostics.table import SCHEMA
from seqarena.attribution.over_validation import ValidationSample, over_validation
from seqarena.attribution.viewer.payload import payload
from seqarena.attribution.viewer.viewed import Viewed
from seqarena.batch import sequences_of
from seqarena.data.part import Part
from seqarena.errors import ArtifactError


def part(*lengths):
    return Part(sequences_of([np.arange(n) % 3 for n in lengths]))


def test_where_there_is_room_the_whole_split_is_taken():
    sample = ValidationSample.of(part(5, 3, 2), 10)
    assert sample.is_whole and sample.sequences.lengths.tolist() == [5, 3, 2]


def test_beyond_it_examples_are_spread_evenly_and_never_too_many():
    sample = ValidationSample.of(part(*[4] * 100), 40)
    assert (len(sample.sequences), sample.n_all, sample.is_whole) == (10, 100, False)
    spread = ValidationSample.of(part(*range(1, 101)), 500).sequences.lengths
    assert spread.sum() <= 500 and spread.max() > 75 and spread.min() < 25


def test_where_not_one_has_room_there_is_none_and_of_a_long_one_the_beginning_is_taken():
    assert ValidationSample.of(part(5, 6), 4) is None
    assert ValidationSample.of(part(2000), 2000).sequences.lengths.tolist() == [1024]


class TwoMaps(torch.nn.Module):
    """Looks at every step alike, twice over, and is in state 0 throughout."""

    def native_maps(self, batch) -> list[NativeMap]:
        share = (batch.mask / batch.lengths[:, None])[:, None, None]
        one = torch.ones(len(batch), 1, dtype=torch.bool)
        states = torch.tensor([1.0, 0.0]).expand(len(batch), 1, batch.mask.shape[1], 2)
        columns = torch.ones(len(batch), 2, dtype=torch.bool)
        return [
            NativeMap("pooling", "weights", share.expand(-1, 2, -1, -1), one, batch.mask),
            NativeMap(
                "states", "posterior", states * batch.mask[:, None, :, None], batch.mask, columns
            ),
        ]


def test_the_numbers_are_means_over_rows_named_for_the_split_and_kinds_are_kept_apart():
    found = over_validation(TwoMaps().eval(), ValidationSample.of(part(4, 2), 99), "1.2")
    assert found.summary["attn/valid/entropy"] == pytest.approx(1.5)
    assert found.summary["attn/valid/confidence"] == pytest.approx(0.375)
    assert found.summary["attn/valid/states/entropy"] == 0.0
    rows = [row for row in found.table.to_pylist() if row["metric"] == "entropy"]
    assert [(row["layer"], row["head"], row["n"], row["split"]) for row in rows] == [
        ("pooling", 0, 2, "valid"),
        ("pooling", 1, 2, "valid"),
        ("states", 0, 6, "valid"),
    ]
    assert rows[0]["example_id"] is None
    assert found.cost["examples"] == 2 and found.cost["steps"] == 6


def test_the_page_has_a_line_for_each_head_and_says_how_much_was_read():
    found = over_validation(TwoMaps().eval(), ValidationSample.of(part(4, 2), 99))
    (table,) = found.shown
    assert [row[:3] for row in table.rows] == [
        ("pooling", 1, 2),
        ("pooling", 2, 2),
        ("states", 1, 6),
    ]
    assert table.rows[0][3:5] == (pytest.approx(1.5), pytest.approx(0.5))
    assert table.note.startswith("All 2 examples")
    some = over_validation(TwoMaps().eval(), ValidationSample.of(part(4, 4, 4, 4), 8))
    assert some.shown[0].note.startswith("2 of 4 examples")
    payload(Viewed("page", (), {}, found.shown))


def test_a_model_without_maps_and_nobody_to_ask_have_no_numbers():
    for model, sample in ((object(), ValidationSample.of(part(3), 9)), (Looker().eval(), None)):
        found = over_validation(model, sample)
        assert (found.summary, found.shown, found.table.num_rows) == ({}, (), 0)
        assert found.table.schema == SCHEMA


def test_a_model_in_training_mode_is_refused():
    with pytest.raises(ArtifactError, match="training mode"):
        over_validation(Looker(), ValidationSample.of(part(3), 9))
