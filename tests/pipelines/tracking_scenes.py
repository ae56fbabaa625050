"""Journals and stores that several tests of tracking share."""

import hashlib
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from PIL import Image

from seqarena.tracking.client_environment import PATIENT, client_environment
from seqarena.tracking.journal import Journal, RunIdentity
from seqarena.tracking.location import StoreLocation, locate_store
from seqarena.tracking.mlflow_store import Store
from seqarena.tracking.replay import replay

# MLflow 3.17 itself uses what SQLAlchemy 2.1 deprecates.
MLFLOW_WARNS = "ignore:The ``noload`` loader strategy is deprecated:DeprecationWarning"


def identity(seed: int = 0) -> RunIdentity:
    tags = {"task": "dates", "family": "lstm", "seed": str(seed), "mlflow.note.content": "# Dates"}
    return RunIdentity(f"lstm-dates/seed-{seed}/f00d", f"lstm-dates seed {seed}", "dates", tags)


def fit_path(root: Path, seed: int = 0) -> Path:
    return root / f"runs/lstm-dates/fit/seed-{seed}/journal.jsonl"


def evaluation_path(root: Path, seed: int = 0) -> Path:
    return root / f"runs/lstm-dates/evaluation/seed-{seed}/journal.jsonl"


def tell_fit(journal: Journal, run: RunIdentity, n_steps: int = 20, end: bool = True) -> None:
    """Tell a whole fit."""
    journal.begin(run)
    journal.params({"family": {"kind": "lstm", "model_dim": 64}, "text": "x" * 300})
    journal.dataset("dates/train", "ab" * 32, "training", {"n_sequences": 100}, "data/prepared")
    for step in range(n_steps):
        journal.metrics({"train/loss": 1 / (step + 1), "valid/loss": 2 / (step + 1)}, step)
    model = journal.path.parent / "model.safetensors"
    model.write_bytes(b"weights")
    journal.artifact(model)
    config = journal.path.parent / "config.json"
    config.write_text("{}")
    journal.artifact(config, "settings")
    if end:
        journal.end("FINISHED")


def tell_evaluation(journal: Journal, run: RunIdentity) -> None:
    """Tell an evaluation with pictures of attention."""
    journal.begin(run)
    journal.metric("test/exact_match", 0.75, 0)
    pictures = []
    for row in range(3):
        picture = journal.path.parent / "attention" / f"probe-{row}.png"
        picture.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (400, 200), (80 * row, 40, 200)).save(picture)
        journal.artifact(picture, "attention")
        pictures.append(picture)
    journal.table("attention", {"probe": ["a", "b", "c"], "picture": pictures})
    journal.end("FINISHED")


def write_everything(root: Path) -> None:
    """Write the journals of two seeds, each with a fit and an evaluation."""
    for seed in (0, 1):
        tell_fit(Journal(fit_path(root, seed)), identity(seed))
        tell_evaluation(Journal(evaluation_path(root, seed)), identity(seed))


@cache
def _empty_database() -> Path:
    """Create one empty store per session: its migrations take over a second."""
    folder = Path(tempfile.mkdtemp(prefix="seqarena-test-store-"))
    with client_environment(PATIENT):
        Store(locate_store(folder, {}))
    return folder / "mlflow.db"


def fresh_store(folder: Path) -> StoreLocation:
    """Return the location of an empty SQLite store in a new folder."""
    folder.mkdir(parents=True)
    for suffix in ("", "-wal", "-shm"):
        part = _empty_database().with_name(f"mlflow.db{suffix}")
        if part.exists():
            shutil.copy(part, folder / part.name)
    return locate_store(folder, {})


def replay_into(location: StoreLocation, *journals: Path, thorough: bool = False) -> list[str]:
    """Replay journals into a store and return the notes."""
    with client_environment(PATIENT):
        store = Store(location)
        return [note for path in journals for note in replay(path, store, thorough=thorough)]


def content(location: StoreLocation) -> dict[str, dict[str, Any]]:
    """Return all that a store holds of its active runs, by key; random ids left out."""
    with client_environment(PATIENT), tempfile.TemporaryDirectory() as folder:
        client = Store(location).client
        runs = [
            run
            for experiment in client.search_experiments()
            for run in client.search_runs([experiment.experiment_id], max_results=1000)
        ]
        return {
            run.data.tags["seqarena.key"]: {
                "experiment": client.get_experiment(run.info.experiment_id).name,
                "name": run.info.run_name,
                "start": run.info.start_time,
                "end": run.info.end_time,
                "status": run.info.status,
                "params": dict(run.data.params),
                "tags": dict(run.data.tags),
                "metrics": {
                    name: sorted(
                        (m.step, m.timestamp, m.value)
                        for m in client.get_metric_history(run.info.run_id, name)
                    )
                    for name in run.data.metrics
                },
                "datasets": sorted(
                    (
                        used.dataset.name,
                        used.dataset.digest,
                        used.dataset.profile,
                        tag.key,
                        tag.value,
                    )
                    for used in run.inputs.dataset_inputs
                    for tag in used.tags
                ),
                "artifacts": _artifacts(client, run.info.run_id, Path(folder)),
            }
            for run in runs
        }


def _artifacts(client: Any, run_id: str, folder: Path) -> dict[str, str]:
    """Return the digest of every artifact of a run."""
    if not client.list_artifacts(run_id):
        return {}
    target = folder / run_id
    target.mkdir()
    client.download_artifacts(run_id, "", str(target))
    return {
        file.relative_to(target).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(target.rglob("*"))
        if file.is_file()
    }
