"""Search spaces: what each trial of an experiment is, and whether it can be."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from seqarena.errors import ConfigError
from seqarena.experiment.budget.distributions import Distribution
from seqarena.families.catalogue import AnyFamilyConfig
from seqarena.parsing import nearest, parse
from seqarena.seeds import derive_seed

SECTION = "search"
_MOST_SEEDS = 2**31


def parse_spaces(raw: object) -> dict[str, dict[str, Distribution]]:
    """Turn the section `search` into distributions, by experiment or family, then by knob.

    Raises:
        ConfigError: with one line for each mistake.
    """
    entries: dict[str, dict[str, Any]] = parse(dict[str, dict[str, Any]], raw, SECTION)
    mistakes: list[str] = []
    spaces: dict[str, dict[str, Distribution]] = {}
    for name, knobs in entries.items():
        space = spaces.setdefault(name, {})
        for knob, entry in knobs.items():
            try:
                space[knob] = parse(Distribution, entry, f"{SECTION}.{name}.{knob}")
            except ConfigError as error:
                mistakes += error.mistakes
    if mistakes:
        raise ConfigError(mistakes)
    return spaces


def space_mistakes(
    at: str, config: AnyFamilyConfig, space: Mapping[str, Distribution]
) -> list[str]:
    """Name every knob that the family lacks, and every value that it refuses by itself."""
    mistakes = []
    for knob, distribution in space.items():
        known = knobs_of(config)
        if knob not in known:
            mistakes.append(f"{at}.{knob}: no knob of {config.kind}; {nearest(knob, known)}")
            continue
        for value in distribution.extremes:
            try:
                with_settings(config, {knob: value}, at)
            except ConfigError as error:
                mistakes += error.mistakes
    return mistakes


def trial_settings(
    space: Mapping[str, Distribution], seed: int, experiment: str, trial: int
) -> dict[str, Any]:
    """Return what a trial draws: a function of its arguments alone, knob by knob.

    So more trials leave those before as they were, and so does another knob.
    """
    return {
        knob: each.draw(seed, "search", experiment, trial, knob) for knob, each in space.items()
    }


def trial_seed(seed: int, experiment: str, trial: int) -> int:
    """Return the seed of a trial's fit, which is none of those that are judged."""
    return derive_seed(seed, "trial", experiment, trial) % _MOST_SEEDS


def with_settings(config: AnyFamilyConfig, settings: Mapping[str, Any], at: str) -> AnyFamilyConfig:
    """Return the family with other values of some knobs, each by its dotted name.

    Raises:
        ConfigError: with one line for each mistake.
    """
    changed = config.model_dump(exclude_unset=True)
    for knob, value in settings.items():
        *records, last = knob.split(".")
        place = changed
        for record in records:
            place = place.setdefault(record, {})
        place[last] = value
    found: AnyFamilyConfig = parse(type(config), changed, at)
    return found


def knobs_of(config: BaseModel) -> list[str]:
    """Return every knob that a search may draw, those inside records by their dotted names."""
    found = []
    for name in type(config).model_fields:
        value = getattr(config, name)
        if isinstance(value, BaseModel):
            found += [f"{name}.{inner}" for inner in knobs_of(value)]
        elif name != "kind":
            found.append(name)
    return found
