"""Notifications to a real server on loopback: told, tried again, given up, and never a secret."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from schedule_scenes import at, config_of

from seqarena.retraining.schedule.events import Notified, RunEnded
from seqarena.retraining.schedule.foreground import StopRequest, finish
from seqarena.retraining.schedule.journal import ScheduleJournal
from seqarena.retraining.schedule.notifier import Notifier
from seqarena.retraining.schedule.settings import NotifyConfig
from seqarena.retraining.schedule.webpage import publish

NOON = at("2026-01-05T12:00Z")
CANARY = "s3cret-canary"
FAILED = RunEnded(
    time=NOON,
    task="toy",
    tick=NOON,
    outcome="failed",
    exit_code=7,
    seconds=1.5,
    why="exit code 7: no data",
    lines=("no data",),
)


class Server:
    """Answers with the codes that it was given, one after the other; the last one for ever."""

    def __init__(self, *codes: int, pause: float = 0.0) -> None:
        self.codes, self.pause = list(codes), pause
        self.requests: list[tuple[str, dict[str, str], dict[str, object]]] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                server.requests.append((self.path, dict(self.headers), body))
                code = server.codes.pop(0) if len(server.codes) > 1 else server.codes[0]
                time.sleep(server.pause)
                self.send_response(code)
                if code == 302:
                    self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_GET = do_POST  # noqa: N815

            def log_message(self, *_):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.http.serve_forever, args=(0.01,))
        self.thread.start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.http.server_port}/hook/{CANARY}?key={CANARY}"

    def close(self) -> None:
        self.http.shutdown()
        self.thread.join()
        self.http.server_close()


@pytest.fixture
def serve(monkeypatch):
    servers = []

    def begin(*codes: int, pause: float = 0.0) -> Server:
        servers.append(Server(*codes, pause=pause))
        monkeypatch.setenv("SEQARENA_WEBHOOK_URL", servers[-1].address)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        return servers[-1]

    yield begin
    for server in servers:
        server.close()


def config(**more) -> NotifyConfig:
    raw = {"webhook": {}, "wait_seconds": 0.01, "timeout_seconds": 5.0, **more}
    return NotifyConfig.model_validate(raw)


def told(notify: NotifyConfig, tmp_path, verdict=FAILED) -> list[Notified]:
    journal = ScheduleJournal(tmp_path / "journal.jsonl")
    notifier = Notifier(notify, tmp_path, journal)
    notifier.tell(verdict)
    assert notifier.finish(20.0) == 0
    return journal.read()


def test_the_outcome_is_posted_as_json_with_the_token(serve, tmp_path, monkeypatch):
    monkeypatch.setenv("TOKEN", CANARY)
    server = serve(204)
    [event] = told(config(webhook={"token_variable": "TOKEN"}), tmp_path)
    assert (event.channel, event.delivered, event.attempts) == ("webhook", True, 1)
    [(path, headers, body)] = server.requests
    assert path == f"/hook/{CANARY}?key={CANARY}"
    assert headers["Authorization"] == f"Bearer {CANARY}"
    assert headers["Content-Type"] == "application/json"
    host = body.pop("host")
    assert host
    assert body == {
        "key": "toy@2026-01-05T12:00:00Z",
        "task": "toy",
        "tick": "2026-01-05T12:00:00Z",
        "outcome": "failed",
        "why": "exit code 7: no data",
        "text": "toy: failed - exit code 7: no data",
        "exit_code": 7,
        "seconds": 1.5,
        "lines": ["no data"],
    }


@pytest.mark.parametrize(
    ("codes", "attempts", "delivered", "why"),
    [
        ((500, 503, 200), 3, True, ""),
        ((429, 200), 2, True, ""),
        ((500,), 3, False, "answered 500"),
        ((404,), 1, False, "answered 404"),
        ((302,), 1, False, "answered 302"),
    ],
)
def test_what_may_pass_is_tried_again_and_what_will_not_is_given_up(
    serve, tmp_path, codes, attempts, delivered, why
):
    server = serve(*codes)
    [event] = told(config(), tmp_path)
    assert (event.attempts, event.delivered, event.why) == (attempts, delivered, why)
    assert len(server.requests) == attempts


def test_a_server_that_does_not_answer_is_not_waited_for(serve, tmp_path):
    serve(200, pause=0.5)
    [event] = told(config(timeout_seconds=0.1, attempts=2), tmp_path)
    assert (event.delivered, event.attempts, event.why) == (False, 2, "not reached: ReadTimeout")


def test_a_server_that_is_not_there_is_said_without_its_address(tmp_path, monkeypatch):
    monkeypatch.setenv("SEQARENA_WEBHOOK_URL", f"http://127.0.0.1:9/{CANARY}")
    [event] = told(config(attempts=1), tmp_path)
    assert event.why == "not reached: ConnectionError"
    assert CANARY not in (tmp_path / "journal.jsonl").read_text()


def test_an_outcome_that_nobody_asked_for_is_not_told(serve, tmp_path):
    server = serve(200)
    assert told(config(outcomes=["succeeded"]), tmp_path) == []
    assert server.requests == []


@pytest.mark.slow
def test_a_command_reads_the_outcome_and_has_no_secret(tmp_path, monkeypatch, serve):
    serve(200)
    script = 'cat > told.json; env > told.env; test "$(wc -l < told.env)" -gt 0'
    events = told(config(command=["sh", "-c", script]), tmp_path)
    assert {(event.channel, event.delivered) for event in events} == {
        ("command", True),
        ("webhook", True),
    }
    assert json.loads((tmp_path / "told.json").read_text())["outcome"] == "failed"
    assert CANARY not in (tmp_path / "told.env").read_text()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "attempts", "why"),
    [
        (["sh", "-c", "exit 3"], 2, "exit code 3"),
        (["sleep", "60"], 2, "no answer within 0.2 seconds"),
        (["no-such-command"], 1, "could not be started: No such file or directory"),
    ],
)
def test_a_command_that_fails_is_recorded(tmp_path, command, attempts, why):
    notify = config(webhook=None, command=command, attempts=2, timeout_seconds=0.2)
    [event] = told(notify, tmp_path)
    assert (event.delivered, event.attempts, event.why) == (False, attempts, why)


@pytest.mark.slow
def test_a_run_is_what_it_is_whatever_became_of_its_notification(scene, serve):
    serve(500)
    scene.start(config_of(notify={"webhook": {}, "attempts": 1}))
    scene.go_to("2026-01-05T01:00Z")
    assert scene.scheduler.notifier.finish(20.0) == 0
    assert scene.outcomes == [("05 01:00", "succeeded")]
    assert [event.why for event in scene.ticks[0].notified] == ["answered 500"]


@pytest.mark.slow
def test_a_secret_is_nowhere_even_when_the_command_prints_it(scene, serve, tmp_path, monkeypatch):
    server = serve(404)
    monkeypatch.setenv("TOKEN", f"token-{CANARY}")
    (tmp_path / "leak").write_text(f"{server.address}\ntoken-{CANARY}\n/hook/{CANARY}\n")
    notify = {"webhook": {"token_variable": "TOKEN"}, "attempts": 1}
    config = config_of(command=["sh", "-c", "env; cat leak; exit 1"], notify=notify)
    scene.start(config)
    scene.go_to("2026-01-05T01:00Z")
    request = StopRequest()
    request.ask("the test is over")
    finish(scene.scheduler, request)
    publish(config, scene.places)
    [(_, _, body)] = server.requests
    assert "***" in body["lines"]
    told = [json.dumps(body), *scene.said, scene.places.journal.read_text()]
    told.append(scene.places.page.read_text())
    assert [text for text in told if CANARY in text] == []
    # The environment of the command does not hold it; what a command reads elsewhere is its own.
    log = scene.places.log("toy", at("2026-01-05T01:00Z")).read_text()
    assert "SEQARENA_WEBHOOK_URL" not in log and "TOKEN=" not in log
