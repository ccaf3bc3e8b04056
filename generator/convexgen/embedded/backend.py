"""Starting the embedded backend as a child process."""

import json
import os
import queue
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from convexgen.embedded.data_lock import DataLock
from convexgen.embedded.failures import BackendFailed
from convexgen.embedded.node import find_node

SERVER = Path(__file__).parent / "server" / "main.mjs"

_KEPT_LOG_LINES = 1000
_REPORTED_LOG_LINES = 40
_STOP_TIMEOUT = 5.0
_START_TIMEOUT = 120.0
"""For what hangs: it takes 0.2 s, and on a machine with other work to do many times as long."""
_NOTHING: Mapping[str, object] = {}


@dataclass(frozen=True, slots=True)
class _Ready:
    url: str
    port: int
    site_url: str
    admin_key: str


def server_command(project: Path, functions: str | None) -> list[str]:
    """What runs the server, to which its options are added; see `server/main.mjs`.

    Raises:
        NodeNotFound: There is no Node.js.
    """
    return [str(find_node()), str(SERVER), *project_options(project, functions)]


def server_environment(
    admin_key: str | None = None, jwt_secret: str | None = None
) -> dict[str, str]:
    """The environment of the server: this one, and its secrets, which arguments would show.

    Functions compute in UTC and write numbers and times as in the United States, wherever they run;
    Node.js reads the language when it starts.
    """
    secrets = {"CONVEXGEN_ADMIN_KEY": admin_key, "CONVEXGEN_JWT_SECRET": jwt_secret}
    inherited = {name: value for name, value in os.environ.items() if name not in secrets}
    given = {name: value for name, value in secrets.items() if value is not None}
    return inherited | {"TZ": "UTC", "LC_ALL": "en_US.UTF-8"} | given


def project_options(project: Path, functions: str | None) -> list[str]:
    """The options of the server's programs for a project; None for what `convex.json` says."""
    named = [] if functions is None else ["--functions", functions]
    return ["--project", str(project), *named]


class EmbeddedBackend:
    """A running backend that serves the functions of one project.

    It lives as long as this process at most: it ends when its standard input
    closes, which also happens when this process is killed.

    Attributes:
        url: Its address, such as `http://127.0.0.1:50321`.
        port: The port of `url`.
        site_url: The address of HTTP actions, `CONVEX_SITE_URL` in functions.
        admin_key: The key that may call internal functions.
    """

    def __init__(
        self,
        process: subprocess.Popen[str],
        ready: _Ready,
        log_reader: "_LogReader",
        answers: "queue.SimpleQueue[str]",
        lock: DataLock | None,
    ) -> None:
        self._process = process
        self._lock = lock
        self._answers = answers
        self._control_lock = threading.Lock()
        self._log_reader = log_reader
        self.url = ready.url
        self.port = ready.port
        self.site_url = ready.site_url
        self.admin_key = ready.admin_key

    @classmethod
    def start(
        cls,
        project: Path,
        *,
        functions: str | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        site_port: int | None = None,
        data: Path | None = None,
        watch: bool = False,
        timeout: float = _START_TIMEOUT,
        admin_key: str | None = None,
        jwt_secret: str | None = None,
        function_timeout: float | None = None,
        cpu_limit: float | None = None,
        is_controlled: bool = False,
        on_log: Callable[[str], None] | None = None,
    ) -> "EmbeddedBackend":
        """Starts a backend and waits until it serves.

        Args:
            project: The directory with the functions directory in it, for which the npm packages
                `convex` and `convex-test` are installed, there or in a directory above.
            functions: The functions directory, relative to `project`; by default the one that
                `convex.json` names there, or else `convex`.
            host: The address to listen at, one of this machine's own, such as `::1`: whoever can
                reach it may run functions, and these run with the rights of this process.
            port: A fixed port, 0 for any free one.
            site_port: The port of HTTP actions, by default the one behind `port`, or any free one
                where that is taken or `port` is 0.
            data: A file to keep the data in, made when it is not there; in memory alone by default.
                Each commit is in it before it is answered, so that nothing is lost when the server
                is killed. When the machine loses power, what its system has not written to the disk
                yet is lost, usually the last seconds. One server at a time can use it.
            watch: Whether to go on with changes of the functions and the schema. Data stays; what
                cannot be used is refused and written to the log, and the code of before serves on.
            timeout: Seconds after which a server that does not serve is given up.
            admin_key: A fixed admin key; a new random one by default.
            jwt_secret: The secret of tokens that tests sign with HS256; tokens that no key fits are
                refused then.
            function_timeout: Seconds after which a function that does not finish fails.
            cpu_limit: Seconds of computing without a pause after which a function is stopped, by
                default 2 for a query or mutation and 10 for an action.
            is_controlled: Whether `control` can be used.
            on_log: Is called with each line that the server writes to its standard error (what
                functions print is there), in a thread of its own.

        Raises:
            BackendFailed: It did not start: packages are missing, the functions do not compile.
            NodeNotFound: There is no Node.js.
        """
        command = [*server_command(project, functions), "--watch-stdin"]
        command += ["--host", host, "--port", str(port)]
        if site_port is not None:
            command += ["--site-port", str(site_port)]
        if watch:
            command.append("--watch")
        if function_timeout is not None:
            command += ["--function-timeout", str(function_timeout)]
        if cpu_limit is not None:
            command += ["--cpu-limit", str(cpu_limit)]
        if is_controlled:
            command.append("--control")
        lock = None if data is None else DataLock(data)
        if lock is not None:
            command += ["--data", str(lock.data), "--data-lock", str(lock.path)]
        process = _started(command, server_environment(admin_key, jwt_secret), lock)
        log_reader = _LogReader(_pipe(process.stderr), on_log)
        output: queue.SimpleQueue[str] = queue.SimpleQueue()
        ready = _wait_until_ready(process, output, timeout)
        if ready is not None:
            return cls(process, ready, log_reader, output, lock)
        has_ended = process.poll() is not None
        _end(process)
        if lock is not None:
            lock.close()
        log_reader.finish()
        written = "\n".join(log_reader.lines()[-_REPORTED_LOG_LINES:])
        if has_ended:
            raise BackendFailed(written or f"The server ended with code {process.returncode}.")
        raise BackendFailed(f"The server did not start within {timeout} s.\n{written}".rstrip())

    @property
    def is_running(self) -> bool:
        """Whether the server process is there."""
        return self._process.poll() is None

    @property
    def pid(self) -> int:
        """The id of the server process."""
        return self._process.pid

    def log_lines(self) -> Sequence[str]:
        """The last lines that the server wrote to its standard error."""
        return self._log_reader.lines()

    def control(
        self, method: str, parameters: Mapping[str, object] = _NOTHING, *, timeout: float = 60.0
    ) -> dict[str, Any]:
        """Makes a request to the server by its standard input, not by the network.

        Requests are for tests; see `server/control/control.mjs`. After `reset` the address is
        another.

        Raises:
            BackendFailed: The server refused the request, has ended, or did not answer in
                `timeout` seconds, and then has to be stopped.
        """
        request = json.dumps({"method": method, **parameters})
        with self._control_lock:
            stdin = _pipe(self._process.stdin)
            try:
                stdin.write(f"{request}\n")
                stdin.flush()
                line = self._answers.get(timeout=timeout)
            except (OSError, ValueError):
                line = ""
            except queue.Empty:
                raise BackendFailed(
                    f"The server did not answer {method} within {timeout} s."
                ) from None
        if not line:
            raise BackendFailed(f"The server has ended and cannot answer {method}.")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise BackendFailed(str(answer["error"]))
        if "url" in answer:
            self.url, self.port = answer["url"], answer["port"]
        return answer

    def stop(self) -> None:
        """Ends the server. Does nothing when it has ended."""
        _end(self._process)
        self._log_reader.finish()
        if self._lock is not None:
            self._lock.close()

    def wait(self) -> int:
        """Waits until the server ends, and returns its exit code."""
        return self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()


class _LogReader:
    """Reads a pipe to its end, so that its writer never blocks, and keeps the last lines."""

    def __init__(self, pipe: IO[str], on_line: Callable[[str], None] | None) -> None:
        self._pipe = pipe
        self._on_line = on_line
        self._lines: deque[str] = deque(maxlen=_KEPT_LOG_LINES)
        self._thread = threading.Thread(
            target=self._read, name="convexgen-backend-log", daemon=True
        )
        self._thread.start()

    def _read(self) -> None:
        for raw_line in self._pipe:
            line = raw_line.rstrip("\n")
            self._lines.append(line)
            if self._on_line is not None:
                self._on_line(line)

    def lines(self) -> list[str]:
        return list(self._lines)

    def finish(self) -> None:
        self._thread.join(_STOP_TIMEOUT)
        self._pipe.close()


def _started(
    command: Sequence[str], environment: Mapping[str, str], lock: DataLock | None
) -> subprocess.Popen[str]:
    """The process of a server, which has the lock."""
    try:
        process = subprocess.Popen(
            command if lock is None else lock.starting(command),
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
            pass_fds=() if lock is None else lock.inherited,
        )
    except BaseException:
        if lock is not None:
            lock.close()
        raise
    if lock is not None:
        lock.leave_to(process.pid)
    return process


def _pipe(pipe: IO[str] | None) -> IO[str]:
    if pipe is None:
        raise AssertionError("the process was started with pipes")
    return pipe


def _wait_until_ready(
    process: subprocess.Popen[str], output: "queue.SimpleQueue[str]", timeout: float
) -> _Ready | None:
    """The server's first line, None when there is none in time."""
    stdout = _pipe(process.stdout)

    def read() -> None:
        for line in stdout:
            output.put(line)
        output.put("")
        stdout.close()

    threading.Thread(target=read, name="convexgen-backend-output", daemon=True).start()
    try:
        line = output.get(timeout=timeout)
    except queue.Empty:
        return None
    if not line:
        # The end of the output comes shortly before that of the process.
        with suppress(subprocess.TimeoutExpired):
            process.wait(_STOP_TIMEOUT)
        return None
    message = json.loads(line)
    return _Ready(
        url=message["url"],
        port=message["port"],
        site_url=message["siteUrl"],
        admin_key=message["adminKey"],
    )


def _end(process: subprocess.Popen[str]) -> None:
    _pipe(process.stdin).close()
    try:
        process.wait(_STOP_TIMEOUT)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
