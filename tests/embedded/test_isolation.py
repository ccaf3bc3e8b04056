"""A function that hangs, throws or ends the process fails its caller, and nobody else."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest
import web
from convex.http_client import ConvexHttpClient
from convexgen.embedded import EmbeddedBackend
from requests import RequestException
from waiting import PATIENCE, wait_until

from convex import ConvexClient

PROJECT = Path(__file__).parent / "faults"
TIMED_OUT = r"Function execution timed out \(maximum duration: 0\.3s\)"


class Subscription:
    """The number of marks with one name, as a client over a WebSocket hears of it."""

    def __init__(self, url: str) -> None:
        self.name = str(uuid4())
        self._client = ConvexClient(url)
        self._counts = iter(self._client.subscribe("stuck:marks", {"name": self.name}))
        assert next(self._counts) == 0
        self._seen = 0

    def wait_for(self, count: int) -> None:
        while self._seen < count:
            heard: Any = next(self._counts)
            # A transition that changes nothing makes the client tell the last value again.
            assert self._seen <= heard <= count
            self._seen = heard


def restarts(backend: EmbeddedBackend) -> int:
    return sum("Functions are started again" in line for line in backend.log_lines())


@pytest.fixture(scope="module")
def backend() -> Iterator[EmbeddedBackend]:
    with EmbeddedBackend.start(PROJECT, function_timeout=5.0, cpu_limit=0.3) as started:
        yield started


@pytest.fixture
def client(backend: EmbeddedBackend) -> ConvexHttpClient:
    return ConvexHttpClient(backend.url)


@pytest.fixture(scope="module")
def survivor(backend: EmbeddedBackend) -> Callable[[], None]:
    """Checks that the data of all tests are there, and that one subscription hears of each."""
    client = ConvexHttpClient(backend.url)
    subscription = Subscription(backend.url)
    marks = 0

    def check() -> None:
        nonlocal marks
        assert client.query("stuck:marks", {"name": subscription.name}) == marks
        marks += 1
        client.mutation("stuck:mark", {"name": subscription.name})
        assert client.query("stuck:marks", {"name": subscription.name}) == marks
        subscription.wait_for(marks)

    return check


FAILURES: dict[str, tuple[str, str, dict[str, Any], str]] = {
    "loop in a query": ("query", "stuck:queryLoop", {}, TIMED_OUT),
    "loop of continuations": ("query", "stuck:pausingLoop", {}, TIMED_OUT),
    "loop in a mutation": ("mutation", "stuck:mutationLoop", {"name": "undone"}, TIMED_OUT),
    "loop in an action": ("action", "stuck:actionLoop", {}, TIMED_OUT),
    "loop in a mutation of an action": (
        "action",
        "stuck:actionOfLoop",
        {"name": "undone"},
        TIMED_OUT,
    ),
    "never settling": ("mutation", "documents:neverEnds", {}, "promise will never resolve"),
    "endless recursion": ("query", "stuck:endlessRecursion", {}, "Maximum call stack size"),
    "throw in a timer": ("action", "stuck:throwInTimer", {}, "Uncaught Error: thrown in a timer"),
    "unhandled rejection": ("action", "stuck:rejectForNobody", {}, "Uncaught Error: for nobody"),
    "process.exit": ("action", "process:endProcess", {"how": "exit"}, r"process\.exit cannot be"),
    "process.abort": (
        "action",
        "process:endProcess",
        {"how": "abort"},
        r"process\.abort cannot be",
    ),
    "process.kill": ("action", "process:endProcess", {"how": "kill"}, r"process\.kill cannot be"),
    "process.exit in a timer": ("action", "process:endProcessInTimer", {}, r"process\.exit cannot"),
}


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES)
def test_a_failure_is_its_callers_alone(
    client: ConvexHttpClient,
    survivor: Callable[[], None],
    failure: tuple[str, str, dict[str, Any], str],
) -> None:
    kind, path, args, message = failure
    survivor()
    with pytest.raises(Exception, match=message):
        getattr(client, kind)(path, args)
    survivor()
    assert client.query("stuck:marks", {"name": "undone"}) == 0


def test_a_loop_over_a_socket(backend: EmbeddedBackend, survivor: Callable[[], None]) -> None:
    """The client, which would send a mutation again after losing the connection, gets an answer."""
    client = ConvexClient(backend.url)
    with pytest.raises(Exception, match=TIMED_OUT):
        client.mutation("stuck:mutationLoop", {"name": "undone"})
    assert client.query("stuck:marks", {"name": "undone"}) == 0
    survivor()


def test_a_loop_in_an_http_action(backend: EmbeddedBackend, survivor: Callable[[], None]) -> None:
    answer = web.get(f"{backend.url}/http/loop")
    assert answer.status_code == 500
    assert "Function execution timed out" in answer.json()["code"]
    survivor()


def test_a_loop_in_the_stream_of_an_http_action(
    backend: EmbeddedBackend, survivor: Callable[[], None]
) -> None:
    url = f"{backend.url}/http/loopInStream"
    with web.stream("GET", url) as answer:
        parts = answer.iter_text()
        assert next(parts) == "first "
        with pytest.raises(httpx2.RemoteProtocolError):
            list(parts)
    reason = "Functions are started again: GET /loopInStream: Function execution timed out"
    wait_until(lambda: any(reason in line for line in backend.log_lines()))
    survivor()


def test_a_subscription_that_comes_to_loop(
    backend: EmbeddedBackend, client: ConvexHttpClient, survivor: Callable[[], None]
) -> None:
    """It fails, and does not run again and again."""
    name = str(uuid4())
    heard = iter(ConvexClient(backend.url).subscribe("stuck:loopIfMarked", {"name": name}))
    assert next(heard) == "no mark"
    before = restarts(backend)
    client.mutation("stuck:mark", {"name": name})
    with pytest.raises(Exception, match=TIMED_OUT):
        next(heard)
    survivor()
    time.sleep(0.5)
    survivor()
    assert restarts(backend) == before + 1


def test_a_scheduled_function_that_loops(
    client: ConvexHttpClient, survivor: Callable[[], None]
) -> None:
    """It has failed, and what is scheduled beside it runs."""
    looping = client.mutation("stuck:scheduleLoop")
    waiting = client.mutation("jobs:schedule", {"name": "beside a loop", "delay": 100.0})

    def ended() -> dict[str, Any] | None:
        states = {id: client.query("jobs:job", {"id": id})["state"] for id in (looping, waiting)}
        kinds = {state["kind"] for state in states.values()}
        return states if kinds == {"failed", "success"} else None

    states = wait_until(ended)
    assert states is not None
    assert "Function execution timed out" in states[looping]["error"]
    assert states[waiting] == {"kind": "success"}
    assert client.query("jobs:ticks", {"name": "beside a loop"}) == 1
    survivor()


def test_what_runs_beside_a_loop() -> None:
    """Mutations are made once, queries answer; an action, which may have done something, fails."""
    name = str(uuid4())

    def call(url: str, kind: str, path: str, args: dict[str, Any]) -> Any:
        try:
            return getattr(ConvexHttpClient(url), kind)(path, args)
        except Exception as error:
            return str(error)

    # The action waits until the loop has been given up, however long that takes.
    with (
        EmbeddedBackend.start(PROJECT, function_timeout=PATIENCE, cpu_limit=0.3) as backend,
        ThreadPoolExecutor(16) as pool,
    ):
        submit = partial(pool.submit, call, backend.url)
        action = submit("action", "stuck:waitForMark", {"name": "never"})
        marks = [submit("mutation", "stuck:mark", {"name": name}) for _ in range(4)]
        loop = submit("mutation", "stuck:mutationLoop", {"name": name})
        marks += [submit("mutation", "stuck:mark", {"name": name}) for _ in range(8)]
        query = submit("query", "stuck:marks", {"name": "never"})
        assert "Function execution timed out" in loop.result()
        assert all(isinstance(mark.result(), float) for mark in marks)
        assert query.result() == 0
        assert call(backend.url, "query", "stuck:marks", {"name": name}) == len(marks)
        assert "Transient error while executing action" in action.result()


def test_an_action_that_only_calls_queries_leaves_room(
    backend: EmbeddedBackend, client: ConvexHttpClient
) -> None:
    name = str(uuid4())
    with ThreadPoolExecutor(1) as pool:
        other = ConvexHttpClient(backend.url)
        action = pool.submit(other.action, "stuck:queryUntilMark", {"name": name})
        # Longer than a function may compute without a pause.
        time.sleep(1)
        client.mutation("stuck:mark", {"name": name})
        assert action.result(PATIENCE) == "seen"


def test_memory_that_runs_out(monkeypatch: pytest.MonkeyPatch) -> None:
    # What is moved out of a large young generation at once would end the whole process, too.
    monkeypatch.setenv("NODE_OPTIONS", "--max-old-space-size=64 --max-semi-space-size=1")
    with EmbeddedBackend.start(PROJECT, cpu_limit=PATIENCE) as backend:
        client = ConvexHttpClient(backend.url)
        client.mutation("stuck:mark", {"name": "kept"})
        with pytest.raises(Exception, match="ran out of memory"):
            client.query("stuck:exhaustMemory")
        assert client.query("stuck:marks", {"name": "kept"}) == 1


def test_a_database_is_emptied_in_spite_of_a_loop() -> None:
    with EmbeddedBackend.start(PROJECT, is_controlled=True, cpu_limit=60) as backend:
        earlier = ConvexHttpClient(backend.url)
        earlier.mutation("stuck:mark", {"name": "gone"})

        def loop() -> None:
            with suppress(RequestException):
                earlier.query("stuck:queryLoop")

        looping = threading.Thread(target=loop)
        looping.start()
        time.sleep(0.2)
        backend.control("reset")
        client = ConvexHttpClient(backend.url)
        assert client.query("stuck:marks", {"name": "gone"}) == 0
        client.mutation("stuck:mark", {"name": "kept"})
        assert client.query("stuck:marks", {"name": "kept"}) == 1
        looping.join(PATIENCE)
        assert not looping.is_alive()


def test_the_clock_stays_set_when_functions_are_started_again() -> None:
    moment = 1_900_000_000_000
    with EmbeddedBackend.start(PROJECT, is_controlled=True, cpu_limit=0.3) as backend:
        client = ConvexHttpClient(backend.url)
        backend.control("clock.set", {"time": moment, "isRunning": False})
        assert client.mutation("stuck:mark", {"name": "a"}) == moment
        with pytest.raises(Exception, match=TIMED_OUT):
            client.query("stuck:queryLoop")
        assert client.mutation("stuck:mark", {"name": "a"}) == moment


# What functions see of time and chance


@pytest.mark.parametrize("kind", ["query", "mutation"])
def test_time_stands_still_in_transactions(client: ConvexHttpClient, kind: str) -> None:
    path = f"globals:in{kind.title()}"
    before = time.time() * 1000 - 1
    first, second = (getattr(client, kind)(path) for _ in range(2))
    for seen in (first, second):
        assert seen["times"] == [seen["times"][0]] * 3
        assert seen["times"][0][0] == seen["times"][0][1]
        assert before < seen["times"][0][0]
    assert second["times"][0][0] > first["times"][0][0]
    numbers = first["numbers"] + second["numbers"]
    assert len(set(numbers)) == len(numbers)
    assert all(0 <= number < 1 for number in numbers)


def test_time_passes_in_actions(client: ConvexHttpClient) -> None:
    result = client.action("globals:inAction")
    first, own, second = result["seen"]
    for transaction in (first, second):
        assert transaction["times"] == [transaction["times"][0]] * 3
    clocks = [clock for clock, _, _ in own["times"]]
    assert result["start"] + 19 <= clocks[0] < clocks[2] <= result["end"]
    assert own["times"][0][2] < own["times"][2][2]


def test_random_numbers_follow_from_their_seed(run_node: Callable[..., Any]) -> None:
    one, again, other = (run_node("randomNumbers.mjs", seed) for seed in ("1", "1", "2"))
    assert one == again
    assert not set(one) & set(other)
    assert abs(sum(one) / len(one) - 0.5) < 0.05
    assert max(one) > 0.99
    assert min(one) < 0.01


def test_stray_loops_belong_to_nobody(tmp_path: Path) -> None:
    """What a finished action left in a timer is stopped, and no call has failed."""
    (tmp_path / "node_modules").symlink_to(PROJECT.parents[2] / "node_modules")
    (tmp_path / "convex").mkdir()
    (tmp_path / "convex" / "stray.ts").write_text(
        'import { actionGeneric, queryGeneric } from "convex/server";\n'
        "export const leave = actionGeneric({ args: {}, handler: async () => {\n"
        "  setTimeout(() => { for (;;); }, 50); return 'left'; } });\n"
        "export const ask = queryGeneric({ args: {}, handler: async () => 'answer' });\n"
    )
    with EmbeddedBackend.start(tmp_path, cpu_limit=0.3) as backend:
        client = ConvexHttpClient(backend.url)
        assert client.action("stray:leave") == "left"

        def count() -> int:
            assert client.query("stray:ask") == "answer"
            return restarts(backend)

        assert wait_until(count) == 1
        assert count() == 1


def test_settings_of_the_environment_survive(client: ConvexHttpClient) -> None:
    with pytest.raises(Exception, match=TIMED_OUT):
        client.query("stuck:queryLoop")
    assert client.query("documents:environment", {"name": "PATH"}) == os.environ["PATH"]


@pytest.mark.parametrize("function", ["inQuery", "inMutation", "atFirst", "inAction"])
def test_who_replaces_what_javascript_brings_harms_itself(
    backend: EmbeddedBackend, client: ConvexHttpClient, function: str
) -> None:
    """Such as `Array.prototype.map`, which the server uses too."""
    other, name = ConvexHttpClient(backend.url), str(uuid4())
    call = client.action if function == "inAction" else client.mutation
    call = client.query if function == "inQuery" else call
    for count, path in enumerate(client.query("builtins:all", {}), 1):
        with suppress(Exception):
            call(f"builtins:{function}", {"path": path})
        other.mutation("stuck:mark", {"name": name})
        assert other.query("stuck:marks", {"name": name}) == count, path


@pytest.mark.parametrize("function", ["spoil", "spoilInAction"])
def test_who_spoils_what_javascript_brings_harms_itself(
    backend: EmbeddedBackend, client: ConvexHttpClient, function: str
) -> None:
    """In other ways than to replace it. What cannot be put back ends the thread of functions."""
    other, name = ConvexHttpClient(backend.url), str(uuid4())
    call = client.query if function == "spoil" else client.action
    for count, way in enumerate(client.query("builtins:ways", {}), 1):
        with suppress(Exception):
            call(f"builtins:{function}", {"way": way})
        other.mutation("stuck:mark", {"name": name})
        assert other.query("stuck:marks", {"name": name}) == count, way
