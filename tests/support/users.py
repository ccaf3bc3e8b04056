"""Calls of functions by users, with tokens that the tests sign."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from convexgen.embedded import EmbeddedBackend
from convexgen.runtime import Call, Client, Decoder
from web_tokens import ISSUER, SECRET, claims, signed


def subject_of(user: str) -> str:
    """The tokenIdentifier of a user: https://docs.convex.dev/auth/functions-auth"""
    return f"{ISSUER}|{user}"


def start_with_users(project: Path) -> EmbeddedBackend:
    """A backend that takes the tokens of tests."""
    return EmbeddedBackend.start(project, jwt_secret=SECRET)


class Caller:
    """Somebody who calls functions: a user, nobody, or who has a key."""

    def __init__(self, backend: EmbeddedBackend, user: str | None = None, **more: Any) -> None:
        self.subject = None if user is None else subject_of(user)
        token = None if user is None else signed(claims(sub=user, **more))
        self.client = Client(backend.url, auth=token)

    def ask(self, path: str, **arguments: Any) -> Any:
        """What a query answers."""
        decoder: Decoder[Any] = Decoder(Any)
        return self.client.run(Call.query(path, arguments, decoder, "ask"))

    def do(self, path: str, **arguments: Any) -> Any:
        """What a mutation answers."""
        decoder: Decoder[Any] = Decoder(Any)
        return self.client.run(Call.mutation(path, arguments, decoder, "do", idempotent=False))

    def all_of(self, path: str, size: int = 3, **arguments: Any) -> list[Any]:
        """All pages of a query."""
        found: list[Any] = []
        cursor: str | None = None
        while True:
            options = {"numItems": size, "cursor": cursor}
            page = self.ask(path, paginationOpts=options, **arguments)
            found += page["page"]
            cursor = page["continueCursor"]
            if page["isDone"]:
                return found
