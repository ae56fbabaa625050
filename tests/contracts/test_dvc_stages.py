"""Guards on dvc.yaml: DVC skips a stage silently when something that it did not declare changes."""

import ast
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from seqarena.errors import ConfigError
from seqarena.experiment.stage_code import CODE_STAGES
from seqarena.experiment.suite import read_experiment

ROOT = Path(__file__).parents[2]
STAGES = YAML(typ="safe").load(ROOT / "dvc.yaml")["stages"]
PARAMS = YAML(typ="safe").load(ROOT / "params.yaml")


def module_file(name: str) -> Path | None:
    base = ROOT / "src" / Path(*name.split("."))
    for candidate in (base.with_suffix(".py"), base / "__init__.py"):
        if candidate.exists():
            return candidate
    return None


def imported_modules(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return {name for name in names if name.split(".")[0] == "seqarena"}


def closure(script: Path) -> set[Path]:
    """Every file of the project that running `script` can import."""
    seen: set[Path] = set()
    waiting = [script]
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        files = (module_file(name) for name in imported_modules(path))
        waiting += [file for file in files if file is not None]
    return {path for path in seen if has_code(path)}


def has_code(path: Path) -> bool:
    body = ast.parse(path.read_text()).body
    return any(
        not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)) for node in body
    )


def stage(name: str) -> dict:
    return STAGES[name].get("do", STAGES[name])


def declared(name: str) -> list[Path]:
    """What a stage depends on, or the stage that writes down its code."""
    deps = [dep for dep in stage(name)["deps"] if "${" not in dep]
    if f"data/code/{name}.txt" in deps:
        deps += stage(f"{name}_code")["deps"]
    return [ROOT / dep for dep in deps]


def closure_of(name: str) -> set[Path]:
    """What a stage imports; of a stage that writes code down, what it does so with."""
    script = stage(name)["cmd"].split()[1]
    return closure(ROOT / script)


@pytest.mark.slow
@pytest.mark.parametrize("name", STAGES)
def test_a_stage_declares_every_module_that_it_imports(name):
    dependencies = declared(name)
    missing = [
        str(path.relative_to(ROOT))
        for path in closure_of(name)
        if not any(path == dep or dep in path.parents for dep in dependencies)
    ]
    assert sorted(missing) == []


@pytest.mark.parametrize("name", STAGES)
def test_a_stage_declares_no_file_that_is_not_there(name):
    sources = [path for path in declared(name) if path.is_relative_to(ROOT / "src")]
    assert [str(path) for path in sources if not path.exists()] == []


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in STAGES if name not in CODE_STAGES])
def test_a_stage_declares_no_module_that_it_does_not_import(name):
    imported = closure_of(name) | closure(ROOT / "pipelines" / "stage_code.py")
    idle = [
        str(dep.relative_to(ROOT))
        for dep in declared(name)
        if dep.is_relative_to(ROOT / "src")
        and not any(dep == f or dep in f.parents for f in imported)
    ]
    assert idle == []


def test_every_stage_of_many_waits_for_what_its_code_is():
    for written in CODE_STAGES:
        name = written.removesuffix("_code")
        output = f"data/code/{name}.txt"
        assert stage(written)["cmd"] == f"python pipelines/stage_code.py {written} {output}"
        assert stage(written)["outs"] == [{output: {"cache": False}}]
        assert output in stage(name)["deps"]
    many = {name for name in STAGES if "foreach" in STAGES[name]}
    assert many == {written.removesuffix("_code") for written in CODE_STAGES}


def test_the_params_of_a_cell_are_exactly_the_keys_that_its_stage_reads():
    # Not a section of params.yaml: what stage `check` found of budgets, of a user's own code, and
    # of earlier fits that fits begin from.
    own = ["budgets.${key}", "families.${item.family}"]
    found = {"train": [*own, "starts.${key}"], "evaluate": own}
    for name in ("train", "evaluate"):
        assert stage(name)["params"] == [
            "experiments.${key}",
            "families.${item.family}",
            "hardware",
            "seeds",
            "tasks.${item.task}",
            {"data/own.json": found[name]},
        ]


def test_a_stage_depends_on_the_checksums_that_the_first_one_wrote():
    assert "data/own.json" in [path for out in STAGES["check"]["outs"] for path in out]
    assert STAGES["check"]["always_changed"] is True
    assert stage("prepare")["params"] == ["tasks.${key}", {"data/own.json": ["tasks.${key}"]}]


def test_an_experiment_can_be_read_from_those_keys_alone(tmp_path):
    name, entry = next(iter(PARAMS["experiments"].items()))
    kept = {
        "experiments": {name: entry},
        "families": {entry["family"]: PARAMS["families"][entry["family"]]},
        "hardware": PARAMS["hardware"],
        "seeds": PARAMS["seeds"],
        "tasks": {entry["task"]: PARAMS["tasks"][entry["task"]]},
    }
    path = tmp_path / "params.yaml"
    for left_out in (None, "experiments", "families", "seeds", "tasks"):
        with path.open("w") as file:
            YAML(typ="safe").dump({k: v for k, v in kept.items() if k != left_out}, file)
        if left_out is None:
            assert read_experiment(name, path) == read_experiment(name, ROOT / "params.yaml")
        else:
            with pytest.raises(ConfigError, match=left_out):
                read_experiment(name, path)


def test_every_section_of_params_is_a_parameter_of_some_stage_or_is_read_by_retraining():
    keys = [key for name in STAGES for key in stage(name).get("params", [])]
    read = {key.split(".")[0] for key in keys if isinstance(key, str)}
    assert read | {"retraining"} == set(PARAMS)


def test_every_task_and_family_is_used_by_an_experiment():
    entries = PARAMS["experiments"].values()
    assert {entry["task"] for entry in entries} == set(PARAMS["tasks"])
    assert {entry["family"] for entry in entries} == set(PARAMS["families"])


def test_no_command_holds_a_value_that_was_not_checked_as_a_name():
    allowed = {"${key}", "${item.task}"}
    for name in STAGES:
        words = stage(name)["cmd"].replace("/", " ").split()
        assert {word for word in words if "${" in word} <= allowed


def test_the_test_split_is_opened_by_the_evaluation_alone():
    readers = {
        str(path.relative_to(ROOT))
        for folder in ("src", "pipelines")
        for path in (ROOT / folder).rglob("*.py")
        if any(each in (text := path.read_text()) for each in ("read_split(", "read_part("))
        and "def read_part(" not in text
        # Every way to name it: the member, its value, or all members in turn.
        and any(name in text for name in ("Split.TEST", "test.arrow", "in Split:"))
    }
    assert readers == {"src/seqarena/experiment/evaluate.py"}
