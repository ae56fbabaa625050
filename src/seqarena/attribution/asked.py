"""Everything that a model is asked about where it looked on a set of probes."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np

from seqarena.attention.maps import HasNativeMaps
from seqarena.attribution.capture import Capture, capture_maps
from seqarena.attribution.diagnostics.diagnose import DEFAULT, Diagnosis, diagnose
from seqarena.attribution.diagnostics.gradient_input import gradient_maps
from seqarena.attribution.further_maps import forgotten, n_redundant, shared_out
from seqarena.attribution.influence.influence_map import InfluenceMap
from seqarena.attribution.influence.measure import measure_influence
from seqarena.attribution.influence_plan import InfluencePlan
from seqarena.attribution.influence_shape import widened
from seqarena.attribution.probe_set import ProbeSet
from seqarena.families.predictive import OutputKind, is_causal, output_kind
from seqarena.tasks.diagnostics import DiagnosticsConfig


@dataclass(frozen=True)
class Asked:
    """What it answered, and what that took."""

    capture: Capture
    cost: Mapping[str, Any] = field(default_factory=dict)
    """Seconds of each part, JSON-ready."""
    cuts: tuple[str, ...] = ()
    """What was not asked, and why."""
    influence_steps: tuple[int, ...] = ()
    """Steps of each probe about which influence was asked; none of those behind the last."""


def ask(model: object, probe_set: ProbeSet, plan: InfluencePlan | None = None) -> Asked:
    """Ask a fitted family for its maps, and for the influence of each step.

    A family without maps has none; one that cannot say how probable single outputs are has no
    influence.

    Args:
        model: fitted, in evaluation mode.
        probe_set: whom it is asked about.
        plan: of influence; None: it is not asked.

    Raises:
        ArtifactError: the model is in training mode, a map is not made of shares, or a density
            looks at the future.
    """
    began = time.perf_counter()
    capture = Capture(probe_set.probes, ((),) * len(probe_set))
    if isinstance(model, HasNativeMaps):
        capture = capture_maps(model, probe_set)
    asked = Asked(capture, {"maps_seconds": round(time.perf_counter() - began, 4)}, probe_set.cuts)
    kind = output_kind(model, probe_set.batch(0, 1)) if len(probe_set) else None
    if plan is None or kind is None:
        return asked
    return _with_influence(asked, model, probe_set, plan, kind)


def diagnosed(
    model: object,
    capture: Capture,
    probe_set: ProbeSet,
    code_version: str = "",
    config: DiagnosticsConfig = DEFAULT,
) -> Diagnosis:
    """Compute the diagnostics of captured maps.

    Args:
        model: that made the maps; it is asked again under interventions.
        capture: its maps, and influence.
        probe_set: whom it was asked about.
        code_version: of the program, for the table.
        config: which of the diagnostics that take time are computed.

    Raises:
        ArtifactError: the model is in training mode.
    """
    # Among the probes' own sequences, which may be cut, each stands at its place.
    placed = tuple(replace(probe, row=place) for place, probe in enumerate(capture.probes))
    numbered = replace(capture, probes=placed)
    return diagnose(model, numbered, probe_set.sequences, config, code_version)


def _with_influence(
    asked: Asked, model: object, probe_set: ProbeSet, plan: InfluencePlan, kind: OutputKind
) -> Asked:
    allowed, cuts = plan.allowed(probe_set, is_causal=is_causal(kind))
    found = measure_influence(
        model,
        allowed.sequences,
        np.arange(len(allowed)),
        plan.replacements,
        draw_rows=np.array([probe.row for probe in allowed.probes], dtype=np.int64),
    )
    began = time.perf_counter()
    further: dict[str, Sequence[InfluenceMap | None]] = {
        "marginalised": forgotten(model, allowed),
        "gradient": gradient_maps(model, allowed),
    }
    if plan.n_shapley:
        further["shapley"] = shared_out(
            model, allowed, found.maps, plan.replacements, plan.n_shapley
        )
    seconds = round(time.perf_counter() - began, 4)
    if n := n_redundant(found.maps):
        shared = f"{min(n, plan.n_shapley)} are shared out" if plan.n_shapley else "set n_shapley"
        cuts = (*cuts, f"influence: single steps explain less than half of {n} outputs; {shared}")

    def spread(maps: Sequence[InfluenceMap | None]) -> tuple[InfluenceMap | None, ...]:
        return _of_all(maps, probe_set, is_causal(kind))

    named = {name: spread(maps) for name, maps in further.items() if any(maps)}
    return Asked(
        replace(asked.capture, influence=spread(found.maps), further=named),
        {**asked.cost, "influence": asdict(found.cost), "further_seconds": seconds},
        (*asked.cuts, *cuts),
        tuple(allowed.sequences.lengths.tolist()) if len(allowed) else (),
    )


def _of_all(
    maps: Sequence[InfluenceMap | None], probe_set: ProbeSet, is_of_steps: bool
) -> tuple[InfluenceMap | None, ...]:
    """Return an entry for each probe, each map as wide as its probe."""
    spread: list[InfluenceMap | None] = [None] * len(probe_set)
    for index, one in enumerate(maps):
        if one is not None:
            n_steps = probe_set.probes[index].n_steps
            n_outputs = n_steps if is_of_steps else len(one.change)
            spread[index] = widened(one, n_outputs, n_steps)
    return tuple(spread)
