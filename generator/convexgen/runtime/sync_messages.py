"""The messages of Convex's sync protocol, which a client and a deployment exchange on a WebSocket.

Source: the backend's `crates/sync_types/src/types` and its JSON, in `types/json.rs`.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BeforeValidator, Field, TypeAdapter, ValidationError
from pydantic_core import from_json, to_json


class ProtocolBroken(Exception):
    """What came is no message of the protocol, does not follow on the last, or says so of ours."""


def _decode_timestamp(text: str) -> int:
    return int.from_bytes(base64.b64decode(text, validate=True), "little")


def _encode_timestamp(timestamp: int) -> str:
    return base64.b64encode(timestamp.to_bytes(8, "little")).decode()


Timestamp: TypeAlias = Annotated[int, BeforeValidator(_decode_timestamp)]
"""A moment of the database: 64 bits, little-endian, in base64."""

QueryId: TypeAlias = Annotated[int, Field(validation_alias="queryId")]
RequestId: TypeAlias = Annotated[int, Field(validation_alias="requestId")]
LogLines: TypeAlias = Annotated[list[Any], Field(validation_alias="logLines")]
ErrorData: TypeAlias = Annotated[Any, Field(validation_alias="errorData")]


@dataclass(frozen=True, slots=True)
class Version:
    """What of the client's wishes the results are of, and of which moment."""

    query_set: Annotated[int, Field(validation_alias="querySet")]
    identity: int
    timestamp: Annotated[Timestamp, Field(validation_alias="ts")]


FIRST_VERSION = Version(0, 0, 0)
"""Of a new connection."""


@dataclass(frozen=True, slots=True)
class QueryUpdated:
    """A query has this result."""

    type: Literal["QueryUpdated"]
    query_id: QueryId
    value: Any
    log_lines: LogLines = field(default_factory=list[Any])
    journal: str | None = None


@dataclass(frozen=True, slots=True)
class QueryFailed:
    """A query failed; it is run again when what it has read changes."""

    type: Literal["QueryFailed"]
    query_id: QueryId
    error_message: Annotated[str, Field(validation_alias="errorMessage")]
    error_data: ErrorData = None
    log_lines: LogLines = field(default_factory=list[Any])
    journal: str | None = None


@dataclass(frozen=True, slots=True)
class QueryRemoved:
    """A query is not followed any more."""

    type: Literal["QueryRemoved"]
    query_id: QueryId


QueryChange: TypeAlias = Annotated[
    QueryUpdated | QueryFailed | QueryRemoved, Field(discriminator="type")
]


@dataclass(frozen=True, slots=True)
class Transition:
    """From one version to the next, with the results of all queries that have another one."""

    start_version: Annotated[Version, Field(validation_alias="startVersion")]
    end_version: Annotated[Version, Field(validation_alias="endVersion")]
    modifications: list[QueryChange]


@dataclass(frozen=True, slots=True)
class TransitionChunk:
    """A part of the text of a large `Transition`."""

    chunk: str
    part_number: Annotated[int, Field(validation_alias="partNumber")]
    total_parts: Annotated[int, Field(validation_alias="totalParts")]


@dataclass(frozen=True, slots=True)
class MutationResponse:
    """What a mutation returned, or the message of its failure."""

    request_id: RequestId
    success: bool
    result: Any
    timestamp: Annotated[Timestamp | None, Field(validation_alias="ts")] = None
    error_data: ErrorData = None
    log_lines: LogLines = field(default_factory=list[Any])


@dataclass(frozen=True, slots=True)
class AuthError:
    """The deployment refuses the credential."""

    error: str


@dataclass(frozen=True, slots=True)
class FatalError:
    """The deployment takes no more messages on this connection."""

    error: str


ServerMessage: TypeAlias = Transition | TransitionChunk | MutationResponse | AuthError | FatalError

_KINDS: dict[str, type[ServerMessage]] = {
    "Transition": Transition,
    "TransitionChunk": TransitionChunk,
    "MutationResponse": MutationResponse,
    "AuthError": AuthError,
    "FatalError": FatalError,
}


def read_message(text: bytes) -> ServerMessage | None:
    """The message; None for a `Ping`, and for what newer deployments may say besides.

    Raises `ProtocolBroken`.
    """
    try:
        message: Any = from_json(text)
        kind: str = message["type"]
        return _reader(kind).validate_python(message) if kind in _KINDS else None
    except (ValidationError, ValueError, TypeError, KeyError) as error:
        # What came may hold anything, so it is not repeated.
        raise ProtocolBroken(f"what came is no message ({type(error).__name__})") from error


@cache
def _reader(kind: str) -> TypeAdapter[ServerMessage]:
    return TypeAdapter(_KINDS[kind])


@dataclass(frozen=True, slots=True)
class Credential:
    """Whose results are asked for; nobody's without a value."""

    token_type: Literal["Admin", "User", "None"]
    value: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class FunctionCall:
    """A function and its arguments, encoded: calls that are equal are one."""

    path: str
    arguments: bytes = field(repr=False)

    @property
    def encoded(self) -> bytes:
        """The fields that a query and a mutation have in common."""
        return b'"udfPath":%b,"args":[%b]' % (to_json(self.path), self.arguments)


def connect(
    session_id: str, connection_count: int, last_close_reason: str, observed: int | None
) -> bytes:
    """The first message on a connection; `observed` is the newest timestamp that was seen."""
    message: dict[str, Any] = {
        "type": "Connect",
        "sessionId": session_id,
        "connectionCount": connection_count,
        "lastCloseReason": last_close_reason,
    }
    if observed is not None:
        message["maxObservedTimestamp"] = _encode_timestamp(observed)
    return to_json(message)


def authenticate(base_version: int, credential: Credential) -> bytes:
    """Whose results are asked for, from now on."""
    message: dict[str, Any] = {
        "type": "Authenticate",
        "baseVersion": base_version,
        "tokenType": credential.token_type,
    }
    if credential.value is not None:
        message["value"] = credential.value
    return to_json(message)


def add(query_id: int, call: FunctionCall, journal: str | None) -> bytes:
    """A part of `modify_query_set`: follow the query, from where its journal says."""
    rest = b"" if journal is None else b',"journal":%b' % to_json(journal)
    return b'{"type":"Add","queryId":%d,%b%b}' % (query_id, call.encoded, rest)


def remove(query_id: int) -> bytes:
    """A part of `modify_query_set`: do not follow the query any more."""
    return b'{"type":"Remove","queryId":%d}' % query_id


def modify_query_set(base_version: int, parts: Iterable[bytes]) -> bytes:
    """Which queries are followed, from now on."""
    return b'{"type":"ModifyQuerySet","baseVersion":%d,"newVersion":%d,"modifications":[%b]}' % (
        base_version,
        base_version + 1,
        b",".join(parts),
    )


def mutation(request_id: int, call: FunctionCall) -> bytes:
    """Run the mutation, unless a request of this session and number was run before."""
    return b'{"type":"Mutation","requestId":%d,%b}' % (request_id, call.encoded)
