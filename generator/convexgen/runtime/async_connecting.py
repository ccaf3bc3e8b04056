"""Connecting a socket in asyncio; who waits for it has a timeout around it.

What event loops have of their own for this differs: uvloop's does not try addresses in turns, and
the resolver of both holds up the end of the program.
"""

from __future__ import annotations

import asyncio
import socket
from collections import deque

from .addresses import NEXT_ADDRESS_SECONDS, Address, Found, look_up, no_connection
from .routes import Route, as_connect_failed
from .transport import ConnectFailed
from .tunnels import HEARD_BYTES, Handshake, handshake


async def connect_socket(route: Route) -> socket.socket:
    """A connection to the origin of a route, which is not encrypted yet.

    Raises `ConnectFailed`, as nothing was sent.
    """
    with as_connect_failed(route.proxy):
        connected = await _connect_to_any(await _addresses(*route.first))
    try:
        if route.tunnel is not None:
            with as_connect_failed(route.tunnel):
                await _ask(connected, handshake(route.tunnel, route.origin))
    except BaseException:
        connected.close()
        raise
    return connected


async def _addresses(host: str, port: int) -> list[Address]:
    loop = asyncio.get_running_loop()
    found: asyncio.Future[Found] = loop.create_future()

    def take(outcome: Found) -> None:
        if not found.done():
            found.set_result(outcome)

    def deliver(outcome: Found) -> None:
        try:
            loop.call_soon_threadsafe(take, outcome)
        except RuntimeError:
            return  # the loop was closed meanwhile

    look_up(host, port, deliver)
    outcome = await found
    if isinstance(outcome, ConnectFailed):
        raise outcome
    return outcome


async def _connect_to_any(addresses: list[Address]) -> socket.socket:
    """Several at once: RFC 8305, "Happy Eyeballs". See `connecting`."""
    left = deque(addresses)
    attempts: dict[asyncio.Task[socket.socket], Address] = {}
    failures: list[tuple[Address, OSError]] = []
    try:
        while left or attempts:
            if left:
                address = left.popleft()
                attempts[asyncio.ensure_future(_connect_to(address))] = address
            done, _ = await asyncio.wait(
                attempts,
                timeout=NEXT_ADDRESS_SECONDS if left else None,
                return_when=asyncio.FIRST_COMPLETED,
            )
            for attempt in done:
                try:
                    connected = attempt.result()
                except OSError as error:
                    failures.append((attempts.pop(attempt), error))
                else:
                    del attempts[attempt]
                    return connected
    finally:
        await _close(attempts)
    raise no_connection(failures)


async def _close(attempts: dict[asyncio.Task[socket.socket], Address]) -> None:
    """End the attempts that are not needed; one of them may be connected by now."""
    for attempt in attempts:
        attempt.cancel()
    for outcome in await asyncio.gather(*attempts, return_exceptions=True):
        if isinstance(outcome, socket.socket):
            outcome.close()


async def _connect_to(address: Address) -> socket.socket:
    attempt = socket.socket(address[0], socket.SOCK_STREAM)
    try:
        attempt.setblocking(False)
        await asyncio.get_running_loop().sock_connect(attempt, address[1])
        # A request is written at once, and does not wait for what comes after it.
        attempt.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except BaseException:
        attempt.close()
        raise
    return attempt


async def _ask(connected: socket.socket, talk: Handshake) -> None:
    """Say and hear what a handshake does."""
    loop = asyncio.get_running_loop()
    said = next(talk)
    while True:
        if said:
            await loop.sock_sendall(connected, said)
        try:
            said = talk.send(await loop.sock_recv(connected, HEARD_BYTES))
        except StopIteration:
            return
