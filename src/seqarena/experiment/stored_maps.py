"""Reading where the fits of an experiment looked, as the stage `evaluate` left it."""

import json
from collections.abc import Sequence
from pathlib import Path

from seqarena.attribution.comparison.family_maps import FamilyMaps, RunMaps, probes_with_influence
from seqarena.attribution.store.artifacts import read_maps
from seqarena.attribution.store.budgets import MANIFEST_FILE, SUMMARY_FILE
from seqarena.attribution.store.manifest import read_file, read_manifest
from seqarena.experiment.attribution import ATTENTION_FOLDER

SEED = "seed-"


def read_family(name: str, seeds: Sequence[Path]) -> FamilyMaps:
    """Read the maps of every seed.

    Raises:
        ArtifactError: a file is missing, of another version, or altered.
    """
    return FamilyMaps(name, tuple(map(_read_run, seeds)))


def has_maps(seed: Path) -> bool:
    """Say whether an evaluated seed kept maps."""
    return (seed / ATTENTION_FOLDER / MANIFEST_FILE).is_file()


def _read_run(seed: Path) -> RunMaps:
    folder = seed / ATTENTION_FOLDER
    manifest = read_manifest(folder)
    return RunMaps(
        seed=seed_of(seed),
        fit=str(manifest.origin.run.get("fingerprint", seed)),
        probe_set=str(manifest.origin.probes.get("sha256", "")),
        question=manifest.origin.replacement,
        capture=probes_with_influence(read_maps(folder)),
        summary=json.loads(read_file(folder, SUMMARY_FILE, manifest)),
    )


def seed_of(path: Path) -> int:
    """Return the seed that a folder is named by; 0 of any other folder."""
    number = path.name.removeprefix(SEED)
    return int(number) if number.isdigit() else 0
