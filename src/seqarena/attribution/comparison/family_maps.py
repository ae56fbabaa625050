"""The maps that are compared: of every seed of a family, on the same probes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from seqarena.attribution.capture import Capture
from seqarena.attribution.influence.influence_map import InfluenceMap
from seqarena.attribution.probes import Probe
from seqarena.errors import DataError

_Each = TypeVar("_Each")


@dataclass(frozen=True)
class RunMaps:
    """Where one fit looked."""

    seed: int
    fit: str
    """Names the fit: its fingerprint. A fit is never held against itself."""
    probe_set: str
    """Checksum of the examples that it was asked about."""
    capture: Capture
    summary: Mapping[str, float] = field(default_factory=dict)
    """Diagnostics in single numbers, by their names, computed while the fit was asked."""
    question: Mapping[str, Any] = field(default_factory=dict)
    """What was put in the place of steps, how often, and of how many steps (`Origin.replacement`);
    JSON-ready."""

    @property
    def influence(self) -> tuple[InfluenceMap, ...]:
        """The influence of each probe that has it."""
        return tuple(one for one in self.capture.influence if one is not None)


@dataclass(frozen=True)
class FamilyMaps:
    """Where the fits of one experiment looked."""

    name: str
    runs: tuple[RunMaps, ...]

    @property
    def probes(self) -> tuple[Probe, ...]:
        """The examples, which all runs share."""
        return self.runs[0].capture.probes

    @property
    def n_seeds(self) -> int:
        """Fits that there are."""
        return len(self.runs)

    @property
    def has_influence(self) -> bool:
        """Whether every run says in bits what each step of each probe does."""
        return all(
            bool(run.influence) and all(one.effect is not None for one in run.influence)
            for run in self.runs
        )


def probes_with_influence(capture: Capture) -> Capture:
    """Return the probes whose influence was measured, and all that belongs to them."""
    kept = [place for place, one in enumerate(capture.influence) if one is not None]

    def of(values: Sequence[_Each]) -> tuple[_Each, ...]:
        return tuple(values[place] for place in kept)

    return Capture(
        of(capture.probes),
        of(capture.maps),
        of(capture.influence),
        {name: of(maps) for name, maps in capture.further.items()},
    )


def refuse_other_questions(families: Sequence[FamilyMaps]) -> None:
    """Check that all runs were asked the same about the same examples.

    Raises:
        DataError: there is no run, or two runs have other probe sets, other symbols or lengths of a
            probe, or other replacements of steps.
    """
    runs = [(f"{family.name}, seed {run.seed}", run) for family in families for run in family.runs]
    if not runs:
        raise DataError("no run to compare; name experiments that were evaluated.")
    first_name, first = runs[0]
    for name, run in runs[1:]:
        if run.probe_set != first.probe_set:
            raise DataError(
                f"{first_name} was asked about probe set {first.probe_set or 'unknown'}, {name} "
                f"about {run.probe_set or 'unknown'}; only maps of the same examples can be "
                "compared. Evaluate both on the same task and data."
            )
        _refuse_other_content(first_name, first.capture.probes, name, run.capture.probes)
        _refuse_other_replacement(first_name, first.question, name, run.question)


def _refuse_other_content(
    first_name: str, first: tuple[Probe, ...], name: str, probes: tuple[Probe, ...]
) -> None:
    if len(probes) != len(first):
        raise DataError(
            f"{first_name} has maps of {len(first)} probes, {name} of {len(probes)}; evaluate both "
            "with the same settings."
        )
    for place, (one, other) in enumerate(zip(first, probes, strict=True)):
        if _content(one) != _content(other):
            raise DataError(
                f"probe {place}: {first_name} has {_told(one)}, {name} has {_told(other)}; both "
                "must show the same symbols to their models. Evaluate both on the same task."
            )


def _refuse_other_replacement(
    first_name: str, first: Mapping[str, Any], name: str, question: Mapping[str, Any]
) -> None:
    for key in (*first, *question):
        if first.get(key) != question.get(key):
            raise DataError(
                f"replacement.{key}: {first_name} has {first.get(key)!r}, {name} has "
                f"{question.get(key)!r}; only answers to the same question can be compared. "
                "Evaluate both with the same `influence` settings, on the same data."
            )


def _content(probe: Probe) -> tuple[object, ...]:
    return probe.id, probe.n_steps, probe.steps, probe.outputs


def _told(probe: Probe) -> str:
    shown = "" if probe.steps is None else f" {' '.join(probe.steps[:8])!r}"
    return f"{probe.id!r} of {probe.n_steps} steps{shown}"
