"""Who is let in by a server that was really started, and how far."""

import base64
import http.client
import json
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest
from server_scenes import ServerProcess, reachable_folder, running, skip_without_postgresql

pytestmark = pytest.mark.slow
NOBODY = None
API = "/api/2.0/mlflow"
FILES = "/api/2.0/mlflow-artifacts/artifacts"


@dataclass(frozen=True)
class Answer:
    status: int
    body: str

    def json(self) -> dict:
        return json.loads(self.body)


class Caller:
    """Somebody with an account, or nobody, who sends what he likes."""

    def __init__(self, server: ServerProcess, name: str | None = None, password: str = "") -> None:
        self._server = server
        self._headers = {}
        if name is not None:
            token = base64.b64encode(f"{name}:{password}".encode()).decode()
            self._headers = {"Authorization": f"Basic {token}"}

    def ask(
        self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None
    ) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self._server.port, timeout=60)
        sent = {"Content-Type": "application/json", **self._headers, **(headers or {})}
        text = None if body is None else json.dumps(body)
        connection.request(method, path, text, sent)
        answer = connection.getresponse()
        content = answer.read().decode(errors="replace")
        connection.close()
        return Answer(answer.status, content)


@pytest.fixture(scope="module")
def server() -> Iterator[ServerProcess]:
    skip_without_postgresql()
    with reachable_folder() as folder, running(folder / "data") as server:
        yield server


@pytest.fixture
def nobody(server: ServerProcess) -> Caller:
    return Caller(server)


@pytest.fixture
def admin(server: ServerProcess) -> Caller:
    return Caller(server, "admin", server.password)


@pytest.fixture(scope="module")
def guest(server: ServerProcess) -> Caller:
    account = {"username": "guest", "password": "guest-guest-guest"}
    made = Caller(server, "admin", server.password).ask("POST", f"{API}/users/create", account)
    assert made.status == 200, made
    return Caller(server, "guest", account["password"])


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", f"{API}/experiments/get?experiment_id=0"),
        ("POST", f"{API}/experiments/search"),
        ("POST", f"{API}/runs/create"),
        ("POST", f"{API}/runs/log-batch"),
        ("GET", f"{API}/metrics/get-history?run_id=a&metric_key=b"),
        ("GET", f"{API}/registered-models/search"),
        ("GET", f"{API}/users/get?username=admin"),
        ("GET", f"{FILES}?path="),
        ("GET", f"{FILES}/0/a"),
        ("PUT", f"{FILES}/0/a"),
        ("DELETE", f"{FILES}/0/a"),
        ("GET", "/get-artifact?run_uuid=a&path=b"),
        ("GET", "/model-versions/get-artifact?name=a&version=1&path=b"),
        ("POST", "/graphql"),
        ("GET", "/graphql"),
        ("GET", "/ajax-api/2.0/mlflow/experiments/get?experiment_id=0"),
        ("GET", "/ajax-api/3.0/jobs/1"),
        ("GET", "/"),
    ],
)
def test_without_an_account_nothing_is_answered(nobody, method, path):
    assert nobody.ask(method, path, {} if method in ("POST", "PUT") else None).status == 401


@pytest.mark.parametrize("password", ["", "password1234", "admin"])
def test_a_wrong_password_is_none(server, password):
    caller = Caller(server, "admin", password)
    assert caller.ask("GET", f"{API}/experiments/get?experiment_id=0").status == 401


def test_the_administrator_is_let_in(admin):
    answer = admin.ask("GET", f"{API}/experiments/get?experiment_id=0")
    assert answer.status == 200
    assert answer.json()["experiment"]["artifact_location"] == "mlflow-artifacts:/0"


@pytest.mark.parametrize("host", ["evil.example.org", "127.0.0.1.evil.org", "10.0.0.1", ""])
def test_another_host_is_refused_whoever_asks(admin, host):
    answer = admin.ask("GET", f"{API}/experiments/get?experiment_id=0", headers={"Host": host})
    assert answer.status in (400, 403)
    assert "experiment" not in answer.body.lower()


def test_a_page_of_another_origin_changes_nothing(admin):
    origin = {"Origin": "https://evil.example.org"}
    answer = admin.ask("POST", f"{API}/experiments/create", {"name": "evil"}, origin)
    assert answer.status == 403
    assert admin.ask("GET", f"{API}/experiments/get-by-name?experiment_name=evil").status == 404


@pytest.mark.parametrize(
    "path",
    [
        f"{FILES}/../../../../etc/passwd",
        f"{FILES}/{quote('../../../../etc/passwd', safe='')}",
        f"{FILES}/{quote(quote('../../../../etc/passwd', safe=''), safe='')}",
        f"{FILES}/0/..%2f..%2f..%2fsecrets/admin-password",
        f"{FILES}/%2fetc/passwd",
        f"{FILES}?path=../../secrets",
        f"{FILES}?path=%2fetc",
    ],
)
def test_no_path_leads_out_of_the_artifacts(server, admin, path):
    answer = admin.ask("GET", path)
    assert answer.status in (400, 404), answer
    assert "root:" not in answer.body
    assert server.password not in answer.body
    if "%252" not in path and not path.startswith(f"{FILES}/../"):
        assert answer.status == 400


def test_no_file_is_written_outside_of_the_artifacts(server, admin):
    before = sorted(server.folder.iterdir())
    for way in ("../../planted", "..%2f..%2fplanted", "0/../../../planted"):
        assert admin.ask("PUT", f"{FILES}/{way}", "x").status in (400, 404, 405)
    assert sorted(server.folder.iterdir()) == before
    assert not list(server.folder.rglob("planted"))


def test_a_model_version_does_not_point_at_a_file_of_the_server(admin):
    assert admin.ask("POST", f"{API}/registered-models/create", {"name": "m"}).status == 200
    version = {"name": "m", "source": "file:///etc"}
    assert admin.ask("POST", f"{API}/model-versions/create", version).status == 400


def test_an_experiment_rooted_in_a_folder_of_the_server_shows_and_takes_no_file(guest):
    root = {"name": "rooted", "artifact_location": "file:///etc"}
    made = guest.ask("POST", f"{API}/experiments/create", root)
    if made.status != 200:
        assert made.status in (400, 403)
        return
    experiment = made.json()["experiment_id"]
    run = guest.ask("POST", f"{API}/runs/create", {"experiment_id": experiment}).json()
    run_id = run["run"]["info"]["run_id"]
    for path in ("passwd", "../../passwd", "..%2f..%2fpasswd"):
        answer = guest.ask("GET", f"/get-artifact?run_uuid={run_id}&path={path}")
        assert answer.status >= 400
        assert "root:" not in answer.body
    listed = guest.ask("GET", f"{API}/artifacts/list?run_id={run_id}")
    assert "passwd" not in listed.body


def test_an_account_adds_to_what_others_made_and_deletes_none_of_it(admin, guest):
    made = admin.ask("POST", f"{API}/experiments/create", {"name": "shared"}).json()
    run = guest.ask("POST", f"{API}/runs/create", made).json()["run"]["info"]["run_id"]
    metric = {"run_id": run, "key": "loss", "value": 1.0, "timestamp": 1, "step": 0}
    assert guest.ask("POST", f"{API}/runs/log-metric", metric).status == 200
    assert guest.ask("POST", f"{API}/experiments/delete", made).status == 403
    another = {"username": "another", "password": "another-another"}
    assert guest.ask("POST", f"{API}/users/create", another).status == 403


def test_an_old_password_and_a_deleted_account_are_forgotten_at_once(server, admin):
    account = {"username": "brief", "password": "brief-brief-brief"}
    assert admin.ask("POST", f"{API}/users/create", account).status == 200
    brief = Caller(server, "brief", account["password"])
    path = f"{API}/experiments/get?experiment_id=0"
    assert brief.ask("GET", path).status == 200
    changed = {"username": "brief", "password": "other-other-other"}
    assert admin.ask("PATCH", f"{API}/users/update-password", changed).status == 200
    assert brief.ask("GET", path).status == 401
    renewed = Caller(server, "brief", changed["password"])
    assert renewed.ask("GET", path).status == 200
    assert admin.ask("DELETE", f"{API}/users/delete", {"username": "brief"}).status == 200
    assert renewed.ask("GET", path).status == 401


def test_only_this_machine_is_listened_on_and_the_database_on_no_port(server):
    listening = {
        (connection.laddr.ip, connection.laddr.port)
        for process in server.processes()
        for connection in process.net_connections("inet")
        if connection.status == "LISTEN"
    }
    assert listening == {("127.0.0.1", server.port)}


def test_the_password_is_in_its_file_alone(server):
    secret = server.password
    file = server.folder / "secrets" / "admin-password"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert secret not in server.words
    assert str(file) in server.words
    assert [p.cmdline() for p in server.processes() if secret in " ".join(p.cmdline())] == []
    holders = [path for path in server.folder.rglob("*") if _holds(path, secret.encode())]
    assert holders == [file]


def _holds(path: Path, secret: bytes) -> bool:
    return path.is_file() and secret in path.read_bytes()
