"""A tracking store that is a PostgreSQL database itself, without a server of MLflow before it."""

from pathlib import Path

import pytest
from server_scenes import reachable_folder, running, skip_without_postgresql
from tracking_scenes import MLFLOW_WARNS, content, fresh_store, write_everything

from seqarena.retraining.glance import CannotTellError, serving_version
from seqarena.retraining.registry import CHAMPION
from seqarena.tracking.client_environment import PATIENT, client_environment
from seqarena.tracking.location import StoreLocation, locate_store
from seqarena.tracking.mlflow_store import Store
from seqarena.tracking.sync import sync
from seqarena.tracking_server.database import address_of
from seqarena.tracking_server.places import Places

pytestmark = [pytest.mark.filterwarnings(MLFLOW_WARNS), pytest.mark.slow]


def test_journals_and_the_registry_are_in_the_database_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    skip_without_postgresql()
    write_everything(tmp_path)
    plain = fresh_store(tmp_path / "plain")
    sync(tmp_path / "runs", tmp_path / "reports", plain)
    with reachable_folder() as folder, running(folder / "data"):
        monkeypatch.setenv("MLFLOW_TRACKING_URI", address_of(Places(folder / "data"), "mlflow"))
        location = locate_store(tmp_path)
        assert serving_version(location, "dates") is None
        sync(tmp_path / "runs", tmp_path / "reports", location)
        assert content(location) == content(plain)
        with client_environment(PATIENT):
            client = Store(location).client
            run = client.search_runs([client.get_experiment_by_name("dates").experiment_id])[0]
            client.create_registered_model("dates")
            version = client.create_model_version("dates", run.info.artifact_uri, run.info.run_id)
            client.set_registered_model_alias("dates", CHAMPION, version.version)
        assert serving_version(location, "dates") == "1"
        assert serving_version(location, "others") is None
        nothing = StoreLocation(location.tracking_uri.replace("/mlflow?", "/nothing?"), None)
        with pytest.raises(CannotTellError, match='database "nothing" does not exist'):
            serving_version(nothing, "dates")
