"""A real browser, which opens pages that tell what they saw."""

from __future__ import annotations

import json
import os
import queue
import shutil
import subprocess
import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from convexgen.embedded import find_node
from waiting import PATIENCE

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
PATH_OF_NPM = Path(__file__).with_name("chromiumPath.mjs")


def find_browser(folder: Path) -> str:
    """That of the machine, else that of npm, which is unpacked into the folder.

    The test is skipped where it does not start.
    """
    found = next((path for name in PROGRAMS if (path := shutil.which(name))), None)
    if found is None:
        unpacked = subprocess.run(
            [find_node(), PATH_OF_NPM],
            env={**os.environ, "TMPDIR": str(folder)},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert unpacked.returncode == 0, unpacked.stderr
        found = str(json.loads(unpacked.stdout.splitlines()[-1]))
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


def report_of(browser: str, page: bytes, host: str, fragment: str, folder: Path) -> Any:
    """What the page posts to its own address, as JSON, that the browser finds at the host.

    The browser keeps what it keeps in the folder. Every name that ends in `.example` is here.
    """
    with _site(page) as (port, reports):
        command = [
            *(browser, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"),
            *(f"--user-data-dir={folder}", "--host-resolver-rules=MAP *.example 127.0.0.1"),
            *("--remote-debugging-port=0", f"http://{host}:{port}/#{fragment}"),
        ]
        running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            return reports.get(timeout=PATIENCE)
        finally:
            running.terminate()
            running.wait(PATIENCE)


@contextmanager
def _site(page: bytes) -> Generator[tuple[int, queue.SimpleQueue[Any]]]:
    """The port of a server with the page, and what the page reports."""
    reports: queue.SimpleQueue[Any] = queue.SimpleQueue()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(page)

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
