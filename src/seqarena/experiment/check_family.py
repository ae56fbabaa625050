"""`seqarena check-family`: a user's own family, under the contract that every family keeps."""

import importlib
import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from seqarena.errors import ConfigError, SeqarenaError
from seqarena.experiment.contract_case import Case, Check, fitted_case
from seqarena.experiment.contract_data import contract_data
from seqarena.experiment.family_contract import (
    CHECKS,
    never_looks_ahead,
    ranks_what_it_would_append,
    shares_one_among_labels,
    shares_one_among_sequences,
    shares_one_among_tags,
    tags_the_same_in_company,
)
from seqarena.experiment.predictive_contract import OF_OUTPUTS, expected_of
from seqarena.families.discovery import kinds_of, own_kinds
from seqarena.families.own_family import OwnFamilyConfig
from seqarena.parsing import parse

_ONLY: dict[Check, str] = {
    shares_one_among_labels: "classification",
    shares_one_among_tags: "tagging",
    tags_the_same_in_company: "tagging",
    shares_one_among_sequences: "density",
    never_looks_ahead: "density",
    ranks_what_it_would_append: "recommendation",
}
"""The one kind of task of which a check has something to ask; the others ask of each."""


def check_family(module: str, settings: str) -> Iterator[tuple[bool, str]]:
    """Yield, for each check of each family of a module: whether it passed, and a line that says so.

    Args:
        module: dotted name, importable from here or as installed.
        settings: of the family, as a JSON object without `kind`.

    Raises:
        ConfigError: the module cannot be imported or holds no family, or the settings are wrong.
    """
    for config_class in _families_of(module):
        for kind in kinds_of(config_class):
            yield from _check_kind(config_class, kind, settings)


def _check_kind(
    config_class: type[OwnFamilyConfig], kind: str, settings: str
) -> Iterator[tuple[bool, str]]:
    config: OwnFamilyConfig = parse(config_class, {**_settings(settings), "kind": kind}, kind)
    if kind in own_kinds():
        yield True, f"passed  {kind} · an entry point names it"
    else:
        yield True, f"note    {kind} · no entry point names it yet: params.yaml cannot"
    n_done = 0
    for name, data in contract_data().items():
        obstacle = config.cannot(data.schema.task_kind, data.input_kind)
        if obstacle is not None:
            yield True, f"cannot  {kind} · {name}: {obstacle}"
            continue
        n_done += 1
        with tempfile.TemporaryDirectory() as scratch:
            try:
                case = fitted_case(config, data, Path(scratch))
            except SeqarenaError as error:
                yield False, f"FAILED  {kind} · {name} · it can be fitted: {error}"
                continue
        for check in CHECKS:
            if _has_something_to_ask(check, case):
                yield _line(f"{kind} · {name}", check, case)
    if not n_done:
        yield False, f"FAILED  {kind} · it can do no kind of task; see `cannot` in its settings"


def _has_something_to_ask(check: Check, case: Case) -> bool:
    if check in OF_OUTPUTS and expected_of(case) is None:
        return False
    task_kind = case.data.schema.task_kind
    return _ONLY.get(check, task_kind) == task_kind


def _line(where: str, check: Check, case: Case) -> tuple[bool, str]:
    sentence = (check.__doc__ or "").strip().removesuffix(".")
    said = f"{where} · {sentence[:1].lower()}{sentence[1:]}"
    try:
        complaint = check(case)
    except SeqarenaError as error:
        complaint = f"{type(error).__name__}: {error}"
    return complaint is None, f"passed  {said}" if complaint is None else (
        f"FAILED  {said}: {complaint}"
    )


def _families_of(module: str) -> list[type[OwnFamilyConfig]]:
    # As `python -m` does: a family that is being written lies in the present folder.
    if str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    try:
        loaded = importlib.import_module(module)
    except ImportError as error:
        raise ConfigError([f"{module}: cannot be imported ({error}); repair it first."]) from error
    found = [
        each
        for each in vars(loaded).values()
        if isinstance(each, type)
        and issubclass(each, OwnFamilyConfig)
        and each.__module__ == loaded.__name__
    ]
    if not found:
        raise ConfigError(
            [
                f"{module}: holds no subclass of seqarena.families.own_family.OwnFamilyConfig; see "
                "docs/how-to/your-own-family.md."
            ]
        )
    return found


def _settings(text: str) -> dict[str, object]:
    try:
        settings = json.loads(text)
    except ValueError as error:
        raise ConfigError([f'--settings: not JSON ({error}); write {{"order": 2}}.']) from None
    if not isinstance(settings, dict):
        raise ConfigError([f"--settings: got {settings!r}; expected a JSON object."])
    return settings
