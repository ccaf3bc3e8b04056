"""A real browser, in which pages of other sites get nothing of the backend."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from browsers import find_browser, report_of
from convexgen.embedded import EmbeddedBackend
from test_http import post

PAGE = (Path(__file__).parent / "site.html").read_bytes()


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> str:
    return find_browser(tmp_path_factory.mktemp("chromium"))


def visit(browser: str, host: str, backend: EmbeddedBackend, channel: str, folder: Path) -> Any:
    """What the page gets that the browser finds at the host."""
    site_port = urlsplit(backend.site_url).port
    return report_of(browser, PAGE, host, f"{backend.port},{channel},{site_port}", folder)


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
    written = Counter(messages(backend, channel))
    assert written == {"taken": 9, "seen": 12}
