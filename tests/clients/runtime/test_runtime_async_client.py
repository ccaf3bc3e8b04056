"""The asynchronous client against real servers: concurrency, retries, deadlines, cancellation."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

import pytest
from convexgen.runtime import (
    AsyncClient,
    Call,
    Decoder,
    Integer,
    InvalidArgument,
    Timeout,
    Unavailable,
)
from loopback import Reply, Request, closed_port_url, dripping, serving, silent, success
from sample import AsyncSampleStorage
from test_runtime_client import READ, SAVE, WRITE, document, in_turn, thread
from waiting import PATIENCE

T = TypeVar("T")
NUMBER: Decoder[int] = Decoder(Integer)


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(coroutine)


def test_calls_overlap_while_the_loop_goes_on() -> None:
    all_here = threading.Event()
    together = threading.Barrier(10, all_here.set, timeout=PATIENCE)
    ticked = threading.Event()

    def answer(request: Request) -> Reply:
        # All ten are here at the same time, and then wait for the loop to tick.
        together.wait()
        assert ticked.wait(PATIENCE)
        return success(request.body["args"]["number"])

    async def tick() -> None:
        while not all_here.is_set():
            await asyncio.sleep(0.001)
        for _ in range(50):
            await asyncio.sleep(0)
        ticked.set()

    async def main(url: str) -> list[int]:
        async with AsyncClient(url) as client:
            calls = [
                client.run(Call.query("m:read", {"number": number}, NUMBER, "read"))
                for number in range(10)
            ]
            _, *numbers = await asyncio.gather(tick(), *calls)
            return [number for number in numbers if number is not None]

    with serving(answer) as server:
        assert run(main(server.url)) == list(range(10))


@pytest.mark.parametrize("status", [429, 503])
def test_idempotent_calls_are_repeated(status: int) -> None:
    async def main(url: str) -> list[int]:
        async with AsyncClient(url) as client:
            return [await client.run(READ), await client.run(SAVE)]

    replies = in_turn(Reply(status), success(5.0), Reply(status), Reply(None), success(6.0))
    with serving(lambda _: next(replies)) as server:
        assert run(main(server.url)) == [5, 6]
        assert len(server.requests) == 5


@pytest.mark.parametrize("status", [503, None])
def test_other_calls_are_not_repeated(status: int | None) -> None:
    async def main(url: str) -> None:
        async with AsyncClient(url) as client:
            await client.run(WRITE)

    replies = in_turn(Reply(status), success(5.0))
    with serving(lambda _: next(replies)) as server:
        with pytest.raises(Unavailable):
            run(main(server.url))
        assert len(server.requests) == 1


async def _read(url: str, timeout: float) -> int:
    async with AsyncClient(url, timeout=timeout) as client:
        return await client.run(READ)


def test_a_closed_port() -> None:
    with pytest.raises(Unavailable, match="cannot connect to"):
        run(_read(closed_port_url(), 30))


def test_a_server_that_never_answers() -> None:
    with silent() as url, pytest.raises(Timeout, match=r"within 0\.3 s"):
        run(_read(url, 0.3))


def test_an_answer_that_drips_ends_at_the_deadline() -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n" + b"x" * 10_000
    with dripping(answer) as url, pytest.raises(Timeout):
        run(_read(url, 0.5))


def test_a_cancelled_call_leaves_the_client_usable() -> None:
    async def main(url: str) -> int:
        async with AsyncClient(url) as client:
            waiting = asyncio.create_task(client.run(READ))
            while not arrived.is_set():
                await asyncio.sleep(0.001)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            release.set()
            return await client.run(READ)

    arrived, release = threading.Event(), threading.Event()

    def answer(_: Request) -> Reply:
        arrived.set()
        release.wait(PATIENCE)
        return success(5.0)

    with serving(answer) as server:
        assert run(main(server.url)) == 5


def test_a_client_belongs_to_one_event_loop() -> None:
    async def use(client: AsyncClient) -> int:
        return await client.run(READ)

    with serving(lambda _: success(5.0)) as server:
        client = AsyncClient(server.url)
        assert run(use(client)) == 5
        with pytest.raises(RuntimeError, match="another event loop"):
            run(use(client))


def test_a_closed_client_says_so() -> None:
    async def main(url: str) -> None:
        client = AsyncClient(url)
        await client.run(READ)
        await client.close()
        await client.close()
        await client.run(READ)

    with (
        serving(lambda _: success(5.0)) as server,
        pytest.raises(InvalidArgument, match="the client is closed"),
    ):
        run(main(server.url))


def test_the_store_methods() -> None:
    def answer(request: Request) -> Reply:
        name = request.body["path"].partition(":")[2]
        arguments = request.body["args"]
        match name:
            case "getByIds":
                return success([document(key["threadId"]) for key in arguments["keys"]])
            case "list":
                cursor = arguments["paginationOpts"]["cursor"]
                page = {"page": [document(f"after {cursor}")], "continueCursor": "c"}
                return success({**page, "isDone": cursor == "c"})
            case "save":
                return success(document(arguments["thread"]["threadId"]))
            case "saveMany":
                return success(None)
            case "remove":
                return success({"removed": True, "isDone": True})
            case "removeMany":
                keys = arguments["keys"]
                return success({"removed": 1.0, "remaining": keys[1:]})
            case "clear":
                return success({"removed": 3.0, "isDone": True})
            case _:
                return success(document(arguments["threadId"]))

    async def main(url: str) -> None:
        async with AsyncSampleStorage(url) as storage:
            threads = storage.threads
            assert (await threads.save(thread("a"))).thread_id == "a"
            found = await threads.get("a")
            assert found is not None
            assert found.thread_id == "a"
            assert len(await threads.get_many(f"t{index}" for index in range(150))) == 150
            listed = [item.thread_id async for item in threads.list()]
            assert listed == ["after None", "after c"]
            assert (await threads.update("a", title="x")).thread_id == "a"
            assert await threads.save_many([thread("a"), thread("b")]) == 2
            assert await threads.delete("a") is True
            assert await threads.delete_many(["a", "b"]) == 2
            assert await threads.clear() == 3

    with serving(answer) as server:
        run(main(server.url))
