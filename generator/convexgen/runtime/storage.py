"""The base classes of the storage, which has the stores of a deployment."""

from __future__ import annotations

from copy import copy
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Self

from .async_client import AsyncClient
from .client import Client
from .connection import DEFAULT_TIMEOUT
from .environment import EnvFile, deployment_from_environment

if TYPE_CHECKING:
    from .auth import AsyncAuth, Auth
    from .call_events import OnCall
    from .jobs import AsyncJobBlock, JobBlock
    from .snapshots import AsyncSnapshotBlock, SnapshotBlock
    from .transport import AsyncTransport, Transport


class Storage:
    """The stores of one deployment, which share a client. See `Client` for the parameters."""

    def __init__(
        self,
        url: str,
        *,
        deploy_key: str | None = None,
        auth: Auth | None = None,
        timeout: float = DEFAULT_TIMEOUT,
        transport: Transport | None = None,
        on_call: OnCall | None = None,
    ) -> None:
        self._client = Client(
            url,
            deploy_key=deploy_key,
            auth=auth,
            timeout=timeout,
            transport=transport,
            on_call=on_call,
        )

    @classmethod
    def from_env(
        cls,
        *,
        auth: Auth | None = None,
        env_file: EnvFile | None = None,
        timeout: float = DEFAULT_TIMEOUT,
        transport: Transport | None = None,
        on_call: OnCall | None = None,
    ) -> Self:
        """The storage of the deployment that the environment names; see `Client.from_env`."""
        deployment = deployment_from_environment(env_file)
        return cls(
            deployment.url,
            deploy_key=deployment.deploy_key if auth is None else None,
            auth=auth,
            timeout=timeout,
            transport=transport,
            on_call=on_call,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._client.url!r})"

    def snapshot(self) -> SnapshotBlock[Self]:
        """All that is read of this storage in the block is of one moment."""
        from .snapshots import SnapshotBlock

        return SnapshotBlock(self._client, self._bound_to)

    def job(
        self, name: str, *, secret: str | bytes | None = None, fingerprint: str = ""
    ) -> JobBlock[Self]:
        """A job whose mutations happen once, however often the block is run again within 14 days.

        A run makes the same calls in the same order: those of an earlier run are answered, not run
        again. The job is told by its name, by the `secret`, which is the deploy key where none is
        given, and by the `fingerprint` of what it works on, such as the hash of a file.
        """
        from .jobs import Job, JobBlock

        return JobBlock(self._client, self._bound_to, Job(name, secret, fingerprint))

    def _bound_to(self, client: Client) -> Self:
        # The same storage, whose stores call by another client.
        bound = copy(self)
        _forget_stores(bound)
        bound._client = client
        return bound

    @property
    def client(self) -> Client:
        """The client, for calls of functions that have no store."""
        return self._client

    def close(self) -> None:
        """Close the connections and end the subscriptions. May be repeated."""
        self._client.close()


class AsyncStorage:
    """The stores of one deployment, awaited. See `AsyncClient` for the parameters."""

    def __init__(
        self,
        url: str,
        *,
        deploy_key: str | None = None,
        auth: AsyncAuth | None = None,
        timeout: float = DEFAULT_TIMEOUT,
        transport: AsyncTransport | None = None,
        on_call: OnCall | None = None,
    ) -> None:
        self._client = AsyncClient(
            url,
            deploy_key=deploy_key,
            auth=auth,
            timeout=timeout,
            transport=transport,
            on_call=on_call,
        )

    @classmethod
    def from_env(
        cls,
        *,
        auth: AsyncAuth | None = None,
        env_file: EnvFile | None = None,
        timeout: float = DEFAULT_TIMEOUT,
        transport: AsyncTransport | None = None,
        on_call: OnCall | None = None,
    ) -> Self:
        """See `Storage.from_env`."""
        deployment = deployment_from_environment(env_file)
        return cls(
            deployment.url,
            deploy_key=deployment.deploy_key if auth is None else None,
            auth=auth,
            timeout=timeout,
            transport=transport,
            on_call=on_call,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._client.url!r})"

    def snapshot(self) -> AsyncSnapshotBlock[Self]:
        """All that is read of this storage in the block is of one moment."""
        from .snapshots import AsyncSnapshotBlock

        return AsyncSnapshotBlock(self._client, self._bound_to)

    def job(
        self, name: str, *, secret: str | bytes | None = None, fingerprint: str = ""
    ) -> AsyncJobBlock[Self]:
        """See `Storage.job`."""
        from .jobs import AsyncJobBlock, Job

        return AsyncJobBlock(self._client, self._bound_to, Job(name, secret, fingerprint))

    def _bound_to(self, client: AsyncClient) -> Self:
        # The same storage, whose stores call by another client.
        bound = copy(self)
        _forget_stores(bound)
        bound._client = client
        return bound

    @property
    def client(self) -> AsyncClient:
        """The client, for calls of functions that have no store."""
        return self._client

    async def close(self) -> None:
        """Close the connections and end the subscriptions. May be repeated."""
        await self._client.close()


def _forget_stores(storage: Storage | AsyncStorage) -> None:
    """Lets a copy make stores of its own when they are asked for."""
    for name in [*vars(storage)]:
        if isinstance(getattr(type(storage), name, None), cached_property):
            del vars(storage)[name]
