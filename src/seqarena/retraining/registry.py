"""MLflow's registry, as far as retraining uses it: versions, and the aliases that say which serves.

An alias is last-writer-wins, and is gone with its version. So the order of writes and the ledger
make the promise, not MLflow: who moves an alias says which version he expects to find there.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException

from seqarena.errors import ArtifactError
from seqarena.retraining.outcomes import MovedError
from seqarena.tracking.mlflow_store import Store

CHAMPION, PREVIOUS = "champion", "previous"
DECISION_TAG = "seqarena.decision"
_ABSENT = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")


@dataclass(frozen=True)
class Version:
    """A version of a registered model."""

    number: str
    decision: str | None
    """Which decision made it; None: it was registered by something else."""
    run_id: str | None
    created: int
    """When [ms since 1970]."""
    tags: Mapping[str, str]
    aliases: tuple[str, ...]


class Registry:
    """The versions of one registered model. Every method may raise what MLflow raises."""

    def __init__(self, store: Store, model: str) -> None:
        self.model = model
        self._store = store

    @property
    def client(self) -> MlflowClient:
        """MLflow's own client."""
        return self._store.client

    def serving(self, alias: str = CHAMPION) -> str | None:
        """Return the version that an alias names; None: it names none."""
        try:
            found = self.client.get_model_version_by_alias(self.model, alias)
        except MlflowException as error:
            if error.error_code in _ABSENT:
                return None
            raise
        return str(found.version)

    def versions(self) -> list[Version]:
        """Return all of them, the newest first."""
        found = self.client.search_model_versions(f"name = '{self.model}'", max_results=1000)
        numbers = sorted((int(each.version) for each in found), reverse=True)
        aliases = self._aliases()
        by_number = {int(each.version): each for each in found}
        return [_version(by_number[number], aliases) for number in numbers]

    def version(self, number: str) -> Version:
        """Return one of them.

        Raises:
            ArtifactError: it is not there; names those that are.
        """
        every = self.versions()
        for each in every:
            if each.number == number:
                return each
        known = ", ".join(each.number for each in every) or "none"
        raise ArtifactError(f"{self.model} has no version {number}; it has {known}.")

    def of_decision(self, decision: str) -> str | None:
        """Return the version that a decision made; None: it has not made one."""
        found = [each.number for each in self.versions() if each.decision == decision]
        return found[-1] if found else None

    def register(
        self, decision: str, run_id: str, source: str, tags: Mapping[str, str], words: str
    ) -> str:
        """Return the version of a decision; it is made where it is not there yet.

        Args:
            decision: which makes it.
            run_id: that keeps its files.
            source: folder among the files of that run.
            tags: that the version bears.
            words: that describe it.
        """
        known = self.of_decision(decision)
        if known is not None:
            return known
        self._ensure_model()
        made = self.client.create_model_version(
            self.model,
            f"runs:/{run_id}/{source}",
            run_id=run_id,
            tags={**tags, DECISION_TAG: decision},
            description=words,
            await_creation_for=0,  # it is made at once, and MLflow would say that it waits
        )
        return str(made.version)

    def move(self, to: str, expected: str | None) -> None:
        """Make a version the champion, and the one that was expected there the previous one.

        Stopped between its two writes, it can be called again.

        Raises:
            MovedError: another version serves than the expected one, or than `to`.
        """
        with self._store.exclusive():
            found = self.serving()
            if found not in (expected, to):
                raise MovedError(
                    f"{self.model}: version {found or 'none'} serves, and {expected or 'none'} was "
                    "expected; nothing was moved. Somebody else moved it: look at `seqarena "
                    "versions`."
                )
            if expected is not None and expected != to:
                self.client.set_registered_model_alias(self.model, PREVIOUS, expected)
            self.client.set_registered_model_alias(self.model, CHAMPION, to)

    def tag(self, number: str, name: str, value: str) -> None:
        """Label a version."""
        self.client.set_model_version_tag(self.model, number, name, value)

    def delete(self, number: str) -> None:
        """Delete a version that neither serves nor served last.

        Raises:
            ArtifactError: it does, or is not there.
        """
        found = self.version(number)
        for alias in (CHAMPION, PREVIOUS):
            if alias in found.aliases:
                raise ArtifactError(
                    f"{self.model} version {number} is the {alias}, and is not deleted: its alias "
                    "would be gone with it. Promote or roll back to another one first."
                )
        self.client.delete_model_version(self.model, number)

    def fetch(self, run_id: str, folder: str, out: Path) -> Path:
        """Copy a folder of a run's files into `out`, and return where it is."""
        out.mkdir(parents=True, exist_ok=True)
        return Path(self.client.download_artifacts(run_id, folder, str(out)))

    def _ensure_model(self) -> None:
        try:
            self.client.create_registered_model(self.model)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise

    def _aliases(self) -> dict[str, str]:
        try:
            found: dict[str, str] = self.client.get_registered_model(self.model).aliases
        except MlflowException as error:
            if error.error_code in _ABSENT:
                return {}
            raise
        return {alias: str(number) for alias, number in found.items()}


def _version(found: ModelVersion, aliases: Mapping[str, str]) -> Version:
    number = str(found.version)
    own = tuple(sorted(alias for alias, named in aliases.items() if named == number))
    return Version(
        number,
        found.tags.get(DECISION_TAG),
        found.run_id or None,
        int(found.creation_timestamp),
        dict(found.tags),
        own,
    )
