"""What hooks are told of calls, over HTTP and over the WebSocket, by threads and by tasks."""

from __future__ import annotations

import asyncio
import dataclasses
import gzip
import json
import logging
import threading
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from convexgen.embedded import EmbeddedBackend
from convexgen.runtime import (
    AsyncClient,
    AsyncStorage,
    Call,
    CallEvent,
    Client,
    Conflict,
    ConvexgenError,
    Decoder,
    InvalidArgument,
    NotFound,
    Storage,
    Timeout,
    Unavailable,
)
from cutting_proxy import CuttingProxy, cutting_proxy
from late_calls import impatient, late
from loopback import Reply, closed_port_url, failure, serving, success
from mastra_convex import ConvexStorage, Thread
from node_program import CLIENT, bundle, run_node
from page_examples import blocks
from project import ROOT
from small_project import SmallProject
from waiting import PATIENCE

FUNCTIONS = """
import {
  actionGeneric as action,
  internalMutationGeneric as mutation,
  internalQueryGeneric as query,
} from "convex/server";
import { ConvexError } from "convex/values";
const refuse = () => {
  throw new ConvexError({ code: "Conflict", message: "refused" });
};
export const get = query((ctx, { name }) => name);
export const count = query(async (ctx) => (await ctx.db.query("counters").collect()).length);
export const add = mutation(async (ctx, { name, refused }) => {
  if (refused) refuse();
  await ctx.db.insert("counters", { name });
  return name;
});
export const ask = action((ctx, { name }) => (name === "nobody" ? refuse() : name));
"""
TEXT: Decoder[str] = Decoder(str)

Clients: TypeAlias = Callable[..., AbstractContextManager[Callable[[Call[Any]], Any]]]
"""Makes a client of these arguments: a function that runs calls, one after another."""


@contextmanager
def threads(url: str, **options: Any) -> Generator[Callable[[Call[Any]], Any], None, None]:
    with Client(url, **options) as client:
        yield client.run


@contextmanager
def tasks(url: str, **options: Any) -> Generator[Callable[[Call[Any]], Any], None, None]:
    with asyncio.Runner() as runner:
        client = AsyncClient(url, **options)
        try:
            yield lambda call: runner.run(client.run(call))
        finally:
            runner.run(client.close())


@pytest.fixture(params=[threads, tasks])
def clients(request: pytest.FixtureRequest) -> Clients:
    """A client of either kind."""
    made: Clients = request.param
    return made


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Generator[EmbeddedBackend, None, None]:
    project = SmallProject(tmp_path_factory.mktemp("observed"))
    project.write("n.js", FUNCTIONS)
    with EmbeddedBackend.start(project.root) as backend:
        yield backend


@pytest.fixture
def proxy(backend: EmbeddedBackend) -> Generator[CuttingProxy, None, None]:
    with cutting_proxy(backend.port) as proxy:
        yield proxy


def get(name: str = "a") -> Call[str]:
    return Call.query("n:get", {"name": name}, TEXT, f"get {name}")


def add(name: str = "a", *, idempotent: bool = False, **more: Any) -> Call[str]:
    return Call.mutation(
        "n:add", {"name": name, **more}, TEXT, f"add {name}", idempotent=idempotent
    )


def ask(name: str = "a") -> Call[str]:
    return Call.action("n:ask", {"name": name}, TEXT, f"ask {name}", idempotent=False)


def outcome(event: CallEvent) -> tuple[str, str, int, type[BaseException] | None]:
    return event.kind, event.path, event.attempts, event.error


def failing(run: Callable[[Call[Any]], Any], call: Call[Any]) -> ConvexgenError:
    with pytest.raises(ConvexgenError) as caught:
        run(call)
    return caught.value


# What is told


def test_each_call_is_told_of_once(clients: Clients, backend: EmbeddedBackend) -> None:
    events: list[CallEvent] = []
    key = backend.admin_key
    with clients(backend.url, deploy_key=key, on_call=events.append) as run:
        for call in (get(), add(idempotent=True), add(), ask()):
            assert run(call) == "a"
            assert outcome(events[-1]) == (call.kind, call.path, 1, None)
        failures = [failing(run, one) for one in (ask("nobody"), add(refused=True))]
    assert [type(one) for one in failures] == [Conflict, Conflict]
    assert [outcome(one) for one in events[4:]] == [
        ("action", "n:ask", 1, Conflict),
        ("mutation", "n:add", 1, Conflict),
    ]
    # The logs of the deployment have what the function printed under it.
    assert [one.request_id for one in events] == [
        *[None] * 4,
        *(failure.request_id for failure in failures),
    ]
    assert all(one.request_id for one in failures)
    assert {one.url for one in events} == {backend.url}
    assert all(one.seconds > 0 for one in events)
    assert all(one.bytes_sent > 0 < one.bytes_received for one in events)
    assert len(events) == 6


def test_bytes_are_those_of_the_bodies(clients: Clients) -> None:
    events: list[CallEvent] = []
    sent: list[int] = []
    answers = [success("a" * 1000), Reply(503, b"busy"), success("b")]
    packed = Reply(body=gzip.compress(answers[0].body), headers={"Content-Encoding": "gzip"})
    replies = iter([packed, *answers[1:]])

    with (
        serving(lambda request: sent.append(len(json_of(request.body))) or next(replies)) as server,
        clients(server.url, deploy_key="k", on_call=events.append) as run,
    ):
        run(get())
        run(get("ø"))
    assert [one.attempts for one in events] == [1, 2]
    assert [one.bytes_sent for one in events] == [sent[0], sent[1] + sent[2]]
    assert [one.bytes_received for one in events] == [
        len(answers[0].body),
        len(answers[1].body) + len(answers[2].body),
    ]


def json_of(body: Any) -> bytes:
    """As the client writes it."""
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()


def test_what_is_not_sent_is_no_attempt(clients: Clients) -> None:
    events: list[CallEvent] = []
    with clients(closed_port_url(), deploy_key="k", on_call=events.append) as run:
        failing(run, get())
        failing(run, add())
        failing(run, get("\ud800"))
    assert [(outcome(one), one.bytes_sent, one.bytes_received) for one in events] == [
        (("query", "n:get", 0, Unavailable), 0, 0),
        (("mutation", "n:add", 0, Unavailable), 0, 0),
        (("query", "n:get", 0, InvalidArgument), 0, 0),
    ]


def test_an_attempt_without_an_answer_counts(clients: Clients) -> None:
    events: list[CallEvent] = []
    replies = iter([Reply(None), Reply(401, b"{}"), success("a")])
    with (
        serving(lambda _: next(replies)) as server,
        clients(server.url, auth=lambda: "token", on_call=events.append) as run,
    ):
        run(get())
    (event,) = events
    size = len(json_of({"path": "n:get", "format": "convex_encoded_json", "args": {"name": "a"}}))
    assert (event.attempts, event.bytes_sent) == (3, 3 * size)
    assert event.bytes_received == len(b"{}") + len(success("a").body)


def test_a_proxy_that_takes_no_web_sockets(clients: Clients) -> None:
    """The mutation is then sent over HTTP: one call, with one event."""
    events: list[CallEvent] = []
    with (
        serving(lambda _: success("a")) as server,
        clients(server.url, deploy_key="k", on_call=events.append) as run,
    ):
        run(add())
    assert [outcome(one) for one in events] == [("mutation", "n:add", 1, None)]


def test_attempts_on_web_sockets(
    clients: Clients, backend: EmbeddedBackend, proxy: CuttingProxy
) -> None:
    events: list[CallEvent] = []
    proxy.cut_answers = lambda number: number < 2
    options = {"deploy_key": backend.admin_key, "timeout": PATIENCE, "on_call": events.append}
    with clients(proxy.url, **options) as run:
        for _ in range(3):
            run(add())
    assert [one.attempts for one in events] == [2, 2, 1]
    assert events[0].bytes_sent == events[1].bytes_sent == 2 * events[2].bytes_sent
    # One answer each was read.
    assert len({one.bytes_received for one in events}) == 1


def test_a_late_mutation_and_its_answer(backend: EmbeddedBackend, proxy: CuttingProxy) -> None:
    def cut_off(_: int) -> bool:
        proxy.is_closed = True
        return True

    events: list[CallEvent] = []
    proxy.cut_answers = cut_off
    key = backend.admin_key
    with Client(proxy.url, deploy_key=key, timeout=PATIENCE, on_call=events.append) as client:
        error = late(client, add("late"))
        with pytest.raises(InvalidArgument):
            client.resume(Timeout("of a query"))
        # On a busy machine, it was not sent at first.
        assert outcome(events[-1]) == ("mutation", "n:add", 1, Timeout)
        assert all(outcome(one) == ("mutation", "n:add", 0, Timeout) for one in events[:-1])
        events.clear()
        with impatient(client, 0.5), pytest.raises(Timeout):
            client.resume(error)
        proxy.is_closed = False
        assert client.resume(error) == "late"
    assert [outcome(one) for one in events] == [
        ("mutation", "n:add", 0, Timeout),
        ("mutation", "n:add", 1, None),
    ]


def test_a_cancelled_task() -> None:
    events: list[CallEvent] = []
    arrived = threading.Event()
    ended = threading.Event()

    def answer(_: object) -> Reply:
        arrived.set()
        ended.wait(PATIENCE)
        return success("a")

    async def main(url: str) -> None:
        async with AsyncClient(url, deploy_key="k", on_call=events.append) as client:
            task = asyncio.create_task(client.run(get()))
            await asyncio.to_thread(arrived.wait, PATIENCE)
            task.cancel()
            await asyncio.wait([task])

    with serving(answer) as server:
        asyncio.run(main(server.url))
        ended.set()
    assert [outcome(one) for one in events] == [("query", "n:get", 1, asyncio.CancelledError)]


def test_snapshots_and_jobs(backend: EmbeddedBackend) -> None:
    events: list[CallEvent] = []
    options: Any = {"deploy_key": backend.admin_key, "on_call": events.append}
    with Storage(backend.url, **options) as storage:
        with storage.snapshot() as moment:
            moment.client.run(get())
            failing(moment.client.run, add())
        with storage.job("observed") as job:
            job.client.run(add(idempotent=True))
            job.client.run(get())
            with job.snapshot() as moment:
                moment.client.run(get())

    async def main() -> None:
        async with AsyncStorage(backend.url, **options) as storage:
            async with storage.snapshot() as moment:
                await moment.client.run(get())
                with pytest.raises(InvalidArgument):
                    await moment.client.run(add())
            async with storage.job("observed") as job:
                await job.client.run(add(idempotent=True))
                await job.client.run(get())
                async with job.snapshot() as moment:
                    await moment.client.run(get())

    asyncio.run(main())
    told = [
        ("query", "/api/query_ts", 1, None),
        ("query", "n:get", 1, None),
        ("mutation", "n:add", 0, InvalidArgument),
        ("mutation", "n:add", 1, None),
        ("query", "n:get", 1, None),
        ("query", "/api/query_ts", 1, None),
        ("query", "n:get", 1, None),
    ]
    assert [outcome(one) for one in events] == told * 2


def test_it_is_told_where_the_call_is_made(backend: EmbeddedBackend) -> None:
    caller: ContextVar[int] = ContextVar("caller")
    told: list[tuple[int, int]] = []

    def on_call(event: CallEvent) -> None:
        told.append((threading.get_ident(), caller.get()))

    options: Any = {"deploy_key": backend.admin_key, "on_call": on_call}
    with Client(backend.url, **options) as client, ThreadPoolExecutor(8) as pool:

        def run(number: int) -> tuple[int, int]:
            caller.set(number)
            client.run(add() if number % 2 else get())
            return threading.get_ident(), number

        made = list(pool.map(run, range(80)))
    assert sorted(told) == sorted(made)

    async def main() -> None:
        async with AsyncClient(backend.url, **options) as client:

            async def run(number: int) -> None:
                caller.set(number)
                await client.run(add() if number % 2 else get())

            await asyncio.gather(*map(run, range(80)))

    told.clear()
    asyncio.run(main())
    assert sorted(told) == [(threading.get_ident(), number) for number in range(80)]


def test_what_is_secret_is_in_no_event(clients: Clients, backend: EmbeddedBackend) -> None:
    events: list[CallEvent] = []
    secret = "s3cr3t"
    with clients(backend.url, deploy_key=backend.admin_key, on_call=events.append) as run:
        for call in (get(secret), add(secret), ask(secret)):
            run(call)
        assert secret in str(failing(run, add(secret, refused=True)))
    with (
        serving(lambda _: failure(f"no {secret}", {"code": "NotFound", "message": secret})) as url,
        clients(url.url, auth=secret, on_call=events.append) as run,
    ):
        assert isinstance(failing(run, get()), NotFound)
    assert [one.error for one in events] == [None, None, None, Conflict, NotFound]
    for one in events:
        text = f"{one!r} {dataclasses.asdict(one)}"
        assert secret not in text
        assert backend.admin_key not in text


# Hooks


@pytest.mark.parametrize("call", [get(), add()], ids=["HTTP", "WebSocket"])
def test_a_hook_that_fails_is_logged_and_the_call_ends_as_it_does(
    clients: Clients, backend: EmbeddedBackend, caplog: pytest.LogCaptureFixture, call: Call[str]
) -> None:
    def fail(event: CallEvent) -> None:
        raise ZeroDivisionError("of the hook")

    with clients(backend.url, deploy_key=backend.admin_key, on_call=fail) as run:
        assert run(call) == "a"
        assert isinstance(failing(run, add(refused=True)), Conflict)
    records = [one for one in caplog.records if one.name.endswith(".call_events")]
    assert [one.levelno for one in records] == [logging.ERROR] * 2
    assert records[0].getMessage() == f"`on_call` failed when it was told of {call.path}"
    assert all("ZeroDivisionError: of the hook" in one.exc_text for one in records if one.exc_text)
    assert all(one.exc_info for one in records)


def test_a_hook_may_be_interrupted(clients: Clients, backend: EmbeddedBackend) -> None:
    def interrupt(event: CallEvent) -> None:
        raise SystemExit(3)

    with (
        pytest.raises(SystemExit, match="3"),
        clients(backend.url, deploy_key=backend.admin_key, on_call=interrupt) as run,
    ):
        run(get())


def test_a_hook_may_make_calls(backend: EmbeddedBackend) -> None:
    """By another client, so that it is not told of its own."""
    with Client(backend.url, deploy_key=backend.admin_key) as other:
        found: list[str] = []

        def on_call(event: CallEvent) -> None:
            found.append(other.run(add(event.path)))

        with Client(backend.url, deploy_key=backend.admin_key, on_call=on_call) as client:
            client.run(add())
            client.run(get())
    assert found == ["n:add", "n:get"]


def test_what_is_no_hook_is_refused() -> None:
    async def awaited(event: CallEvent) -> None: ...

    wrong: Any
    for made in (Client, AsyncClient, Storage, AsyncStorage):
        for wrong, said in ((3, "expected a function, found int"), (awaited, "is not awaited")):
            with pytest.raises(InvalidArgument, match=said):
                made("http://localhost", deploy_key="k", on_call=wrong)


def test_storages_give_it_to_their_clients(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONVEX_URL", "http://localhost")
    events: list[CallEvent] = []
    for made in (Client, AsyncClient):
        assert made.from_env(on_call=events.append).on_call == events.append
        assert made.from_env().on_call is None
    for storage in (Storage, AsyncStorage):
        assert storage.from_env(on_call=events.append).client.on_call == events.append


def test_from_typescript(backend: EmbeddedBackend, tmp_path: Path) -> None:
    run_node(["--test", bundle("callEvents.test.mjs", tmp_path, CLIENT / "runtime")], backend)


# The page


@pytest.fixture(scope="module")
def deployment() -> Generator[EmbeddedBackend, None, None]:
    """That of this repository."""
    with EmbeddedBackend.start(ROOT) as backend:
        yield backend


def test_batches_are_calls(deployment: EmbeddedBackend) -> None:
    """Those that are made beside another are of the context of who loads, too."""
    asked: ContextVar[str] = ContextVar("asked", default="nobody")
    told: list[tuple[str, str]] = []
    key = deployment.admin_key
    with ConvexStorage(
        deployment.url,
        deploy_key=key,
        on_call=lambda event: told.append((event.path, asked.get())),
    ) as storage:
        asked.set("who loads")
        storage.threads.save_many(
            (Thread(thread_id=f"t{number}", resource_id="r") for number in range(1001)),
            concurrency=2,
        )
    assert len(told) > 2
    assert set(told) == {("threads:saveMany", "who loads")}


def test_the_example_of_the_page(
    deployment: EmbeddedBackend,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    (program,) = blocks("docs/python.md", "py calls")
    monkeypatch.setenv("CONVEX_URL", deployment.url)
    monkeypatch.setenv("CONVEX_DEPLOY_KEY", deployment.admin_key)
    with caplog.at_level(logging.INFO, logger="calls"):
        exec(program, {"__name__": "app"})
    (record,) = (one for one in caplog.records if one.name == "calls")
    assert record.getMessage().startswith("query threads:getById: done after 1 attempts, ")
