"""The one place that speaks MLflow's language; MLflow is imported when a store is opened."""

import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqarena.tracking.events import DatasetUsed, MetricLogged
from seqarena.tracking.location import SQLITE, StoreLocation
from seqarena.tracking.parts import KEY_TAG, Status
from seqarena.tracking.sqlite_store import exclusive, open_prepared

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

# A request holds at most 1000 metrics, 100 params and 100 tags, and 1000 of all together.
_METRICS_PER_CALL = 800
_NAMES_PER_CALL = 100
_LONGEST_TAG = 8000
# MLflow takes 36 characters of a digest, and its pages have room for a dozen.
_DIGEST_LENGTH = 12


@dataclass(frozen=True)
class StoredRun:
    """A run as the store has it."""

    run_id: str
    start: int
    end: int | None
    status: str
    params: Mapping[str, str]
    tags: Mapping[str, str]


class Store:
    """An open tracking store. Every method may raise whatever MLflow and the network raise."""

    def __init__(self, location: StoreLocation) -> None:
        """Open the store; an SQLite store is created or upgraded first, one process at a time."""
        from mlflow import MlflowClient

        self.location = location
        self._experiments: dict[str, str] = {}
        self._client: MlflowClient

        def connect(uri: str) -> None:
            self._client = MlflowClient(tracking_uri=uri)
            self._client.search_experiments(max_results=1)

        if location.database is None:
            connect(location.tracking_uri)
        else:
            open_prepared(location.database, lambda path: connect(f"{SQLITE}{path}"))

    @property
    def client(self) -> "MlflowClient":
        """MLflow's own client of this store."""
        return self._client

    def exclusive(self) -> AbstractContextManager[None]:
        """Keep other processes of this machine from creating a run meanwhile (SQLite only)."""
        database = self.location.database
        return nullcontext() if database is None else exclusive(database)

    def find(self, experiment: str, key: str) -> StoredRun | None:
        """Return the run with this key.

        Two machines may have created it at once in a shared store; the elder stays.
        """
        found = self._client.search_runs(
            [self._experiment_id(experiment)], f"tags.`{KEY_TAG}` = '{key}'", max_results=100
        )
        runs = sorted(found, key=lambda run: (run.info.start_time, run.info.run_id))
        for copy in runs[1:]:
            self.delete(copy.info.run_id)
        return _stored(runs[0]) if runs else None

    def key_of(self, run_id: str) -> str | None:
        """Return the key of a run; None where there is no such run, or none of ours."""
        from mlflow.exceptions import MlflowException

        try:
            return _stored(self._client.get_run(run_id)).tags.get(KEY_TAG)
        except MlflowException:
            return None

    def ids_of(self, experiment: str) -> tuple[str, dict[str, str]] | None:
        """Return the id of an experiment, and those of its runs by their keys; None: not there."""
        found = self._client.get_experiment_by_name(experiment)
        if found is None:
            return None
        known: dict[str, str] = {}
        page = None
        while page is None or page.token:
            token = None if page is None else page.token
            page = self._client.search_runs([found.experiment_id], page_token=token)
            known |= {r.data.tags[KEY_TAG]: r.info.run_id for r in page if KEY_TAG in r.data.tags}
        return str(found.experiment_id), known

    def create(self, experiment: str, name: str, start: int, tags: Mapping[str, str]) -> StoredRun:
        """Return a new run that is RUNNING since `start` [ms]."""
        experiment_id = self._experiment_id(experiment)
        return _stored(self._client.create_run(experiment_id, start, dict(tags), name))

    def delete(self, run_id: str) -> None:
        """Put a run into MLflow's bin, from which it can be restored."""
        self._client.delete_run(run_id)

    def log(
        self,
        run_id: str,
        metrics: Sequence[MetricLogged],
        params: Mapping[str, str],
        tags: Mapping[str, str],
    ) -> None:
        """Store numbers, settings and labels, in few requests; the last tag is stored last."""
        from mlflow.entities import Metric, Param, RunTag

        rows = [Metric(m.name, m.value, m.time, m.step) for m in metrics]
        settings = [Param(name, value) for name, value in params.items()]
        labels = [RunTag(name, _cut(value)) for name, value in tags.items()]
        calls = zip_longest(
            reversed(_slices(labels, _NAMES_PER_CALL)),
            _slices(rows, _METRICS_PER_CALL),
            _slices(settings, _NAMES_PER_CALL),
            fillvalue=(),
        )
        for some_labels, some_rows, some_settings in reversed(list(calls)):
            self._client.log_batch(run_id, some_rows, some_settings, some_labels)

    def log_datasets(self, run_id: str, datasets: Iterable[DatasetUsed]) -> None:
        """Store which data the run read: a short digest to look at, the whole one in the source."""
        from mlflow.entities import Dataset, DatasetInput, InputTag

        for used in datasets:
            entity = Dataset(
                name=used.name,
                digest=used.digest[:_DIGEST_LENGTH],
                source_type="local",
                source=json.dumps({"uri": used.source, "digest": used.digest}),
                profile=json.dumps(used.schema),
            )
            context = InputTag("mlflow.data.context", used.context)
            self._client.log_inputs(run_id, [DatasetInput(entity, [context])])

    def upload(self, run_id: str, file: Path, folder: str) -> None:
        """Store a file under its own name, replacing one of that name."""
        self._client.log_artifact(run_id, str(file), folder or None)

    def upload_folder(self, run_id: str, folder: Path) -> None:
        """Store everything in a folder, under the names that it has there."""
        self._client.log_artifacts(run_id, str(folder))

    def download(self, run_id: str, file: str, folder: Path) -> bool:
        """Copy a stored file of a run into a folder, under its own name; False: there is none."""
        from mlflow.exceptions import MlflowException

        folder.mkdir(parents=True, exist_ok=True)
        try:
            found = Path(self._client.download_artifacts(run_id, file, str(folder)))
        except (MlflowException, OSError):
            return False
        if found.parent != folder:
            shutil.copyfile(found, folder / found.name)
        return True

    def set_status(self, run: StoredRun, status: Status, end: int | None) -> None:
        """Store how the run stands, if it stands differently."""
        if status == "RUNNING":
            if run.status != status:
                self._client.update_run(run.run_id, status=status)
        elif (run.status, run.end) != (status, end):
            self._client.set_terminated(run.run_id, status, end)

    def _experiment_id(self, name: str) -> str:
        """Return the experiment's id; it is created, or taken out of the bin, where needed."""
        if name not in self._experiments:
            self._experiments[name] = self._find_experiment(name) or self._create_experiment(name)
        return self._experiments[name]

    def _find_experiment(self, name: str) -> str | None:
        found = self._client.get_experiment_by_name(name)
        if found is None:
            return None
        if found.lifecycle_stage == "deleted":
            self._client.restore_experiment(found.experiment_id)
        return str(found.experiment_id)

    def _create_experiment(self, name: str) -> str:
        """Create it, unless another process was quicker."""
        from mlflow.exceptions import MlflowException

        root = self.location.artifact_root
        try:
            return str(self._client.create_experiment(name, root and f"{root}/{_folder(name)}"))
        except MlflowException:
            found = self._find_experiment(name)
            if found is None:
                raise
            return found


def _stored(run: "Run") -> StoredRun:
    info, data = run.info, run.data
    return StoredRun(
        info.run_id, info.start_time, info.end_time, info.status, dict(data.params), dict(data.tags)
    )


def _slices(items: list[Any], size: int) -> list[list[Any]]:
    return [items[start : start + size] for start in range(0, len(items), size)]


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_TAG else f"{text[: _LONGEST_TAG - 1]}…"


def _folder(name: str) -> str:
    """Return an experiment's name as a folder's."""
    return "".join(letter if letter.isalnum() or letter in "-_" else "_" for letter in name)
