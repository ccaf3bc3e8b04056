"""The addresses of a host, in the order in which they are tried."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable
from itertools import chain, zip_longest
from typing import Any, TypeAlias

from .transport import ConnectFailed

Address: TypeAlias = tuple[socket.AddressFamily, Any]
"""A family, and an address of it."""
Found: TypeAlias = list[Address] | ConnectFailed

NEXT_ADDRESS_SECONDS = 0.25
"""After which the next address is tried beside those that do not answer: RFC 8305, section 5."""


def look_up(host: str, port: int, deliver: Callable[[Found], object]) -> None:
    """Find the addresses of a host, and call `deliver`, maybe in another thread, with them.

    The resolver of the system has no timeout and cannot be interrupted, so a thread waits for it,
    which does not hold up the end of the program.
    """
    try:
        # Of an IP address, which needs no resolver.
        deliver(_found(host, port, socket.AI_NUMERICHOST))
    except (socket.gaierror, UnicodeError):
        threading.Thread(
            target=lambda: deliver(_resolved(host, port)), name=f"resolve {host}", daemon=True
        ).start()


def _resolved(host: str, port: int) -> Found:
    try:
        return _found(host, port, 0)
    except (OSError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        failed = ConnectFailed(f"cannot resolve {host}: {reason or error}")
        failed.__cause__ = error
        return failed


def _found(host: str, port: int, flags: int) -> list[Address]:
    """Both families take turns: RFC 8305, section 4."""
    found = [
        (family, address)
        for family, _, _, _, address in socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=flags
        )
    ]
    first = [one for one in found if one[0] == found[0][0]]
    others = [one for one in found if one[0] != found[0][0]]
    pairs = chain.from_iterable(zip_longest(first, others))
    return [one for one in pairs if one is not None]


def no_connection(failures: list[tuple[Address, OSError]]) -> ConnectFailed:
    """The error of who tried all addresses."""
    said = {address[0]: _described(error) for (_, address), error in failures}
    if len(set(said.values())) == 1:
        text = next(iter(said.values()))
    else:
        text = "; ".join(f"{host}: {reason}" for host, reason in said.items())
    failed = ConnectFailed(text)
    failed.__cause__ = failures[0][1]
    return failed


def _described(error: OSError) -> str:
    """In words of the system: asyncio's name the address, and on Windows Python knows no code."""
    of_windows: dict[int, str] = getattr(socket, "errorTab", {})
    number = error.errno
    if number is None:
        return str(error)
    return of_windows.get(number) or os.strerror(number)
