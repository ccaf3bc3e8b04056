"""Whose results a connection of the sync protocol asks for, and for how long."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from .auth import NOBODY, AsyncTokenSource, Token, TokenSource
from .errors import AccessDenied, ConvexgenError
from .sync_messages import Credential

_LONGEST_SLEEP = 30.0
_OPERATION = "authenticate"


class NoCredential(Exception):
    """There is none, for the reason that `error` says."""

    def __init__(self, error: ConvexgenError) -> None:
        super().__init__(error.reason)
        self.error = error


@dataclass(slots=True)
class Credentials:
    """A deploy key, or a user's tokens one after another."""

    deploy_key: str | None = field(repr=False)
    tokens: TokenSource | AsyncTokenSource = field(repr=False)
    timeout: float
    _token: Token = field(default=NOBODY, init=False)
    _is_refused: bool = field(default=False, init=False)
    _refusals: int = field(default=0, init=False)

    async def current(self) -> Credential | None:
        """What to show the deployment now; None for nobody. Raises `NoCredential`."""
        if self.deploy_key is not None:
            return Credential("Admin", self.deploy_key)
        refused = self._token if self._is_refused else None
        try:
            self._token = await self._next_token(refused)
        except ConvexgenError as error:
            raise NoCredential(error) from error.__cause__
        except Exception as error:
            denied = AccessDenied("the function that gives tokens failed")
            raise NoCredential(denied) from error
        self._is_refused = False
        text = self._token.text
        return None if text is None else Credential("User", text)

    async def _next_token(self, refused: Token | None) -> Token:
        if isinstance(self.tokens, AsyncTokenSource):
            return await self.tokens.token(_OPERATION, self.timeout, refused)
        if not self.tokens.gives_others:
            return self.tokens.token(_OPERATION, self.timeout, refused)
        # It may wait, and others are served meanwhile.
        return await asyncio.to_thread(self.tokens.token, _OPERATION, self.timeout, refused)

    def refuse(self, said: str) -> None:
        """The deployment refused what it was shown: another token is shown once.

        Raises `NoCredential` where there is no other, or it was refused too.
        """
        if self.deploy_key is not None or not self.tokens.gives_others or self._refusals:
            self._refusals = 0
            raise NoCredential(AccessDenied(f"the deployment refused the credentials ({said})"))
        self._refusals += 1
        self._is_refused = True

    def accept(self) -> None:
        """The deployment took what it was shown."""
        self._refusals = 0

    async def until_worn(self) -> None:
        """Wait until another one is to be shown, for ever if that is never.

        Raises `NoCredential` where a token expires that nothing replaces.
        """
        while True:
            token, gives_others = self._token, self.tokens.gives_others
            seconds = token.seconds() if gives_others else token.seconds_of_worth()
            if self.deploy_key is not None or seconds is None:
                await asyncio.get_running_loop().create_future()
            elif seconds > 0:
                # No clock that sleeps with the machine tells how long a token lasts.
                await asyncio.sleep(min(seconds, _LONGEST_SLEEP))
            elif gives_others:
                return
            else:
                reason = "the token expired: give `auth` a function that gives others"
                raise NoCredential(AccessDenied(reason))

    def require_lasting(self) -> None:
        """Raises `NoCredential` where the function gave a token that is worn already."""
        seconds = self._token.seconds()
        if seconds is not None and seconds <= 0:
            reason = "the function that gives tokens gave one that expires"
            raise NoCredential(AccessDenied(reason))
