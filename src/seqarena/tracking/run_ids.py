"""Ids of runs in a store, by the keys that our journals give them."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from seqarena.tracking.client_environment import LIVE, client_environment
from seqarena.tracking.location import StoreLocation
from seqarena.tracking.mlflow_store import Store


@dataclass(frozen=True)
class StoredIds:
    """What a store calls an experiment and its runs."""

    experiment: str
    runs: dict[str, str] = field(default_factory=dict)
    """Id of each run by its key."""


def stored_ids(location: StoreLocation, experiments: Iterable[str]) -> dict[str, StoredIds]:
    """Return the ids of MLflow experiments and of all of their runs, by the experiments' names.

    An experiment that the store lacks is left out; so are all where the store does not answer.
    """
    found: dict[str, StoredIds] = {}
    with client_environment(LIVE):
        try:
            store = Store(location)
            for name in experiments:
                ids = store.ids_of(name)
                if ids is not None:
                    found[name] = StoredIds(*ids)
        except Exception:  # MLflow and the network raise anything; links are no part of a result
            return found
    return found
