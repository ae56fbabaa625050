"""Secrets are drawn once, and only their owner can read them."""

import pytest

from seqarena.errors import ConfigError
from seqarena.tracking_server.places import Places
from seqarena.tracking_server.program import mlflow_command, mlflow_environment
from seqarena.tracking_server.secret_files import admin_password, kept_secret, password_file
from seqarena.tracking_server.settings import ServerSettings

CANARY = "canary-canary"


def test_a_secret_is_drawn_once_and_only_its_owner_reads_it(tmp_path):
    first = kept_secret(tmp_path / "one")
    assert len(first) == 32
    assert kept_secret(tmp_path / "one") == first
    assert kept_secret(tmp_path / "other") != first
    assert (tmp_path / "one").stat().st_mode & 0o777 == 0o600


def test_a_secret_that_others_could_read_is_closed_to_them(tmp_path):
    kept_secret(tmp_path / "one")
    (tmp_path / "one").chmod(0o644)
    kept_secret(tmp_path / "one")
    assert (tmp_path / "one").stat().st_mode & 0o777 == 0o600


def test_a_given_password_is_taken_and_never_written(tmp_path, monkeypatch):
    monkeypatch.setenv("SEQARENA_SERVER_PASSWORD", CANARY)
    assert admin_password(tmp_path, is_new=True) == CANARY
    assert list(tmp_path.iterdir()) == []


def test_a_given_password_must_be_one_that_mlflow_takes(tmp_path, monkeypatch):
    monkeypatch.setenv("SEQARENA_SERVER_PASSWORD", "elevenchars")
    with pytest.raises(ConfigError) as caught:
        admin_password(tmp_path, is_new=True)
    assert str(caught.value) == (
        "SEQARENA_SERVER_PASSWORD: has 11 characters; MLflow takes passwords of at least 12."
    )


def test_without_one_a_new_server_draws_its_own_and_an_old_one_does_not(tmp_path, monkeypatch):
    monkeypatch.delenv("SEQARENA_SERVER_PASSWORD", raising=False)
    assert admin_password(tmp_path, is_new=False) is None
    drawn = admin_password(tmp_path, is_new=True)
    assert password_file(tmp_path).read_text() == f"{drawn}\n"
    assert admin_password(tmp_path, is_new=False) == drawn


def test_no_secret_stands_in_the_command_and_no_variable_opens_the_server(tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://u:{CANARY}@elsewhere")
    monkeypatch.setenv("SEQARENA_SERVER_PASSWORD", CANARY)
    monkeypatch.setenv("MLFLOW_SERVER_DISABLE_SECURITY_MIDDLEWARE", "true")
    monkeypatch.setenv("MLFLOW_S3_ENDPOINT_URL", "http://bucket")
    settings, places = ServerSettings(tmp_path), Places(tmp_path)
    places.secrets.mkdir()
    assert CANARY not in " ".join(mlflow_command(settings, places))
    environment = mlflow_environment(settings, places, CANARY)
    holders = [name for name, value in environment.items() if CANARY in value]
    assert holders == ["MLFLOW_AUTH_ADMIN_PASSWORD"]
    assert "MLFLOW_SERVER_DISABLE_SECURITY_MIDDLEWARE" not in environment
    assert environment["MLFLOW_S3_ENDPOINT_URL"] == "http://bucket"
    assert environment["MLFLOW_SERVER_ENABLE_JOB_EXECUTION"] == "false"
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert [path for path in written if CANARY in path.read_text()] == []
