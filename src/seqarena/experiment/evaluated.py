"""Evaluations with maps as they lie on disk, found by whatever names the experiment or the fit."""

from dataclasses import dataclass
from pathlib import Path

from seqarena.attribution.store.manifest import read_manifest
from seqarena.errors import ArtifactError
from seqarena.experiment.attribution import ATTENTION_FOLDER
from seqarena.experiment.fitted import FoundFit, find_single_fit, roots_of
from seqarena.experiment.layout import Workspace
from seqarena.experiment.stored_maps import SEED, has_maps, seed_of
from seqarena.parsing import nearest


@dataclass(frozen=True)
class Evaluated:
    """An experiment, and the folders of the seeds that are asked for."""

    name: str
    seeds: tuple[Path, ...]


def find_evaluated(named: str, workspace: Workspace) -> Evaluated:
    """Find the maps of an experiment, or of one of its fits.

    Args:
        named: an experiment, of params.yaml or of a suite, or its folder, `fit` or `evaluation`
            (all its seeds); one seed (`experiment/seed-0`, or a folder of it); or what else names a
            fit to `find_fit`: a fingerprint, or the id of a run in MLflow.
        workspace: where to look.

    Raises:
        ArtifactError: there is none, it was not evaluated with maps, or what was evaluated is
            another fit.
    """
    folder = _by_name(named, workspace) or _by_folder(Path(named).absolute())
    if folder is None and (fit := find_single_fit(named, workspace)):
        folder = _by_fit(fit)
    seeds = [] if folder is None else _with_maps(folder)
    if folder is None or not seeds:
        raise ArtifactError(_not_there(named, workspace))
    home = folder.parent.parent if folder.name.startswith(SEED) else folder.parent
    return Evaluated(home.name, tuple(seeds))


def _with_maps(folder: Path) -> list[Path]:
    """Return the folder of a seed, or those of all seeds of an evaluation, that hold maps."""
    seeds = (
        [folder] if folder.name.startswith(SEED) else sorted(folder.glob(f"{SEED}*"), key=seed_of)
    )
    return list(filter(has_maps, seeds))


def _by_name(named: str, workspace: Workspace) -> Path | None:
    name, _, seed = named.partition(f"/{SEED}")
    if not name or "/" in name:
        return None
    homes = (root / "runs" / name / "evaluation" for root in roots_of(workspace))
    folders = (home / f"{SEED}{seed}" if seed else home for home in homes)
    return next(filter(_with_maps, folders), None)


def _by_folder(path: Path) -> Path | None:
    """Go from an experiment, its fits, or one of them, to the evaluation beside it."""
    if (path / "evaluation").is_dir():
        path = path / "evaluation"
    elif path.name == "fit":
        path = path.parent / "evaluation"
    elif path.parent.name == "fit":
        path = path.parent.parent / "evaluation" / path.name
    return path if _with_maps(path) else None


def _by_fit(fit: FoundFit) -> Path:
    """Go from a fit to its evaluation.

    Raises:
        ArtifactError: there is none with maps, or it is that of another fit.
    """
    told = fit.provenance
    home = Workspace(fit.root, fit.root).evaluation(str(told["experiment"]))
    folder = home / f"{SEED}{told['seed']}"
    if not has_maps(folder):
        raise ArtifactError(
            f"{fit.folder}: a fit of {told['experiment']!r} without maps in {folder}; evaluate it "
            "first (`seqarena repro`)."
        )
    found = read_manifest(folder / ATTENTION_FOLDER).origin.run.get("fingerprint")
    if found != told["fingerprint"]:
        raise ArtifactError(
            f"{fit.folder}: is fit {told['fingerprint']}, and the maps in {folder} are those of "
            f"{found}; evaluate it again (`seqarena repro`)."
        )
    return folder


def _not_there(named: str, workspace: Workspace) -> str:
    name, _, seed = named.partition(f"/{SEED}")
    homes = [home for root in roots_of(workspace) for home in root.glob("runs/*/evaluation")]
    known = {home.parent.name: _with_maps(home) for home in reversed(homes) if _with_maps(home)}
    if seed and name in known:
        seeds = ", ".join(str(seed_of(each)) for each in known[name])
        return f"{named}: no maps of that seed; {name} has {seeds}. Give one of these."
    hint = nearest(named, sorted(known)) if known else "nothing is."
    return (
        f"{named!r} is no experiment that was evaluated with maps under {workspace.runs}, no "
        f"folder of one, and no fit; {hint} What is only fitted yet, `seqarena repro` evaluates."
    )
