"""The pytest plugin: what a project's own tests get from `convex_backend`."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Protocol

import pytest
from project import ROOT
from waiting import PATIENCE

FUNCTIONS = ROOT / "tests" / "embedded" / "project"

HEAD = """
import asyncio
import time
from datetime import UTC, datetime, timedelta
import httpx2 as httpx
import pytest
from convex.http_client import ConvexHttpClient

def bodies(backend, channel="a"):
    listed = ConvexHttpClient(backend.url).query("messages:list", {"channel": channel})
    return [message["body"] for message in listed]

def send(backend, body="hello"):
    client = ConvexHttpClient(backend.url)
    return client.mutation("messages:send", {"channel": "a", "body": body})
"""


class RunTests(Protocol):
    """Runs pytest and returns what it printed."""

    def __call__(
        self, tests: str, *arguments: str, settings: str | None = None, code: int = 0
    ) -> str: ...


@pytest.fixture
def run_tests(tmp_path: Path) -> RunTests:
    """Runs pytest on tests of another project, which uses the plugin as users do."""

    def run(tests: str, *arguments: str, settings: str | None = None, code: int = 0) -> str:
        if settings is None:
            settings = f'[tool.convexgen.testing]\nconvex_project = "{FUNCTIONS}"\n'
        (tmp_path / "pyproject.toml").write_text(settings)
        (tmp_path / "test_user.py").write_text(HEAD + tests)
        command = [sys.executable, "-m", "pytest", "-p", "convexgen.testing.plugin"]
        command += ["-p", "no:cacheprovider", *arguments]
        finished = subprocess.run(
            command, cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
        assert finished.returncode == code, finished.stdout + finished.stderr
        return finished.stdout

    return run


MANY = """
@pytest.mark.parametrize("n", range(50))
def test_is_alone(convex_backend, n):
    with open("servers.txt", "a") as servers:
        print(convex_backend.site_url, file=servers)
    assert bodies(convex_backend) == []
    send(convex_backend, f"{n}")
    assert bodies(convex_backend) == [f"{n}"]
"""


@pytest.mark.parametrize("workers", ["0", "2"])
def test_each_test_has_an_empty_backend(run_tests: RunTests, tmp_path: Path, workers: str) -> None:
    output = run_tests(MANY, "-q", "-p", "xdist.plugin", "-n", workers)
    assert "50 passed" in output
    servers = (tmp_path / "servers.txt").read_text().splitlines()
    assert len(servers) == 50
    # Only the first test of a worker waits for a process to start.
    assert len(set(servers)) == max(1, int(workers))


def test_clients_of_an_earlier_test_are_cut_off(run_tests: RunTests) -> None:
    run_tests(
        """
earlier = []

def test_first(convex_backend):
    earlier.append(convex_backend.url)
    assert send(convex_backend)

def test_second(convex_backend):
    assert convex_backend.url not in earlier
    with pytest.raises(httpx.ConnectError):
        httpx.get(earlier[0])
"""
    )


def test_the_clock(run_tests: RunTests) -> None:
    run_tests(
        """
NEW_YEAR = datetime(2031, 1, 1, tzinfo=UTC)

def created(backend):
    client = ConvexHttpClient(backend.url)
    document = client.query("messages:byId", {"id": send(backend)})
    return document["_creationTime"]

def test_documents(convex_backend):
    assert convex_backend.clock.set(NEW_YEAR) == NEW_YEAR
    first, second = created(convex_backend), created(convex_backend)
    start = NEW_YEAR.timestamp() * 1000
    assert start <= first < second < start + 3
    year = 365 * 24 * 3600_000
    convex_backend.clock.set(NEW_YEAR - timedelta(days=365))
    assert start - year <= created(convex_backend) < start - year + 3

def test_is_back(convex_backend):
    earliest = datetime.now(UTC) - timedelta(milliseconds=1)
    now = convex_backend.clock.now()
    latest = datetime.now(UTC)
    assert earliest <= now <= latest
    before = time.time() * 1000 - 1
    assert before < created(convex_backend) < NEW_YEAR.timestamp() * 1000

def test_scheduled(convex_backend):
    clock = convex_backend.clock
    clock.set(NEW_YEAR)
    client = ConvexHttpClient(convex_backend.url)
    hour, month = 3600_000.0, 31 * 24 * 3600_000.0
    client.mutation("scheduling:later", {"channel": "a", "delay": month})
    client.mutation("scheduling:later", {"channel": "a", "delay": hour})
    clock.advance(timedelta(minutes=59))
    assert bodies(convex_backend) == []
    assert clock.advance(timedelta(minutes=2)) == NEW_YEAR + timedelta(minutes=61)
    documents = client.query("messages:list", {"channel": "a"})
    assert [int(d["_creationTime"]) for d in documents] == [NEW_YEAR.timestamp() * 1000 + hour]
    clock.advance(timedelta(days=31))
    assert bodies(convex_backend) == ["later", "later"]

def test_ticking(convex_backend):
    clock = convex_backend.clock
    clock.set(NEW_YEAR, ticking=True)
    before = clock.now()
    while clock.now() == before:
        pass
    clock.advance(timedelta(days=1))
    assert clock.now() >= NEW_YEAR + timedelta(days=1)
    assert clock.follow_machine().year < 2031

def test_mistakes(convex_backend):
    with pytest.raises(ValueError, match="no time zone"):
        convex_backend.clock.set(datetime(2031, 1, 1))
    with pytest.raises(ValueError, match="cannot advance"):
        convex_backend.clock.advance(timedelta(seconds=-1))
"""
    )


def test_cron_jobs_follow_the_clock(run_tests: RunTests) -> None:
    """Each run at its time; a job that a move passes more than a thousand times runs once."""
    faults = FUNCTIONS.parent / "faults"
    run_tests(
        """
NEW_YEAR = datetime(2031, 1, 1, tzinfo=UTC)

def ticks(backend, name):
    return ConvexHttpClient(backend.url).query("jobs:ticks", {"name": name})

def test_crons(convex_backend):
    clock = convex_backend.clock
    year = clock.now().year
    clock.set(NEW_YEAR - timedelta(minutes=10))
    years = ticks(convex_backend, "new year")
    assert years == NEW_YEAR.year - 1 - year
    before = ticks(convex_backend, "interval")
    assert before < 1000  # as many seconds as it took to come here, and one more
    clock.advance(timedelta(seconds=100))
    assert ticks(convex_backend, "interval") == before + 100
    clock.advance(timedelta(minutes=9))
    assert ticks(convex_backend, "new year") == years + 1
    hours = ticks(convex_backend, "hourly")
    clock.advance(timedelta(hours=3))
    assert ticks(convex_backend, "hourly") == hours + 3
""",
        settings=f'[tool.convexgen.testing]\nconvex_project = "{faults}"\n',
    )


def test_date_in_functions(run_tests: RunTests, tmp_path: Path) -> None:
    (tmp_path / "convex").mkdir()
    (tmp_path / "node_modules").symlink_to(ROOT / "node_modules")
    (tmp_path / "convex" / "times.ts").write_text(
        'import { query } from "./_generated/server";\n'
        "export const now = query({ args: {}, handler: async () =>\n"
        "  [Date.now(), new Date().getTime(), Date.UTC(2000, 0), new Date(5).getTime(),\n"
        "   new Date() instanceof Date, typeof Date()] });\n"
    )
    run_tests(
        """
def test_date(convex_backend):
    moment = datetime(2031, 1, 1, tzinfo=UTC)
    convex_backend.clock.set(moment)
    time = moment.timestamp() * 1000
    assert ConvexHttpClient(convex_backend.url).query("times:now") == [
        time, time, 946684800000, 5, True, "string"
    ]
""",
        settings="",
    )


def test_faults_of_calls_over_http(run_tests: RunTests) -> None:
    run_tests(
        """
def call(backend, path="messages:list", timeout=300, **extra):
    body = {"path": path, "args": {"channel": "a", **extra}, "format": "json"}
    kind = "query" if path == "messages:list" else "mutation"
    return httpx.post(f"{backend.url}/api/{kind}", json=body, timeout=timeout)

def test_error(convex_backend):
    convex_backend.faults.error(503, "messages:list", nth=2)
    statuses = [call(convex_backend).status_code for _ in range(3)]
    assert statuses == [200, 503, 200]
    assert call(convex_backend, "messages:send", body="b").status_code == 200

def test_every_call(convex_backend):
    convex_backend.faults.error(500)
    assert httpx.get(convex_backend.url + "/version", timeout=1000).status_code == 500
    assert call(convex_backend).status_code == 500
    convex_backend.faults.clear()
    assert call(convex_backend).status_code == 200

def test_faults_end_with_the_test(convex_backend):
    assert call(convex_backend).status_code == 200

def test_drop(convex_backend):
    convex_backend.faults.drop("messages:send", nth=1)
    with pytest.raises(httpx.TransportError):
        call(convex_backend, "messages:send", body="lost")
    assert bodies(convex_backend) == []

def test_drop_of_the_answer(convex_backend):
    convex_backend.faults.drop("messages:send", nth=1, after=True)
    with pytest.raises(httpx.TransportError):
        call(convex_backend, "messages:send", body="written")
    assert bodies(convex_backend) == ["written"]

def test_delay(convex_backend):
    convex_backend.faults.delay("messages.js:list", 0.2, nth=1)
    assert call(convex_backend).status_code == 200
    convex_backend.faults.delay("messages.js:list", 3600)
    with pytest.raises(httpx.ReadTimeout):
        call(convex_backend, timeout=httpx.Timeout(300, read=0.5))
    call(convex_backend, "messages:send", body="at once")

def test_of_a_url(convex_backend):
    convex_backend.faults.error(502, "/version")
    assert httpx.get(convex_backend.url + "/version", timeout=1000).status_code == 502
    assert call(convex_backend).status_code == 200

def test_mistakes(convex_backend):
    with pytest.raises(ValueError, match="not the status of an error"):
        convex_backend.faults.error(200)
    with pytest.raises(ValueError, match="counted from 1"):
        convex_backend.faults.drop(nth=0)
    with pytest.raises(ValueError, match="cannot delay"):
        convex_backend.faults.delay(None, -1)
"""
    )


def test_faults_of_calls_over_a_socket(run_tests: RunTests) -> None:
    run_tests(
        """
from convex import ConvexClient

@pytest.mark.parametrize("fault", ["drop", "error"])
def test_a_mutation_is_made_once(convex_backend, fault):
    faults = convex_backend.faults
    if fault == "error":
        faults.error(500, "messages:send", nth=1)
    else:
        faults.drop("messages:send", nth=1)
    client = ConvexClient(convex_backend.url)
    client.mutation("messages:send", {"channel": "a", "body": "once"})
    assert bodies(convex_backend) == ["once"]

def test_drop_of_the_answer(convex_backend):
    convex_backend.faults.drop("messages:send", nth=1, after=True)
    client = ConvexClient(convex_backend.url)
    client.mutation("messages:send", {"channel": "a", "body": "lost"})
    # This client comes back as another session, for which the mutation is a new one.
    assert bodies(convex_backend) == ["lost", "lost"]

def test_delay(convex_backend):
    client = ConvexClient(convex_backend.url)
    convex_backend.faults.delay("messages:list", 0.2, nth=1)
    assert client.query("messages:list", {"channel": "a"}) == []

def test_a_delay_without_end(convex_backend):
    convex_backend.faults.delay("messages:list", 3600)
    snapshots = ConvexClient(convex_backend.url).subscribe("messages:list", {"channel": "a"})
    async def hear():
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(aiter(snapshots)), 0.5)
    asyncio.run(hear())
"""
    )


def test_settings(run_tests: RunTests) -> None:
    tests = "def test_it(convex_backend):\n    assert bodies(convex_backend) == []\n"
    ini = (
        f'[tool.pytest.ini_options]\nconvex_project = "{FUNCTIONS}"\nconvex_functions = "convex"\n'
    )
    run_tests(tests, settings=ini)
    unknown = "[tool.convexgen.testing]\nproject = 'x'\n"
    assert "has no setting 'project', only convex_project" in run_tests(
        tests, settings=unknown, code=1
    )
    output = run_tests(tests, settings="", code=1)
    assert "did not start" in output
    assert "no functions directory" in output


@pytest.mark.parametrize("settings", [None, ""])
def test_a_package_of_its_own_in_the_project(
    run_tests: RunTests, tmp_path: Path, settings: str | None
) -> None:
    """Its `pyproject.toml`, as specs may have one written, makes it the root folder of pytest."""
    package = tmp_path / "package"
    package.mkdir()
    (package / "pyproject.toml").write_text('[project]\nname = "client"\n')
    tests = "def test_it(convex_backend):\n    assert bodies(convex_backend) == []\n"
    (package / "test_client.py").write_text(HEAD + tests)
    if settings is not None:
        shutil.copytree(FUNCTIONS / "convex", tmp_path / "convex")
        (tmp_path / "node_modules").symlink_to(ROOT / "node_modules")
    assert "1 passed" in run_tests("", "package/test_client.py", settings=settings)


def test_importing_the_plugin_costs_nothing() -> None:
    script = (
        "import sys, pytest; before = set(sys.modules)\n"
        "import convexgen.testing.plugin\n"
        "print(sorted(name for name in set(sys.modules) - before if 'convex' in name"
        " or name in {'httpx2', 'pydantic', 'jinja2', 'yaml', 'subprocess'}))"
    )
    finished = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    loaded = finished.stdout.strip()
    assert loaded == "['convexgen', 'convexgen.testing', 'convexgen.testing.plugin']"
