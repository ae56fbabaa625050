"""`seqarena attend`, from an example of one's own to what stands in the terminal."""

import shutil
from functools import partial

import numpy as np
import pytest
import soundfile
from click.testing import CliRunner
from tracking_scenes import MLFLOW_WARNS

from seqarena.attribution.store.artifacts import read_maps
from seqarena.attribution.store.manifest import read_manifest
from seqarena.cli import main
from seqarena.errors import ArtifactError, DataError
from seqarena.experiment.attend import attend
from seqarena.experiment.evaluate import evaluate
from seqarena.experiment.evaluated import find_evaluated
from seqarena.experiment.fit_seed import fit_seed
from seqarena.experiment.fitted import find_fit
from seqarena.experiment.layout import Workspace
from seqarena.experiment.own_example import OwnInput
from seqarena.experiment.suite import read_suite
from seqarena.families.store import read_config
from seqarena.tasks.prepare import prepare_task
from seqarena.tracking.location import locate_store
from seqarena.tracking.mlflow_store import Store
from seqarena.tracking.parts import KEY_TAG

pytestmark = [pytest.mark.filterwarnings(MLFLOW_WARNS), pytest.mark.slow]

PARAMS = """
seeds: [3, 5]
hardware: {accelerator: cpu, devices: 1}
question: {}
tasks:
  lagged:
    kind: density
    source:
      kind: lagged_markov_source
      draw: {length: 20, n_train: 16, n_valid: 4, n_test: 4}
    training: {batch_size: 4, max_epochs: 1}
    n_probes: 2
  dates:
    kind: transduction
    source: {kind: dates, n_train: 40, n_valid: 8, n_test: 8, locales: [en]}
    training: {batch_size: 8, max_epochs: 1}
    n_probes: 2
  words:
    kind: alignment
    source: {kind: dates, unit: words, n_train: 40, n_valid: 8, n_test: 8, locales: [en]}
    training: {max_em_epochs: 2}
    n_probes: 2
  states:
    kind: tagging
    source: {kind: hidden_markov_states, length: 12, n_train: 16, n_valid: 4, n_test: 4}
    training: {batch_size: 4, max_epochs: 1}
    n_probes: 2
  digits:
    kind: classification
    source: {kind: handwritten_digits, view: rows}
    training: {batch_size: 64, max_epochs: 1}
    n_probes: 2
  tones:
    kind: classification
    source: {kind: audio_folder, path: sounds, split: {valid_share: 0.3, test_share: 0.3}}
    training: {batch_size: 4, max_epochs: 1}
    n_probes: 2
families:
  markov: {kind: markov_chain, order: 1}
  gru: {kind: gru, model_dim: 8}
  gru_softmax: {kind: gru, model_dim: 8, attention: softmax}
  ibm: {kind: aligner, model: ibm_1}
experiments:
  lagged-markov: {task: lagged, family: markov}
  lagged-gru: {task: lagged, family: gru}
  dates-gru: {task: dates, family: gru_softmax}
  words-ibm: {task: words, family: ibm}
  states-gru: {task: states, family: gru}
  digits-gru: {task: digits, family: gru_softmax}
  tones-gru: {task: tones, family: gru_softmax}
"""


def write_tone(path, number):
    """A fifth of a second, of 400 or 2,400 Hz and a little more."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pitch = 20 * number + (400 if number % 2 else 2400)
    wave = np.sin(2 * np.pi * pitch * np.arange(1600) / 8000) * np.hanning(1600)
    soundfile.write(path, wave, 8000)
    return path


@pytest.fixture(scope="module")
def fitted(tmp_path_factory):
    """A folder in which everything is fitted, and one experiment evaluated."""
    root = tmp_path_factory.mktemp("fitted")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        patch.delenv("DVC_ROOT", raising=False)
        (root / "params.yaml").write_text(PARAMS)
        for number in range(12):
            write_tone(root / "sounds" / ("high", "low")[number % 2] / f"{number}.wav", number)
        workspace, suite = Workspace.here(), read_suite()
        for name, task in suite.tasks.items():
            prepare_task(name, task, workspace.prepared(name))
        for name, experiment in suite.experiments.items():
            for seed in suite.seeds if name == "lagged-gru" else suite.seeds[:1]:
                run = fit_seed(
                    experiment, seed, workspace.prepared(experiment.task_name), workspace, False
                )
                shutil.copytree(run, workspace.fit(name) / f"seed-{seed}")
        lagged = suite.experiments["lagged-gru"]
        paths = workspace.prepared("lagged"), workspace.fit("lagged-gru")
        evaluate(
            lagged, *paths, workspace.evaluation("lagged-gru"), workspace.metrics("lagged-gru")
        )
    return root


@pytest.fixture
def workspace(fitted, monkeypatch):
    monkeypatch.chdir(fitted)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    return Workspace.here()


def seed_of(fit) -> int:
    return read_config(fit.folder)[0]["provenance"]["seed"]


def test_an_experiment_is_its_first_seed_or_the_one_that_is_asked_for(workspace):
    assert seed_of(find_fit("lagged-gru", None, workspace)) == 3
    assert seed_of(find_fit("lagged-gru", 5, workspace)) == 5
    assert seed_of(find_fit("lagged-gru/seed-5", None, workspace)) == 5


def test_a_folder_a_fingerprint_and_a_run_in_mlflow_are_found(workspace):
    folder = workspace.fit("lagged-gru") / "seed-5"
    assert find_fit(str(folder), None, workspace).folder == folder
    assert find_fit(str(folder), None, workspace).root == workspace.root
    fingerprint = read_config(folder)[0]["provenance"]["fingerprint"]
    assert seed_of(find_fit(fingerprint, None, workspace)) == 5
    store = Store(locate_store(workspace.home))
    run = store.find("lagged", f"lagged-gru/seed-5/{fingerprint}")
    assert run.tags[KEY_TAG].endswith(fingerprint)
    assert find_fit(run.run_id, None, workspace).folder == folder


def test_maps_are_found_by_whatever_names_their_fit(workspace, tmp_path):
    folder = workspace.fit("lagged-gru") / "seed-5"
    maps = workspace.evaluation("lagged-gru") / "seed-5"
    fingerprint = read_config(folder)[0]["provenance"]["fingerprint"]
    run = Store(locate_store(workspace.home)).find("lagged", f"lagged-gru/seed-5/{fingerprint}")
    copy = shutil.copytree(folder, tmp_path / "copy")
    for named in (str(folder), str(copy), fingerprint, run.run_id):
        found = find_evaluated(named, workspace)
        assert (found.name, found.seeds) == ("lagged-gru", (maps,))


def test_maps_of_another_fit_than_the_one_that_is_named_are_refused(workspace, tmp_path):
    other = Workspace(tmp_path, workspace.home)
    maps = workspace.evaluation("lagged-gru") / "seed-3"
    shutil.copytree(maps, other.evaluation("lagged-gru") / "seed-5")
    with pytest.raises(ArtifactError) as caught:
        find_evaluated(fingerprint_of(workspace, "lagged-gru", 5), other)
    assert f"is fit {fingerprint_of(workspace, 'lagged-gru', 5)}" in str(caught.value)
    assert f"are those of {fingerprint_of(workspace, 'lagged-gru', 3)}" in str(caught.value)


def test_a_fit_that_was_not_evaluated_has_no_maps_to_be_found(workspace):
    with pytest.raises(ArtifactError, match="a fit of 'states-gru' without maps in"):
        find_evaluated(fingerprint_of(workspace, "states-gru", 3), workspace)


def fingerprint_of(workspace, experiment, seed) -> str:
    folder = workspace.fit(experiment) / f"seed-{seed}"
    return read_config(folder)[0]["provenance"]["fingerprint"]


def test_a_run_of_all_seeds_is_no_fit(workspace):
    store = Store(locate_store(workspace.home))
    experiment = store.client.get_experiment_by_name("lagged").experiment_id
    runs = store.client.search_runs([experiment], "tags.role = 'aggregate'")
    with pytest.raises(ArtifactError, match="all-seeds, which is no single fit"):
        find_fit(runs[0].info.run_id, None, workspace)


def test_what_is_not_there_is_named_beside_what_is(workspace):
    with pytest.raises(ArtifactError) as caught:
        find_fit("lagged-gnu", None, workspace)
    assert str(caught.value) == (
        f"'lagged-gnu' is no experiment with a fit under {workspace.runs}, no folder of a fit, and "
        "no run in MLflow; did you mean 'lagged-gru'?"
    )
    with pytest.raises(ArtifactError, match="has no fit with seed 4; it has 3, 5"):
        find_fit("lagged-gru", 4, workspace)
    with pytest.raises(ArtifactError, match="no run in MLflow"):
        find_fit("0" * 32, None, workspace)
    with pytest.raises(DataError, match="is one fit already; leave the seed out"):
        find_fit(str(workspace.fit("lagged-gru") / "seed-5"), 3, workspace)


def numbers_in(folder):
    """Write a picture of a digit as numbers."""
    path = folder / "digit.csv"
    path.write_text("0 0 1 1 1 1 0 0\n" * 8)
    return path


def lines(run, workspace, **given):
    return attend(run, OwnInput(**given), workspace).lines


def test_a_density_is_asked_what_it_looks_at(workspace):
    head, *_ = found = lines("lagged-markov", workspace, text="0 1 2 3")
    assert head == "lagged-markov, seed 3 · lagged (density) · 4 symbols"
    assert any(line.startswith("has: ") and "contexts" in line for line in found)
    assert "contexts: count_context [share]" in "\n".join(found)
    assert "influence: effect of replacing a step [bits]" in "\n".join(found)


def asked_with(workspace, run, influence, **given):
    """Ask with other settings of influence than those of the file."""
    params = workspace.root / "params.yaml"
    changed = PARAMS.replace("    n_probes: 2\n", f"    n_probes: 2\n    influence: {influence}\n")
    try:
        params.write_text(changed)
        return attend(run, OwnInput(**given), workspace)
    finally:
        params.write_text(PARAMS)


def test_why_there_is_no_influence_is_told_as_it_is(workspace, tmp_path):
    ask = partial(asked_with, workspace)
    off = ask("digits-gru", "{n_probes: 0}", file=numbers_in(tmp_path))
    assert "has: pooling; no influence: tasks.digits.influence.n_probes is 0" in off.lines
    few = ask("digits-gru", "{max_steps: 1}", file=numbers_in(tmp_path))
    assert (
        "has: pooling; no influence: 1 steps (tasks.digits.influence.max_steps) are too few for it"
        in few.lines
    )
    assert "not asked: influence: of 0 of 1 probes" in few.lines


def test_what_was_cut_is_told_in_the_terminal_and_on_the_page(workspace):
    asked = asked_with(workspace, "lagged-gru", "{max_steps: 1}", text="0 1 2 3 0 1 2 3 0 1")
    cut = "influence: of the first 8 steps alone"
    assert f"not asked: {cut}" in asked.lines
    assert cut in asked.page


def test_an_evaluated_run_has_all_its_files_and_its_numbers_in_mlflow(workspace):
    folder = workspace.evaluation("lagged-gru") / "seed-5" / "attention"
    capture = read_maps(folder)
    assert len(capture.influence) == 2 and capture.influence[0].effect.shape == (20, 20)
    assert (folder / "report.html").stat().st_size > 10_000
    manifest = read_manifest(folder)
    seed_3 = read_manifest(folder.parents[1] / "seed-3" / "attention")
    assert manifest.origin.probes == seed_3.origin.probes
    replacement = manifest.origin.replacement
    assert replacement["each_step"] == "every symbol"
    assert len(replacement["sha256"]) == 64 and replacement["whole_inputs"] == 64
    store = Store(locate_store(workspace.home))
    run = store.find("lagged", f"lagged-gru/seed-5/{manifest.origin.run['fingerprint']}")
    logged = store.client.get_run(run.run_id).data.metrics
    assert 0 <= logged["attn/oracle/divergence"] <= 1
    names = {entry.path for entry in store.client.list_artifacts(run.run_id, "attention")}
    assert names >= {
        f"attention/{file}"
        for file in ("manifest.json", "maps.safetensors", "report.html", "tokens.parquet")
    }
    oracle = capture.further["oracle"][0]
    assert oracle.effect.shape == (20, 20)


def test_a_transducer_writes_its_own_target_or_is_given_one(workspace):
    found = lines("dates-gru", workspace, text="May 5, 1999")
    assert found[1].startswith("writes ")
    given = lines("dates-gru", workspace, text="May 5, 1999", target="1999-05-05")
    assert given[1] == "target given: 1 9 9 9 - 0 5 - 0 5 <end>"
    assert sum(line.startswith("  ") and "│" in line for line in given) >= 11
    with pytest.raises(DataError, match="does not write 'x'"):
        lines("dates-gru", workspace, text="May 5, 1999", target="x")


def test_an_aligner_needs_both_sides(workspace):
    with pytest.raises(DataError, match="give both, the second by --target"):
        lines("words-ibm", workspace, text="May 5 , 1999")
    found = lines("words-ibm", workspace, text="May 5 , 1999", target="1999 05 05")
    assert "target.cross: posterior [share]" in "\n".join(found)


def test_a_tagger_names_its_tags(workspace):
    assert lines("states-gru", workspace, text="0 1 2")[1].startswith("tags state")


def test_a_classifier_of_frames_reads_numbers_or_a_picture(workspace, tmp_path):
    found = lines("digits-gru", workspace, file=numbers_in(tmp_path))
    assert found[1].startswith("label ") and "(p = 0." in found[1]
    assert "pooling: weights [share]" in "\n".join(found)


def test_a_recording_is_shown_over_its_spectrogram_and_numbers_over_themselves(workspace, tmp_path):
    tone = write_tone(tmp_path / "own.wav", 3)
    heard = attend("tones-gru", OwnInput(file=tone), workspace)
    assert heard.lines[1].startswith("label ")
    assert '"spectrum":{"name":"log-mel spectrogram"' in heard.page
    numbers = tmp_path / "own.txt"
    numbers.write_text("\n".join(" ".join(["0.5"] * 39) for _ in range(9)))
    bare = attend("tones-gru", OwnInput(file=numbers), workspace)
    assert '"spectrum":null' in bare.page


@pytest.mark.parametrize(
    ("run", "given", "message"),
    [
        ("lagged-gru", {"text": "0 x"}, "does not know 'x'"),
        ("lagged-gru", {"text": "0 " * 21}, "has 21 steps; the longest of task 'lagged' has 20"),
        ("lagged-gru", {"text": " "}, "the text is empty"),
        ("lagged-gru", {}, "give either --text or --file"),
        ("digits-gru", {"text": "0"}, "reads frames, not symbols; give --file"),
    ],
)
def test_what_cannot_be_read_is_refused(workspace, run, given, message):
    with pytest.raises(DataError, match=message):
        lines(run, workspace, **given)


def test_the_command_prints_writes_a_page_and_turns_errors_into_an_exit_code(workspace, tmp_path):
    page = tmp_path / "pages" / "page.html"
    asked = ["attend", "lagged-markov", "--text", "0 1", "--out", str(page)]
    done = CliRunner().invoke(main, asked)
    assert done.exit_code == 0 and "lagged (density)" in done.output
    assert page.read_text().startswith("<!DOCTYPE html>") or "<html" in page.read_text()[:200]
    failed = CliRunner().invoke(main, ["attend", "nothing", "--text", "0 1"])
    assert failed.exit_code == 1 and "ArtifactError: 'nothing' is no experiment" in failed.output
