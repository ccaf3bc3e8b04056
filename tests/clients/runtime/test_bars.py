"""A bar on a terminal, as the progress of a call for many."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Generator

import pytest
from convexgen.embedded import EmbeddedBackend
from mastra_convex import ConvexStorage
from page_examples import blocks
from project import ROOT
from waiting import PATIENCE

WITHOUT = """
import sys
from mastra_convex import progress_bar
print(sorted(name for name in sys.modules if name.split(".")[0] == "rich"))
sys.modules["rich.progress"] = None
try:
    with progress_bar("Threads"):
        print("begun")
except ImportError as error:
    print(error.name)
"""


@pytest.fixture(scope="module")
def backend() -> Generator[EmbeddedBackend, None, None]:
    with EmbeddedBackend.start(ROOT) as backend:
        yield backend


def environment(backend: EmbeddedBackend) -> dict[str, str]:
    told = {"CONVEX_URL": backend.url, "CONVEX_DEPLOY_KEY": backend.admin_key}
    return {**os.environ, **told, "TERM": "xterm", "COLUMNS": "100"}


@pytest.mark.skipif(sys.platform == "win32", reason="makes a terminal")
def test_a_bar_on_a_terminal(backend: EmbeddedBackend) -> None:
    """That of the page, and one whose words are no markup, of what is not counted before."""
    import pty

    (program,) = blocks("docs/python.md", "py bar")
    others = """
with ConvexStorage.from_env() as storage, progress_bar("[red]All[/red]") as progress:
    storage.threads.clear(progress=progress)
"""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", program + others], stderr=theirs, env=environment(backend)
    ) as running:
        os.close(theirs)
        shown = b""
        try:
            while piece := os.read(ours, 65536):
                shown += piece
        except OSError:  # nobody has the terminal any more
            pass
        assert running.wait(PATIENCE) == 0
    os.close(ours)
    assert b"Threads" in shown
    assert b"2000/2000" in shown
    assert b"[red]All[/red]" in shown
    assert b"2000/?" in shown


def test_no_bar_where_there_is_no_terminal(backend: EmbeddedBackend) -> None:
    (program,) = blocks("docs/python.md", "py bar")
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=environment(backend),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)
    with ConvexStorage(backend.url, deploy_key=backend.admin_key) as storage:
        assert storage.threads.clear() == 2000


def test_rich_is_asked_for_when_it_is_needed() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT], check=True, capture_output=True, text=True
    )
    assert done.stdout.splitlines() == ["[]", "rich.progress"]
