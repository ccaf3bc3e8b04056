"""A real browser, in which pages of other sites get nothing of the backend."""

from __future__ import annotations

import json
import queue
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from convexgen.embedded import EmbeddedBackend
from node_scripts import run_script
from test_http import post
from waiting import PATIENCE

PAGE = (Path(__file__).parent / "site.html").read_bytes()
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> str:
    """That of the machine, else that of npm."""
    found = next((path for name in PROGRAMS if (path := shutil.which(name))), None)
    if found is None:
        folder = tmp_path_factory.mktemp("chromium")
        found = str(run_script("chromiumPath.mjs", TMPDIR=str(folder)))
    asked = subprocess.run(
        [found, "--headless", "--no-sandbox", "--version"],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    if asked.returncode != 0:
        pytest.skip(f"the browser of npm does not start here: {asked.stderr.strip()[-300:]}")
    return found


@contextmanager
def site() -> Iterator[tuple[int, queue.SimpleQueue[Any]]]:
    """The port of a server with the page, and what the page reports."""
    reports: queue.SimpleQueue[Any] = queue.SimpleQueue()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(PAGE)

        def do_POST(self) -> None:
            reports.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Be silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1], reports
    server.shutdown()
    server.server_close()


def visit(browser: str, host: str, backend: EmbeddedBackend, channel: str, folder: Path) -> Any:
    """What the page gets that the browser finds at the host."""
    with site() as (port, reports):
        url = f"http://{host}:{port}/#{backend.port},{channel}"
        command = [
            *(browser, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"),
            *(f"--user-data-dir={folder}", "--host-resolver-rules=MAP *.example 127.0.0.1", url),
            "--remote-debugging-port=0",
        ]
        running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            return reports.get(timeout=PATIENCE)
        finally:
            running.terminate()
            running.wait(PATIENCE)


def messages(backend: EmbeddedBackend, channel: str) -> Any:
    call = {"path": "messages:list", "args": {"channel": channel}}
    return [one["body"] for one in post(backend, "/api/query", call)["value"]]


def test_another_site_gets_nothing(
    backend: EmbeddedBackend, browser: str, channel: str, tmp_path: Path
) -> None:
    channel = channel.replace(" ", "-")
    taken = visit(browser, "evil.example", backend, channel, tmp_path)
    assert taken == {"own": [], "framed": []}
    assert messages(backend, channel) == []


def test_a_page_of_this_machine_gets_all_and_a_frame_without_rights_nothing(
    backend: EmbeddedBackend, browser: str, channel: str, tmp_path: Path
) -> None:
    channel = channel.replace(" ", "-")
    taken = visit(browser, "localhost", backend, channel, tmp_path)
    names = ("127.0.0.1", "localhost", "x.localhost")
    # What is sent blindly is answered to nobody.
    assert taken["own"] == [
        f"{name} {way}" for name in names for way in ("read", "get", "write", "socket")
    ]
    assert taken["framed"] == []
    assert messages(backend, channel) == ["taken"] * 9
