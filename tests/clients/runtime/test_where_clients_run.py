"""Clients in a notebook, in the workers of a server that forks, and in another event loop."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from children import child
from convexgen.embedded import EmbeddedBackend
from sample import AsyncSampleStorage, SampleStorage
from test_runtime_client import thread
from test_runtime_subscriptions import titles
from waiting import PATIENCE, wait_until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="forks, and sends SIGINT")

HERE = Path(__file__).parent


# A notebook: its cells run in a loop that is running

BEGIN = """
import sys
sys.path[:0] = {folders!r}
from sample import AsyncSampleStorage, SampleStorage, Thread, ThreadStatus

def thread(title):
    given = dict(resource_id="r", closed_by=None, status=ThreadStatus.OPEN, kind="chat")
    return Thread(thread_id="notebook", title=title, **given)

storage = SampleStorage({url!r}, deploy_key={key!r})
"""
CALLS = """
storage.threads.save(thread("one"))
print([one.title for one in storage.threads.get_many(["notebook"])])
storage.threads.update("notebook", title="two", expected={"title": "one"})
snapshots = storage.threads.watch("notebook")
print(snapshots.next().title)
"""
LATER = """
storage.threads.save(thread("three"))
print(snapshots.next().title)
"""
AWAITED = """
async with AsyncSampleStorage(storage.client.url, deploy_key={key!r}) as other:
    await other.threads.update("notebook", title="four", expected={{"title": "three"}})
    async with other.threads.watch("notebook") as watched:
        async for found in watched:
            print(found.title, storage.threads.get("notebook").title)
            break
        await other.threads.save(thread("five"))
        print((await watched.next()).title)
print(snapshots.latest().title)
"""
WAITING = """
print("waiting")
snapshots.next()
"""
AFTER = """
storage.threads.save(thread("six"))
print(snapshots.next().title)
storage.close()
"""


class Kernel:
    """One of Jupyter, which runs cells."""

    def __init__(self, manager: Any, client: Any) -> None:
        self.manager = manager
        self._client = client

    def begin(self, cell: str) -> Iterator[dict[str, Any]]:
        """What comes of a cell, message by message, up to its end."""
        asked = self._client.execute(cell)
        while True:
            message = self._client.get_iopub_msg(timeout=PATIENCE)
            if message["parent_header"].get("msg_id") != asked:
                continue
            content = message["content"]
            if message["msg_type"] == "status" and content["execution_state"] == "idle":
                return
            yield content

    def run(self, cell: str) -> str:
        """What a cell prints; or how it fails."""
        said = ""
        for content in self.begin(cell):
            said += content.get("text", "") + "".join(content.get("traceback", []))
        return said


@contextmanager
def kernel() -> Generator[Kernel, None, None]:
    from jupyter_client.manager import start_new_kernel

    manager, client = start_new_kernel(startup_timeout=PATIENCE, kernel_name="python3")
    try:
        yield Kernel(manager, client)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def test_a_notebook(backend: EmbeddedBackend) -> None:
    told = {"url": backend.url, "key": backend.admin_key, "folders": sys.path}
    with kernel() as notebook:
        assert notebook.run(BEGIN.format(**told)) == ""
        assert notebook.run(CALLS) == "['one']\ntwo\n"
        assert notebook.run(LATER) == "three\n"
        assert notebook.run(AWAITED.format(**told)) == "four four\nfive\nfive\n"
        # The stop button of a notebook is SIGINT.
        said = ""
        for content in notebook.begin(WAITING):
            if content.get("text") == "waiting\n":
                notebook.manager.interrupt_kernel()
            said += content.get("ename", "")
        assert said == "KeyboardInterrupt"
        assert notebook.run(AFTER) == "six\n"


# gunicorn: what is made before a fork is used behind it

APPLICATION = """
import os, sys
sys.path[:0] = {folders!r}
from sample import SampleStorage

storage = SampleStorage({url!r}, deploy_key={key!r})
snapshots = storage.threads.watch("gunicorn")
seen = [snapshots.next().title]  # the connections are those of the parent
parent = os.getpid()


def application(environ, start_response):
    title = environ["QUERY_STRING"]
    if title:
        storage.threads.update("gunicorn", title=title, expected={{"title": seen[-1]}})
        while (found := snapshots.latest().title) != title:
            pass
        seen.append(found)
    lines = [os.getpid() != parent, storage.threads.get("gunicorn").title, seen[-1]]
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [repr(lines).encode()]
"""


class LocalConnection(http.client.HTTPConnection):
    """One to a socket in the file system."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=PATIENCE)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(str(self._path))


def ask(path: Path, title: str = "") -> Any:
    connection = LocalConnection(path)
    try:
        connection.request("GET", f"/?{title}")
        return connection.getresponse().read().decode()
    finally:
        connection.close()


@pytest.mark.parametrize("options", [["--preload"], ["--preload", "--threads", "4"]])
def test_workers_of_gunicorn(
    options: list[str], backend: EmbeddedBackend, storage: SampleStorage, tmp_path: Path
) -> None:
    storage.threads.save(thread("gunicorn", title="zero"))
    told = {"url": backend.url, "key": backend.admin_key, "folders": sys.path}
    (tmp_path / "served.py").write_text(APPLICATION.format(**told))
    path = tmp_path / "socket"
    command = [sys.executable, "-m", "gunicorn", "--bind", f"unix:{path}", "--timeout", "0"]
    with child(
        [*command, *options, "served"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
    ) as running:
        wait_until(path.exists)
        assert ask(path) == "[True, 'zero', 'zero']"
        for title in ("one", "two"):
            assert ask(path, title) == f"[True, '{title}', '{title}']"
        # A worker that dies is forked anew from what was made before.
        (worker,) = json.loads(f"[{children_of(running.pid)}]")
        os.kill(worker, signal.SIGKILL)
        wait_until(lambda: children_of(running.pid) not in ("", str(worker)))
        assert ask(path) == "[True, 'two', 'zero']"
        running.send_signal(signal.SIGTERM)
        output, _ = running.communicate(timeout=PATIENCE)
    assert "Traceback" not in output
    assert running.returncode == 0, output


def children_of(process: int) -> str:
    """The numbers of those that live, with spaces between."""
    listed = subprocess.run(
        ["ps", "-o", "pid=,stat=", "--ppid", str(process)],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    alive = [line.split() for line in listed.stdout.splitlines()]
    return " ".join(number for number, state in alive if not state.startswith("Z"))


# uvloop


@pytest.mark.parametrize("is_uvloop", [False, True])
def test_uvloop(backend: EmbeddedBackend, *, is_uvloop: bool) -> None:
    import uvloop

    async def main() -> list[Any]:
        assert isinstance(asyncio.get_running_loop(), uvloop.Loop) is is_uvloop
        async with AsyncSampleStorage(backend.url, deploy_key=backend.admin_key) as storage:
            name = f"uvloop {is_uvloop}"
            seen: list[Any] = []
            async with storage.threads.watch(name) as snapshots:
                seen.append(titles(await snapshots.next(PATIENCE)))
                await storage.threads.save(thread(name, title="one"))
                seen.append(titles(await snapshots.next(PATIENCE)))
                changed = await asyncio.gather(
                    storage.threads.update(name, title="two", expected={"title": "one"}),
                    *(storage.threads.get(name) for _ in range(50)),
                )
                seen.append(titles(changed[0]))
                while titles(await snapshots.next(PATIENCE)) != "two":
                    pass
            return seen

    loop = uvloop.new_event_loop if is_uvloop else None
    with asyncio.Runner(loop_factory=loop) as runner:
        assert runner.run(main()) == [None, "one", "two"]
