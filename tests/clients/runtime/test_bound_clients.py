"""Clients of snapshots and of jobs: they do, or refuse, all that a client does."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Generator
from typing import Any, TypeAlias

import pytest
from convexgen.embedded import EmbeddedBackend
from convexgen.runtime import (
    AsyncClient,
    AsyncStorage,
    Call,
    Client,
    InvalidArgument,
    Storage,
)
from convexgen.runtime.watchers import AsyncWatcher, Watcher
from cutting_proxy import CuttingProxy, cutting_proxy
from late_calls import late, late_in_task
from small_project import SmallProject
from test_exactly_once import FUNCTIONS, NUMBER, count, increment
from waiting import PATIENCE

READ: Call[float] = Call.query("counters:get", {"name": "read"}, NUMBER, "read the counter")

WATCHERS = (Watcher, AsyncWatcher)

Ask: TypeAlias = Callable[[Any], Any]
"""Asks a client for something, which is awaited if it can be."""


@pytest.fixture(scope="module")
def counters(tmp_path_factory: pytest.TempPathFactory) -> Generator[EmbeddedBackend, None, None]:
    project = SmallProject(tmp_path_factory.mktemp("bound"))
    project.write("counters.js", FUNCTIONS)
    with EmbeddedBackend.start(project.root) as backend:
        yield backend


@pytest.fixture
def proxy(counters: EmbeddedBackend) -> Generator[CuttingProxy, None, None]:
    with cutting_proxy(counters.port) as proxy:
        yield proxy


def cut_off(proxy: CuttingProxy) -> None:
    """Cut the next answer, and take no connection until `is_closed` is False again."""

    def cut(_: int) -> bool:
        proxy.is_closed = True
        return True

    proxy.cut_answers = cut


def said_of(storage: Storage, block: str, ask: Ask) -> Any:
    """What the client of such a block gives, or the error that it raises."""
    with storage.job("bound") if block == "job" else storage.snapshot() as bound:
        try:
            return ask(bound.client)
        except InvalidArgument as error:
            return str(error)


async def said_of_async(storage: AsyncStorage, block: str, ask: Ask) -> Any:
    """The same, awaited."""
    async with storage.job("bound") if block == "job" else storage.snapshot() as bound:
        try:
            given = ask(bound.client)
            return await given if inspect.isawaitable(given) else given
        except InvalidArgument as error:
            return str(error)


@pytest.mark.parametrize("is_async", [False, True], ids=["threads", "tasks"])
@pytest.mark.parametrize(
    ("block", "member", "ask", "expected"),
    [
        ("snapshot", "run", lambda client: client.run(READ), 0),
        ("snapshot", "given_transport", lambda client: client.given_transport, None),
        ("snapshot", "watch", lambda client: client.watch(READ), "does not change"),
        ("snapshot", "watcher", lambda client: type(client.watcher("watch")), WATCHERS),
        ("snapshot", "new_watcher", lambda client: type(client.new_watcher(str)), WATCHERS),
        ("job", "run", lambda client: client.run(READ), 0),
        ("job", "given_transport", lambda client: client.given_transport, None),
        ("job", "watcher", lambda client: type(client.watcher("watch")), WATCHERS),
        ("job", "new_watcher", lambda client: type(client.new_watcher(str)), WATCHERS),
    ],
)
def test_what_a_bound_client_has(
    counters: EmbeddedBackend, is_async: bool, block: str, member: str, ask: Ask, expected: Any
) -> None:
    async def main() -> Any:
        async with AsyncStorage(counters.url, deploy_key=counters.admin_key) as storage:
            return await said_of_async(storage, block, ask)

    assert hasattr(Client, member)
    assert hasattr(AsyncClient, member)
    if is_async:
        found = asyncio.run(main())
    else:
        with Storage(counters.url, deploy_key=counters.admin_key) as storage:
            found = said_of(storage, block, ask)
    match expected:
        case str():
            assert expected in found
        case tuple():
            assert found is expected[is_async]
        case _:
            assert found == expected


def test_a_snapshot_resumes_nothing(counters: EmbeddedBackend, proxy: CuttingProxy) -> None:
    """It reads: the storage that it is of has the answer."""
    cut_off(proxy)
    with Storage(proxy.url, deploy_key=counters.admin_key, timeout=PATIENCE) as storage:
        error = late(storage.client, increment("late"))
        proxy.is_closed, proxy.cut_answers = False, lambda _: False
        with storage.snapshot() as at, pytest.raises(InvalidArgument, match="only reads"):
            at.client.resume(error)
        assert storage.client.resume(error) == 1
        assert count(storage.client, "late") == 1


@pytest.mark.parametrize("other", ["job", "client", "ended job"])
def test_only_the_client_that_made_a_call_resumes_it(
    counters: EmbeddedBackend, proxy: CuttingProxy, other: str
) -> None:
    """Of another one, the request of that number is another call, with an answer of its own."""
    mine, others = f"mine of {other}", f"others of {other}"
    cut_off(proxy)
    with (
        Storage(proxy.url, deploy_key=counters.admin_key, timeout=PATIENCE) as storage,
        Storage(counters.url, deploy_key=counters.admin_key, timeout=PATIENCE) as another,
    ):
        error = late(storage.client, increment(mine))
        proxy.is_closed, proxy.cut_answers = False, lambda _: False
        with another.job(other) as job:
            client = another.client if other == "client" else job.client
            assert client.run(increment(others)) == 1
            if other != "ended job":
                with pytest.raises(InvalidArgument, match="by the client that made it"):
                    client.resume(error)
        if other == "ended job":
            with pytest.raises(InvalidArgument, match="the job has ended"):
                client.resume(error)
        assert storage.client.resume(error) == 1
        assert [count(another.client, name) for name in (mine, others)] == [1, 1]


def test_a_task_resumes_its_own_alone(counters: EmbeddedBackend, proxy: CuttingProxy) -> None:
    async def main() -> None:
        key = counters.admin_key
        async with (
            AsyncStorage(proxy.url, deploy_key=key, timeout=PATIENCE) as storage,
            AsyncStorage(counters.url, deploy_key=key, timeout=PATIENCE) as another,
        ):
            error = await late_in_task(storage.client, increment("mine of a task"))
            proxy.is_closed, proxy.cut_answers = False, lambda _: False
            async with another.snapshot() as at, another.job("tasks") as job:
                for client, said in (
                    (at.client, "only reads"),
                    (job.client, "by the client that made it"),
                    (another.client, "by the client that made it"),
                ):
                    with pytest.raises(InvalidArgument, match=said):
                        await client.resume(error)
            with pytest.raises(InvalidArgument, match="the job has ended"):
                await job.client.resume(error)

    cut_off(proxy)
    asyncio.run(main())
