"""What errors say of a call that failed: that it may have run, or that nothing of it did."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any, TypeAlias

import pytest
from convexgen.runtime import (
    AccessDenied,
    AlreadyExists,
    AsyncClient,
    Call,
    Client,
    Conflict,
    ConnectFailed,
    ConvexgenError,
    Decoder,
    InvalidArgument,
    LimitExceeded,
    ServerError,
    Timeout,
    Unavailable,
)
from convexgen.runtime.calls import BULK_REMOVAL, REMOVAL
from waiting import MOMENT, PATIENCE

Attempt: TypeAlias = OSError | tuple[int, bytes]
NUMBER: Decoder[float] = Decoder(float)


def of_convex(code: str) -> bytes:
    return json.dumps({"code": code, "message": "no"}).encode()


def thrown(code: str) -> tuple[int, bytes]:
    data = {"code": code, "message": "as the function says"}
    return 200, json.dumps({"status": "error", "errorMessage": "", "errorData": data}).encode()


REFUSED = ConnectFailed("refused")
BROKEN = ConnectionError("reset")
LATE = TimeoutError("late")
GATEWAY = (503, b"<html>upstream</html>")
RATE = (429, of_convex("RateLimited"))
KEY = (401, of_convex("BadDeployKey"))
BODY = (400, of_convex("BadJsonBody"))
FOREIGN = (200, b"<html>")
OTHER_TYPE = (200, json.dumps({"status": "success", "value": "text"}).encode())


class Scripted:
    """A transport whose attempts end as a test says; the last one again and again."""

    def __init__(self, attempts: list[Attempt]) -> None:
        self._attempts: Iterator[Attempt] = iter(attempts)
        self._last = attempts[-1]

    def post(
        self, url: str, *, headers: Mapping[str, str], body: bytes, timeout: float
    ) -> tuple[int, bytes]:
        attempt = next(self._attempts, self._last)
        if isinstance(attempt, OSError):
            raise attempt
        return attempt

    def close(self) -> None:
        """There is nothing to close."""


class AsyncScripted:
    """The same, awaited."""

    def __init__(self, attempts: list[Attempt]) -> None:
        self._scripted = Scripted(attempts)

    async def post(
        self, url: str, *, headers: Mapping[str, str], body: bytes, timeout: float
    ) -> tuple[int, bytes]:
        return self._scripted.post(url, headers=headers, body=body, timeout=timeout)

    async def close(self) -> None:
        """There is nothing to close."""


URL = "http://127.0.0.1:1"


def error_of(attempts: list[Attempt], call: Call[Any]) -> ConvexgenError:
    with (
        Client(URL, timeout=PATIENCE, transport=Scripted(attempts)) as client,
        pytest.raises(ConvexgenError) as caught,
    ):
        client.run(call)
    return caught.value


def async_error_of(attempts: list[Attempt], call: Call[Any]) -> ConvexgenError:
    async def main() -> ConvexgenError:
        async with AsyncClient(URL, timeout=PATIENCE, transport=AsyncScripted(attempts)) as client:
            with pytest.raises(ConvexgenError) as caught:
                await client.run(call)
            return caught.value

    return asyncio.run(main())


REPEATED = Call.mutation("a:b", {}, NUMBER, "write", idempotent=True)
ONCE = Call.mutation("a:b", {}, NUMBER, "write", idempotent=False)
ACTION = Call.action("a:b", {}, NUMBER, "act", idempotent=False)
QUERY = Call.query("a:b", {}, NUMBER, "read")
SEARCH = Call.action("a:b", {}, NUMBER, "search", idempotent=True, only_reads=True)

MAY: list[tuple[list[Attempt], Call[Any], type[ConvexgenError]]] = [
    ([BROKEN], ONCE, Unavailable),
    ([LATE], ONCE, Timeout),
    ([GATEWAY], ONCE, Unavailable),
    ([(500, of_convex("InternalServerError"))], ONCE, ServerError),
    ([(502, b"")], ONCE, ServerError),
    ([(504, b"")], REPEATED, ServerError),
    ([(404, b"<html>")], ONCE, ServerError),
    # Whatever is there where it leads to: nothing is asked of it.
    *(([(status, b"")], ONCE, ServerError) for status in (301, 302, 303, 307, 308)),
    # With it the backend ends what it has begun.
    ([(408, b"")], ONCE, Unavailable),
    ([(408, b""), REFUSED], REPEATED, Unavailable),
    ([(401, b"<html>")], ONCE, AccessDenied),
    ([FOREIGN], ONCE, ServerError),
    ([OTHER_TYPE], ONCE, ServerError),
    ([(200, b'{"status":"new"}')], ONCE, ServerError),
    ([thrown("Conflict")], ACTION, Conflict),
    # The last attempt alone says nothing of those before.
    ([BROKEN, REFUSED], REPEATED, Unavailable),
    ([GATEWAY, REFUSED], REPEATED, Unavailable),
    ([BROKEN, KEY], REPEATED, AccessDenied),
    ([BROKEN, BODY], REPEATED, InvalidArgument),
    ([BROKEN, thrown("AlreadyExists")], REPEATED, AlreadyExists),
    ([REFUSED, BROKEN, REFUSED], REPEATED, Unavailable),
    ([BROKEN, LATE], REPEATED, Timeout),
]
CERTAIN: list[tuple[list[Attempt], Call[Any], type[ConvexgenError]]] = [
    ([REFUSED], ONCE, Unavailable),
    ([REFUSED], ACTION, Unavailable),
    ([REFUSED], REPEATED, Unavailable),
    ([KEY], ONCE, AccessDenied),
    ([KEY], ACTION, AccessDenied),
    ([(404, of_convex("FunctionPathNotFound"))], ONCE, AccessDenied),
    ([BODY], ONCE, InvalidArgument),
    ([RATE], ONCE, Unavailable),
    ([RATE, REFUSED], REPEATED, Unavailable),
    ([thrown("Conflict")], ONCE, Conflict),
    ([thrown("AlreadyExists")], REPEATED, AlreadyExists),
    ([BROKEN, LATE], QUERY, Timeout),
    ([GATEWAY, FOREIGN], QUERY, ServerError),
    ([BROKEN, REFUSED], QUERY, Unavailable),
    # A search of vectors is an action, and changes nothing.
    ([BROKEN, REFUSED], SEARCH, Unavailable),
    ([LATE], SEARCH, Timeout),
    ([FOREIGN], SEARCH, ServerError),
    ([OTHER_TYPE], SEARCH, ServerError),
    ([thrown("InvalidArgument")], SEARCH, InvalidArgument),
    # What no server has heard in full; Node answers 431 with nothing more.
    ([(431, b"")], ONCE, AccessDenied),
    ([(413, b"<html>")], ONCE, LimitExceeded),
    ([(414, b"")], ACTION, LimitExceeded),
]


@pytest.mark.parametrize("error_after", [error_of, async_error_of])
@pytest.mark.parametrize(("attempts", "call", "kind"), MAY)
def test_what_may_have_run(
    attempts: list[Attempt],
    call: Call[Any],
    kind: type[ConvexgenError],
    error_after: Callable[[list[Attempt], Call[Any]], ConvexgenError],
) -> None:
    error = error_after(attempts, call)
    assert type(error) is kind
    assert error.may_have_run
    # A function that fails says so itself.
    assert str(error).count("may have run") == (call is not ACTION)


def test_what_is_repeated_until_its_time_is_over_may_have_run() -> None:
    with (
        Client(URL, timeout=MOMENT, transport=Scripted([BROKEN, RATE])) as client,
        pytest.raises(Unavailable) as caught,
    ):
        client.run(REPEATED)
    assert caught.value.may_have_run


@pytest.mark.parametrize("error_after", [error_of, async_error_of])
@pytest.mark.parametrize(("attempts", "call", "kind"), CERTAIN)
def test_what_has_surely_not_run(
    attempts: list[Attempt],
    call: Call[Any],
    kind: type[ConvexgenError],
    error_after: Callable[[list[Attempt], Call[Any]], ConvexgenError],
) -> None:
    error = error_after(attempts, call)
    assert type(error) is kind
    assert not error.may_have_run
    assert "may have run" not in str(error)


def answered(value: object) -> tuple[int, bytes]:
    return 200, json.dumps({"status": "success", "value": value}).encode()


BEGUN = answered({"removed": True, "isDone": False})
UNFINISHED = answered({"removed": 1, "remaining": [], "unfinished": {"id": "a"}})
REMOVE = Call.mutation("a:remove", {}, REMOVAL, "delete", idempotent=False)
REMOVE_MANY = Call.mutation("a:removeMany", {}, BULK_REMOVAL, "delete", idempotent=False)


def remove(client: Client) -> object:
    return client.run_until_done(REMOVE)


def remove_many(client: Client) -> object:
    return client.remove_many(lambda _: REMOVE_MANY, lambda _: REMOVE, ["a"])


async def remove_in_task(client: AsyncClient) -> object:
    return await client.run_until_done(REMOVE)


async def remove_many_in_task(client: AsyncClient) -> object:
    return await client.remove_many(lambda _: REMOVE_MANY, lambda _: REMOVE, ["a"])


@pytest.mark.parametrize("last", [REFUSED, KEY, RATE, thrown("Conflict")])
@pytest.mark.parametrize(
    ("answers", "work", "in_task"),
    [
        ([BEGUN], remove, remove_in_task),
        ([BEGUN, BEGUN], remove, remove_in_task),
        ([UNFINISHED], remove_many, remove_many_in_task),
        ([UNFINISHED, BEGUN], remove_many, remove_many_in_task),
    ],
)
def test_what_was_begun_has_run_in_part(
    answers: list[Attempt],
    work: Callable[[Client], object],
    in_task: Callable[[AsyncClient], Awaitable[object]],
    last: Attempt,
) -> None:
    """A deletion of several transactions goes on by itself once the first one was answered."""

    async def main() -> ConvexgenError:
        async with AsyncClient(
            URL, timeout=PATIENCE, transport=AsyncScripted([*answers, last])
        ) as client:
            with pytest.raises(ConvexgenError) as caught:
                await in_task(client)
            return caught.value

    with (
        Client(URL, timeout=PATIENCE, transport=Scripted([*answers, last])) as client,
        pytest.raises(ConvexgenError) as caught,
    ):
        work(client)
    for error in (caught.value, asyncio.run(main())):
        assert error.may_have_run
        assert "a part of the call has run" in str(error)


@pytest.mark.parametrize("work", [remove, remove_many])
def test_what_was_not_begun_has_surely_not_run(work: Callable[[Client], object]) -> None:
    with (
        Client(URL, timeout=PATIENCE, transport=Scripted([REFUSED])) as client,
        pytest.raises(Unavailable) as caught,
    ):
        work(client)
    assert not caught.value.may_have_run


class Closing(Scripted):
    """Closes the client that waits to send again."""

    client: Client

    def post(
        self, url: str, *, headers: Mapping[str, str], body: bytes, timeout: float
    ) -> tuple[int, bytes]:
        self.client.close()
        return super().post(url, headers=headers, body=body, timeout=timeout)


def test_closing_ends_what_is_repeated() -> None:
    transport = Closing([BROKEN])
    transport.client = Client(URL, transport=transport)
    with pytest.raises(Unavailable, match="the client was closed") as caught:
        transport.client.run(REPEATED)
    assert caught.value.may_have_run


def test_closing_ends_what_tasks_repeat() -> None:
    class Closing(AsyncScripted):
        async def post(self, *values: Any, **options: Any) -> tuple[int, bytes]:
            await client.close()
            return await super().post(*values, **options)

    client = AsyncClient(URL, transport=Closing([BROKEN]))
    with pytest.raises(Unavailable, match="the client was closed") as caught:
        asyncio.run(client.run(REPEATED))
    assert caught.value.may_have_run
