"""Fits as they lie on disk: loaded with the data they were fitted to, or found by a name."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seqarena.data.manifest import Manifest
from seqarena.errors import ArtifactError, DataError
from seqarena.experiment.layout import Workspace
from seqarena.families.catalogue import AnyFamily
from seqarena.families.store import CONFIG_FILE, load_family, read_config
from seqarena.parsing import nearest
from seqarena.tracking.location import StoreLocation, locate_store

_SUITES = "suites"


@dataclass(frozen=True)
class FoundFit:
    """A folder that holds a fit, and the workspace whose data it was fitted to."""

    folder: Path
    root: Path

    @property
    def provenance(self) -> dict[str, Any]:
        """Experiment, task, seed, fingerprint and checksums of the data."""
        found: dict[str, Any] = read_config(self.folder)[0]["provenance"]
        return found


def load_fitted(fit: Path, manifest: Manifest) -> tuple[AnyFamily, str]:
    """Return a fitted family and its fingerprint.

    Raises:
        ArtifactError: it was fitted to other data, or is altered.
    """
    content, _ = read_config(fit)
    provenance: dict[str, Any] = content["provenance"]
    if provenance["data"] != manifest.content_hashes():
        raise ArtifactError(
            f"{fit}: was fitted to other data (train {provenance['data']['train'][:12]}) than is "
            f"prepared now ({manifest.content_hashes()['train'][:12]}); train it again."
        )
    return load_family(fit), str(provenance["fingerprint"])


def find_fit(run: str, seed: int | None, workspace: Workspace) -> FoundFit:
    """Return the fit that a user means.

    Args:
        run: an experiment, of params.yaml or of a suite (its first seed, unless `seed` says
            another); the name of a run in MLflow (`experiment/seed-0`); a folder of a fit; a
            fingerprint; or the id of a run in MLflow.
        seed: of an experiment.
        workspace: where to look.

    Raises:
        ArtifactError: there is none, or its files are not here.
        DataError: a seed is given for something that is one fit by itself.
    """
    name, _, of_name = run.partition("/seed-")
    wanted = int(of_name) if of_name.isdecimal() and seed is None else seed
    for root in roots_of(workspace):
        if found := _of_experiment(root, name, wanted):
            return found
    alone = find_single_fit(run, workspace)
    if alone is None:
        raise ArtifactError(_not_there(run, seed, workspace))
    if seed is not None:
        raise DataError(f"--seed {seed}: {run!r} is one fit already; leave the seed out.")
    return alone


def find_single_fit(run: str, workspace: Workspace) -> FoundFit | None:
    """Return the fit of a folder, a fingerprint or the id of a run in MLflow; None: it is no such.

    Raises:
        ArtifactError: a run in MLflow is of no single fit, or its files are not here.
    """
    return (
        _of_folder(Path(run), workspace)
        or _of_fingerprint(run, workspace)
        or _of_store(run, workspace)
    )


def roots_of(workspace: Workspace) -> list[Path]:
    """Return the folders in which experiments lie: the workspace, then its suites."""
    suites = workspace.home / _SUITES
    return [workspace.root, *(sorted(suites.iterdir()) if suites.is_dir() else [])]


def _seeds(root: Path, experiment: str) -> dict[int, Path]:
    found = (root / "runs" / experiment / "fit").glob(f"seed-*/{CONFIG_FILE}")
    return dict(
        sorted((int(path.parent.name.removeprefix("seed-")), path.parent) for path in found)
    )


def _of_experiment(root: Path, name: str, seed: int | None) -> FoundFit | None:
    seeds = _seeds(root, name) if name and "/" not in name else {}
    folder = next(iter(seeds.values()), None) if seed is None else seeds.get(seed)
    return None if folder is None else FoundFit(folder, root)


def _of_folder(folder: Path, workspace: Workspace) -> FoundFit | None:
    if not (folder / CONFIG_FILE).is_file():
        return None
    parents = folder.absolute().parents
    # runs/<experiment>/fit/seed-<n> of some workspace; else a folder that was copied out of one.
    inside = len(parents) > 3 and (parents[3] / "data" / "prepared").is_dir()
    return FoundFit(folder, parents[3] if inside else workspace.root)


def _of_fingerprint(name: str, workspace: Workspace) -> FoundFit | None:
    folder = workspace.fits / name / "run"
    is_one = name.isalnum() and (folder / CONFIG_FILE).is_file()
    if not is_one:
        return None
    experiment = str(read_config(folder)[0]["provenance"]["experiment"])
    roots = roots_of(workspace)
    own = (root for root in roots if (root / "runs" / experiment).is_dir())
    return FoundFit(folder, next(own, workspace.root))


def _of_store(run_id: str, workspace: Workspace) -> FoundFit | None:
    """Find a run of MLflow by the key that its journal gave it: experiment/seed/fingerprint."""
    key = _key_of(run_id, locate_store(workspace.home))
    if key is None:
        return None
    experiment, seed, fingerprint = key.rsplit("/", 2)
    for root in roots_of(workspace):
        found = _of_experiment(root, experiment, _seed_of(seed))
        if found and found.provenance["fingerprint"] == fingerprint:
            return found
    kept = _of_fingerprint(fingerprint, workspace)
    if kept is None:
        raise ArtifactError(
            f"MLflow run {run_id}: is {key}, whose model is not here; train the experiment again, "
            "or give the folder of the fit."
        )
    return kept


def _seed_of(text: str) -> int:
    seed = text.removeprefix("seed-")
    if not seed.isdecimal():
        raise ArtifactError(
            f"the run is of {text}, which is no single fit; give the run of one seed."
        )
    return int(seed)


def _key_of(run_id: str, location: StoreLocation) -> str | None:
    is_id = len(run_id) == 32 and run_id.isalnum()
    database = location.database
    if not is_id or (database is not None and not database.exists()):
        return None
    # A heavy import, which no other way of naming a run needs.
    from seqarena.tracking.mlflow_store import Store

    return Store(location).key_of(run_id)


def _not_there(run: str, seed: int | None, workspace: Workspace) -> str:
    roots = roots_of(workspace)
    for root in roots:
        if seed is not None and (seeds := _seeds(root, run)):
            known = ", ".join(map(str, seeds))
            return f"{run}: has no fit with seed {seed}; it has {known}. Give one of these."
    names = sorted({p.parents[2].name for r in roots for p in r.glob("runs/*/fit/*/config.json")})
    hint = nearest(run, names) if names else "nothing is fitted here; run `seqarena repro`."
    return (
        f"{run!r} is no experiment with a fit under {workspace.runs}, no folder of a fit, and no "
        f"run in MLflow; {hint}"
    )
