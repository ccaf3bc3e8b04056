"""No test judges by time: a machine that has much to do is slow, and nothing is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest
from elapsed_time import (
    judged_in_python,
    judged_in_typescript,
    short_limits,
    short_limits_in_typescript,
)
from project import ROOT
from waiting import PATIENCE

TESTS = ROOT / "tests"
# These wait for as long as it takes, and not for ever.
WAIT = {"waiting.py", "test_stress.py"}
# What is judged here stands in texts, as programs that tests run do.
EXAMPLES = Path(__file__).name


@pytest.mark.parametrize(
    "path", sorted(TESTS.rglob("*.py")), ids=lambda path: path.relative_to(TESTS).as_posix()
)
def test_fault_28_no_assertion_looks_at_a_clock(path: Path) -> None:
    if path.name in {*WAIT, EXAMPLES}:
        return
    text = path.read_text(encoding="utf-8")
    assert judged_in_python(text) == []
    assert short_limits(text) == []


@pytest.mark.parametrize("pattern", ["*.ts", "*.mjs"])
def test_fault_28_no_expectation_in_typescript_looks_at_a_clock(pattern: str) -> None:
    programs = [path for path in TESTS.rglob(pattern) if "node_modules" not in path.parts]
    assert programs
    for path in programs:
        text = path.read_text(encoding="utf-8")
        assert judged_in_typescript(text) == short_limits_in_typescript(text) == [], path


def test_fault_28_limits_are_for_what_hangs(pytestconfig: pytest.Config) -> None:
    assert float(pytestconfig.getini("timeout")) >= PATIENCE


@pytest.mark.parametrize(
    "text",
    [
        "assert time.monotonic() < deadline",
        "start = time.monotonic()\nelapsed = time.monotonic() - start\nassert elapsed < 0.5",
        "began = datetime.now()\nassert datetime.now() - began < timedelta(seconds=1)",
        "a = time.time()\nb = time.time()\nassert b - a < 1",
        "a, c = time.time(), 1\nb = time.time()\nassert b < a + 1",
        "from time import perf_counter as clock\na = clock()\nassert round(clock() - a) == 0",
        "a = time.time()\ntook = (time.time() - a) * 1000\nassert 1 < took and True",
        "times = []\na = time.time()\ntimes.append(time.time() - a)\nassert max(times) < 1",
        "a = time.time()\ndef took() -> float:\n    return time.time() - a\nassert took() < 1",
        "a = datetime.now(UTC)\nb = (datetime.now(UTC) - a).total_seconds()\nassert b < 1",
        "a = time.time()\nif time.time() - a > 1:\n    pytest.fail('slow')",
        "def test() -> None:\n    a = time.time()\n    a -= time.time()\n    assert a > -1",
        "assert (end := time.time()) and end < 5",
        "while time.monotonic() < end:\n    ask()\nelse:\n    raise AssertionError",
        "assert timeit.timeit(ask) < 1",
        "clock = time.monotonic\na = clock()\nassert clock() - a < 1",
        "run('a = now()\\nassert datetime.now(UTC) - a < b')",
        'run("""\n    a = time.time()\n    assert time.time() - a < 1\n""")',
    ],
)
def test_fault_28_what_is_an_assertion_on_time(text: str) -> None:
    assert judged_in_python(text) != []


@pytest.mark.parametrize(
    "text",
    [
        "before = time.time() * 1000 - 1\nassert before <= ask()",
        "a = time.time()\nb = ask()\nc = time.time()\nassert a <= b <= c",
        "token = sign(time.time())\nother = sign(time.time())\nassert token != other",
        "def test_one() -> None:\n    a = time.time()\n\ndef test_other() -> None:\n"
        "    a, b = 1, 2\n    assert b - a == 1",
        "assert backend.clock.now() == NEW_YEAR",
    ],
)
def test_what_is_no_assertion_on_time(text: str) -> None:
    assert judged_in_python(text) == []


@pytest.mark.parametrize(
    "call",
    [
        'run(["x"], timeout=5)',
        'subprocess.run(["x"], timeout=1 + 1)',
        "process.wait(5)",
        "await asyncio.wait_for(one, 60)",
        "asyncio.wait_for(one, timeout=60)",
        "lines.get(timeout=60)",
        "future.result(LIMIT)",
        "results.next(LIMIT / 2)",
        'http.client.HTTPConnection("127.0.0.1", timeout=5)',
        "asyncio.timeout(5)",
        "thread.join(5)",
        "lines.get(True, 5)",
        "connection.settimeout(5)",
        "pytest.mark.timeout(5)",
        "with Client(url, timeout=0.3) as client:\n    client.run(call)",
        "with Client(url, timeout=2) as client:\n    with pytest.raises(Timeout):\n        ask()",
    ],
)
def test_fault_28_what_is_a_short_limit(call: str) -> None:
    assert short_limits(f"LIMIT = 60\n{call}\n") == [2]


@pytest.mark.parametrize(
    "call",
    [
        "process.wait(PATIENCE)",
        'run(["x"], timeout=1000)',
        "while not stop.wait(0.005):\n    pass",
        "if stop.wait(0.05):\n    pass",
        "with pytest.raises(Timeout):\n    results.next(0.05)",
        "with pytest.raises(Timeout):\n    ask(Client(url, timeout=0.3))",
        "Client(url, timeout=MOMENT)",
        '", ".join(names)',
        "next(results)",
        "found.get(5)",
        "found.get(name, 5)",
    ],
)
def test_what_is_no_short_limit(call: str) -> None:
    assert short_limits(f"{call}\n") == []


@pytest.mark.parametrize(
    ("text", "is_judged"),
    [
        ("expect(performance.now() - start).toBeLessThan(5);", True),
        (
            "const start = Date.now();\nawait ask();\nconst took = Date.now() - start;\n"
            "expect(took)\n  .toBeLessThan(500);",
            True,
        ),
        ("const a = performance.now(); const b = performance.now();\nassert.ok(b - a < 5);", True),
        (
            "const a = Date.now(); const took = Date.now() - a;\nif (took > 500) throw slow();",
            True,
        ),
        ("const a = process.hrtime.bigint(); assert(process.hrtime.bigint() < a + 5n);", True),
        ("const before = Date.now() - 1; expect(await ask()).toBeGreaterThan(before);", False),
        ("const left = total - done; expect(left).toBe(5); const at = Date.now();", False),
    ],
)
def test_fault_28_what_is_an_expectation_on_time(text: str, *, is_judged: bool) -> None:
    assert bool(judged_in_typescript(text)) is is_judged


@pytest.mark.parametrize(
    ("text", "is_short"),
    [
        ("await vi.waitFor(() => expect(seen).toEqual([]));", True),
        ("await vi.waitUntil(() => seen.length > 0, { timeout: 5000 });", True),
        ("await Promise.race([answer, new Promise((_, reject) => setTimeout(reject, 5))]);", True),
        ("const client = new Client(url, { fetch, timeout: 2_000 });", True),
        ("const client = new Client(url, { timeout: MOMENT });", False),
        ("const client = new Client(url, { timeout: 0 });", False),
        ("await ask({ timeout: 900_000 });", False),
        ("await expect.poll(() => seen).toEqual([]);", False),
        ("await new Promise((resolve) => setTimeout(resolve, 5));", False),
    ],
)
def test_fault_28_what_is_a_short_limit_in_typescript(text: str, *, is_short: bool) -> None:
    assert bool(short_limits_in_typescript(text)) is is_short
