"""Files in a bucket: artifacts of MLflow and a remote of DVC, on a server that speaks S3."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from server_scenes import reachable_folder, running, skip_without_postgresql
from tracking_scenes import (
    MLFLOW_WARNS,
    content,
    fit_path,
    fresh_store,
    identity,
    replay_into,
    write_everything,
)

from seqarena.tracking.location import locate_store
from seqarena.tracking.sync import sync

pytest.importorskip("boto3", reason="boto3 is not installed: it belongs to seqarena[s3].")
moto = pytest.importorskip("moto.server", reason="moto is not installed: it belongs to [dev].")
# botocore and moto themselves use what newer Pythons deprecate.
pytestmark = [
    pytest.mark.filterwarnings(MLFLOW_WARNS),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:botocore"),
    pytest.mark.slow,
]
BUCKET = "arena"


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Serve an empty bucket, and set the variables that docs/how-to/storage.md tells users to."""
    import boto3

    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    variables = {
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "canary-secret",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": endpoint,
        "MLFLOW_S3_ENDPOINT_URL": endpoint,
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    made = boto3.resource("s3").Bucket(BUCKET)
    made.create()
    yield made
    server.stop()


def names(bucket: Any, prefix: str) -> list[str]:
    return sorted(each.key for each in bucket.objects.filter(Prefix=prefix))


def test_a_replay_puts_artifacts_into_a_bucket_from_which_they_are_read(
    bucket: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_everything(tmp_path)
    monkeypatch.setenv("SEQARENA_ARTIFACTS", f"s3://{BUCKET}/runs")
    fresh_store(tmp_path / "served")
    location = locate_store(tmp_path / "served")
    assert replay_into(location, fit_path(tmp_path), fit_path(tmp_path, 1)) == []
    sync(tmp_path / "runs", tmp_path / "reports", location)
    assert len(names(bucket, "runs/dates/")) > 4
    assert not (tmp_path / "served" / "mlartifacts").exists()

    plain = fresh_store(tmp_path / "plain")
    sync(tmp_path / "runs", tmp_path / "reports", plain)
    assert content(location)[identity().key]["artifacts"]
    assert content(location) == content(plain)


def test_a_server_keeps_its_artifacts_in_a_bucket_whose_keys_the_clients_lack(
    bucket: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    skip_without_postgresql()
    write_everything(tmp_path)
    kept = {name: os.environ[name] for name in os.environ if name.startswith(("AWS_", "MLFLOW_S3"))}
    with (
        reachable_folder() as folder,
        running(
            folder / "data", "--artifacts", f"s3://{BUCKET}/shared", environment=kept
        ) as server,
    ):
        for name in kept:
            monkeypatch.delenv(name)
        client = server.client
        for name, value in client.items():
            monkeypatch.setenv(name, value)
        location = locate_store(tmp_path)
        sync(tmp_path / "runs", tmp_path / "reports", location)
        served = content(location)
        assert not any((server.folder / "artifacts").iterdir())
    for name in client:
        monkeypatch.delenv(name)
    plain = fresh_store(tmp_path / "plain")
    sync(tmp_path / "runs", tmp_path / "reports", plain)
    assert served == content(plain)
    assert [name for name in names(bucket, "shared/") if name.endswith("model.safetensors")]


def test_dvc_pushes_the_outputs_of_a_stage_to_a_bucket_and_pulls_them_back(
    bucket: Any, tmp_path: Path
) -> None:
    pytest.importorskip("dvc_s3", reason="dvc-s3 is not installed: it belongs to seqarena[s3].")
    (tmp_path / "dvc.yaml").write_text(
        "stages:\n  squares:\n    cmd: seq 1 9 > squares.txt\n    outs: [squares.txt]\n"
    )

    def dvc(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "dvc", *arguments],
            cwd=tmp_path,
            env={**os.environ, "DVC_NO_ANALYTICS": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    dvc("init", "--no-scm", "--quiet")
    dvc("remote", "add", "--default", "bucket", f"s3://{BUCKET}/dvc")
    dvc("remote", "modify", "bucket", "endpointurl", os.environ["AWS_ENDPOINT_URL"])
    dvc("repro", "--quiet")
    made = (tmp_path / "squares.txt").read_text()
    assert dvc("push").strip() == "1 file pushed"
    assert len(names(bucket, "dvc/")) >= 1

    (tmp_path / "squares.txt").unlink()
    shutil.rmtree(tmp_path / ".dvc" / "cache")
    dvc("pull")
    assert (tmp_path / "squares.txt").read_text() == made
    assert "canary" not in (tmp_path / ".dvc" / "config").read_text()
