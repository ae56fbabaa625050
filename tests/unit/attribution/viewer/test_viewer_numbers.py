import base64
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.special import entr
from viewer_scenes import only_map, read_values, viewed

from seqarena.attribution.viewer.payload import payload
from seqarena.attribution.viewer.quantised import largest, largest_error, pack
from seqarena.attribution.viewer.viewed import TopEntries

shares = arrays(np.float32, (2, 2, 4), elements=st.floats(0, 1, width=32))
changes = arrays(np.float32, (2, 2, 4), elements=st.floats(-8, 8, width=32))


def packed(values, **more) -> np.ndarray:
    entry = pack(np.asarray(values), **more)
    fields = vars(entry) | {"shape": values.shape, "signed": more.get("signed", False)}
    return read_values(fields)


@given(shares, st.sampled_from([8, 16]))
def test_shares_come_back_within_the_error_that_the_page_names(values, bits):
    error = largest_error(float(values.max()), bits)
    assert np.abs(packed(values, bits=bits) - values).max() <= error + 1e-12


@given(changes, st.sampled_from([8, 16]))
def test_signed_values_come_back_within_the_error_that_the_page_names(values, bits):
    error = largest_error(float(np.abs(values).max()), bits, signed=True)
    assert np.abs(packed(values, bits=bits, signed=True) - values).max() <= error + 1e-12


def test_one_hot_rows_minus_zero_and_rows_of_nothing_come_back_exactly():
    values = np.array([[[0, 1, 0, -0.0], [0, 0, 0, 0]]], np.float32)
    assert packed(values, bits=8).tolist() == [[[0, 1, 0, 0], [0, 0, 0, 0]]]


def test_what_is_not_finite_is_not_valid():
    values = np.array([[[0.5, np.nan, 0.25, np.inf], [0, 1, 0, 0]]], np.float32)
    back = packed(values)
    assert np.isnan(back[0, 0, [1, 3]]).all()
    assert back[0, 0, 0] == pytest.approx(0.5, abs=1e-4) and back[0, 1, 1] == 1


def test_what_cannot_be_looked_at_is_kept_apart_from_zero():
    valid = np.array([[True, False, False, False], [True, True, False, False]])
    back = packed(np.zeros((1, 2, 4), np.float32), valid=valid)
    assert np.array_equal(np.isnan(back[0]), ~valid)


def test_the_empty_half_of_a_causal_map_is_not_stored():
    values = np.tril(np.random.default_rng(0).random((1, 64, 64), np.float32), -1)
    entry = pack(values, bits=8)
    assert entry.reach == -1
    dense = pack(np.random.default_rng(0).random((1, 64, 64), np.float32), bits=8)
    assert len(entry.chunk) < 0.55 * len(dense.chunk)
    assert np.abs(packed(values) - values).max() <= 2e-5


def test_eight_bits_of_roots_keep_the_entropy_of_a_row():
    rows = np.random.default_rng(0).dirichlet(np.full(64, 0.2), (1, 200)).astype(np.float32)
    back = packed(rows, bits=8)
    back /= back.sum(axis=2, keepdims=True)
    difference = np.abs(entr(back).sum(axis=2) - entr(rows).sum(axis=2)) / np.log(2)
    assert difference.max() < 0.1 and difference.mean() < 0.02


def test_the_largest_of_each_row_are_kept_whatever_their_sign():
    values = np.array([[[0.1, -3.0, 2.0, 0.5]]])
    entries = largest(values, 2)
    assert entries.columns.tolist() == [[[1, 2]]]
    assert entries.values.tolist() == [[[-3.0, 2.0]]]
    assert entries.rest[0, 0] == pytest.approx(0.6)


def test_of_a_map_that_is_too_large_the_largest_are_kept_and_sums_are_of_all():
    values = np.zeros((1, 300, 300), np.float32)
    values[0, :, 7] = 0.75
    values[0, :, 8:108] = 0.0025
    entry = pack(values)
    assert entry.n_kept == 32 and entry.tops == (0.75,)
    assert len(entry.chunk) < 5000


def sums_of(entry, n_rows) -> np.ndarray:
    """Sums of rows of a packed map of one head with one value: they stand behind the values."""
    content = zlib.decompress(base64.b64decode(entry.chunk))
    return np.frombuffer(content[-4 * n_rows :], "u1").reshape(4, n_rows).T.copy().view("<f4")


def test_what_was_not_kept_belongs_to_the_sum_of_its_row():
    values = np.array([[[0.5, 0, 0.25], [0, 1.0, 0]]], np.float32)
    entry = pack(values, rest=np.array([[0.25, 0]], np.float32))
    assert sums_of(entry, 2).ravel().tolist() == [1.0, 1.0]
    assert sums_of(pack(values), 2).ravel().tolist() == [0.75, 1.0]


def test_entries_that_are_not_there_have_no_column():
    entries = TopEntries(
        np.array([[[2, -1]]]), np.array([[[0.5, 0.9]]]), np.array([[0.5]]), n_columns=10_000
    )
    assert pack(entries).tops == (0.5,)


def test_a_few_large_values_do_not_set_the_scale_of_many():
    values = np.full((1, 20, 40), 0.1, np.float32)
    values[0, 0, 0] = 1.0
    assert pack(values).usual == pytest.approx(0.1)
    assert pack(values[:, :5, :5]).usual == 1.0
    assert pack(np.full((1, 20, 40), 0.3, np.float32)).usual == pytest.approx(0.3)
    assert pack(np.zeros((1, 20, 40), np.float32)).usual == 0.0


@pytest.mark.slow
def test_few_numbers_get_sixteen_bits_and_many_eight():
    assert only_map(payload(viewed(np.ones((1, 2, 4)))))["bits"] == 16
    many = viewed(np.full((60_000, 2, 4), 0.5, np.float32))
    assert only_map(payload(many))["bits"] == 8
