from dataclasses import replace

import numpy as np
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from comparison_scenes import family, influence, run, store
from seqarena.attribution.comparison.family_maps import FamilyMaps
from seqarena.cli import main
from seqarena.errors import ArtifactError
from seqarena.experiment.evaluated import find_evaluated
from seqarena.experiment.layout import Workspace
from seqarena.experiment.stored_maps import read_family


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    rng = np.random.default_rng(2)
    here = Workspace.here()
    for name, lag in (("lagged-gru", 1), ("lagged-hmm", 2)):
        store(family(name, lag, rng), here.runs)
    return here


def asked(*arguments):
    return CliRunner().invoke(main, ["compare-maps", *arguments])


def test_two_experiments_are_compared_in_the_terminal_in_a_page_and_in_a_table(workspace):
    done = asked("lagged-gru", "lagged-hmm")
    assert done.exit_code == 0, done.output
    lines = done.output.splitlines()
    assert lines[:2] == [
        "lagged-gru: seeds 0, 1, 2, 2 probes",
        "lagged-hmm: seeds 0, 1, 2, 2 probes",
    ]
    folder = "compare/lagged-gru__lagged-hmm"
    assert lines[-2:] == [f"{folder}/report.html", f"{folder}/comparison.parquet"]
    assert "No p-value of so few fits is below 0.1: no verdict." in done.output
    page = (workspace.root / folder / "report.html").read_text()
    assert "Largest disagreements" in page
    assert pq.read_table(workspace.root / folder / "comparison.parquet").num_rows == 20


def test_an_experiment_is_found_by_name_by_folder_and_by_seed(workspace):
    gru = workspace.runs / "lagged-gru"
    whole = find_evaluated("lagged-gru", workspace)
    assert whole.name == "lagged-gru"
    assert [seed.name for seed in whole.seeds] == ["seed-0", "seed-1", "seed-2"]
    for named in (gru, gru / "evaluation", gru / "fit"):
        assert find_evaluated(str(named), workspace) == whole
    for named in (gru / "evaluation" / "seed-1", gru / "fit" / "seed-1"):
        one = find_evaluated(str(named), workspace)
        assert (one.name, one.seeds) == ("lagged-gru", whole.seeds[1:2])
    one = find_evaluated("lagged-gru/seed-1", workspace)
    assert (one.name, one.seeds) == ("lagged-gru", whole.seeds[1:2])


def test_an_experiment_of_a_suite_is_found_by_name_behind_those_of_the_workspace(workspace):
    rng = np.random.default_rng(3)
    suite = workspace.home / "suites" / "text" / "runs"
    for name in ("text-gru", "lagged-gru"):
        store(family(name, 1, rng), suite)
    found = find_evaluated("text-gru", workspace)
    assert found.name == "text-gru"
    assert found.seeds[0] == suite / "text-gru" / "evaluation" / "seed-0"
    assert find_evaluated("text-gru/seed-2", workspace).seeds == found.seeds[2:]
    assert find_evaluated("lagged-gru", workspace).seeds[0].is_relative_to(workspace.runs)


def test_what_was_stored_is_what_is_read(workspace):
    expected = family("lagged-gru", 1, np.random.default_rng(2))
    found = read_family("lagged-gru", find_evaluated("lagged-gru", workspace).seeds)
    for one, other in zip(found.runs, expected.runs, strict=True):
        assert (one.seed, one.fit, one.probe_set) == (other.seed, other.fit, other.probe_set)
        for read, written in zip(one.capture.influence, other.capture.influence, strict=True):
            np.testing.assert_allclose(read.effect, written.effect, rtol=1e-6)


def test_an_experiment_beside_itself_does_not_differ(workspace):
    done = asked("lagged-gru", "lagged-gru")
    assert done.exit_code == 0, done.output
    assert "No difference at all" in done.output
    assert (workspace.root / "compare/lagged-gru-1__lagged-gru-2/report.html").is_file()


def test_one_that_is_not_there_is_named_with_those_that_are(workspace):
    with pytest.raises(ArtifactError) as caught:
        find_evaluated("lagged-lstm", workspace)
    assert str(caught.value) == (
        f"'lagged-lstm' is no experiment that was evaluated with maps under {workspace.runs}, no "
        "folder of one, and no fit; did you mean 'lagged-hmm'? What is only fitted yet, `seqarena "
        "repro` evaluates."
    )
    with pytest.raises(ArtifactError) as caught:
        find_evaluated("lagged-gru/seed-7", workspace)
    assert str(caught.value) == (
        "lagged-gru/seed-7: no maps of that seed; lagged-gru has 0, 1, 2. Give one of these."
    )


def test_other_probes_are_refused_with_both_checksums(workspace):
    other = family("words-gru", 1, np.random.default_rng(0))
    other = FamilyMaps(other.name, tuple(replace(each, probe_set="q" * 64) for each in other.runs))
    store(other, workspace.runs)
    done = asked("lagged-gru", "words-gru")
    assert done.exit_code == 2
    assert "p" * 64 in done.output
    assert "q" * 64 in done.output


def test_frames_have_no_bits_to_compare_by(workspace):
    map_of_frames = replace(influence(np.zeros((10, 10))), effect=None, unit="nats")
    store(FamilyMaps("frames", (run([map_of_frames] * 2),)), workspace.runs)
    done = asked("lagged-gru", "frames")
    assert done.exit_code == 2
    assert done.output.startswith("frames: has no influence in bits")


def test_probes_that_were_not_asked_about_are_left_out(workspace):
    some = family("some", 1, np.random.default_rng(0), n_probes=3)
    asked_about = [
        replace(each, capture=replace(each.capture, influence=(*each.capture.influence[:2], None)))
        for each in some.runs
    ]
    store(FamilyMaps("some", tuple(asked_about)), workspace.runs)
    found = read_family("some", find_evaluated("some", workspace).seeds)
    assert [probe.id for probe in found.probes] == ["probe 0", "probe 1"]
    assert asked("lagged-gru", "some").exit_code == 0


def test_an_altered_file_is_refused(workspace):
    maps = workspace.evaluation("lagged-gru") / "seed-1" / "attention" / "maps.safetensors"
    content = bytearray(maps.read_bytes())
    content[-1] ^= 1
    maps.write_bytes(content)
    done = asked("lagged-gru", "lagged-hmm")
    assert done.exit_code == 1
    assert "maps.safetensors: sha256" in done.output
