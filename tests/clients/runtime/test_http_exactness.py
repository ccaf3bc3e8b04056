"""What a call says is what happened, whatever happens to its connection: over HTTP, thousands of
calls that are refused, cut before and after they ran, halved, damaged, slowed down and silenced."""

from __future__ import annotations

import asyncio
import random
import re
import socket
import threading
from collections import Counter
from collections.abc import Callable, Coroutine, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import pytest
from convexgen.runtime import AsyncClient, Call, Client, ConvexgenError, Decoder, Integer
from convexgen.runtime.async_http_transport import AsyncHttpTransport
from convexgen.runtime.http_transport import HttpTransport
from loopback import success
from raw_server import answer_of, listening, requests_of, reset
from waiting import MOMENT, wait_until
from ways import WAYS

NUMBER: Decoder[int] = Decoder(Integer)
CALLS, AT_ONCE = 1500, 16
SILENCE = 20 * MOMENT
"""The limit of each call, which those end by that are not answered. On a machine that has much to
do, others may too: more than a half of them have to have a result."""
_ID = re.compile(rb'"id":(\d+)')


@dataclass(frozen=True, slots=True)
class Fault:
    """What is done with a request, in so many of a hundred."""

    share: float
    said: Callable[[bytes, random.Random], bytes] = lambda answer, _: answer
    """What is sent, of which answer."""
    runs: bool = True
    closes: bool = False
    resets: bool = False
    piece: int = 1 << 20
    """How many bytes are sent at once."""


def _nothing(answer: bytes, chance: random.Random) -> bytes:
    return b""


def _a_part(answer: bytes, chance: random.Random) -> bytes:
    return answer[: chance.randrange(len(answer))]


OVERLOADED = answer_of(b'{"code": "Overloaded", "message": "later"}').replace(
    b"200 OK", b"503 Overloaded"
)
FAULTS = {
    "none": Fault(60),
    "closed before it ran": Fault(5, _nothing, runs=False, closes=True),
    "reset before it ran": Fault(5, _nothing, runs=False, resets=True),
    "overloaded before it ran": Fault(3, lambda *_: OVERLOADED, runs=False),
    "closed after it ran": Fault(5, _nothing, closes=True),
    "reset after it ran": Fault(5, _nothing, resets=True),
    "half an answer": Fault(5, _a_part, closes=True),
    "half an answer, reset": Fault(3, _a_part, resets=True),
    "garbage": Fault(3, lambda _, chance: chance.randbytes(100), closes=True),
    "closed behind the answer": Fault(5, closes=True),
    "more behind the answer": Fault(3, lambda answer, _: answer * 2),
    "in pieces": Fault(5, piece=7),
    "silent": Fault(0.4, _nothing),
}
SHARES = [fault.share for fault in FAULTS.values()]


@dataclass(slots=True)
class Deployment:
    """It counts how often each call ran, and answers, or not."""

    seed: int
    ran: Counter[int] = field(default_factory=Counter[int])
    faults: Counter[str] = field(default_factory=Counter[str])
    connections: list[socket.socket] = field(default_factory=list[socket.socket])
    url: str = ""

    def serve(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.connections.append(connection)
        chance = random.Random(f"{self.seed} {len(self.connections)}")
        for request in requests_of(connection):
            found = _ID.search(request)
            assert found is not None
            (name,) = chance.choices(list(FAULTS), SHARES)
            self.faults[name] += 1
            fault, number = FAULTS[name], int(found[1])
            self.ran[number] += fault.runs
            said = fault.said(answer_of(success(float(number)).body), chance)
            for start in range(0, len(said), fault.piece):
                connection.sendall(said[start : start + fault.piece])
            if fault.resets:
                reset(connection)
            if fault.closes or fault.resets:
                return


@contextmanager
def deployed(seed: int) -> Generator[Deployment, None, None]:
    deployment = Deployment(seed)
    with listening(deployment.serve) as port:
        deployment.url = f"http://127.0.0.1:{port}"
        yield deployment


def call(number: int) -> Call[int]:
    """Half of them may not run twice."""
    return Call.mutation("m:write", {"id": number}, NUMBER, "write", idempotent=number % 2 == 0)


Outcomes: TypeAlias = dict[int, int | ConvexgenError]


def run_in_threads(url: str) -> Outcomes:
    transport = HttpTransport()

    def run(number: int) -> int | ConvexgenError:
        try:
            found: int = client.run(call(number))
            return found
        except ConvexgenError as error:
            return error

    try:
        with (
            Client(url, transport=transport, timeout=SILENCE) as client,
            ThreadPoolExecutor(AT_ONCE) as pool,
        ):
            return dict(enumerate(pool.map(run, range(CALLS))))
    finally:
        transport.close()


async def run_in_tasks(url: str) -> Outcomes:
    outcomes: Outcomes = {}
    numbers = iter(range(CALLS))
    transport = AsyncHttpTransport()

    async def work(client: AsyncClient) -> None:
        for number in numbers:
            try:
                found: int = await client.run(call(number))
                outcomes[number] = found
            except ConvexgenError as error:
                outcomes[number] = error

    try:
        async with AsyncClient(url, transport=transport, timeout=SILENCE) as client:
            await asyncio.gather(*(work(client) for _ in range(AT_ONCE)))
    finally:
        await transport.close()
    return outcomes


def _in_loop(run: Callable[[Coroutine[Any, Any, Outcomes]], Outcomes]) -> Callable[[str], Outcomes]:
    return lambda url: run(run_in_tasks(url))


RUNS: dict[str, Callable[[str], Outcomes]] = {
    "threads": run_in_threads,
    "asyncio": _in_loop(asyncio.run),
}
if "uvloop" in WAYS:
    import uvloop

    RUNS["uvloop"] = _in_loop(uvloop.run)


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("way", RUNS)
def test_what_a_call_says_is_what_happened(way: str, seed: int) -> None:
    running = threading.active_count()
    with deployed(seed) as deployment:
        outcomes = RUNS[way](deployment.url)
        # All is closed that was opened, by both.
        wait_until(lambda: all(one.fileno() < 0 for one in deployment.connections))
    wait_until(lambda: threading.active_count() <= running)
    assert sorted(outcomes) == list(range(CALLS))
    for number, outcome in outcomes.items():
        ran, may_run_twice = deployment.ran[number], number % 2 == 0
        assert may_run_twice or ran <= 1
        if not isinstance(outcome, ConvexgenError):
            # Of its own call, and not of one that was cut.
            assert outcome == number
            assert ran >= 1
        elif not outcome.may_have_run:
            assert ran == 0
    acknowledged = sum(isinstance(outcome, int) for outcome in outcomes.values())
    assert acknowledged > CALLS / 2
    assert set(deployment.faults) == set(FAULTS)
