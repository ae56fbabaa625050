"""What is in the folder of a packaged model, and what is not."""

import shutil
import subprocess
import sys
from importlib.metadata import packages_distributions, requires

import mlflow
import pytest
from packaging.requirements import Requirement
from serving_scenes import MARKS, asked, packaged

from seqarena.errors import ArtifactError
from seqarena.retraining.serving.loader import DATA_FOLDER, load_packaged

pytestmark = MARKS


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


EVERYTHING = {"attention": True, "top_k": 2, "n_best": 2, "beam": 3, "n_steps": 2}


@pytest.mark.parametrize(
    "experiment",
    [
        "dates-gru",
        "words-ibm",
        "states-gru",
        "digits-gru",
        "digits-hmm",
        "items-gru",
        "prose-gru",
        "lagged-markov",
        "walks-gmm",
    ],
)
def test_what_a_model_answers_is_what_its_schema_declares(model, experiment):
    loaded = mlflow.pyfunc.load_model(str(model(experiment)))
    declared = loaded.metadata.get_output_schema().to_dict()
    knobs = {each.name for each in loaded.metadata.get_params_schema()}
    asked_for = {name: value for name, value in EVERYTHING.items() if name in knobs}
    for params in (None, asked_for):
        answers = loaded.predict(loaded.input_example, params=params)
        assert len(answers) == len(loaded.input_example)
        for answer in answers:
            assert_declared(answer, {"properties": {each["name"]: each for each in declared}})
            assert ("attention" in answer) == (params is not None)


def assert_declared(value, declared):
    """Hold a value to MLflow's own description of its type."""
    if "properties" in declared:
        properties = declared["properties"]
        assert value.keys() <= properties.keys()
        assert value.keys() >= {name for name, each in properties.items() if each["required"]}
        for name, each in value.items():
            assert_declared(each, properties[name])
    elif declared["type"] == "array":
        for each in value:
            assert_declared(each, declared["items"])
    else:
        kinds = {"string": str, "double": float, "boolean": bool, "long": int}
        assert type(value) is kinds[declared["type"]]


def test_a_symbol_that_training_never_showed_is_declared_too(model):
    loaded = mlflow.pyfunc.load_model(str(model("prose-gru")))
    declared = {each.name: each.required for each in loaded.metadata.get_output_schema().inputs}
    assert not declared["unknown_steps"]
    (answer,) = asked(model("prose-gru"), [{"text": "the %at"}])
    assert answer["unknown_steps"] == [4]
    assert declared.keys() >= answer.keys()


ALONE = """
import ast, sys, pandas as pd, mlflow
from pathlib import Path
model = mlflow.pyfunc.load_model(sys.argv[1])
model.predict(pd.DataFrame(model.input_example))
import seqarena
ours = {name: module for name, module in sys.modules.items() if name.startswith("seqarena.")}
named = set()
for module in ours.values():
    for node in ast.walk(ast.parse(Path(module.__file__).read_text())):
        if isinstance(node, ast.Import):
            named |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            named.add(node.module.partition(".")[0])
print(next(iter(seqarena.__path__)))
print(*sorted(named & {name.partition(".")[0] for name in sys.modules}))
"""


@pytest.mark.parametrize("experiment", ["dates-gru", "digits-hmm"])
def test_a_model_brings_its_code_and_names_all_else_it_needs(model, tmp_path, experiment):
    folder = model(experiment)
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
