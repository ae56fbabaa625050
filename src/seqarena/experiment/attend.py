"""Where a fitted model looks in an example of a user's own: in the terminal, and as a page."""

from dataclasses import dataclass

import numpy as np

from seqarena.answering.own_input import OwnInput
from seqarena.answering.telling import unknown_lines
from seqarena.attribution.asked import Asked, ask
from seqarena.attribution.axes import panels_of, primary_map
from seqarena.attribution.capture import ProbeMap
from seqarena.attribution.influence.influence_map import InfluenceMap
from seqarena.attribution.influence_plan import InfluencePlan
from seqarena.attribution.probe_set import probe_set
from seqarena.attribution.probes import Probe
from seqarena.attribution.store.cuts import mean_of_heads
from seqarena.attribution.terminal import PrintedMap, print_map
from seqarena.attribution.viewer.of_capture import viewed_of
from seqarena.attribution.viewer.page import page_of
from seqarena.data.manifest import Manifest
from seqarena.experiment.attribution import influence_plan
from seqarena.experiment.fitted import find_fit
from seqarena.experiment.fitted_task import open_fit, prepared_of
from seqarena.experiment.layout import Workspace
from seqarena.experiment.own_example import OwnExample, own_example

Lines = list[str]


@dataclass(frozen=True)
class Attended:
    """Where a model looked in one example."""

    lines: tuple[str, ...]
    """For the terminal."""
    page: str
    """One HTML file with all maps."""


def attend(
    run: str, given: OwnInput, workspace: Workspace, seed: int | None = None, width: int = 100
) -> Attended:
    """Ask a fitted model where it looks in a user's own example.

    Args:
        run: see `find_fit`.
        given: a text or a file.
        workspace: where runs are looked for.
        seed: of an experiment; None: its first.
        width: of the terminal [characters].

    Raises:
        ArtifactError: the run is not there, or its files are altered.
        ConfigError: params.yaml does not know its task any more.
        DataError: the task cannot read what is given.
    """
    fit = find_fit(run, seed, workspace)
    provenance, opened = fit.provenance, open_fit(fit)
    task, title = str(provenance["task"]), opened.title
    family, manifest, config = opened.family, opened.manifest, opened.config
    example = own_example(family, given, config.source, manifest)
    probes = probe_set(example.part, np.array([0]), manifest)
    plan = influence_plan(config.influence, prepared_of(fit))
    asked = ask(family, probes, plan)
    head = _head(title, probes.probes[0], example, manifest)
    facts = {"task": task, "fingerprint": str(provenance["fingerprint"]), "answer": example.answer}
    if asked.cuts:
        facts["not asked"] = "; ".join(asked.cuts)
    page = page_of(viewed_of(asked.capture, title, facts))
    return Attended((*head, *_maps(asked, _why_without(asked, plan, task), width)), page)


def _head(title: str, probe: Probe, example: OwnExample, manifest: Manifest) -> Lines:
    kind = manifest.schema.task_kind
    noun = "frames" if probe.steps is None else "symbols"
    return [
        f"{title} · {manifest.task} ({kind}) · {probe.n_steps} {noun}",
        example.answer,
        *unknown_lines(example.unknown),
    ]


def _why_without(asked: Asked, plan: InfluencePlan | None, task: str) -> str:
    """Say why there is no influence; nothing where there is some."""
    influence = asked.capture.influence
    if any(one is not None for one in influence):
        return ""
    if plan is None:
        return f"tasks.{task}.influence.n_probes is 0"
    if influence:
        return f"{plan.max_steps} steps (tasks.{task}.influence.max_steps) are too few for it"
    return "it says nothing of single outputs"


def _maps(asked: Asked, why_without: str, width: int) -> Lines:
    """Print influence and the most telling map, and say what there is, and what was not asked."""
    (probe,), (native,) = asked.capture.probes, asked.capture.maps
    has = [one.name for one in native]
    lines: Lines = [f"not asked: {cut}" for cut in asked.cuts]
    for influence in asked.capture.influence:
        if influence is not None:
            has.insert(0, "influence")
            lines += ["", *_influence(probe, influence, width)]
    if native:
        lines += ["", *_native(probe, primary_map(native), width)]
    without = f"; no influence: {why_without}" if why_without else ""
    return [f"has: {', '.join(has) or 'no map'}{without}", *lines]


def _influence(probe: Probe, one: InfluenceMap, width: int) -> Lines:
    """Print the effect of each step in bits, or where there is none its change in nats."""
    is_effect = one.effect is not None
    values = one.effect if one.effect is not None else np.abs(one.change)
    title = (
        "influence: effect of replacing a step" if is_effect else "influence: size of the change"
    )
    unit = "bits" if is_effect else one.unit
    rows = _outputs(probe, len(values))
    return print_map(PrintedMap(title, unit, values, rows, _steps(probe)), width)


def _native(probe: Probe, one: ProbeMap, width: int) -> Lines:
    """Print a map with its heads averaged, a row for each step that looks."""
    mean = mean_of_heads(one)
    n_heads = one.values.shape[0]
    heads = "" if n_heads == 1 else f", mean of {n_heads} heads"
    title = f"{one.name}: {one.kind}{heads}"
    panels = panels_of(probe, mean)
    is_turned = one.kind != "weights" and "cross" not in one.name
    down, across = (panels.across, panels.down) if is_turned else (panels.down, panels.across)
    values = mean.values[0]
    return print_map(
        PrintedMap(title, "share", values, down.labels, across.labels, one.first_row), width
    )


def _outputs(probe: Probe, n: int) -> tuple[str, ...]:
    if probe.outputs is not None:
        return probe.outputs
    if n == 1 and probe.label is not None:
        return (probe.label,)
    return _steps(probe)


def _steps(probe: Probe) -> tuple[str, ...]:
    return probe.steps or tuple(str(step + 1) for step in range(probe.n_steps))
