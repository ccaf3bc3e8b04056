"""Mutations that may not run twice: they run once, through breaks, kills and restarts."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from typing import Any

import pytest
from convexgen.embedded import EmbeddedBackend
from convexgen.runtime import (
    AccessDenied,
    AsyncClient,
    Call,
    Client,
    Conflict,
    Decoder,
    InvalidArgument,
    LimitExceeded,
    ServerError,
    Timeout,
    Unavailable,
)
from convexgen.runtime.http_transport import HttpTransport
from cutting_proxy import CuttingProxy, cutting_proxy
from late_calls import impatient, late, late_in_task
from loopback import Reply, closed_port_url, serving, silent, success
from mastra_convex import ConvexgenError as Error
from mastra_convex import ConvexStorage
from page_examples import blocks
from small_project import SmallProject
from sync_deployment import response
from test_sync_connection import in_child
from waiting import MOMENT, PATIENCE, wait_until
from websockets.sync.server import ServerConnection, serve

FUNCTIONS = """
import { internalMutationGeneric as mutation, internalQueryGeneric as query } from "convex/server";
import { ConvexError } from "convex/values";
const find = (ctx, name) => ctx.db.query("counters").filter((q) => q.eq(q.field("name"), name));
export const get = query(async (ctx, { name }) => (await find(ctx, name).unique())?.count ?? 0);
export const increment = mutation(async (ctx, { name, refused }) => {
  if (refused) throw new ConvexError({ code: "Conflict", message: "refused" });
  const found = await find(ctx, name).unique();
  if (found === null) await ctx.db.insert("counters", { name, count: 1 });
  else await ctx.db.patch(found._id, { count: found.count + 1 });
  console.log("counted", name);
  return (found?.count ?? 0) + 1;
});
"""
MIB = 1024 * 1024
NUMBER: Decoder[float] = Decoder(float)


def increment(name: str, **more: Any) -> Call[float]:
    arguments = {"name": name, **more}
    return Call.mutation("counters:increment", arguments, NUMBER, "count", idempotent=False)


def count(client: Client, name: str) -> float:
    return client.run(Call.query("counters:get", {"name": name}, NUMBER, "read the counter"))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = SmallProject(tmp_path_factory.mktemp("counters"))
    project.write("counters.js", FUNCTIONS)
    return project.root


@pytest.fixture(scope="module")
def backend(project: Path) -> Generator[EmbeddedBackend, None, None]:
    with EmbeddedBackend.start(project) as backend:
        yield backend


@pytest.fixture
def proxy(backend: EmbeddedBackend) -> Generator[CuttingProxy, None, None]:
    with cutting_proxy(backend.port) as proxy:
        yield proxy


@pytest.fixture
def client(backend: EmbeddedBackend, proxy: CuttingProxy) -> Generator[Client, None, None]:
    """A client through the proxy."""
    with Client(proxy.url, deploy_key=backend.admin_key, timeout=PATIENCE) as client:
        yield client


def cut_some(proxy: CuttingProxy, share: float) -> None:
    random = Random(7)
    proxy.cut_answers = lambda _: random.random() < share


@pytest.mark.parametrize("threads", [1, 8])
def test_lost_answers_are_answered_again(client: Client, proxy: CuttingProxy, threads: int) -> None:
    cut_some(proxy, 0.2)
    name = f"threads {threads}"
    with ThreadPoolExecutor(threads) as pool:
        found = list(pool.map(lambda _: client.run(increment(name)), range(100)))
    assert sorted(found) == list(range(1, 101))
    assert proxy.cuts > 5
    assert count(client, name) == 100


@pytest.mark.parametrize("is_connected", [True, False])
def test_what_begins_as_the_client_is_closed(client: Client, is_connected: bool) -> None:
    """After another thread has looked whether the client is open: it was waited for in vain."""
    if is_connected:
        client.run(increment("closed"))
    before = threading.active_count()
    watcher = client.watcher("count")
    client.close()
    with pytest.raises(Unavailable, match="the client was closed") as caught:
        watcher.run_once(increment("closed"), PATIENCE, None)
    assert not caught.value.may_have_run
    with pytest.raises(StopIteration):
        watcher.follow(Call.query("counters:get", {"name": "x"}, NUMBER, "read")).take(PATIENCE)
    assert threading.active_count() <= before


def test_a_large_message_is_of_several_frames() -> None:
    """A deployment, as this server, reads messages of 64 MiB, in frames of 16."""
    name = "n" * (16 * MIB - 20)

    def answer(socket: ServerConnection) -> None:
        for text in socket:
            message = json.loads(text)
            if message["type"] == "Mutation":
                (arguments,) = message["args"]
                socket.send(response(message["requestId"], len(arguments["name"]), 1), text=True)

    with serve(answer, "127.0.0.1", 0, max_size=(64 * MIB, 16 * MIB)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        port = server.socket.getsockname()[1]
        with Client(f"http://127.0.0.1:{port}", timeout=PATIENCE) as client:
            assert client.run(increment(name)) == len(name)


def test_many_tasks_at_once(backend: EmbeddedBackend, proxy: CuttingProxy) -> None:
    cut_some(proxy, 0.005)

    async def main() -> list[float]:
        async with AsyncClient(proxy.url, deploy_key=backend.admin_key, timeout=PATIENCE) as client:
            return await asyncio.gather(*(client.run(increment("tasks")) for _ in range(1500)))

    # One connection runs them in the order in which they were asked for.
    assert asyncio.run(main()) == list(range(1, 1501))
    assert proxy.cuts > 0


def test_a_backend_that_is_killed(project: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    backend = EmbeddedBackend.start(project, data=data)
    key, port = backend.admin_key, backend.port
    try:
        with (
            Client(backend.url, deploy_key=key, timeout=PATIENCE) as client,
            ThreadPoolExecutor(4) as pool,
        ):
            client.run(increment("kills"))
            running = [
                pool.submit(lambda: [client.run(increment("kills")) for _ in range(100)])
                for _ in range(4)
            ]
            for kills in range(3):
                while count(client, "kills") < 50 * (kills + 1):
                    pass
                os.kill(backend.pid, signal.SIGKILL)
                backend.wait()
                backend = EmbeddedBackend.start(project, data=data, port=port, admin_key=key)
            found = [number for one in running for number in one.result(PATIENCE)]
            assert sorted(found) == list(range(2, 402))
            assert count(client, "kills") == 401
    finally:
        backend.stop()


def test_a_call_that_is_late_has_its_answer_later(
    backend: EmbeddedBackend, proxy: CuttingProxy
) -> None:
    def cut_off(_: int) -> bool:
        proxy.is_closed = True
        return True

    proxy.cut_answers = cut_off
    with Client(proxy.url, deploy_key=backend.admin_key, timeout=PATIENCE) as client:
        error = late(client, increment("late"))
        assert "the call may have run, and `resume`" in str(error)
        with impatient(client, 0.5), pytest.raises(Timeout):
            client.resume(error)
        proxy.is_closed, proxy.cut_answers = False, lambda _: False
        assert [client.resume(error) for _ in range(2)] == [1, 1]
        assert client.run(increment("late")) == 2
        with pytest.raises(InvalidArgument, match="only a mutation that is run once"):
            client.resume(Timeout("of a query"))


def test_a_late_call_of_a_task_has_its_answer_later(
    backend: EmbeddedBackend, proxy: CuttingProxy
) -> None:
    def cut_off(_: int) -> bool:
        proxy.is_closed = True
        return True

    async def main() -> None:
        proxy.cut_answers = cut_off
        async with AsyncClient(proxy.url, deploy_key=backend.admin_key, timeout=PATIENCE) as client:
            error = await late_in_task(client, increment("late task"))
            proxy.is_closed = False
            assert [await client.resume(error) for _ in range(2)] == [1, 1]

    asyncio.run(main())


def test_what_was_given_up_does_not_happen_later(
    backend: EmbeddedBackend, proxy: CuttingProxy
) -> None:
    proxy.is_closed = True

    async def main() -> None:
        async with AsyncClient(proxy.url, deploy_key=backend.admin_key, timeout=PATIENCE) as client:
            given_up = asyncio.create_task(client.run(increment("ghosts")))
            while not proxy.accepted:
                await asyncio.sleep(0.01)
            given_up.cancel()
            with pytest.raises(asyncio.CancelledError):
                await given_up
            with pytest.raises(Unavailable, match="cannot connect"):
                await client.run(increment("ghosts"))
            proxy.is_closed = False
            assert await client.run(increment("ghosts")) == 1

    asyncio.run(main())


def test_failures_are_told_and_keep_nobody_else(client: Client, proxy: CuttingProxy) -> None:
    for _ in range(2):
        with pytest.raises(Conflict, match="Failed to count: refused") as caught:
            client.run(increment("refused", refused=True))
        assert caught.value.data["code"] == "Conflict"
        assert not caught.value.may_have_run
    with pytest.raises(AccessDenied):
        client.run(Call.mutation("counters:none", {}, NUMBER, "count", idempotent=False))
    with pytest.raises(InvalidArgument, match="no path"):
        client.run(Call.mutation("no path", {}, NUMBER, "count", idempotent=False))
    with pytest.raises(LimitExceeded, match="16 MiB"):
        client.run(increment("refused", large="x" * 2**24))
    text: Decoder[str] = Decoder(str)
    wrong = Call.mutation("counters:increment", {"name": "w"}, text, "count", idempotent=False)
    with pytest.raises(ServerError, match="does not fit") as caught_late:
        client.run(wrong)
    assert caught_late.value.may_have_run
    assert client.run(increment("refused")) == 1
    assert proxy.accepted == 1


def test_without_access(backend: EmbeddedBackend) -> None:
    with Client(backend.url, deploy_key="dev:x|wrong") as client, pytest.raises(AccessDenied):
        client.run(increment("denied"))


def test_closing_ends_who_waits(backend: EmbeddedBackend, proxy: CuttingProxy) -> None:
    def cut_off(_: int) -> bool:
        proxy.is_closed = True
        return True

    proxy.cut_answers = cut_off
    client = Client(proxy.url, deploy_key=backend.admin_key, timeout=PATIENCE)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(client.run, increment("closed"))
        wait_until(lambda: proxy.is_closed)
        client.close()
        with pytest.raises(Unavailable, match="closed; the call may have run") as caught:
            waiting.result(PATIENCE)
        assert caught.value.may_have_run


@pytest.mark.skipif(sys.platform == "win32", reason="forks")
@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_parents_and_children_have_requests_of_their_own(client: Client) -> None:
    assert client.run(increment("forked")) == 1
    assert in_child(lambda: [client.run(increment("forked")) for _ in range(2)]) == b"[2.0, 3.0]"
    assert client.run(increment("forked")) == 4


def test_neither_errors_nor_logs_show_the_session(
    client: Client, proxy: CuttingProxy, caplog: pytest.LogCaptureFixture
) -> None:
    cut_some(proxy, 0.5)
    with caplog.at_level(logging.DEBUG):
        for _ in range(10):
            client.run(increment("logged"))
        proxy.is_closed = True
        with Client(proxy.url, timeout=PATIENCE) as other, pytest.raises(Unavailable) as caught:
            other.run(increment("logged"))
        watcher: Any = client.watcher("count")
    session = watcher._background.connection._state._session_id
    assert len(session) == 36
    assert session not in f"{caplog.text} {caught.value!r} {client!r}"
    assert caplog.text.count("counters:increment: ") == 10


def test_where_there_are_no_web_sockets_it_is_sent_once() -> None:
    replies = iter([success(1.0), Reply(None)])
    with serving(lambda _: next(replies)) as server, Client(server.url) as client:
        assert client.run(increment("http")) == 1
        with pytest.raises(Unavailable, match="may have run"):
            client.run(increment("http"))
        assert len(server.requests) == 2


def test_a_transport_that_is_given_has_all_calls() -> None:
    transport = HttpTransport()
    asked: list[None] = []
    with (
        serving(lambda _: success(1.0), on_get=lambda: asked.append(None)) as server,
        Client(server.url, transport=transport) as client,
    ):
        assert client.run(increment("http")) == 1
    transport.close()
    assert asked == []


def test_what_was_not_sent_says_so() -> None:
    with (
        silent() as url,
        Client(url, timeout=MOMENT) as client,
        pytest.raises(Timeout, match="the call was not sent, and is not run") as late,
    ):
        client.run(increment("silent"))
    assert not late.value.may_have_run
    with (
        Client(closed_port_url()) as client,
        pytest.raises(Unavailable, match="cannot connect") as caught,
    ):
        client.run(increment("closed"))
    assert not caught.value.may_have_run


def test_the_example_of_the_page() -> None:
    (program,) = blocks("docs/python.md", "py once")
    with (
        silent() as url,
        ConvexStorage(url, deploy_key="key", timeout=MOMENT) as storage,
        pytest.raises(Error, match=r"Failed to update thread by ID 't1': .* was not sent"),
    ):
        exec(program, {"storage": storage})


def test_many_threads_share_a_client_that_is_late(backend: EmbeddedBackend) -> None:
    with Client(backend.url, deploy_key=backend.admin_key, timeout=PATIENCE) as client:
        together = threading.Barrier(50, timeout=PATIENCE)

        def run(_: int) -> float:
            together.wait()
            return client.run(increment("shared"))

        with ThreadPoolExecutor(50) as pool:
            assert sorted(pool.map(run, range(50))) == list(range(1, 51))
