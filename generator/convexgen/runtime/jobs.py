"""Durable jobs: what was done before the process was killed is not done again by its next run.

The mutations of a job are the requests 0, 1, 2, … of one session, whose id follows from the name of
the job. A deployment answers a request that it has run before with its first answer, for 14 days:
see `sync_requests`. So a run that makes the same calls in the same order goes on where the one
before it ended.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from uuid import UUID

from pydantic_core import to_json

from .async_client import AsyncClient
from .bound_blocks import AsyncBoundBlock, AsyncBoundClient, BoundBlock, BoundClient
from .call_events import Traffic
from .calls import Call
from .client import Client
from .errors import InvalidArgument, Unavailable
from .sync_outcomes import NoWebSockets

if TYPE_CHECKING:
    from .sync_requests import Request

T = TypeVar("T")
S = TypeVar("S")

_LEAST_SECRET_BYTES = 16
_OPERATION = "begin a job"


@dataclass(frozen=True, slots=True)
class Job:
    """What a job is told by."""

    name: str
    secret: str | bytes | None = field(repr=False)
    fingerprint: str

    def session_id(self, deploy_key: str | None) -> str:
        """That of its runs. Raises `InvalidArgument` where there is nothing that is secret."""
        if not self.name:
            raise InvalidArgument("a job has a name", _OPERATION)
        secret = deploy_key if self.secret is None else self.secret
        if secret is None:
            raise InvalidArgument("a job of a client without a deploy key has a secret", _OPERATION)
        key = secret.encode() if isinstance(secret, str) else secret
        if len(key) < _LEAST_SECRET_BYTES:
            raise InvalidArgument(
                f"the secret of a job has at least {_LEAST_SECRET_BYTES} bytes: who guesses it can "
                "have the answers of the job",
                _OPERATION,
            )
        message = to_json(["convexgen", self.name, self.fingerprint])
        return str(UUID(bytes=hmac.digest(key, message, hashlib.sha256)[:16], version=4))


class JobRun:
    """One run of a job, whose session is begun once."""

    def __init__(self, session_id: str) -> None:
        self._session_id = session_id
        self._process = os.getpid()
        self._has_begun = False

    def begin(self) -> str:
        """The id of the session. Raises `InvalidArgument` the second time, and in a forked child.

        The requests would be counted anew, and be given the answers of others.
        """
        if self._has_begun or self._process != os.getpid():
            raise InvalidArgument(
                "a job goes on in the process and in the event loop in which it began: begin it "
                "again there",
                _OPERATION,
            )
        self._has_begun = True
        return self._session_id


class JobClient(BoundClient):
    """Runs mutations as the requests of a job; all else is done by another client."""

    is_in_order = True

    def __init__(self, client: Client, job: Job) -> None:
        """Raises `InvalidArgument` for what cannot be a job."""
        _require_whole(client)
        super().__init__(client)
        run = JobRun(job.session_id(self._connection.deploy_key))
        self._requests = client.new_watcher(run.begin)
        self._turn = threading.Lock()

    def close(self) -> None:
        """End the job. The client that it is of goes on."""
        self._has_ended = True
        self._requests.close()

    def _run(self, call: Call[T], traffic: Traffic | None) -> T:
        if not _is_of_job(call, has_ended=self._has_ended):
            return self._whole._run(call, traffic)
        return self._in_turn(
            lambda: self._requests.run_once(call, self.timeout, traffic), call.operation
        )

    def _resume(self, request: Request[T], traffic: Traffic | None) -> T:
        _is_of_job(request.call, has_ended=self._has_ended)
        return self._in_turn(
            lambda: self._requests.resume(request, self.timeout, traffic), request.call.operation
        )

    def _in_turn(self, send: Callable[[], T], operation: str | None) -> T:
        if not self._turn.acquire(blocking=False):
            raise _not_in_turn(operation)
        try:
            return send()
        except NoWebSockets:
            raise _without_web_sockets(self.url, operation) from None
        finally:
            self._turn.release()


class AsyncJobClient(AsyncBoundClient):
    """Runs mutations as the requests of a job, awaited; see `JobClient`."""

    is_in_order = True

    def __init__(self, client: AsyncClient, job: Job) -> None:
        """Raises `InvalidArgument` for what cannot be a job."""
        _require_whole(client)
        super().__init__(client)
        run = JobRun(job.session_id(self._connection.deploy_key))
        self._requests = client.new_watcher(run.begin)
        self._is_busy = False

    async def close(self) -> None:
        """End the job. The client that it is of goes on."""
        self._has_ended = True
        await self._requests.close()

    async def _run(self, call: Call[T], traffic: Traffic | None) -> T:
        if not _is_of_job(call, has_ended=self._has_ended):
            return await self._whole._run(call, traffic)
        return await self._in_turn(
            lambda: self._requests.run_once(call, self.timeout, traffic), call.operation
        )

    async def _resume(self, request: Request[T], traffic: Traffic | None) -> T:
        _is_of_job(request.call, has_ended=self._has_ended)
        return await self._in_turn(
            lambda: self._requests.resume(request, self.timeout, traffic), request.call.operation
        )

    async def _in_turn(self, send: Callable[[], Awaitable[T]], operation: str | None) -> T:
        if self._is_busy:
            raise _not_in_turn(operation)
        self._is_busy = True
        try:
            return await send()
        except NoWebSockets:
            raise _without_web_sockets(self.url, operation) from None
        finally:
            self._is_busy = False


class JobBlock(BoundBlock[S], Generic[S]):
    """The stores of a deployment, all of whose mutations are those of a job."""

    def __init__(self, client: Client, bind: Callable[[Client], S], job: Job) -> None:
        super().__init__(client, bind)
        self._job = job

    def _begin(self) -> JobClient:
        return JobClient(self._client, self._job)


class AsyncJobBlock(AsyncBoundBlock[S], Generic[S]):
    """The stores of a deployment, all of whose mutations are those of a job; see `JobBlock`."""

    def __init__(self, client: AsyncClient, bind: Callable[[AsyncClient], S], job: Job) -> None:
        super().__init__(client, bind)
        self._job = job

    async def _begin(self) -> AsyncJobClient:
        return AsyncJobClient(self._client, self._job)


def _require_whole(client: Client | AsyncClient) -> None:
    if not client.is_whole:
        raise InvalidArgument("a job is begun by a storage, not in a snapshot or a job", _OPERATION)
    if client.given_transport is not None:
        raise InvalidArgument(
            "a job goes over a WebSocket, and all calls of this client over the `transport` that "
            "it was given",
            _OPERATION,
        )


def _is_of_job(call: Call[Any], *, has_ended: bool) -> bool:
    if has_ended:
        raise InvalidArgument("the job has ended", call.operation)
    if call.kind == "action" and not call.idempotent:
        raise InvalidArgument(
            "the next run of the job would run this action again, for Convex keeps no answers of "
            "actions: call it by the storage that the job is of",
            call.operation,
        )
    return call.kind == "mutation"


def _not_in_turn(operation: str | None) -> InvalidArgument:
    return InvalidArgument(
        "a job makes one call after another, so that the next run makes them in the same order",
        operation,
    )


def _without_web_sockets(url: str, operation: str | None) -> Unavailable:
    return Unavailable(f"a job goes over a WebSocket, and {url} accepts none", operation)
