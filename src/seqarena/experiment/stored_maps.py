"""Finding and reading where the fits of an experiment looked, as the stage `evaluate` left it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from seqarena.attribution.comparison.family_maps import FamilyMaps, RunMaps, probes_with_influence
from seqarena.attribution.store.artifacts import read_maps
from seqarena.attribution.store.budgets import MANIFEST_FILE, SUMMARY_FILE
from seqarena.attribution.store.manifest import read_file, read_manifest
from seqarena.errors import ArtifactError
from seqarena.experiment.attribution import ATTENTION_FOLDER
from seqarena.experiment.layout import Workspace

_SEED = "seed-"


@dataclass(frozen=True)
class Evaluated:
    """An experiment, and the folders of the seeds that are asked for."""

    name: str
    seeds: tuple[Path, ...]


def find_evaluated(named: str, workspace: Workspace) -> Evaluated:
    """Find an experiment by its name, or by a folder of its fits or evaluations, or of one seed.

    Raises:
        ArtifactError: there is none, or it was not evaluated with maps.
    """
    folder = workspace.evaluation(named)
    if not folder.is_dir():
        folder = _evaluation_of(Path(named).absolute())
    if folder.name.startswith(_SEED):
        seeds = [folder]
    else:
        seeds = sorted(folder.glob(f"{_SEED}*"), key=_seed_of)
    with_maps = tuple(filter(has_maps, seeds))
    if not with_maps:
        raise ArtifactError(
            f"{named}: no maps in {folder}; expected the name of an evaluated experiment"
            f"{_known(workspace)}, or a folder of its fits or evaluations. Evaluate it first "
            "(`seqarena repro`)."
        )
    home = folder.parent.parent if folder.name.startswith(_SEED) else folder.parent
    return Evaluated(home.name, with_maps)


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
        seed=_seed_of(seed),
        fit=str(manifest.origin.run.get("fingerprint", seed)),
        probe_set=str(manifest.origin.probes.get("sha256", "")),
        question=manifest.origin.replacement,
        capture=probes_with_influence(read_maps(folder)),
        summary=json.loads(read_file(folder, SUMMARY_FILE, manifest)),
    )


def _evaluation_of(path: Path) -> Path:
    """Go from an experiment, its fits, or one of them, to the evaluation beside it."""
    if (path / "evaluation").is_dir():
        return path / "evaluation"
    if path.name == "fit":
        return path.parent / "evaluation"
    if path.parent.name == "fit":
        return path.parent.parent / "evaluation" / path.name
    return path


def _seed_of(path: Path) -> int:
    number = path.name.removeprefix(_SEED)
    return int(number) if number.isdigit() else 0


def _known(workspace: Workspace) -> str:
    names = sorted(path.parent.name for path in workspace.runs.glob("*/evaluation"))
    return f" ({', '.join(names)})" if names else ""
