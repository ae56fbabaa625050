"""Families that other packages bring along, found when `params.yaml` names them and not before."""

import hashlib
import importlib.util
import inspect
from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path
from typing import get_args

from seqarena.errors import ConfigError
from seqarena.families.own_family import OwnFamilyConfig

GROUP = "seqarena.families"
"""Entry-point group: `kind = "module:ConfigClass"`."""


def own_kinds() -> tuple[str, ...]:
    """Return the kinds that installed packages bring along; none of them is imported."""
    return tuple(sorted({entry.name for entry in entry_points(group=GROUP)}))


def own_config(kind: str, at: str) -> type[OwnFamilyConfig]:
    """Import the settings of a kind that `own_kinds` names.

    Raises:
        ConfigError: two packages bring that kind along, or what the entry point names cannot be
            imported or is not the settings of a family of that kind.
    """
    entries = sorted(entry_points(group=GROUP, name=kind), key=lambda entry: entry.value)
    places = sorted({entry.value for entry in entries})
    if len(places) > 1:
        raise ConfigError(
            [f"{at}.kind: {kind!r} is brought along twice, by {' and '.join(places)}; remove one."]
        )
    # Of the standard library, or of a backport that another package installed: alike in use.
    loaded = _load(entries[0].load, entries[0].value, at)
    if not isinstance(loaded, type) or not issubclass(loaded, OwnFamilyConfig):
        raise ConfigError(
            [
                f"{at}.kind: {entries[0].value} is {loaded!r}; the entry point should name a "
                "subclass of seqarena.families.own_family.OwnFamilyConfig."
            ]
        )
    kinds = kinds_of(loaded)
    if kind not in kinds:
        raise ConfigError(
            [
                f"{at}.kind: {entries[0].value} is of kind {', '.join(map(repr, kinds))}, and its "
                f"entry point is named {kind!r}; give both one name."
            ]
        )
    return loaded


def kinds_of(config: type[OwnFamilyConfig]) -> tuple[str, ...]:
    """Return the names that the field `kind` of a record of settings allows."""
    return tuple(map(str, get_args(config.model_fields["kind"].annotation)))


def code_digest_of(config: type[OwnFamilyConfig]) -> str:
    """Return a hash of the user's code: its file, or every one of the package that it is part of.

    What that code imports from elsewhere is not seen: keep a family in one file, or one package.
    """
    digest = hashlib.sha256()
    for path in _files_of(config):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _files_of(config: type[OwnFamilyConfig]) -> list[Path]:
    top = config.__module__.partition(".")[0]
    spec = importlib.util.find_spec(top)
    if spec is not None and spec.submodule_search_locations:
        folders = map(Path, spec.submodule_search_locations)
        return sorted(file for folder in folders for file in folder.rglob("*.py"))
    return [Path(inspect.getfile(config))]


def _load(load: Callable[[], object], place: str, at: str) -> object:
    try:
        return load()
    except (ImportError, AttributeError) as error:
        raise ConfigError(
            [
                f"{at}.kind: {place} cannot be imported ({type(error).__name__}: {error}); "
                "repair that file, or its entry point."
            ]
        ) from error
