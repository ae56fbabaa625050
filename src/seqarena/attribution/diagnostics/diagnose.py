"""Everything that is to be said of a model's maps: one table, and a few numbers of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from seqarena.attribution.capture import Capture, ProbeMap
from seqarena.attribution.diagnostics.asking import asked_measures
from seqarena.attribution.diagnostics.concentration import sink_share
from seqarena.attribution.diagnostics.influence_measures import (
    agreement_measures,
    influence_measures,
    redundancy_measures,
)
from seqarena.attribution.diagnostics.layer_measures import flow_measures, rollout_map
from seqarena.attribution.diagnostics.layers import self_attention_layers
from seqarena.attribution.diagnostics.map_measures import measures_of_map
from seqarena.attribution.diagnostics.measures import Measures, Subject
from seqarena.attribution.diagnostics.questions import Questions
from seqarena.attribution.diagnostics.summary import Summary, summary_of
from seqarena.attribution.diagnostics.table import table_of
from seqarena.attribution.influence.influence_map import InfluenceMap
from seqarena.attribution.probes import Probe
from seqarena.batch import Sequences
from seqarena.tasks.diagnostics import DiagnosticsConfig

DEFAULT = DiagnosticsConfig()


@dataclass(frozen=True)
class Diagnosis:
    """What was found."""

    table: pa.Table
    """A row for each value: `table.SCHEMA`."""
    summary: Summary
    """At most 60 finite numbers, named for MLflow: `attn/...`."""


def diagnose(
    model: object,
    capture: Capture,
    sequences: Sequences,
    config: DiagnosticsConfig = DEFAULT,
    code_version: str = "",
) -> Diagnosis:
    """Compute every diagnostic that applies to the captured maps, and to the model that made them.

    A model without attention weights gets those of its maps alone, and one without maps those of
    its influence. Nothing is a NaN: what cannot be said has no row.

    Args:
        model: in evaluation mode; it is asked again under interventions.
        capture: the maps of some probes, before anything is cut off them, and their influence if it
            was computed.
        sequences: of the probes alone, in the same order (`ProbeSet.sequences`).
        config: which of the diagnostics that take time are computed.
        code_version: of the program, for the table.

    Raises:
        DataError: a map holds a value that is no share.
        ArtifactError: the model is in training mode.
    """
    measures = list(captured_measures(capture, config))
    measures += sink_measures(measures)
    measures += asked_measures(Questions(model, capture, sequences, config))
    weights_layers = list(
        dict.fromkeys(one.name for maps in capture.maps for one in maps if one.kind == "weights")
    )
    return Diagnosis(table_of(measures, code_version), summary_of(measures, weights_layers))


def captured_measures(capture: Capture, config: DiagnosticsConfig) -> Iterator[Measures]:
    """Return what the maps and the influence of each probe say, without asking the model."""
    influence: Sequence[InfluenceMap | None] = capture.influence or [None] * len(capture.probes)
    for probe, maps, effect in zip(capture.probes, capture.maps, influence, strict=True):
        yield from _of_probe(probe, maps, effect, config)
    yield from redundancy_measures(capture.influence)


def sink_measures(measures: Sequence[Measures]) -> list[Measures]:
    """Return the share of each layer's heads that are sinks, by their mean over the probes."""
    masses: dict[str, list[Measures]] = {}
    for one in measures:
        if one.metric == "sink_mass" and one.values.shape[1] == 1 and one.n.any():
            masses.setdefault(one.layer, []).append(one)
    return [
        Subject(layer).of_all(
            "sink_heads",
            sink_share(np.mean([one.values[:, 0] for one in found], axis=0)),
            float(len(found)),
        )
        for layer, found in masses.items()
    ]


def _of_probe(
    probe: Probe,
    maps: tuple[ProbeMap, ...],
    influence: InfluenceMap | None,
    config: DiagnosticsConfig,
) -> Iterator[Measures]:
    layers = self_attention_layers(maps, probe.n_steps)
    rolled = rollout_map(layers, probe.n_steps)
    shown = maps if rolled is None else (*maps, rolled)
    for one in shown:
        yield from measures_of_map(one, probe, config.rows)
        if influence is not None:
            yield from agreement_measures(one, influence, probe.id)
    if influence is not None:
        yield from influence_measures(influence, probe.id)
    if config.flow:
        yield from flow_measures(layers, probe.id)
