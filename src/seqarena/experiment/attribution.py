"""Where a fit looked: asked of the probes, written into its folder, and journaled."""

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from seqarena.attention.maps import HasNativeMaps
from seqarena.attribution.capture import Capture, capture_maps
from seqarena.attribution.probe_set import ProbeSet
from seqarena.attribution.probes import Probe
from seqarena.attribution.store.artifacts import Attribution, Written, write_artifacts
from seqarena.attribution.store.manifest import Origin
from seqarena.data.manifest import Manifest
from seqarena.families.catalogue import AnyFamily
from seqarena.tracking.journal import Journal
from seqarena.tracking.provenance import provenance_tags

ATTENTION_FOLDER = "attention"


@dataclass(frozen=True)
class AskedRun:
    """Which run is asked, and on which data."""

    key: str
    fingerprint: str
    manifest: Manifest
    probe_set: ProbeSet


def attribute(family: AnyFamily, run: AskedRun) -> Attribution:
    """Ask a fitted family where it looked on each probe.

    A family without maps has none; what else it can answer is asked all the same.

    Raises:
        ArtifactError: the model is in training mode, or a map is not made of shares.
    """
    began = time.monotonic()
    if isinstance(family, HasNativeMaps):
        capture = capture_maps(family, run.probe_set)
    else:
        capture = Capture(run.probe_set.probes, ((),) * len(run.probe_set))
    cost = {"maps_seconds": round(time.monotonic() - began, 4)}
    return Attribution(capture, replace(_origin(run), cost=cost))


def tell_attribution(journal: Journal, folder: Path, found: Attribution) -> Written:
    """Write what was found into `folder`, and journal its files, its numbers and its pictures."""
    written = write_artifacts(folder, found)
    for file in written.files:
        journal.artifact(file, ATTENTION_FOLDER)
    for figure in written.figures:
        journal.artifact(figure, f"{ATTENTION_FOLDER}/{figure.parent.name}")
    journal.metrics({f"attn/{name}": value for name, value in written.summary.items()}, step=0)
    tell_pictures(journal, found.capture.probes, written.figures)
    return written


def tell_pictures(journal: Journal, probes: tuple[Probe, ...], pictures: tuple[Path, ...]) -> None:
    """Journal a table that MLflow's artifact view sets beside those of other runs.

    Two columns alone: the view then groups by the one and compares the other without being asked.
    """
    if pictures:
        examples = [_describe(probe) for probe in probes[: len(pictures)]]
        journal.table("attention_probes", {"example": examples, "picture": pictures})


def _origin(run: AskedRun) -> Origin:
    commit: dict[str, Any] = {
        name: value for name, value in provenance_tags(Path.cwd()).items() if "mlflow" not in name
    }
    probes = {"n_probes": len(run.probe_set), "sha256": run.probe_set.sha256}
    return Origin(
        run={"key": run.key, "fingerprint": run.fingerprint, **commit},
        data={"task": run.manifest.task, **run.manifest.content_hashes()},
        probes=probes,
        cuts=run.probe_set.cuts,
    )


def _describe(probe: Probe) -> str:
    """Say in a line what the probe is: its name, its text if it is one, its label."""
    is_text = probe.steps is not None and all(len(step) == 1 for step in probe.steps)
    text = "".join(probe.steps or ()) if is_text else ""
    label = "" if probe.label is None else f"label {probe.label}"
    return " · ".join(part for part in (probe.id, text, label) if part)
