"""Stages that start in milliseconds: a server imports once, and forks a child for each stage.

Importing torch, Lightning and MLflow costs five to nine seconds a process. `seqarena repro` starts
one `StageServer`; each script under `pipelines/` then finds its socket in the environment, hands
over its arguments, folder, environment and standard streams, and exits with the code of the child
that did the work. Without a server (plain `dvc repro`) the script does the work itself.

The server is one thread, so that forking it is safe. It ends when the pipe that its starter holds
is closed, however the starter died; a child is ended when its client goes away.
"""

import contextlib
import ctypes
import json
import os
import runpy
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

from seqarena.errors import ConfigError, DataError, SeqarenaError
from seqarena.experiment.stage_failure import note_failure
from seqarena.kept_memory import keep_memory

SOCKET_VARIABLE = "SEQARENA_STAGE_SERVER"
# Named here, outside `fitting` and `tracking`, to be loaded; nothing of them is run.
_MODULES = (
    "seqarena.experiment.train",
    "seqarena.experiment.evaluate",
    "seqarena.experiment.compare",
    "pytorch_lightning",
    "mlflow",
    "matplotlib.figure",
)
_MAX_REQUEST = 1 << 20
_PR_SET_PDEATHSIG = 1


def run_stage(main: Callable[[list[str]], None]) -> NoReturn:
    """Run `main(sys.argv[1:])`, in a warm process if one is offered, and exit with its code.

    Exit codes: 0 done, 2 settings or data that cannot be used, 1 any other error, 128 + n ended by
    signal n.
    """
    address = os.environ.pop(SOCKET_VARIABLE, None)
    code = _hand_over(address) if address else None
    code = _call(main) if code is None else code
    if code != 0:
        # Of one that could not say more itself: it was ended by a signal.
        note_failure(f"it ended with code {code}.")
    _leave(code)


def _call(main: Callable[[list[str]], None]) -> int:
    keep_memory()
    try:
        main(sys.argv[1:])
    except (ConfigError, DataError) as error:
        note_failure(str(error))
        sys.stderr.write(f"{error}\n")
        return 2
    except SeqarenaError as error:
        note_failure(f"{type(error).__name__}: {error}")
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except SystemExit as error:
        return error.code if isinstance(error.code, int) else int(error.code is not None)
    except Exception as error:  # the process ends here, and its code must say so
        note_failure(f"{type(error).__name__}: {error}")
        traceback.print_exc()
        return 1
    return 0


def _leave(code: int) -> NoReturn:
    """Exit without the two seconds that tearing down torch and Lightning take."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _hand_over(address: str) -> int | None:
    """Let the server at `address` do this process's work; None if there is no server."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    request = {"argv": sys.argv, "cwd": str(Path.cwd()), "env": dict(os.environ)}
    try:
        connection.connect(address)
        # Refused when the environment is larger than a socket's buffer: then no server serves.
        socket.send_fds(connection, [json.dumps(request).encode()], [0, 1, 2])
    except OSError:
        return None
    try:
        answer = connection.recv(16)
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    return int(answer) if answer else 1


class StageServer:
    """A context in which stages start warm: `environment` is what their launcher must pass on."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="seqarena-")
        self._address = str(Path(self._folder.name) / "stages")
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        """Variables that lead a stage script to this server."""
        return {SOCKET_VARIABLE: self._address}

    def __enter__(self) -> "StageServer":
        command = [sys.executable, "-m", "seqarena.experiment.warm_start", self._address]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        if self._process.stdout is None or not self._process.stdout.readline():
            raise SeqarenaError("the stage server did not start; its error stands above.")
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            # Leaving it closes both pipes and waits; the server ends with its stdin.
            with self._process:
                pass
        self._folder.cleanup()


def serve(address: str) -> None:
    """Import everything, say so in one line, and fork a child per request until stdin closes."""
    # Control-C reaches the whole terminal group: the children end by it, the server by its stdin.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for module in _MODULES:
        __import__(module)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listener.bind(address)
    listener.listen(64)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    _Server(listener).loop()


class _Server:
    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self._selector = selectors.DefaultSelector()
        self._selector.register(listener, selectors.EVENT_READ, None)
        self._children: dict[int, socket.socket] = {}

    def loop(self) -> None:
        self._selector.register(0, selectors.EVENT_READ, None)
        while True:
            for key, _ in self._selector.select():
                if key.fileobj == 0:
                    self._end_children()
                    return
                if key.fileobj is self._listener:
                    self._accept()
                elif isinstance(key.data, int):
                    self._react(key.fileobj, key.data)

    def _accept(self) -> None:
        connection, _ = self._listener.accept()
        request, descriptors, _, _ = socket.recv_fds(connection, _MAX_REQUEST, 3)
        if len(descriptors) < 3:
            connection.close()
            return
        pid = os.fork()
        if pid == 0:
            self._become_child()
            _run_request(json.loads(request), descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        self._children[pid] = connection
        self._selector.register(os.pidfd_open(pid), selectors.EVENT_READ, pid)
        self._selector.register(connection, selectors.EVENT_READ, pid)

    def _become_child(self) -> None:
        """Drop the server's sockets; end with the server, whatever ends it."""
        self._selector.close()
        self._listener.close()
        for connection in self._children.values():
            connection.close()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)

    def _react(self, source: object, pid: int) -> None:
        if pid not in self._children:  # its end and its client's came together; the end was first
            return
        if isinstance(source, socket.socket):  # the client went away
            self._selector.unregister(source)
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
            return
        self._selector.unregister(int(str(source)))
        os.close(int(str(source)))
        _, status = os.waitpid(pid, 0)
        connection = self._children.pop(pid)
        with contextlib.suppress(KeyError):
            self._selector.unregister(connection)
        code = os.waitstatus_to_exitcode(status)
        with contextlib.suppress(OSError):
            connection.send(str(code if code >= 0 else 128 - code).encode())
        connection.close()

    def _end_children(self) -> None:
        for pid in self._children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)


def _run_request(request: dict[str, object], descriptors: list[int]) -> NoReturn:
    """Take the client's place: its streams, folder, environment and arguments."""
    for target, descriptor in enumerate(descriptors):
        os.dup2(descriptor, target)
        os.close(descriptor)
    environment, argv = request["env"], request["argv"]
    if isinstance(environment, dict) and isinstance(argv, list):
        os.environ.clear()
        os.environ.update(environment)
        os.chdir(str(request["cwd"]))
        sys.argv = [str(argument) for argument in argv]
        code = _call(lambda _: _run_script(sys.argv[0]))
        _leave(code)
    _leave(1)


def _run_script(path: str) -> None:
    runpy.run_path(path, run_name="__main__")


@contextlib.contextmanager
def stage_server(enabled: bool) -> Iterator[dict[str, str]]:
    """Yield the variables that make stages start warm; none when not enabled."""
    if not enabled or not hasattr(os, "pidfd_open"):
        yield {}
        return
    with StageServer() as server:
        yield server.environment


if __name__ == "__main__":
    serve(sys.argv[1])
