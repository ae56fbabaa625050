from pathlib import Path

import pytest

from seqarena.tracking.location import StoreLocation, locate_store, redact


def test_the_default_store_is_sqlite_below_the_root(tmp_path: Path) -> None:
    location = locate_store(tmp_path, {})
    assert location.tracking_uri == f"sqlite:///{tmp_path}/mlflow.db"
    assert location.artifact_root == f"file://{tmp_path}/mlartifacts"
    assert location.database == tmp_path / "mlflow.db"


def test_a_relative_database_lies_below_the_root_and_not_where_one_stands(tmp_path: Path) -> None:
    location = locate_store(tmp_path, {"MLFLOW_TRACKING_URI": "sqlite:///sub/a.db"})
    assert location.database == tmp_path / "sub/a.db"
    assert location.artifact_root == f"file://{tmp_path}/sub/mlartifacts"


def test_a_server_decides_about_its_artifacts(tmp_path: Path) -> None:
    uri = "https://user:hunter2@example.org/mlflow"
    location = locate_store(tmp_path, {"MLFLOW_TRACKING_URI": uri})
    assert location == StoreLocation(uri, None)
    assert location.database is None
    assert str(location) == "https://***@example.org/mlflow"


def test_another_database_keeps_its_artifacts_below_the_root(tmp_path: Path) -> None:
    location = locate_store(tmp_path, {"MLFLOW_TRACKING_URI": "postgresql://u:p@db/x"})
    assert location.artifact_root == f"file://{tmp_path}/mlartifacts"
    assert location.database is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("at http://u:p@h/x failed", "at http://***@h/x failed"),
        ("http://u:p/@ss@h:1/x", "http://***@h:1/x"),
        ("see http://h/x?token=abc&y=1", "see http://h/x?token=***&y=1"),
        ("postgresql://h/d?password=abc", "postgresql://h/d?password=***"),
        ("the token canary was wrong", "the token *** was wrong"),
        ("http://h/x and mail@example.org", "http://h/x and mail@example.org"),
    ],
)
def test_credentials_are_never_told(text: str, expected: str) -> None:
    assert redact(text, {"MLFLOW_TRACKING_TOKEN": "canary"}) == expected


@pytest.mark.parametrize("uri", [None, "sqlite:///a.db", "postgresql://db/x"])
def test_files_go_where_one_says_unless_a_server_keeps_them(
    tmp_path: Path, uri: str | None
) -> None:
    environment = {"SEQARENA_ARTIFACTS": "s3://bucket/runs/", "MLFLOW_TRACKING_URI": uri or ""}
    assert locate_store(tmp_path, environment).artifact_root == "s3://bucket/runs"
    served = environment | {"MLFLOW_TRACKING_URI": "https://example.org"}
    assert locate_store(tmp_path, served).artifact_root is None


def test_the_keys_of_a_bucket_are_never_told() -> None:
    assert redact("denied for canary", {"AWS_SECRET_ACCESS_KEY": "canary"}) == "denied for ***"
