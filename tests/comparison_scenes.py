"""Families that look where the tests tell them to."""

from pathlib import Path

import numpy as np

from seqarena.attribution.capture import Capture
from seqarena.attribution.comparison.family_maps import FamilyMaps, RunMaps
from seqarena.attribution.influence.influence_map import InfluenceMap
from seqarena.attribution.probes import Probe
from seqarena.attribution.store.artifacts import Attribution, write_artifacts
from seqarena.attribution.store.manifest import Origin

N_STEPS = 10


def influence(effect, **fields) -> InfluenceMap:
    effect = np.asarray(effect, np.float64)
    return InfluenceMap(effect, np.zeros_like(effect), **fields)


def lagged(lag, rng, noise=0.05, n_steps=N_STEPS) -> InfluenceMap:
    """Each step looks `lag` steps back, and a little at all before it, by chance."""
    effect = np.tril(rng.random((n_steps, n_steps)) * noise, -1)
    steps = np.arange(lag, n_steps)
    effect[steps, steps - lag] += 0.5
    return influence(effect)


def probes(n, n_steps=N_STEPS):
    return tuple(
        Probe(place, f"probe {place}", n_steps, steps=tuple("abcdefghij"[:n_steps]))
        for place in range(n)
    )


def run(maps, seed=0, fit=None, probe_set="p" * 64, name="", native=()) -> RunMaps:
    about = probes(len(maps), maps[0].change.shape[1])
    capture = Capture(about, native or ((),) * len(maps), tuple(maps))
    return RunMaps(seed, f"{name}-{seed}" if fit is None else fit, probe_set, capture)


def family(name, lag, rng, n_seeds=3, n_probes=2, noise=0.05) -> FamilyMaps:
    """Seeds differ by chance alone."""
    return FamilyMaps(
        name,
        tuple(
            run([lagged(lag, rng, noise) for _ in range(n_probes)], seed, name=name)
            for seed in range(n_seeds)
        ),
    )


def fixed_family(name, lag, n_seeds=3, n_probes=2) -> FamilyMaps:
    """Does not depend on its seed."""
    maps = [lagged(lag, np.random.default_rng(0), 0.0)] * n_probes
    return FamilyMaps(name, tuple(run(maps, seed, name=name) for seed in range(n_seeds)))


def store(of: FamilyMaps, runs: Path) -> None:
    """Keep the maps of every seed of an experiment, as the stage `evaluate` leaves them."""
    for each in of.runs:
        origin = Origin(
            run={"fingerprint": each.fit},
            probes={"n_probes": len(of.probes), "sha256": each.probe_set},
        )
        folder = runs / of.name / "evaluation" / f"seed-{each.seed}" / "attention"
        write_artifacts(folder, Attribution(each.capture, origin, summary=each.summary))
