"""Packaged models say what their families say, at any length, in process and over HTTP."""

import json
import shutil
import subprocess
import sys
from importlib.metadata import packages_distributions, requires
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest
import torch
from click.testing import CliRunner
from mlflow.exceptions import MlflowException
from packaging.requirements import Requirement
from serving_scenes import fit_everything, packaged, posted, served
from tracking_scenes import MLFLOW_WARNS

from seqarena.answering.own_input import OwnInput
from seqarena.batch import collate_all, sequences_of
from seqarena.cli import main
from seqarena.data.arrow_store import read_part
from seqarena.data.manifest import read_manifest
from seqarena.data.splits import Split
from seqarena.errors import ArtifactError
from seqarena.experiment.layout import Workspace
from seqarena.families.store import load_family
from seqarena.retraining.serving.loader import DATA_FOLDER, load_packaged

# Its loader of models imports type hints of its own, and warns of them.
MLFLOW_HINTS = "ignore:.*Any type hint is inferred as AnyType:UserWarning"
pytestmark = [
    pytest.mark.filterwarnings(MLFLOW_WARNS),
    pytest.mark.filterwarnings(MLFLOW_HINTS),
    pytest.mark.slow,
]


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A folder in which everything is fitted."""
    folder = tmp_path_factory.mktemp("fitted")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("DVC_ROOT", raising=False)
        fit_everything(folder)
    return folder


@pytest.fixture(autouse=True)
def _here(root, monkeypatch):
    monkeypatch.chdir(root)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    # MLflow puts the code of a model in front of everything else, for good.
    monkeypatch.setattr(sys, "path", [*sys.path])


@pytest.fixture(scope="module")
def model(root, tmp_path_factory):
    """Packaged models by experiment; each is packaged once."""
    folder = tmp_path_factory.mktemp("models")

    def of(experiment: str) -> Path:
        out = folder / experiment
        return out if out.exists() else packaged(root, experiment, out)

    return of


def asked(folder, rows, **params):
    """Ask as MLflow does, in process."""
    return mlflow.pyfunc.load_model(str(folder)).predict(pd.DataFrame(rows), params=params or None)


def scene(root, experiment, n=5):
    """The family itself, its manifest, and the first test examples."""
    folder = Workspace(root, root).fit(experiment) / "seed-0"
    prepared = Workspace(root, root).prepared(experiment.split("-")[0])
    part = read_part(prepared, Split.TEST).select(np.arange(n))
    return load_family(folder), read_manifest(prepared), part.sequences


def rows_of(sequences, cut=None):
    name = "tokens" if sequences.tokens is not None else "frames"
    values = [sequences.sequence(row)[:cut].tolist() for row in range(len(sequences))]
    return [{name: value} for value in values]


@pytest.mark.parametrize("experiment", ["digits-gru", "digits-hmm"])
def test_a_classifier_gives_the_probabilities_of_the_family(root, model, experiment):
    family, manifest, sequences = scene(root, experiment)
    with torch.inference_mode():
        wanted = family.class_log_prob(collate_all(sequences)).double().exp().numpy()
    answers = asked(model(experiment), rows_of(sequences))
    for row, answer in enumerate(answers):
        said = {each["name"]: each["probability"] for each in answer["probabilities"]}
        assert [said[name] for name in manifest.class_names] == wanted[row].tolist()
        assert answer["label"] == manifest.class_names[wanted[row].argmax()]
        assert answer["probability"] == wanted[row].max()


@pytest.mark.parametrize("experiment", ["lagged-markov", "lagged-hmm", "lagged-transformer"])
def test_a_density_scores_every_step_and_names_the_next_symbols(root, model, experiment):
    family, manifest, sequences = scene(root, experiment, n=4)
    with torch.inference_mode():
        steps = family.step_log_prob(collate_all(sequences)).double()
    for row, answer in enumerate(asked(model(experiment), rows_of(sequences), top_k=3)):
        np.testing.assert_allclose(answer["step_log_prob"], steps[row].tolist(), atol=1e-6)
        assert answer["log_prob"] == pytest.approx(float(steps[row].sum()), abs=1e-6)
        assert len(answer["next"]) == 3
    short = sequences_of([sequences.sequence(0)[:7]])
    with torch.inference_mode():
        following = family.next_log_prob(collate_all(short))[0].double().exp()
    (answer,) = asked(model(experiment), rows_of(short), top_k=len(following))
    said = {each["name"]: each["probability"] for each in answer["next"]}
    assert [said[name] for name in manifest.symbols] == following.tolist()


def test_a_density_of_frames_has_a_score_and_no_next_symbol(root, model):
    family, _, sequences = scene(root, "walks-gmm", n=3)
    with torch.inference_mode():
        wanted = family.log_prob(collate_all(sequences)).double().tolist()
    answers = asked(model("walks-gmm"), rows_of(sequences))
    assert [answer["log_prob"] for answer in answers] == pytest.approx(wanted, abs=1e-6)
    assert all("next" not in answer for answer in answers)


def test_a_text_longer_than_a_window_is_scored_as_the_test_of_the_task_is(root, model):
    family, manifest, _ = scene(root, "prose-gru", n=1)
    text = (root / "prose.txt").read_text()[-41:]
    with torch.inference_mode():
        (told,) = load_packaged(model("prose-gru")).answer([OwnInput(text=text)])
    token = {symbol: index for index, symbol in enumerate(manifest.symbols)}
    tokens = np.array([token[each] for each in text])
    windows = [(0, 16, 0), (8, 24, 8), (16, 32, 8), (24, 40, 8), (32, 41, 8)]
    wanted = []
    for start, end, scored_from in windows:
        with torch.inference_mode():
            own = family.step_log_prob(collate_all(sequences_of([tokens[start:end]])))[0]
        wanted += own[scored_from:].double().tolist()
    np.testing.assert_allclose(told.answer.step_log_prob, wanted, atol=1e-6)
    assert told.answer.n_steps == 41


def test_a_text_goes_on_with_what_the_family_calls_likeliest(root, model):
    family, manifest, _ = scene(root, "prose-gru", n=1)
    text = "the cat sat"
    (answer,) = asked(model("prose-gru"), [{"text": text}], n_steps=4, temperature=0.0)
    token = {symbol: index for index, symbol in enumerate(manifest.symbols)}
    tokens, total = [token[each] for each in text], 0.0
    for _ in range(4):
        with torch.inference_mode():
            following = family.next_log_prob(collate_all(sequences_of([np.array(tokens)])))[0]
        tokens.append(int(following.argmax()))
        total += float(following.max())
    assert answer["continuation"] == "".join(manifest.symbols[each] for each in tokens[-4:])
    assert answer["continuation_log_prob"] == pytest.approx(total, abs=1e-6)
    again = [asked(model("prose-gru"), [{"text": text}], n_steps=9, seed=7) for _ in range(2)]
    assert again[0] == again[1] and len(again[0][0]["continuation"]) == 9


def test_a_tagger_gives_the_tags_and_their_probabilities(root, model):
    family, manifest, sequences = scene(root, "states-gru", n=4)
    with torch.inference_mode():
        probs = family.tag_probs(collate_all(sequences)).double()
        tags = family.tag(collate_all(sequences))
    for row, answer in enumerate(asked(model("states-gru"), rows_of(sequences), top_k=2)):
        assert answer["tags"] == [manifest.tag_names[tag] for tag in tags[row].tolist()]
        assert answer["probabilities"] == probs[row].gather(1, tags[row][:, None])[:, 0].tolist()
        best = probs[row].sort(descending=True).values[:, :2].tolist()
        said = [[each["probability"] for each in step] for step in answer["choices"]]
        np.testing.assert_allclose(said, best, rtol=1e-12)


def test_a_transducer_writes_what_the_family_writes(root, model):
    family, manifest, sequences = scene(root, "dates-gru")
    batch = collate_all(sequences)
    with torch.inference_mode():
        generation = family.generate(batch, manifest.schema.max_target_length)
    end = manifest.schema.target_end
    for row, answer in enumerate(asked(model("dates-gru"), rows_of(sequences))):
        tokens = generation.tokens[row, : int(generation.lengths[row])].tolist()
        assert answer["output"] == "".join(manifest.target_symbols[t] for t in tokens if t != end)
        assert answer["is_ended"] == (end in tokens)


def test_the_outputs_of_a_beam_are_those_of_a_family_that_was_fitted_to_it(root, model):
    family, manifest, sequences = scene(root, "dates-gru", n=2)
    family.decoding = family.decoding.model_copy(update={"beam": 4, "n_best": 3})
    with torch.inference_mode():
        found = family.generate(collate_all(sequences), manifest.schema.max_target_length).n_best
    answers = asked(model("dates-gru"), rows_of(sequences), beam=4, n_best=3)
    for row, answer in enumerate(answers):
        said = [(each["log_prob"], each["score"]) for each in answer["n_best"]]
        wanted = zip(found.log_prob[row].tolist(), found.scores[row].tolist(), strict=True)
        np.testing.assert_allclose(said, list(wanted), atol=1e-6)
        assert answer["output"] == answer["n_best"][0]["output"]


def test_a_target_that_is_given_gets_its_probability(root, model):
    family, manifest, sequences = scene(root, "dates-gru", n=2)
    with torch.inference_mode():
        wanted = family.log_prob(collate_all(sequences)).double().tolist()
    end = manifest.schema.target_end
    rows = rows_of(sequences)
    for row, cells in enumerate(rows):
        tokens = sequences.target.sequence(row).tolist()
        cells["target"] = "".join(manifest.target_symbols[t] for t in tokens if t != end)
    answers = asked(model("dates-gru"), rows)
    assert [one["target_log_prob"] for one in answers] == pytest.approx(wanted, abs=1e-6)


def test_an_aligner_gives_the_links_of_the_family(root, model):
    family, manifest, sequences = scene(root, "words-ibm", n=4)
    batch = collate_all(sequences)
    end = manifest.schema.target_end
    rows = rows_of(sequences)
    for row, cells in enumerate(rows):
        tokens = sequences.target.sequence(row).tolist()
        cells["target"] = " ".join(manifest.target_symbols[t] for t in tokens if t != end)
    with torch.inference_mode():
        links, log_prob = family.links(batch), family.log_prob(batch).double().tolist()
    answers = asked(model("words-ibm"), rows)
    for row, answer in enumerate(answers):
        assert [[each["source"], each["target"]] for each in answer["links"]] == links[row].tolist()
        for each in answer["links"]:
            symbol = sequences.sequence(row)[each["source"]]
            assert each["source_symbol"] == manifest.symbols[symbol]
    assert [answer["log_prob"] for answer in answers] == pytest.approx(log_prob, abs=1e-6)


@pytest.mark.parametrize("experiment", ["items-markov", "items-gru"])
def test_a_recommender_ranks_what_was_not_chosen_before(root, model, experiment):
    family, manifest, sequences = scene(root, experiment)
    with torch.inference_mode():
        log_prob = family.next_log_prob(collate_all(sequences)).double()
    answers = asked(model(experiment), rows_of(sequences), top_k=100)
    for row, answer in enumerate(answers):
        seen = set(sequences.sequence(row).tolist())
        said = {each["name"]: each["probability"] for each in answer["items"]}
        left = [item for item in range(30) if item not in seen]
        assert set(said) == {manifest.symbols[item] for item in left}
        probs = log_prob[row].exp()
        np.testing.assert_allclose(
            [said[manifest.symbols[item]] for item in left], probs[left].tolist(), rtol=1e-12
        )
        ranked = [each["probability"] for each in answer["items"]]
        assert ranked == sorted(ranked, reverse=True)


@pytest.mark.parametrize(
    "experiment",
    ["lagged-transformer", "dates-gru", "states-gru", "digits-gru", "items-gru", "walks-gmm"],
)
def test_a_batch_of_several_lengths_is_answered_as_each_alone(root, model, experiment):
    _, _, sequences = scene(root, experiment, n=4)
    values = [sequences.sequence(row)[: 2 + row].tolist() for row in range(4)]
    name = "tokens" if sequences.tokens is not None else "frames"
    rows = [{name: value} for value in values]
    loaded = load_packaged(model(experiment))
    together = asked(model(experiment), rows)
    alone = [asked(model(experiment), [row])[0] for row in rows]
    assert len(together) == 4 and loaded.manifest.schema.max_length > 5
    for one, other in zip(together, alone, strict=True):
        _assert_near(one, other)


def _assert_near(one, other):
    if isinstance(one, dict):
        assert one.keys() == other.keys()
        for key in one:
            _assert_near(one[key], other[key])
    elif isinstance(one, list):
        assert len(one) == len(other)
        for pair in zip(one, other, strict=True):
            _assert_near(*pair)
    else:
        assert one == (pytest.approx(other, abs=1e-5) if isinstance(one, float) else other)


@pytest.mark.parametrize(
    ("experiment", "name", "shape"),
    [
        ("digits-gru", "pooling", (1, 1, 8)),
        ("lagged-transformer", "encoder.0.self", (2, 6, 6)),
        ("lagged-markov", "contexts", None),
    ],
)
def test_attention_comes_where_it_is_asked_for(root, model, experiment, name, shape):
    family, _, sequences = scene(root, experiment, n=2)
    cut = 8 if experiment.startswith("digits") else 6
    rows = rows_of(sequences, cut)
    answers = asked(model(experiment), rows, attention=True)
    assert "attention" not in asked(model(experiment), rows)[0]
    batch = collate_all(sequences_of([sequences.sequence(row)[:cut] for row in range(2)]))
    with torch.inference_mode():
        native = {each.name: each for each in family.native_maps(batch)}
    for row, answer in enumerate(answers):
        told = {each["name"]: np.array(each["values"]) for each in answer["attention"]["maps"]}
        assert told.keys() == native.keys() and name in told
        if shape is not None:
            assert told[name].shape == shape
            wanted = native[name].values[row].float().numpy()
            np.testing.assert_allclose(told[name], wanted[:, -shape[1] :], atol=1e-6)


def test_the_attention_of_a_transducer_is_of_what_it_writes(root, model):
    _, _, sequences = scene(root, "dates-gru", n=2)
    for answer in asked(model("dates-gru"), rows_of(sequences), attention=True):
        (cross,) = [m for m in answer["attention"]["maps"] if "cross" in m["name"]]
        n_rows = len(answer["symbols"]) + 1
        assert np.array(cross["values"]).shape[1:] == (n_rows, len(answer["attention"]["steps"]))


@pytest.mark.parametrize(
    ("experiment", "rows", "params", "message"),
    [
        ("lagged-markov", [{"text": "0 1"}, {"text": "0 x"}], {}, "row 1: task 'lagged' does not"),
        ("lagged-markov", [{"text": 3}], {}, "row 0: text: int 3 came; expected a string"),
        ("lagged-markov", [{"tokens": [0, 1.5]}], {}, "row 0: tokens, step 1: float 1.5 came"),
        ("lagged-markov", [{"tokens": [99]}], {}, "row 0: tokens, step 0: 99 came; the symbols"),
        ("lagged-markov", [{"tokens": "0 1"}], {}, "row 0: tokens: str '0 1' came; expected a li"),
        ("lagged-markov", [{"tokens": [0] * 21}], {}, "row 0: the input has 21 steps; the longest"),
        ("lagged-markov", [{"tokens": [0]}, {}], {}, "row 1: nothing came; expected exactly one"),
        ("lagged-markov", [{"tokens": [0], "text": "0"}], {}, "row 0: text and tokens came; expe"),
        ("lagged-markov", [{"txt": "0"}], {}, "no row came that has 'text' or 'tokens'"),
        ("lagged-markov", [{"tokens": [0]}], {"top_k": 0}, "top_k: 0 came; expected at least 1"),
        ("walks-gmm", [{"frames": [[1, 2, 3], [1, 2]]}], {}, "row 0: frames, step 1: 2 numbers"),
        (
            "walks-gmm",
            [{"frames": [[1, 2]]}],
            {},
            "row 0: frames: numbers of shape (1, 2) came; ex",
        ),
        ("walks-gmm", [{"frames": [[1, "a", 3]]}], {}, "step 0: number 1 is str 'a'; expected a n"),
        ("walks-gmm", [{"frames": [[1, 2, 1e300]]}], {}, "row 0: frames, step 0: holds 1e+300"),
        ("walks-gmm", [{"frames": 5}], {}, "row 0: frames: int 5 came; expected a list of steps"),
        ("words-ibm", [{"text": "May 5 , 1999", "target": None}], {}, "row 0: task 'words' links"),
        ("dates-gru", [{"text": "May 5, 1999", "target": "x"}], {}, "row 0: --target 'x': task"),
        ("digits-hmm", [{"text": "0"}], {}, "Model is missing inputs ['frames']"),
    ],
)
def test_what_cannot_be_answered_is_refused_with_its_row(model, experiment, rows, params, message):
    with pytest.raises(MlflowException) as caught:
        asked(model(experiment), rows, **params)
    assert message in str(caught.value)
    assert caught.value.get_http_status_code() == 400


@pytest.mark.parametrize(
    "name", ["model.safetensors", "config.json", "manifest.json", "contents.json"]
)
def test_a_file_that_is_altered_or_gone_is_refused(model, tmp_path, name):
    copy = shutil.copytree(model("lagged-markov"), tmp_path / "copy")
    path = copy / DATA_FOLDER / name
    content = bytearray(path.read_bytes())
    at = content.rindex(b"0") if name.endswith("json") else len(content) - 1
    content[at] ^= 1
    path.write_bytes(bytes(content))
    with pytest.raises(ArtifactError, match=f"{name}: (truncated or )?altered"):
        load_packaged(copy)
    with pytest.raises(ArtifactError):
        mlflow.pyfunc.load_model(str(copy))
    path.unlink()
    with pytest.raises(ArtifactError, match=f"{name}: missing"):
        load_packaged(copy)


def test_a_model_is_safetensors_and_json_beside_its_code(model, monkeypatch):
    folder = model("dates-gru")
    kinds = {path.suffix for path in (folder / "data").rglob("*") if path.is_file()}
    assert kinds == {".safetensors", ".json"}
    assert not list(folder.rglob("*.pkl")) and "pickle" not in (folder / "MLmodel").read_text()
    monkeypatch.setenv("MLFLOW_ALLOW_PICKLE_DESERIALIZATION", "false")
    assert asked(folder, [{"text": "May 5, 1999"}])[0]["symbols"] is not None
    told = (folder / "requirements.txt").read_text().splitlines()
    assert all("==" in line for line in told) and not any("seqarena" in line for line in told)
    whole = "".join(p.read_text() for p in folder.iterdir() if p.is_file())
    assert "://" not in whole


def test_the_example_of_a_model_is_answered_as_a_server_would(model):
    for experiment in ("dates-gru", "words-ibm", "digits-gru", "items-gru", "prose-gru"):
        loaded = mlflow.pyfunc.load_model(str(model(experiment)))
        answers = loaded.predict(loaded.input_example)
        assert len(answers) == len(loaded.input_example)
        declared = {column.name for column in loaded.metadata.get_output_schema().inputs}
        assert declared == set(answers[0])


ALONE = """
import sys, pandas as pd, mlflow
model = mlflow.pyfunc.load_model(sys.argv[1])
model.predict(pd.DataFrame(model.input_example))
import seqarena
print(next(iter(seqarena.__path__)))
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


def test_a_model_brings_its_code_and_names_all_else_that_it_needs(model, tmp_path):
    folder = model("dates-gru")
    done = subprocess.run(
        [sys.executable, "-c", ALONE, str(folder)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    code, modules = done.stdout.splitlines()[-2:]
    assert code == str(folder / "code" / "seqarena")
    lines = (folder / "requirements.txt").read_text().splitlines()
    needed = _closure({Requirement(line).name for line in lines})
    of_module = packages_distributions()
    missing = [
        module
        for module in modules.split()
        if module in of_module
        and not {_plain(name) for name in of_module[module]} & (needed | {"seqarena"})
    ]
    assert missing == []


def _closure(names: set[str]) -> set[str]:
    """Return distributions and all that they require, extras left out."""
    found: set[str] = set()
    waiting = [_plain(name) for name in names]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        for line in _requires(name):
            requirement = Requirement(line)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                waiting.append(_plain(requirement.name))
    return found


def _requires(name: str) -> list[str]:
    from importlib.metadata import PackageNotFoundError

    try:
        return requires(name) or []
    except PackageNotFoundError:
        return []


def _plain(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")


def test_a_folder_that_is_there_is_not_written_over(root, model):
    with pytest.raises(ArtifactError, match="is there already"):
        packaged(root, "dates-gru", model("dates-gru"))


def test_mlflow_serves_text_tokens_and_frames_over_http(model):
    with served(str(model("dates-gru"))) as address:
        texts = ["May 5, 1999", "January 17, 2004", "3 May 2011"]
        status, said = posted(address, dataframe_records=[{"text": text} for text in texts])
        assert status == 200
        wanted = asked(model("dates-gru"), [{"text": text} for text in texts])
        _assert_near(said["predictions"], wanted)
        status, said = posted(
            address,
            dataframe_split={"columns": ["tokens"], "data": [[[1, 2, 3]], [[4]]]},
            params={"attention": True, "beam": 3, "n_best": 2},
        )
        assert status == 200
        first, second = said["predictions"]
        assert len(first["n_best"]) == 2 and len(second["attention"]["steps"]) == 1
        status, said = posted(address, dataframe_records=[{"text": texts[0]}, {"text": ""}])
        assert status == 400 and "row 1: the text is empty" in said["message"]
        assert posted(address, dataframe_records=[{"text": texts[0]}])[0] == 200
    with served(str(model("digits-gru"))) as address:
        frames = [np.eye(8)[:n].tolist() for n in (8, 3)]
        status, said = posted(address, dataframe_records=[{"frames": each} for each in frames])
        assert status == 200
        wanted = asked(model("digits-gru"), [{"frames": each} for each in frames])
        _assert_near(said["predictions"], wanted)
        status, said = posted(address, dataframe_records=[{"frames": [[1.0, 2.0]]}])
        assert status == 400 and "row 0: frames: numbers of shape (1, 2) came" in said["message"]


@pytest.fixture(scope="module")
def registry(model, tmp_path_factory):
    """A store in which two models are registered, one of them as the champion of its task."""
    folder = tmp_path_factory.mktemp("registry")
    address = f"sqlite:///{folder / 'mlflow.db'}"
    client = mlflow.MlflowClient(tracking_uri=address, registry_uri=address)
    experiment = client.create_experiment("dates", (folder / "artifacts").as_uri())
    run = client.create_run(experiment)
    client.log_artifacts(run.info.run_id, str(model("dates-gru")), "model")
    client.create_registered_model("dates")
    source = f"{run.info.artifact_uri}/model"
    version = client.create_model_version("dates", source, run.info.run_id)
    client.set_registered_model_alias("dates", "champion", version.version)
    return address


def test_the_champion_of_a_task_is_served_by_its_name(model, registry):
    with served("models:/dates@champion", MLFLOW_TRACKING_URI=registry) as address:
        status, said = posted(address, dataframe_records=[{"text": "May 5, 1999"}])
    assert status == 200
    _assert_near(said["predictions"], asked(model("dates-gru"), [{"text": "May 5, 1999"}]))


def run_command(*arguments):
    done = CliRunner().invoke(main, ["predict", *arguments])
    return done.exit_code, done.output


def test_the_command_looks_at_experiments_and_at_the_registry(root, model, registry, monkeypatch):
    code, by_experiment = run_command("dates-gru", "--text", "May 5, 1999")
    assert code == 0
    head, written = by_experiment.splitlines()
    assert head == "dates-gru, seed 0 · dates (transduction)"
    assert written.startswith("writes ") and "(log p = -" in written
    monkeypatch.setenv("MLFLOW_TRACKING_URI", registry)
    assert run_command("models:/dates@champion", "--text", "May 5, 1999") == (0, by_experiment)
    assert run_command("dates", "--text", "May 5, 1999") == (0, by_experiment)
    code, said = run_command("models:/dates@nobody", "--text", "May 5, 1999")
    assert code == 1 and said.startswith("ArtifactError: models:/dates@nobody: cannot be had from")
    code, said = run_command("lagged", "--text", "0 1")
    assert code == 1 and said.startswith("ArtifactError: models:/lagged@champion: cannot be had")


def test_what_the_command_prints_as_json_is_what_a_server_sends(model):
    code, said = run_command("lagged-markov", "--tokens", "0, 1 2", "--top-k", "2", "--json")
    assert code == 0
    (wanted,) = asked(model("lagged-markov"), [{"tokens": [0, 1, 2]}], top_k=2)
    assert json.loads(said) == wanted


@pytest.mark.parametrize(
    ("experiment", "given", "beginning"),
    [
        ("states-gru", ("--text", "0 1 2"), "tags:"),
        ("items-markov", ("--tokens", "1 2", "--top-k", "3"), "likeliest items:"),
        ("words-ibm", ("--text", "May 5 , 1999", "--target", "1999 05 05"), "3 links (log p = -"),
        ("prose-gru", ("--text", "the", "--continue", "5"), "log p = -"),
        ("walks-gmm", ("--file", "walk.csv"), "log p = "),
        ("digits-gru", ("--file", "digit.csv"), "label "),
    ],
)
def test_the_command_says_each_kind_of_answer(root, experiment, given, beginning):
    (root / "walk.csv").write_text("1,2,3\n2,3,4\n")
    (root / "digit.csv").write_text("0 0 1 1 1 1 0 0\n" * 8)
    code, said = run_command(experiment, *given)
    assert code == 0, said
    assert said.splitlines()[1].startswith(beginning)


def test_the_command_refuses_what_it_cannot_read():
    assert run_command("lagged-markov") == (
        2,
        "row 0: nothing came; expected exactly one input: text or tokens or file.\n",
    )
    code, said = run_command("lagged-markov", "--tokens", "a")
    assert (code, said) == (2, "--tokens 'a': expected whole numbers between spaces.\n")
    code, said = run_command("words-ibm", "--text", "May 5 , 1999", "--beam", "3")
    assert code == 2 and "no target came; give both" in said
