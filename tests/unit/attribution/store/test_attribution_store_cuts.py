"""Files that would be too large are cut, and say so."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from seqarena.attribution.capture import Capture, ProbeMap
from seqarena.attribution.probes import Probe
from seqarena.attribution.store import artifacts, budgets, cuts
from seqarena.attribution.store.artifacts import Attribution, read_maps, write_artifacts
from seqarena.attribution.store.budgets import MAPS_FILE, N_WHOLE
from seqarena.attribution.store.manifest import Origin, read_manifest
from seqarena.attribution.store.sparse_rows import densified, sparse_rows

N_STEPS = 20


def many(n_probes, n_heads=4, n_columns=N_STEPS) -> Capture:
    generator = np.random.default_rng(0)
    probes, maps = [], []
    for row in range(n_probes):
        shares = generator.dirichlet(np.ones(n_columns), (2, n_heads, N_STEPS)).astype(np.float32)
        probes.append(Probe(row, str(row), N_STEPS, steps=("x",) * N_STEPS))
        maps.append(tuple(ProbeMap(f"encoder.{i}.self", "weights", shares[i]) for i in range(2)))
    return Capture(tuple(probes), tuple(maps))


def write(folder, capture, page_of=None, **facts):
    return write_artifacts(folder, Attribution(capture, Origin(), **facts), page_of)


@pytest.fixture
def budget(monkeypatch):
    def allow(file, n_bytes):
        for module in (artifacts, cuts):
            monkeypatch.setitem(module.BUDGETS, file, n_bytes)

    return allow


@pytest.mark.slow
def test_heads_stay_apart_for_the_first_probes_only(tmp_path):
    whole = many(N_WHOLE + 1)
    write(tmp_path / "a", whole)
    read = read_maps(tmp_path / "a")
    assert read.maps[N_WHOLE - 1][0].values.shape[0] == 4
    mean = read.maps[N_WHOLE][0]
    assert (mean.values.shape[0], mean.mean_of) == (1, 4)
    np.testing.assert_allclose(
        mean.values[0], whole.maps[N_WHOLE][0].values.mean(axis=0), atol=2.5e-4
    )
    assert read_manifest(tmp_path / "a").origin.cuts[0] == (
        f"{MAPS_FILE}: from probe {N_WHOLE} on, each map is the mean over its heads"
    )


@pytest.mark.slow
def test_few_probes_within_the_budget_are_not_cut(tmp_path):
    write(tmp_path / "a", many(3))
    assert read_manifest(tmp_path / "a").origin.cuts == ()


@pytest.mark.slow
def test_long_rows_keep_their_largest_shares_and_the_sum_of_the_rest(tmp_path):
    capture = many(1, n_columns=budgets.LONG + 1)
    write(tmp_path / "a", capture)
    read, whole = read_maps(tmp_path / "a").maps[0][0], capture.maps[0][0].values
    assert read.values.shape == whole.shape
    assert ((read.values > 0).sum(axis=2) == budgets.N_TOP).all()
    largest = np.sort(whole, axis=2)[..., -budgets.N_TOP :]
    np.testing.assert_allclose(
        np.sort(read.values, axis=2)[..., -budgets.N_TOP :], largest, atol=2.5e-4
    )
    np.testing.assert_allclose(read.rest, 1 - largest.sum(axis=2), atol=1e-3)
    assert "largest shares are kept" in read_manifest(tmp_path / "a").origin.cuts[0]


@pytest.mark.slow
def test_a_map_that_was_cut_is_written_again_as_it_is(tmp_path):
    write(tmp_path / "a", many(1, n_columns=budgets.LONG + 1))
    once = read_maps(tmp_path / "a")
    write(tmp_path / "b", once)
    twice = read_maps(tmp_path / "b")
    np.testing.assert_array_equal(once.maps[0][0].values, twice.maps[0][0].values)
    np.testing.assert_array_equal(once.maps[0][0].rest, twice.maps[0][0].rest)


def test_the_largest_shares_of_a_row_by_hand():
    rows = sparse_rows(np.array([[[0.125, 0.5, 0.0, 0.375]]]), 2)
    assert rows.columns.tolist() == [[[1, 3]]]
    assert rows.values.tolist() == [[[0.5, 0.375]]]
    assert rows.rest.tolist() == [[0.125]]
    assert densified(rows.columns, rows.values, 4).tolist() == [[[0, 0.5, 0, 0.375]]]


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.9, 0.5, 0.2, 0.05])
def test_maps_are_cut_until_they_fit(tmp_path, budget, share):
    capture = many(16)
    n_bytes = int(len(cuts.maps_content(capture)) * share)
    budget(MAPS_FILE, n_bytes)
    write(tmp_path / "a", capture)
    assert (tmp_path / "a" / MAPS_FILE).stat().st_size <= n_bytes
    assert read_manifest(tmp_path / "a").origin.cuts
    assert read_maps(tmp_path / "a").probes[0].steps == ("x",) * N_STEPS


@pytest.mark.slow
def test_tokens_lose_whole_examples(tmp_path, budget):
    budget("tokens.parquet", 2500)
    probes = tuple(
        Probe(i, str(i), 300, steps=tuple(str(hash((i, j))) for j in range(300))) for i in range(8)
    )
    write(tmp_path / "a", Capture(probes, ((),) * 8))
    assert (tmp_path / "a" / "tokens.parquet").stat().st_size <= 2500
    steps = [probe.steps for probe in read_maps(tmp_path / "a").probes]
    assert all(each is None or len(each) == 300 for each in steps) and None in steps
    assert "tokens.parquet: the first" in read_manifest(tmp_path / "a").origin.cuts[0]


def test_diagnostics_lose_single_queries_first(tmp_path, budget):
    n = 3000
    values = np.random.default_rng(0).random(n)
    table = pa.table(
        {
            "example_id": [str(i // 10) for i in range(n)],
            "query_pos": pa.array([None if i % 10 == 0 else i for i in range(n)], pa.int32()),
            "value": values,
        }
    )
    budget("diagnostics.parquet", 12_000)
    write(tmp_path / "a", many(1), diagnostics=table)
    kept = artifacts.read_diagnostics(tmp_path / "a")
    assert kept["value"].to_pylist() == values[::10].tolist()
    assert "numbers of single queries are left out" in read_manifest(tmp_path / "a").origin.cuts[0]


@pytest.mark.slow
def test_a_page_shows_fewer_probes_until_it_fits(tmp_path, budget):
    budget("report.html", 50)
    write(tmp_path / "a", many(8, n_heads=1), lambda capture: "p" * 20 * len(capture.probes))
    assert (tmp_path / "a" / "report.html").read_text() == "p" * 40
    assert "shows the first 2 of 8 probes" in read_manifest(tmp_path / "a").origin.cuts[-2]


@pytest.mark.slow
def test_at_most_six_figures_and_sixty_numbers(tmp_path):
    numbers = {f"n{i}": float(i) for i in range(70)}
    written = write(tmp_path / "a", many(8, n_heads=1), summary=numbers)
    assert len(written.figures) == 6 and len(written.summary) == 60


def test_a_figure_that_is_too_large_is_left_out(tmp_path, budget):
    budget("figures", 10)
    written = write(tmp_path / "a", many(1))
    assert written.figures == () and not (tmp_path / "a" / "figures" / "probe-0.png").exists()
    cut = read_manifest(tmp_path / "a").origin.cuts
    assert cut == ("figures/probe-0.png: too large, so left out",)


def test_a_mean_of_a_mean_counts_all_heads():
    one = ProbeMap("a", "weights", np.ones((2, 1, 1), np.float32))
    assert cuts.mean_of_heads(replace(one, mean_of=3)).mean_of == 6
