import http.server
import json
import sqlite3
import threading
from contextlib import closing

import pytest

from seqarena.retraining.glance import CannotTellError, serving_version
from seqarena.tracking.location import StoreLocation


def test_a_store_that_is_not_there_serves_nothing(tmp_path):
    location = StoreLocation(f"sqlite:///{tmp_path / 'mlflow.db'}", None)
    assert serving_version(location, "moves") is None


def test_the_alias_of_an_sqlite_store_is_read(tmp_path):
    with closing(sqlite3.connect(tmp_path / "mlflow.db")) as connection, connection:
        connection.execute("CREATE TABLE registered_model_aliases (name, alias, version INTEGER)")
        rows = [("moves", "champion", 3), ("moves", "previous", 2), ("other", "champion", 9)]
        connection.executemany("INSERT INTO registered_model_aliases VALUES (?, ?, ?)", rows)
    location = StoreLocation(f"sqlite:///{tmp_path / 'mlflow.db'}", None)
    assert serving_version(location, "moves") == "3"
    assert serving_version(location, "reviews") is None


def test_a_database_of_something_else_cannot_tell(tmp_path):
    (tmp_path / "mlflow.db").write_text("words")
    with pytest.raises(CannotTellError):
        serving_version(StoreLocation(f"sqlite:///{tmp_path / 'mlflow.db'}", None), "moves")


@pytest.fixture
def server():
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            is_known = "name=moves&alias=champion" in self.path
            self.send_response(200 if is_known else 404)
            self.end_headers()
            told = {"model_version": {"version": "5", "auth": self.headers.get("Authorization")}}
            self.wfile.write(json.dumps(told).encode())

        def log_message(self, *_):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as made:
        thread = threading.Thread(target=made.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{made.server_port}"
        made.shutdown()
        thread.join()


@pytest.mark.slow
def test_a_server_is_asked_by_its_documented_address(server):
    assert serving_version(StoreLocation(server, None), "moves") == "5"
    assert serving_version(StoreLocation(server, None), "reviews") is None


def test_a_server_that_does_not_answer_cannot_tell():
    with pytest.raises(CannotTellError):
        serving_version(StoreLocation("http://127.0.0.1:9", None), "moves")
